"""Whether a person proved themselves just now, and asking them to (A4).

Every log-in counts as a proof, until it is older than SIGNOFF_STEP_UP_MINUTES. What is asked then
is kept in the session until the proof is there; the form's values are not lost.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import wraps
from typing import Any, Concatenate, ParamSpec, cast

from allauth.account.authentication import get_authentication_records
from allauth.account.internal.flows.reauthentication import (
    STATE_SESSION_KEY,
    stash_and_reauthenticate,
)
from allauth.core.exceptions import ReauthenticationRequired
from django.conf import settings
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse

from signoff.domain import assurance
from signoff.domain.assurance import Proof, Proven
from signoff.records import people
from signoff.records.models import User

_P = ParamSpec("_P")
_View = Callable[Concatenate[HttpRequest, _P], HttpResponse]

_SECOND = {
    "totp": Proof.TOTP,
    "webauthn": Proof.PASSKEY,
    "recovery_codes": Proof.RECOVERY_CODE,
}


def proven(request: HttpRequest) -> Proven | None:
    """The newest proof of this session that counts now; None where one must be asked for."""
    now = datetime.now(UTC)
    return assurance.newest(
        _given(request),
        now=now,
        lasts=timedelta(minutes=settings.SIGNOFF_STEP_UP_MINUTES),
        counts=counting(cast(User, request.user).pk, now=now),
    )


def counting(user_id: int, *, now: datetime) -> frozenset[Proof]:
    """What proves this person now: after a change of their SIM, nothing that goes through it."""
    person = people.by_id(user_id)
    return assurance.accepted(sim_changed_at=person.sim_changed_at if person else None, now=now)


def _given(request: HttpRequest) -> list[Proven]:
    found = []
    for record in get_authentication_records(request, cast(User, request.user)):
        by = _proof(record)
        if by:
            found.append(Proven(by, datetime.fromtimestamp(record["at"], UTC)))
    return found


def _proof(record: dict[str, Any]) -> Proof | None:
    match record["method"]:
        case "password":
            return Proof.PASSWORD
        case "code":
            return Proof.SMS_CODE if record.get("phone") else Proof.MAIL_CODE
        case "mfa":
            return _SECOND.get(record.get("type", ""))
        case _:
            return None


def ask(request: HttpRequest, *, then: str, kept: dict[str, Any]) -> HttpResponse:
    """Keep what was sent, and ask for a proof; `then(request, kept)` goes on once it is there.

    `then` is a function by its dotted path; `kept` is what JSON can hold.
    """
    return cast(HttpResponse, stash_and_reauthenticate(request, kept, then))


def kept_for(request: HttpRequest, *, then: str) -> dict[str, Any] | None:
    """What waits in the session for a proof before `then`, taken out of it; None where nothing."""
    waiting = request.session.get(STATE_SESSION_KEY) or {}
    if waiting.get("callback") != then:
        return None
    del request.session[STATE_SESSION_KEY]
    return cast(dict[str, Any], waiting["state"])


def proven_first(view: Any) -> Any:
    """A page that changes a log-in: a proof first, whatever the person has to give one with."""

    @wraps(view)
    def guarded(request: HttpRequest, /, *args: Any, **kwargs: Any) -> HttpResponse:
        if proven(request) is None:
            raise ReauthenticationRequired
        return cast(HttpResponse, view(request, *args, **kwargs))

    return login_required(guarded)
