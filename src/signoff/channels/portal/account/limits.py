"""How long somebody who tried too often has to wait, said to them (A2, Q3).

The limits themselves are allauth's, counted in the database, so that they hold over all processes.
"""

import math
import time

from allauth.core.internal.ratelimit import get_cache_key, get_rates
from django.core.cache import cache
from django.core.exceptions import ImproperlyConfigured, ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from signoff.usecases import logins
from signoff.wording.tags import sentence

_APP = "allauth.account"
_HOURS_FROM = 90
_ACTIONS = {
    "account_login": "login",
    "account_request_login_code": "request_login_code",
    "account_reset_password": "reset_password",
    "account_complete_password_reset": "reset_password_from_key",
    "account_change_password": "change_password",
    "account_reauthenticate": "reauthenticate",
    "mfa_reauthenticate": "reauthenticate",
    "mfa_reauthenticate_webauthn": "reauthenticate",
    "account_prove_mail": "reauthenticate",
    "account_prove_text": "reauthenticate",
    "account_help": "call_for_help",
}


def minutes(request: HttpRequest, *, action: str, key: str | None = None) -> int:
    """Whole minutes until the next try is taken; at least one."""
    waits = [1.0]
    for rate in get_rates(app=_APP, action=action):
        try:
            where = get_cache_key(request, app=_APP, action=action, rate=rate, key=key)
        except ImproperlyConfigured:
            continue  # counted by something this request does not name
        history = cache.get(where, [])
        if len(history) >= rate.amount:
            waits.append((history[rate.amount - 1] + rate.duration - time.time()) / 60)
    return math.ceil(max(waits))


def paused(request: HttpRequest, *, action: str, key: str | None = None) -> ValidationError:
    """What a form says to somebody who tried too often."""
    words = said(minutes(request, action=action, key=key))
    return ValidationError(words, code="too_many_login_attempts")


def said(wait: int) -> str:
    """That one has to wait so many minutes, in words."""
    if wait > _HOURS_FROM:
        return sentence("enter.paused_hours", count=math.ceil(wait / 60))
    return sentence("enter.paused", count=wait)


def too_many(request: HttpRequest) -> HttpResponse:
    """The page for too many requests: when the next one is taken."""
    match = request.resolver_match
    action = _ACTIONS.get(match.url_name or "", "login") if match else "login"
    try:
        key: str | None = logins.key(request.POST.get("login", ""))
    except logins.Unreadable:
        key = None
    count = minutes(request, action=action, key=key)
    response = render(request, "429.html", {"wait": said(count)}, status=429)
    response["Retry-After"] = str(count * 60)
    return response
