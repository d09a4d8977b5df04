"""A real browser before a real server of the tests' own, with carrier, provider and mail."""

import time
from collections.abc import Iterator

import pytest
from django.db import connection, connections
from playwright.sync_api import sync_playwright
from pytest_django.live_server_helper import LiveServer

import stage
from journeys.visits import World


@pytest.fixture
def world(
    chromium: str, live_server: LiveServer, monkeypatch: pytest.MonkeyPatch
) -> Iterator[World]:
    """Server, browser, sandbox carrier and mailbox; the test plays the worker's part.

    The browser is started for each test: Playwright keeps an event loop running in this thread as
    long as it lives, and Django asks its tables from no thread that has one, but here.
    """
    monkeypatch.setenv("DJANGO_ALLOW_ASYNC_UNSAFE", "1")
    with stage.sandbox() as sandbox, stage.mail() as mailbox, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield World(browser, live_server.url, sandbox, mailbox)
        browser.close()
        _let_go()
        # Under Playwright's loop this thread has a connection of its own; nobody else closes it.
        connections.close_all()


def _let_go(within: float = 5) -> None:
    """Wait until the server's threads have let go of the database: it is dropped afterwards."""
    deadline = time.monotonic() + within
    others = "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
    while time.monotonic() < deadline:
        with connection.cursor() as cursor:
            cursor.execute(f"{others} AND pid <> pg_backend_pid()")
            if cursor.fetchone() == (0,):
                return
        time.sleep(0.02)
