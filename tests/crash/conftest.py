"""What the crash tests share: one program that lends workers to be killed."""

from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from crash.killing import DyingWorkers, dying_workers


@pytest.fixture(scope="session")
def _programs() -> Iterator[ExitStack]:
    with ExitStack() as programs:
        yield programs


@pytest.fixture(scope="session")
def _started() -> dict[str, DyingWorkers]:
    return {}


@pytest.fixture
def workers(
    database_url: str, _programs: ExitStack, _started: dict[str, DyingWorkers]
) -> DyingWorkers:
    """Workers that die where they are told to; their program starts once for all tests."""
    if database_url not in _started:
        _started[database_url] = _programs.enter_context(dying_workers(database_url))
    return _started[database_url]
