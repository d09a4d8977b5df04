"""The codes allauth has no flow for: a new password by phone, and a proof before the final button.

Both are allauth's own code process (attempts, time-out, state in the session); what differs is
where the code goes.
"""

import secrets
from typing import Any, cast

from allauth.account import app_settings
from allauth.account.internal.flows.code_verification import AbstractCodeVerificationProcess
from allauth.account.internal.flows.login import record_authentication
from allauth.account.internal.flows.password_reset_by_code import PasswordResetVerificationProcess
from allauth.core.internal.cryptokit import compare_user_code
from django.http import HttpRequest

from signoff.records import people
from signoff.records.models import User
from signoff.records.people import Person
from signoff.usecases.access_codes import Purpose
from signoff.wording.tags import language
from signoff.workflows import getting_in

_STEP_UP = "signoff_step_up"


def new_code() -> str:
    """Six digits: they are typed from a phone, live ten minutes and stand three tries."""
    return f"{secrets.randbelow(1_000_000):06}"


class ResetCode(PasswordResetVerificationProcess):
    """A code that sets a new password, to the registered e-mail or phone (A2)."""

    person: Person | None = None
    by_phone: bool = False

    @classmethod
    def begin(
        cls, request: HttpRequest, person: Person | None, *, typed: str, by_phone: bool
    ) -> None:
        """Send the code, or do the same for nobody."""
        user = User.objects.filter(id=person.id if person else 0).first()
        state = cls.initial_state(user, person.email if person else typed)
        process = cls(request, state=state, user=user)
        process.person, process.by_phone = person, by_phone
        process.send()
        process.persist()

    def send(self) -> None:
        code = new_code()
        if self.user:
            self.state["code"] = code
        getting_in.send_code(
            self.person,
            code=code,
            purpose=Purpose.RESET,
            by_phone=self.by_phone,
            language=language(),
            minutes=app_settings.PASSWORD_RESET_BY_CODE_TIMEOUT // 60,
        )


class StepUpCode(AbstractCodeVerificationProcess):
    """A code that proves the person who is logged in."""

    def __init__(self, request: HttpRequest, state: dict[str, Any]) -> None:
        self.request = request
        super().__init__(
            max_attempts=app_settings.LOGIN_BY_CODE_MAX_ATTEMPTS,
            timeout=app_settings.LOGIN_BY_CODE_TIMEOUT,
            state=state,
            user=cast(User, request.user),
        )

    @classmethod
    def begin(cls, request: HttpRequest, *, by_phone: bool) -> "StepUpCode":
        """Send a code to the person's own e-mail or phone."""
        user = cast(User, request.user)
        process = cls(request, cls.initial_state(user))
        process.state["by_phone"] = by_phone
        process.send()
        process.persist()
        return process

    @classmethod
    def resume(cls, request: HttpRequest) -> "StepUpCode | None":
        """The code that was sent last, as long as it works."""
        state = request.session.get(_STEP_UP)
        if not state or state.get("user_id") != str(request.user.pk):
            return None
        return cast(
            "StepUpCode | None",
            cls(request, state).abort_if_invalid(),  # type: ignore[no-untyped-call]
        )

    @property
    def by_phone(self) -> bool:
        return bool(self.state["by_phone"])

    def send(self) -> None:
        self.state["code"] = new_code()
        medium = getting_in.send_code(
            people.by_id(self.request.user.pk or 0),
            code=self.state["code"],
            purpose=Purpose.STEP_UP,
            by_phone=self.by_phone,
            language=language(),
            minutes=self.timeout // 60,
        )
        self.state["by_phone"] = medium == "sms"

    def persist(self) -> None:
        self.request.session[_STEP_UP] = self.state

    def abort(self) -> None:
        self.request.session.pop(_STEP_UP, None)

    def takes(self, typed: str) -> bool:
        """Whether this is the code, however it is spaced."""
        return bool(compare_user_code(actual=typed, expected=self.code))

    def finish(self) -> None:
        """Take the code as a proof of this session; it works once."""
        self.abort()
        user = cast(User, self.request.user)
        to = {"phone": user.phone} if self.by_phone else {"email": user.email}
        record_authentication(self.request, user, method="code", reauthenticated=True, **to)
