"""Who may come to the desk: staff. For everybody else it does not exist."""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.cache import never_cache

from signoff.usecases.look import NotYours, brands_of

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponse]


def staff_only(view: View[P]) -> Callable[..., Any]:
    """Let staff with a role for at least one brand in; a case of another brand is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponse:
        if not brands_of(user_id(request)):
            raise Http404
        try:
            return view(request, *args, **kwargs)
        except NotYours as error:
            raise Http404 from error

    return never_cache(login_required(guarded))


def user_id(request: HttpRequest) -> int:
    """The id of whoever is logged in."""
    found = request.user.pk
    if not isinstance(found, int):
        raise Http404
    return found


def now() -> datetime:
    """The time of this request."""
    return datetime.now(UTC)
