"""Helpers for tests of the portal: a browser without script, as django.test.Client is one."""

import re
from html import unescape
from typing import Any, TypeAlias

from django.test import Client

from signoff.records import models
from signoff.testing.logins import log_in

Page: TypeAlias = Any
"""A response as the test client gives it, with what it adds (redirect_chain)."""

LANGUAGES = {"zh-Hans": "zh-hans", "zh-Hant": "zh-hant", "en": "en"}


def browser(user: models.User | None = None, *, language: str = "en") -> Client:
    """Somebody's browser, set to a language."""
    client = Client()
    if user:
        log_in(client, user)
    client.cookies["django_language"] = LANGUAGES[language]
    return client


def text(response: Page) -> str:
    """What a reader sees of a page, in one line."""
    body = re.sub(r"(?s)<(script|style|head)\b.*?</\1>", " ", response.content.decode())
    return re.sub(r"\s+", " ", unescape(re.sub(r"<[^>]+>", " ", body))).strip()


def hidden(response: Page) -> dict[str, str]:
    """The hidden fields of a page's forms, by name."""
    fields = re.findall(
        r'<input type="hidden" name="([^"]+)" value="([^"]*)"', response.content.decode()
    )
    return {name: unescape(value) for name, value in fields}
