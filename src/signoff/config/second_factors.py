"""allauth's second factors: secrets encrypted at rest, QR codes by segno, staff who keep theirs."""

import base64
import io
from functools import cache

import segno
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.models import Authenticator
from cryptography.fernet import Fernet
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings
from django.contrib.auth.base_user import AbstractBaseUser
from django.utils.functional import lazystr

from signoff.records.models import StaffRole
from signoff.wording.tags import sentence


class SecondFactors(DefaultMFAAdapter):
    """Passkeys, authenticator apps and recovery codes."""

    @property
    def error_messages(self) -> dict[str, object]:  # type: ignore[override]
        """What allauth refuses, in our words."""
        wrong = lazystr(sentence("enter.wrong_code"))
        kept = lazystr(sentence("enter.staff_keep"))
        codes = dict.fromkeys(super().error_messages, wrong)
        return {**codes, "cannot_delete_authenticator": kept}

    def build_totp_svg(self, url: str) -> str:
        """The QR code of an authenticator app's key."""
        out = io.BytesIO()
        segno.make(url, error="m").save(
            out, kind="svg", scale=5, border=3, xmldecl=False, dark="#000", light="#fff"
        )
        return out.getvalue().decode()

    def encrypt(self, text: str) -> str:
        return _box().encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return _box().decrypt(encrypted_text.encode()).decode()

    def generate_authenticator_name(self, user: AbstractBaseUser, type: Authenticator.Type) -> str:
        number = Authenticator.objects.filter(user_id=user.pk, type=type).count() + 1
        return str(sentence("security.passkey_name", number=number))

    def can_delete_authenticator(self, authenticator: Authenticator) -> bool:
        """Staff of whom a second factor is demanded keep their last one."""
        if not settings.SIGNOFF_STAFF_MFA:
            return True
        others = Authenticator.objects.filter(
            user_id=authenticator.user_id,
            type__in=(Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN),
        ).exclude(id=authenticator.pk)
        staff = StaffRole.objects.filter(user_id=authenticator.user_id)
        return others.exists() or not staff.exists()

    def get_public_key_credential_user_entity(self, user: AbstractBaseUser) -> dict[str, object]:
        """What the device shows beside the passkey: the log-in's address."""
        entity: dict[str, object] = super().get_public_key_credential_user_entity(user)
        return {**entity, "display_name": entity["name"]}

    def _get_site_name(self) -> str:
        return "Signoff"


@cache
def _box() -> Fernet:
    """Encryption under a key of its own, derived from the installation's."""
    derived = HKDF(algorithm=SHA256(), length=32, salt=None, info=b"signoff second factors")
    return Fernet(base64.urlsafe_b64encode(derived.derive(settings.SECRET_KEY.encode())))
