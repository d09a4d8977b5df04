"""What a person has to prove themselves with, and where."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime

from allauth.mfa.models import Authenticator

from signoff.channels.portal.account.proving import counting
from signoff.domain.assurance import Proof
from signoff.records import people
from signoff.records.models import User
from signoff.usecases import logins, text_messages


@dataclass(frozen=True, slots=True)
class Way:
    """A way to prove oneself: `id` names its sentence, `url_name` its page."""

    id: str
    url_name: str


def ways_of(user_id: int) -> list[Way]:
    """The ways that count for this person now. A code by mail is always among them."""
    return list(_ways(user_id))


def _ways(user_id: int) -> Iterator[Way]:
    now = datetime.now(UTC)
    counts = counting(user_id, now=now)
    user, person = User.objects.get(id=user_id), people.by_id(user_id)
    has = set(Authenticator.objects.filter(user_id=user_id).values_list("type", flat=True))
    if Proof.PASSWORD in counts and user.has_usable_password():
        yield Way("password", "account_reauthenticate")
    if Authenticator.Type.WEBAUTHN in has:
        yield Way("passkey", "mfa_reauthenticate_webauthn")
    if Authenticator.Type.TOTP in has or Authenticator.Type.RECOVERY_CODES in has:
        yield Way("totp", "mfa_reauthenticate")
    if person and logins.may_text(person, now=now) and text_messages.can_send():
        yield Way("text", "account_prove_text")
    yield Way("mail", "account_prove_mail")
