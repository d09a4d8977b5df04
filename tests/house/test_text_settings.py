"""Settings of text messages: all or nothing, and told in one line what is missing (N2, C6)."""

from pathlib import Path

import pytest

from signoff.config.env import Env, SettingError
from signoff.config.texting import GatewaySettings, SmppSettings, texting

SMPP = {
    "SIGNOFF_SMS_URL": "smpp://smsc.example",
    "SIGNOFF_SMS_FROM": "+12025550100",
    "SIGNOFF_SMS_USER": "signoff",
    "SIGNOFF_SMS_SECRET": "hush-hush",
}
HTTP = {
    "SIGNOFF_SMS_URL": "https://sms.example/v1/messages",
    "SIGNOFF_SMS_FROM": "Signoff",
    "SIGNOFF_SMS_SECRET": "hush-hush",
}


def test_nothing_set_sends_nothing() -> None:
    """C6."""
    assert texting(Env({})) is None


def test_a_message_centre_is_read() -> None:
    """C6."""
    url = {"SIGNOFF_SMS_URL": "smpps://smsc.example:2776?long=payload&type=VMA"}

    told = texting(Env({**SMPP, **url}))
    plain = texting(Env(SMPP))

    assert isinstance(told, SmppSettings)
    assert isinstance(plain, SmppSettings)
    assert (told.host, told.port, told.tls, told.payload) == ("smsc.example", 2776, True, True)
    assert (told.user, told.system_type, told.sender) == ("signoff", "VMA", "+12025550100")
    assert (plain.port, plain.tls, plain.payload) == (2775, False, False)
    assert "hush" not in repr(told)


def test_a_gateway_is_read(tmp_path: Path) -> None:
    """C6: by name, or from a file; the secret from a file."""
    secret = tmp_path / "token"
    secret.write_text("from the file\n", encoding="utf-8")
    settings = {name: value for name, value in HTTP.items() if name != "SIGNOFF_SMS_SECRET"}

    told = texting(Env({**settings, "SIGNOFF_SMS_SECRET_FILE": str(secret)}))

    assert isinstance(told, GatewaySettings)
    assert told.secret.reveal() == "from the file"
    assert told.profile.body == "json"
    assert not told.callback_secret


@pytest.mark.parametrize(
    ("settings", "changed", "answer"),
    [
        ({}, {"SIGNOFF_SMS_FROM": "+12025550100"}, "SIGNOFF_SMS_FROM: SIGNOFF_SMS_URL is not set"),
        ({}, {"SIGNOFF_SMS_SECRET": "x"}, "SIGNOFF_SMS_SECRET: SIGNOFF_SMS_URL is not set"),
        (SMPP, {"SIGNOFF_SMS_FROM": ""}, "SIGNOFF_SMS_FROM: is not set, but SIGNOFF_SMS_URL is"),
        (SMPP, {"SIGNOFF_SMS_FROM": "a name too long"}, "is no sender of texts"),
        (SMPP, {"SIGNOFF_SMS_FROM": "123456789"}, "is no sender of texts"),
        (SMPP, {"SIGNOFF_SMS_USER": ""}, "SIGNOFF_SMS_USER: is not set, but SIGNOFF_SMS_URL is"),
        (SMPP, {"SIGNOFF_SMS_SECRET": ""}, "SIGNOFF_SMS_SECRET: is not set"),
        (SMPP, {"SIGNOFF_SMS_GATEWAY": "twilio"}, "SIGNOFF_SMS_GATEWAY: is for gateways"),
        (SMPP, {"SIGNOFF_SMS_URL": "ftp://x"}, "SIGNOFF_SMS_URL: is no URL of the kind smpp"),
        (SMPP, {"SIGNOFF_SMS_URL": "smpp://"}, "SIGNOFF_SMS_URL: names no host"),
        (SMPP, {"SIGNOFF_SMS_URL": "smpp://u:pw1@h"}, "holds a user or password"),
        (SMPP, {"SIGNOFF_SMS_URL": "smpp://h?long=sar"}, "does not know long=sar"),
        (SMPP, {"SIGNOFF_SMS_URL": "smpp://h?colour=red"}, "does not know colour=red"),
        (HTTP, {"SIGNOFF_SMS_URL": "http://sms.example"}, "unprotected; begin it with https://"),
        (HTTP, {"SIGNOFF_SMS_SECRET": ""}, "SIGNOFF_SMS_SECRET: is not set"),
        (HTTP, {"SIGNOFF_SMS_GATEWAY": "nobody"}, "shipped are json, twilio"),
        (HTTP, {"SIGNOFF_SMS_GATEWAY": "twilio"}, "SIGNOFF_SMS_USER: is not set, but the gateway"),
        (HTTP, {"SIGNOFF_SMS_CALLBACK_SECRET": "short"}, "is shorter than 16 characters"),
    ],
)
def test_half_a_setting_is_refused(
    settings: dict[str, str], changed: dict[str, str], answer: str
) -> None:
    """N2: the variable, the problem and the mend, in one line, without any secret."""
    with pytest.raises(SettingError) as caught:
        texting(Env({**settings, **changed}))

    said = str(caught.value)
    assert answer in said
    assert said.startswith("SIGNOFF_SMS_")
    assert "; " in said
    assert "\n" not in said
    assert "pw1" not in said
    assert "hush" not in said


def test_http_is_allowed_on_this_machine() -> None:
    """C6: for a gateway that runs beside Signoff."""
    assert texting(Env({**HTTP, "SIGNOFF_SMS_URL": "http://127.0.0.1:9000/send"})) is not None
