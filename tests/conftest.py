"""What every test may ask for. Nothing starts before a test asks: tests/unit needs no database.

A test marked `django_db` gets a PostgreSQL of this pytest process's own, started by the first that
asks and gone with the process, however it ends. DATABASE_URL puts the tests on another server.
"""

import shutil
from collections.abc import Iterator
from urllib.parse import quote, urlencode

import hypothesis
import pytest
from django.conf import settings
from django.db import connection, connections

from signoff.cli import embedded

# A deadline would measure the machine's load, not our code.
hypothesis.settings.register_profile("thorough", deadline=None)
hypothesis.settings.register_profile("quick", deadline=None, max_examples=20)
hypothesis.settings.load_profile("thorough")


@pytest.fixture(scope="session")
def database_server() -> Iterator[embedded.Server | None]:
    """The server, or None where DATABASE_URL names one."""
    if not settings.SIGNOFF_EMBEDDED:
        yield None
        return
    with embedded.throw_away() as server:
        yield server


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    database_server: embedded.Server | None,
    django_db_modify_db_settings_parallel_suffix: None,
) -> Iterator[None]:
    """Points Django at the server before pytest-django makes its test database there."""
    if database_server is not None:
        connections["default"].settings_dict["HOST"] = str(database_server.places.sockets)
    yield
    connections.close_all()


@pytest.fixture
def database_url(transactional_db: None) -> str:
    """The test database, for a process the test starts (as DATABASE_URL)."""
    at = connection.settings_dict
    where = {"host": at["HOST"], "port": at["PORT"], "user": at["USER"], "password": at["PASSWORD"]}
    query = urlencode({name: value for name, value in where.items() if value})
    return f"postgresql:///{quote(at['NAME'])}?{query}"


@pytest.fixture(scope="session")
def chromium() -> str:
    """The browser's path. Skips, loudly, on a machine without it."""
    return _program("chromium")


@pytest.fixture(scope="session")
def pdftotext() -> str:
    """The path of poppler's text extractor. Skips, loudly, on a machine without it."""
    return _program("pdftotext")


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        pytest.skip(f"no {name} on this machine; ./test as root installs it")
    return found
