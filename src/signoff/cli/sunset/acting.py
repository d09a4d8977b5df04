"""What changes a run: create, confirm, start, pause, resume, abort, retry."""

import argparse
import sys
from collections.abc import Callable
from contextlib import ExitStack
from uuid import UUID

from signoff.cli.errors import Refused
from signoff.cli.sunset.finding import person, proven, run_named, words
from signoff.domain.sunset import RunVerdict, Selection
from signoff.records import models
from signoff.usecases.look import NotYours
from signoff.usecases.policies import PolicyProblems, UnknownBrand, load_terms
from signoff.usecases.sunsets.reading import ListUnusable
from signoff.workflows import sunsets

_NOT_YOURS = "only an operator or supervisor of the brand may do this"


def run(options: argparse.Namespace) -> int:
    """Returns 0 when it was done, 1 when the rules say no. Raises Refused."""
    if options.action == "create":
        return _create(options)
    found = run_named(options.run)
    try:
        verdict = _ask(options, found)
    except NotYours as error:
        raise Refused(_NOT_YOURS) from error
    if not verdict.allowed:
        for reason in verdict.reasons:
            print(f"signoff: refused: {words(f'objection.{reason}')}", file=sys.stderr)
        return 1
    stage = models.Sunset.objects.get(id=found.id).stage
    print(f"run {found.number}: {words(f'stage.{stage}')}")
    return 0


_PLAIN: dict[str, Callable[..., RunVerdict]] = {
    "start": sunsets.start,
    "pause": sunsets.pause,
    "resume": sunsets.resume,
    "abort": sunsets.abort,
}


def _ask(options: argparse.Namespace, found: models.Sunset) -> RunVerdict:
    if options.action == "confirm":
        return sunsets.confirm(found.id, by=proven(options.by).id, count=options.count)
    by = person(options.by).id
    if options.action == "retry":
        return sunsets.retry(found.id, by=by, step=options.step, code=options.code)
    return _PLAIN[options.action](found.id, by=by)


def _create(options: argparse.Namespace) -> int:
    by = person(options.by).id
    try:
        made = _made(options, by=by)
    except PolicyProblems as error:
        raise Refused(str(error.problems[0])) from error
    except (ListUnusable, sunsets.TermsRefused) as error:
        raise Refused(str(error)) from error
    except UnknownBrand as error:
        raise Refused(f"there is no brand {options.brand}") from error
    except NotYours as error:
        raise Refused(_NOT_YOURS) from error
    number = models.Sunset.objects.get(id=made).number
    print(f"run {number}: {made}")
    print(f"next: signoff sunset dry-run {number}")
    return 0


def _made(options: argparse.Namespace, *, by: int) -> UUID:
    selection = Selection.BRAND
    with ExitStack() as stack:
        given = None
        if options.list is not None:
            selection = Selection.LIST
            try:
                given = stack.enter_context(options.list.open("rb"))
            except OSError as error:
                raise Refused(f"cannot read {options.list}: {error.strerror}") from error
        elif not options.all:
            selection = Selection.PLAN
        return sunsets.create(
            brand=options.brand,
            title=options.title,
            terms=load_terms(options.terms),
            by=by,
            selection=selection,
            plan=options.plan,
            given=given,
        )
