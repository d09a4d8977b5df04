"""A passkey from its making to the final button, in a real browser; and the pages of a log-in."""

import re

import pytest
from playwright.sync_api import expect

import stage
from journeys.visits import Visit, World
from signoff.domain.account import CardKind
from signoff.domain.events import Code
from signoff.records import models
from signoff.wording.catalogue import LANGUAGES

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.browser, pytest.mark.slow]

DEVICE = {
    "protocol": "ctap2",
    "transport": "internal",
    "hasResidentKey": True,
    "hasUserVerification": True,
    "isUserVerified": True,
    "automaticPresenceSimulation": True,
}


def with_passkeys(me: Visit) -> Visit:
    """Give the browser a device that keeps passkeys and says yes."""
    me.page.context.set_default_timeout(60_000)
    session = me.page.context.new_cdp_session(me.page)
    session.send("WebAuthn.enable")
    session.send("WebAuthn.addVirtualAuthenticator", {"options": DEVICE})
    return me


def touch(me: Visit, key: str, *, to: str) -> None:
    """Press a passkey's button and wait for where it leads: the device answers in its own time."""
    me.page.get_by_role("button", name=me.say(key)).click()
    expect(me.page).to_have_url(re.compile(to), timeout=60_000)


def test_a_passkey_logs_in_and_proves_the_person_before_the_final_button(
    world: World, settings: object
) -> None:
    """A1, A4: no password is typed after the passkey was made."""
    user = stage.cast("farwander").subscriber
    line = stage.line(CardKind.TRAVEL, holder=user, settled=True)
    me = with_passkeys(world.visit(device="phone"))
    me.log_in(user)
    touch(me.open("/account/2fa/webauthn/add/"), "security.add_passkey", to="recovery-codes")
    me.page.context.clear_cookies(name="sessionid")

    touch(me.open("/account/login/"), "enter.by_passkey", to="/lines")
    settings.SIGNOFF_STEP_UP_MINUTES = 0  # type: ignore[attr-defined]
    me.open(f"/lines/{line.id}/leave")
    me.page.select_option("#reason", "left_country")
    for name in ("effective", "number", "balance"):
        me.page.locator(f"input[name={name}]").first.check()
    me.page.check("input[name=agreed]")
    me.press("leave.final")
    me.heading("prove.title")
    settings.SIGNOFF_STEP_UP_MINUTES = 15  # type: ignore[attr-defined]
    way = me.open("/account/2fa/webauthn/reauthenticate/")
    touch(way, "enter.use_passkey", to="/cases/")

    assert models.Event.objects.get(code=Code.DECLARED).facts["proof"] == "passkey"


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_pages_of_a_login_are_sound(world: World, language: str) -> None:
    """Q4, Q5: on a phone, for whoever reads with eyes or ears."""
    user = stage.cast("farwander").subscriber
    me = world.visit(language=language, device="phone")
    me.page.context.set_default_timeout(60_000)
    me.log_in(user)

    for path in ("", "devices/", "2fa/totp/activate/", "2fa/webauthn/add/", "password/change/"):
        me.open(f"/account/{path}").inspect()
    for path in ("reauthenticate/", "prove/mail/"):
        me.open(f"/account/{path}").inspect()
