"""What the environment says about text messages: all of it or nothing, refused when half is there.

Nothing is sent while SIGNOFF_SMS_URL is unset. Its scheme decides how: `smpp://` and `smpps://` for
a message centre, `https://` for a gateway (`http://` on this machine only).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import SplitResult, parse_qs, urlsplit

from signoff.config.env import Env, Secret, SettingError
from signoff.integrations.messaging import sms_profiles
from signoff.integrations.messaging.sms_profiles import Auth, BadProfile, Profile

_URL = "SIGNOFF_SMS_URL"
_SCHEMES = ("smpp", "smpps", "https", "http")
_PORTS = {"smpp": 2775, "smpps": 3550}
_SENDER = re.compile(r"\+[1-9]\d{6,14}|\d{3,8}|(?=.*[A-Za-z])[ -~]{1,11}")
_OPTIONS = {"long": ("udh", "payload"), "type": None}
_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_LEAST_SECRET = 16


@dataclass(frozen=True, slots=True)
class SmppSettings:
    """A message centre. `payload` sends long texts whole."""

    host: str
    port: int
    tls: bool
    user: str
    secret: Secret
    sender: str
    system_type: str
    payload: bool


@dataclass(frozen=True, slots=True)
class GatewaySettings:
    """An HTTP gateway; an empty callback secret takes no callbacks."""

    url: str
    user: str
    secret: Secret
    sender: str
    callback_secret: Secret
    profile: Profile = field(repr=False)


def texting(env: Env) -> SmppSettings | GatewaySettings | None:
    """How texts are sent; None where they are not. Raises SettingError."""
    url = env.text(_URL)
    told: Mapping[str, object] = {
        "SIGNOFF_SMS_FROM": env.text("SIGNOFF_SMS_FROM"),
        "SIGNOFF_SMS_GATEWAY": env.text("SIGNOFF_SMS_GATEWAY"),
        "SIGNOFF_SMS_USER": env.text("SIGNOFF_SMS_USER"),
        "SIGNOFF_SMS_SECRET": env.secret("SIGNOFF_SMS_SECRET"),
        "SIGNOFF_SMS_CALLBACK_SECRET": env.secret("SIGNOFF_SMS_CALLBACK_SECRET"),
    }
    if not url:
        for name, value in told.items():
            if value:
                raise SettingError(name, f"{_URL} is not set", mend="set both, or neither")
        return None
    parts = _address(env)
    sender = _sender(env)
    if parts.scheme in _PORTS:
        return _smpp(env, parts, sender=sender)
    return _gateway(env, parts, sender=sender)


def _address(env: Env) -> SplitResult:
    parts = urlsplit(env.url(_URL, "", schemes=_SCHEMES))
    if parts.username or parts.password:
        mend = "put them into SIGNOFF_SMS_USER and SIGNOFF_SMS_SECRET"
        raise SettingError(_URL, "holds a user or password", mend=mend)
    if not parts.hostname:
        raise SettingError(_URL, "names no host", mend="for example smpp://smsc.example:2775")
    if parts.scheme == "http" and parts.hostname not in _LOOPBACK:
        raise SettingError(
            _URL, "http would send codes and numbers unprotected", mend="begin it with https://"
        )
    return parts


def _sender(env: Env) -> str:
    sender = env.text("SIGNOFF_SMS_FROM")
    mend = "write +14155550123, a short code, or a name of up to 11 letters"
    if not sender:
        raise SettingError("SIGNOFF_SMS_FROM", f"is not set, but {_URL} is", mend=mend)
    if not _SENDER.fullmatch(sender):
        raise SettingError("SIGNOFF_SMS_FROM", f"{sender!r} is no sender of texts", mend=mend)
    return sender


def _smpp(env: Env, parts: SplitResult, *, sender: str) -> SmppSettings:
    for name in ("SIGNOFF_SMS_GATEWAY", "SIGNOFF_SMS_CALLBACK_SECRET"):
        if env.text(name) or env.text(f"{name}_FILE"):
            what = f"is for gateways, but {_URL} names a message centre"
            raise SettingError(name, what, mend="leave it out")
    user = env.text("SIGNOFF_SMS_USER")
    if not user:
        mend = "write the system id your message centre gave you"
        raise SettingError("SIGNOFF_SMS_USER", f"is not set, but {_URL} is", mend=mend)
    options = {name: values[-1] for name, values in parse_qs(parts.query).items()}
    for name, value in options.items():
        if name not in _OPTIONS or value not in (_OPTIONS[name] or (value,)):
            mend = "known are long=udh, long=payload and type=..."
            raise SettingError(_URL, f"does not know {name}={value}", mend=mend)
    return SmppSettings(
        host=str(parts.hostname),
        port=parts.port or _PORTS[parts.scheme],
        tls=parts.scheme == "smpps",
        user=user,
        secret=_needed_secret(env),
        sender=sender,
        system_type=options.get("type", ""),
        payload=options.get("long") == "payload",
    )


def _gateway(env: Env, parts: SplitResult, *, sender: str) -> GatewaySettings:
    named = env.text("SIGNOFF_SMS_GATEWAY", "json")
    try:
        profile = sms_profiles.load(named)
    except BadProfile as error:
        mend = "write twilio, json or the path of a .toml file"
        raise SettingError("SIGNOFF_SMS_GATEWAY", str(error), mend=mend) from error
    user = env.text("SIGNOFF_SMS_USER")
    if not user and (profile.auth is Auth.BASIC or "{user}" in parts.path):
        what = f"is not set, but the gateway {named} needs it"
        raise SettingError("SIGNOFF_SMS_USER", what, mend="write the account's name or id")
    callback = env.secret("SIGNOFF_SMS_CALLBACK_SECRET")
    if callback and len(callback.reveal()) < _LEAST_SECRET:
        what = f"is shorter than {_LEAST_SECRET} characters"
        raise SettingError("SIGNOFF_SMS_CALLBACK_SECRET", what, mend="use a longer one")
    if callback and profile.callback is None:
        what = f"the gateway {named} has no [callback]"
        raise SettingError("SIGNOFF_SMS_CALLBACK_SECRET", what, mend="describe it, or leave it out")
    return GatewaySettings(
        url=parts.geturl(),
        user=user,
        secret=_needed_secret(env),
        sender=sender,
        callback_secret=callback,
        profile=profile,
    )


def _needed_secret(env: Env) -> Secret:
    secret = env.secret("SIGNOFF_SMS_SECRET")
    if not secret:
        mend = "write the password or token, or its file in SIGNOFF_SMS_SECRET_FILE"
        raise SettingError("SIGNOFF_SMS_SECRET", f"is not set, but {_URL} is", mend=mend)
    return secret
