"""Visits to the site: somebody with a device and a language, who reads pages and presses buttons.

Every page a visitor sees is checked: nothing wider than the screen, no error on the console.
`inspect` asks axe as well whether anything is wrong with it (WCAG 2.2 AA).
"""

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect

import stage
from signoff.records import models
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases import seal_log
from signoff.wording.catalogue import shipped

PASSWORD = "secret-pass"
DEVICES: dict[str, dict[str, Any]] = {
    "phone": {"viewport": {"width": 390, "height": 844}, "has_touch": True, "is_mobile": True},
    "desktop": {"viewport": {"width": 1280, "height": 900}},
    # A desktop of 1280 pixels at 400 % zoom.
    "zoomed": {"viewport": {"width": 320, "height": 256}},
}
_RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}


@dataclass
class World:
    """What a journey takes place in."""

    browser: Browser
    url: str
    sandbox: SandboxAdmin
    mailbox: stage.Mailbox
    visits: list["Visit"] = field(default_factory=list)

    def visit(
        self, *, language: str = "en", device: str = "desktop", script: bool = True, **more: Any
    ) -> "Visit":
        """Somebody arrives with a device and a language."""
        context = self.browser.new_context(
            **DEVICES[device], java_script_enabled=script, accept_downloads=True, **more
        )
        context.add_cookies(
            [{"name": "django_language", "value": language.lower(), "url": self.url}]
        )
        context.set_default_timeout(10_000)
        return Visit(self, context, language, script=script)

    def time_passes(self, rounds: int = 60) -> None:
        """The day of the end has come, and carrier and worker have done what is due."""
        for _ in range(rounds):
            stage.work()
            moving = models.Case.objects.filter(state__in=["declared", "approved", "ending"])
            for case in moving:
                models.Case.objects.filter(id=case.id).update(effective_at=case.declared_at)
            waiting = seal_log.unsealed()
            if not moving and not waiting:
                return
            stage.hasten()
        raise AssertionError("still moving")


class Visit:
    """One person at one device."""

    def __init__(
        self, world: World, context: BrowserContext, language: str, *, script: bool
    ) -> None:
        self.world, self.language, self._script = world, language, script
        self.page: Page = context.new_page()
        self.problems: list[str] = []
        self.page.on("console", self._note)
        self.page.on("pageerror", lambda error: self.problems.append(str(error)))

    def _note(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.problems.append(message.text)

    def say(self, key: str, **values: str | int) -> str:
        """A sentence of the site in this visitor's language."""
        return shipped().say(key, self.language, **values)

    def open(self, path: str) -> "Visit":
        self.page.goto(self.world.url + path)
        return self.look()

    def log_in(self, user: models.User) -> "Visit":
        """From the start page straight in."""
        self.open("/")
        self.page.get_by_label(self.say("enter.login")).fill(user.email)
        self.page.get_by_label(self.say("login.password"), exact=True).fill(PASSWORD)
        return self.press("nav.log_in")

    def press(self, key: str, *, near: str = "", **values: str | int) -> "Visit":
        """Press the button or link of these words; `near` names the row or item it stands in."""
        words = self.say(key, **values)
        where: Page | Locator = self.page.locator("main")
        if near:
            where = self.page.locator("main li", has_text=near).last
        name = re.compile(re.escape(words))
        button = where.get_by_role("button", name=name).or_(where.get_by_role("link", name=name))
        button.first.click()
        self.page.wait_for_load_state()
        return self.look()

    def sees(self, key: str, **values: str | int) -> "Visit":
        """A sentence is on the page."""
        expect(self.page.locator("main")).to_contain_text(self.say(key, **values))
        return self

    def sees_text(self, text: str) -> "Visit":
        expect(self.page.locator("main")).to_contain_text(text)
        return self

    def heading(self, key: str) -> "Visit":
        expect(self.page.locator("h1")).to_contain_text(self.say(key))
        return self

    def download(self, key: str, **values: str | int) -> bytes:
        """Press what gives a file, and take the file; its size is not known before."""
        with self.page.expect_download() as taken:
            words = re.escape(self.say(key, **values))
            name = re.compile(words.replace("0", r"[\d.,]+") if "size" in values else words)
            main = self.page.locator("main")
            main.get_by_role("link", name=name).or_(
                main.get_by_role("button", name=name)
            ).first.click()
        return taken.value.path().read_bytes()

    @property
    def path(self) -> str:
        return urlsplit(self.page.url).path

    def look(self) -> "Visit":
        """Check the page as it stands."""
        assert self.problems == [], (self.path, self.problems)
        size = self.page.viewport_size
        if self._script and size is not None:
            wide = self.page.evaluate("document.documentElement.scrollWidth")
            assert wide <= size["width"], f"{self.path} is {wide} wide"
        return self

    def inspect(self) -> "Visit":
        """Let axe look for what keeps people from using the page."""
        found = Axe().run(self.page, options=_RULES)
        assert found.violations_count == 0, (self.path, found.generate_report())
        return self.look()
