"""Helpers for tests of the desk's sunset pages: browsers without script, runs to look at."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.sunset import Stage
from signoff.records import models
from usecases.sunset_scenes import Scene, scene

LANGUAGES = {"en": "What comes next", "zh-hans": "下一步", "zh-hant": "下一步"}


def browser(user: models.User, language: str = "en") -> Client:
    client = Client(headers={"accept-language": language})
    client.force_login(user)
    return client


def url(closing: Scene, name: str = "") -> str:
    return reverse(f"console:sunset{'_' if name else ''}{name}", args=[closing.id])


def text(response: Any) -> str:
    return str(response.content.decode())


def post(closing: Scene, name: str, *, by: models.User, **given: object) -> Any:
    """As somebody whose page is fresh."""
    return browser(by).post(url(closing, name), {"seen": closing.view.mark, **given})


@contextmanager
def ready_run() -> Iterator[Scene]:
    """A run of two lines, with its dry run."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=2)
        closing.create(closing.listed("+12025559999999", "not a number"))
        stage.work()
        assert closing.stage is Stage.READY
        yield closing


@contextmanager
def finished_run() -> Iterator[Scene]:
    """A run that is over: two lines ended, one waits for a person, one was never known."""
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=3)
        closing.create(closing.listed("+12025559999999"))
        closing.confirmed()
        barred = {"kind": "refuse", "code": "BARRED", "iccid": closing.lines[1].iccid,
                  "endpoint": "operations"}  # fmt: skip
        sandbox.behave("tmobile", faults=[barred])
        closing.start()
        yield closing.finish()
