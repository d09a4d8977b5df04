"""Who asks, when and in which language: what every page of a person's own shares."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Concatenate, ParamSpec, cast
from uuid import UUID

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.cache import never_cache

from signoff.records.models import User
from signoff.usecases.look import NotYours
from signoff.wording.tags import sentence

_P = ParamSpec("_P")
_View = Callable[Concatenate[HttpRequest, _P], HttpResponse]


def personal(view: _View[_P]) -> _View[_P]:
    """A page of somebody's own: log-in first, never cached, and what is another's is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: _P.args, **kwargs: _P.kwargs) -> HttpResponse:
        try:
            return view(request, *args, **kwargs)
        except NotYours as error:
            raise Http404 from error

    return cast("_View[_P]", never_cache(login_required(guarded)))


def asker(request: HttpRequest) -> int:
    """The id of the person logged in."""
    return cast(User, request.user).pk


def now() -> datetime:
    """The moment of this request."""
    return datetime.now(UTC)


def told(request: HttpRequest, key: str, **values: object) -> None:
    """Say something good on the next page."""
    messages.success(request, sentence(key, **values))


def warned(request: HttpRequest, key: str, **values: object) -> None:
    """Say on the next page that something was not done."""
    messages.warning(request, sentence(key, **values))


def back_to(request: HttpRequest, line_id: int, *, item: str = "") -> HttpResponseRedirect:
    """To the page the button stood on: the case it named, or the line's checklist."""
    anchor = f"#{item}" if item else ""
    try:
        case = UUID(request.POST.get("case", ""))
    except ValueError:
        return HttpResponseRedirect(reverse("portal:prepare", args=[line_id]) + anchor)
    return HttpResponseRedirect(reverse("portal:case", args=[case]) + anchor)
