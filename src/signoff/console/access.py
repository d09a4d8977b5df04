"""Who may come to the desk: staff. For everybody else it does not exist.

Runs that end whole brands are there for operators, supervisors and auditors alone.
"""

from collections.abc import Callable
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.urls import reverse
from django.views.decorators.cache import never_cache

from signoff.records.models import User
from signoff.usecases.look import NotYours, brands_of
from signoff.usecases.sunsets.look import may_create, may_look
from signoff.wording.tags import sentence

P = ParamSpec("P")
View = Callable[Concatenate[HttpRequest, P], HttpResponseBase]


def staff_only(view: View[P]) -> Callable[..., Any]:
    """Let staff with a role for at least one brand in; a case of another brand is not there."""

    @wraps(view)
    def guarded(request: HttpRequest, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not brands_of(user_id(request)):
            raise Http404
        person = cast(User, request.user)
        if settings.SIGNOFF_STAFF_MFA and not is_mfa_enabled(person, _STRONG):
            messages.warning(request, sentence("console.second_factor"))
            return HttpResponseRedirect(reverse("account_overview"))
        try:
            return view(request, *args, **kwargs)
        except NotYours as error:
            raise Http404 from error

    return never_cache(login_required(guarded))


_STRONG = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]
"""Whoever has one of these was asked for it at log-in."""


def sunsets_only(view: View[P]) -> Callable[..., Any]:
    """Let staff in who may look at the runs of at least one brand; others find nothing here."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: P.args, **kwargs: P.kwargs) -> HttpResponseBase:
        if not may_look(user_id(request)):
            raise Http404
        return view(request, *args, **kwargs)

    return staff_only(guarded)


def takes_up_to(most_bytes: int) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """A view that whoever may make runs may send this much to (see config.uploads)."""

    def bound(request: HttpRequest) -> int:
        by = request.user.pk
        return most_bytes if isinstance(by, int) and may_create(by) else 0

    def marked(view: Callable[..., Any]) -> Callable[..., Any]:
        view.most_upload = bound  # type: ignore[attr-defined]
        return view

    return marked


def nav(request: HttpRequest) -> dict[str, Callable[[], bool]]:
    """For every template: whether the desk shows the way to the runs; asked only where it is."""

    def sees_sunsets() -> bool:
        by = request.user.pk
        return isinstance(by, int) and bool(may_look(by))

    return {"sees_sunsets": sees_sunsets}


def user_id(request: HttpRequest) -> int:
    """The id of whoever is logged in."""
    found = request.user.pk
    if not isinstance(found, int):
        raise Http404
    return found


def now() -> datetime:
    """The time of this request."""
    return datetime.now(UTC)
