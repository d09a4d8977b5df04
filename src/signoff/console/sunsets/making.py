"""Making a run: what ends under which terms; then, for a list, the list itself.

Everything but the list is checked before the list is asked for, and carried along in the form: a
mistake loses nothing, and no large file is sent twice for a slip in another field.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import BinaryIO, cast

from django.conf import settings
from django.contrib import messages
from django.core.files.uploadedfile import UploadedFile
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render

from signoff.console.access import sunsets_only, takes_up_to, user_id
from signoff.console.sunsets.acts import to_run
from signoff.domain.sunset import Selection
from signoff.domain.sunset_terms import Terms
from signoff.usecases import desk
from signoff.usecases.look import NotYours
from signoff.usecases.policies import (
    PolicyProblems,
    Problem,
    UnknownBrand,
    load_terms,
    terms_of_text,
)
from signoff.usecases.policies.sunsets import FOLDER
from signoff.usecases.sunsets import look
from signoff.usecases.sunsets.reading import ListUnusable
from signoff.wording.tags import language, sentence
from signoff.workflows import sunsets

MOST_LIST = 512 * 1024 * 1024
"""A list of ten million cards with room to spare; it goes to disk as it arrives."""

MOST_TERMS = 64 * 1024
OWN = "own"
"""The choice of terms that are no file of this installation."""


@dataclass(frozen=True, slots=True)
class Offered:
    """Terms of this installation's policies; one that cannot be used says why."""

    name: str
    terms: Terms | None
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class Draft:
    """What was given so far."""

    brand: str = ""
    title: str = ""
    selection: str = ""
    plan: str = ""
    terms: str = ""
    text: str = ""
    file: str = ""


@dataclass
class Wrong:
    """What cannot stay as it was given: a sentence by field, and what is wrong with the terms."""

    fields: dict[str, str] = field(default_factory=dict)
    problems: tuple[Problem, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.fields)


def offered() -> list[Offered]:
    """The terms one may choose; a broken file keeps nobody from the others."""
    found = []
    for file in sorted((settings.SIGNOFF_POLICIES / FOLDER).glob("*.toml")):
        try:
            found.append(Offered(file.stem, load_terms(file)))
        except PolicyProblems as error:
            found.append(Offered(file.stem, None, error.problems))
    return found


@takes_up_to(MOST_LIST)
@sunsets_only
def new(request: HttpRequest) -> HttpResponse:
    """The form, its check, and the list where one is wanted."""
    you = user_id(request)
    if not look.may_create(you):
        raise Http404
    if request.method != "POST":
        return _form(request, Draft(), you=you)
    draft = _draft(request)
    if draft.brand and draft.brand not in look.may_create(you):
        raise NotYours
    if "back" in request.POST:
        return _form(request, draft, you=you)
    wrong, terms = _checked(draft)
    if wrong or terms is None:
        return _form(request, draft, you=you, wrong=wrong)
    if draft.selection == Selection.LIST and request.POST.get("part") != "list":
        return _list_form(request, draft, terms=terms)
    return _create(request, draft, terms=terms, you=you)


def _draft(request: HttpRequest) -> Draft:
    given = request.POST
    draft = Draft(
        brand=given.get("brand", "")[:40],
        title=given.get("title", "").strip()[:120],
        selection=given.get("selection", "")[:8],
        plan=given.get("plan", "").strip()[:80],
        terms=given.get("terms", "")[:80],
        text=given.get("text", "").replace("\r\n", "\n")[: MOST_TERMS + 1],
        file=given.get("file", "")[:80],
    )
    uploaded = request.FILES.get("terms_file")
    if isinstance(uploaded, UploadedFile):
        content = uploaded.read(MOST_TERMS + 1)
        return replace(
            draft,
            terms=OWN,
            text=content.decode("utf-8", errors="replace"),
            file=(uploaded.name or "")[:80],
        )
    return draft


def _checked(draft: Draft) -> tuple[Wrong, Terms | None]:
    wrong = Wrong()
    if not draft.brand:
        wrong.fields["brand"] = sentence("sunset_desk.new.no_brand")
    if draft.selection not in {each.value for each in Selection}:
        wrong.fields["selection"] = sentence("sunset_desk.new.no_selection")
    if draft.selection == Selection.PLAN and not draft.plan:
        wrong.fields["plan"] = sentence("sunset_desk.new.no_plan")
    try:
        terms = _terms(draft)
    except PolicyProblems as error:
        wrong.fields["terms"] = sentence("sunset_desk.new.bad_terms")
        wrong.problems = error.problems
        return wrong, None
    if terms is None:
        wrong.fields["terms"] = sentence("sunset_desk.new.no_terms")
    return wrong, terms


def _terms(draft: Draft) -> Terms | None:
    """The chosen terms; None where none were. Raises PolicyProblems."""
    if draft.terms == OWN:
        if not draft.text.strip():
            return None
        return terms_of_text(draft.text.encode(), name=draft.file or "terms.toml")
    for each in offered():
        if each.name == draft.terms:
            if each.terms is None:
                raise PolicyProblems(each.problems)
            return each.terms
    return None


def _create(request: HttpRequest, draft: Draft, *, terms: Terms, you: int) -> HttpResponse:
    uploaded = request.FILES.get("list")
    given = cast(BinaryIO, uploaded.file) if isinstance(uploaded, UploadedFile) else None
    selection = Selection(draft.selection)
    try:
        made = sunsets.create(
            brand=draft.brand,
            title=draft.title,
            terms=terms,
            by=you,
            selection=selection,
            plan=draft.plan if selection is Selection.PLAN else "",
            given=given if selection is Selection.LIST else None,
        )
    except ListUnusable as error:
        return _list_form(request, draft, terms=terms, said=error.said(language()))
    except UnknownBrand:
        wrong = Wrong({"brand": sentence("sunset_desk.new.brand_gone")})
        return _form(request, draft, you=you, wrong=wrong)
    messages.success(request, sentence("sunset_desk.done.create"))
    return to_run(made)


def _form(
    request: HttpRequest, draft: Draft, *, you: int, wrong: Wrong | None = None
) -> HttpResponse:
    wrong = wrong or Wrong()
    brands = desk.brands(look.may_create(you))
    context: Mapping[str, object] = {
        "here": "sunsets",
        "draft": draft,
        "brands": [(each, brands[each].names[language()]) for each in sorted(brands)],
        "selections": [each.value for each in Selection],
        "offered": offered(),
        "own": OWN,
        "wrong": wrong.fields,
        "problems": wrong.problems,
    }
    status = 400 if wrong else 200
    return render(request, "console/sunsets/new.html", context, status=status)


def _list_form(request: HttpRequest, draft: Draft, *, terms: Terms, said: str = "") -> HttpResponse:
    context = {
        "here": "sunsets",
        "draft": draft,
        "terms": terms,
        "zone": terms.time_zone,
        "brand": desk.brands([draft.brand])[draft.brand].names[language()],
        "said": said,
        "megabytes": MOST_LIST // (1024 * 1024),
    }
    status = 400 if said else 200
    return render(request, "console/sunsets/list.html", context, status=status)
