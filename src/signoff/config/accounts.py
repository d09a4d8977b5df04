"""allauth as Signoff needs it: closed sign-up, log-in by phone, our own words, mail that is queued.

People's accounts come to be by import or invitation, never by signing up.
"""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.app_settings import LOGIN_BY_CODE_TIMEOUT
from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import PermissionDenied, ValidationError
from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import lazystr

from signoff.channels.portal.account import devices, limits, ways
from signoff.channels.portal.account.codes import new_code
from signoff.channels.portal.account.forms import PhoneField
from signoff.records import people
from signoff.records.models import User
from signoff.usecases import logins
from signoff.usecases.access_codes import Change, Purpose
from signoff.wording.tags import language, sentence
from signoff.workflows import getting_in

_CODE_MAILS = frozenset({"account/email/login_code", "account/email/unknown_account"})
_CHANGES = {
    "account/email/password_changed": Change.PASSWORD,
    "account/email/password_set": Change.PASSWORD,
    "account/email/password_reset": Change.RESET,
    "mfa/email/totp_activated": Change.TOTP_ON,
    "mfa/email/totp_deactivated": Change.TOTP_OFF,
    "mfa/email/webauthn_added": Change.PASSKEY_ADDED,
    "mfa/email/webauthn_removed": Change.PASSKEY_REMOVED,
    "mfa/email/recovery_codes_generated": Change.RECOVERY_CODES,
}
_NOWHERE = "::"
"""Stands for a client without an address: they share one count of tries."""


class _Words(dict[str, Any]):
    """allauth's messages by their code, in our words and the reader's language."""

    def __missing__(self, code: str) -> Any:
        keys = {
            "incorrect_code": "enter.wrong_code",
            "incorrect_password": "enter.wrong_password",
            "enter_current_password": "enter.wrong_password",
            "too_many_login_attempts": "enter.code_used_up",
            "rate_limited": "enter.code_used_up",
        }
        return lazystr(_Late(keys.get(code, "login.wrong")))


class _Late:
    """A sentence that is said when it is shown."""

    def __init__(self, key: str) -> None:
        self._key = key

    def __str__(self) -> str:
        return sentence(self._key)


class ClosedAccounts(DefaultAccountAdapter):
    """allauth with its sign-up door closed, and everything it sends owed to the worker."""

    error_messages = _Words()

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def login(self, request: HttpRequest, user: AbstractBaseUser) -> None:
        """Log in, and begin to note when the device is used."""
        super().login(request, user)
        devices.note_login(request)

    # ---------------------------------------------------------------- people
    def get_user_by_phone(self, phone: str) -> User | None:
        """Whoever alone logs in with this number, in any spelling."""
        person = logins.find_by_phone(phone)
        return User.objects.filter(id=person.id if person else 0).first()

    def get_phone(self, user: AbstractBaseUser) -> tuple[str, bool] | None:
        """The number on file; it is the operator's word, so it counts as verified."""
        number = user.phone if isinstance(user, User) else ""
        return (number, True) if number else None

    def set_phone(self, user: AbstractBaseUser, phone: str, verified: bool) -> None:  # noqa: PLR0917
        """Never: a log-in's number comes from the operator's book."""
        raise NotImplementedError

    def set_phone_verified(self, user: AbstractBaseUser, phone: str) -> None:
        """Nothing to do: see get_phone."""

    def phone_form_field(self, **kwargs: Any) -> PhoneField:
        return PhoneField(**kwargs)

    # ---------------------------------------------------------------- codes and notices
    def generate_login_code(self) -> str:
        return new_code()

    def generate_phone_verification_code(self, *, user: AbstractBaseUser, phone: str) -> str:
        return new_code()

    def send_verification_code_sms(  # noqa: PLR0917
        self, user: AbstractBaseUser, phone: str, code: str, **more: Any
    ) -> None:
        """A code to log in, asked for by number."""
        self._send(people.by_id(user.pk), code=code, by_phone=True)

    def send_unknown_account_sms(self, phone: str, **more: Any) -> None:
        """The same work for a number nobody has."""
        self._send(people.by_id(0), code="", by_phone=True)

    def send_mail(  # noqa: PLR0917
        self, template_prefix: str, email: str, context: dict[str, Any]
    ) -> None:
        """A code to log in, asked for by address; for an address nobody has, the same work.

        Other mails of allauth belong to doors that are closed here.
        """
        if template_prefix in _CODE_MAILS:
            self._send(logins.find(email), code=str(context.get("code", "")), by_phone=False)

    def _send(self, person: people.Person | None, *, code: str, by_phone: bool) -> None:
        getting_in.send_code(
            person if code else None,
            code=code,
            purpose=Purpose.LOG_IN,
            by_phone=by_phone,
            language=language(),
            minutes=LOGIN_BY_CODE_TIMEOUT // 60,
        )

    def send_notification_mail(  # noqa: PLR0917
        self,
        template_prefix: str,
        user: AbstractBaseUser,
        context: dict[str, Any] | None = None,
        email: str | None = None,
    ) -> None:
        """Tell a person at the contact they had that their log-in was changed."""
        change = _CHANGES.get(template_prefix)
        if change and user.pk:
            getting_in.tell_change(user.pk, change, language=language())

    # ---------------------------------------------------------------- limits and proofs
    def get_client_ip(self, request: HttpRequest) -> str:
        """The client's address, as allauth finds it behind SIGNOFF_PROXIES proxies."""
        try:
            return str(super().get_client_ip(request))
        except PermissionDenied:
            return _NOWHERE

    def _get_login_attempts_cache_key(self, request: HttpRequest, **credentials: Any) -> str:
        """Count tries by who is meant, however it was typed."""
        given = (credentials.get(name) for name in ("email", "phone", "username"))
        try:
            return f"login:{logins.key(next(filter(None, given), ''))}"
        except logins.Unreadable:
            return "login:"

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        """Refuse a try too many, with when the next one is taken."""
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError as error:
            key = self._get_login_attempts_cache_key(request, **credentials)
            raise limits.paused(request, action="login_failed", key=key) from error

    def get_reauthentication_methods(
        self, user: AbstractBaseUser | AnonymousUser
    ) -> list[dict[str, Any]]:
        """What this person can prove themselves with now, the easiest first (A4, A8)."""
        found = ways.ways_of(user.pk) if user.pk else []
        # allauth sorts the other ways by their description: this keeps our order.
        return [
            {"id": way.id, "description": str(place), "url": reverse(way.url_name)}
            for place, way in enumerate(found)
        ]

    def is_reauthentication_required(self, *, app: str, **more: Any) -> bool:
        """Our own rule stands before every page it concerns (proving.proven_first)."""
        return False
