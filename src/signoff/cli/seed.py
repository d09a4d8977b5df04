"""The demo's data: people to log in as, their lines in the book, at the carriers and at the till.

It goes the way real data goes: through the import, and to the sandbox over HTTP.
"""

import io
import json
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from http.client import HTTPException

from signoff.cli.errors import Refused
from signoff.testing.demo import AGENTS, PASSWORD, SUBSCRIBERS, Entry, book, closing, family_book
from signoff.testing.sandbox import SandboxAdmin
from signoff.usecases.importing.sources import Raw

LOGINS = [
    *((f"{each.what}: {each.latin}", each.email, PASSWORD) for each in SUBSCRIBERS),
    *((each.what, each.email, PASSWORD) for each in AGENTS),
]
"""Who, e-mail, password."""

_PATIENCE = 30.0


def load(*, data_ends_in: timedelta = timedelta(days=5)) -> bool:
    """Fill an empty database; says whether it was. Any other is left alone.

    The data card's period ends in `data_ends_in`. Raises Refused where the sandbox does not answer.
    """
    from django.db import transaction

    from signoff.records import models

    if models.Account.objects.exists() or models.User.objects.exists():
        return False
    now = datetime.now(UTC)
    entries = [*book(now, data_ends_in=data_ends_in), *family_book(now)]
    _provision(entries)
    with transaction.atomic():
        _import(entries, now=now)
        _give_passwords()
        _hire()
    return True


def load_sunset() -> None:
    """A run to look at: made by the operator, rehearsed by the worker, waiting for two people."""
    from django.db import transaction

    from signoff.domain.sunset import Selection
    from signoff.records import models
    from signoff.workflows import sunsets

    now = datetime.now(UTC)
    entries = list(closing.closing_book(now))
    _provision(entries)
    operator = next(each for each in AGENTS if each.role == "operator")
    with transaction.atomic():
        _import(entries, now=now)
    sunsets.create(
        brand=closing.BRAND,
        title=closing.TITLE,
        terms=closing.closing_terms(now),
        by=models.User.objects.get(email=operator.email).id,
        selection=Selection.LIST,
        given=io.BytesIO(closing.closing_list()),
    )


def _provision(entries: Sequence[Entry]) -> None:
    """Make the lines known to their carriers, and the top-ups to the payment provider."""
    from django.conf import settings

    sandbox = SandboxAdmin(settings.SIGNOFF_SANDBOX_URL)
    _wait_for(sandbox)
    lines: dict[str, list[Entry]] = {}
    for entry in entries:
        if entry["type"] == "line":
            known = {name: entry[name] for name in ("iccid", "msisdn", "imsi")}
            lines.setdefault(entry["carrier"], []).append(known)
    for carrier, known_lines in lines.items():
        sandbox.provision(carrier, known_lines)
    sandbox.seed_payments(list(_payments(entries)))


def _payments(entries: Sequence[Entry]) -> Iterator[Entry]:
    for entry in entries:
        for paid in entry["facts"].get("top_ups", ()) if entry["type"] == "account" else ():
            yield {"reference": paid["reference"], **paid["amount"]}


def _wait_for(sandbox: SandboxAdmin) -> None:
    deadline = time.monotonic() + _PATIENCE
    while True:
        try:
            sandbox.get("/health")
        except (OSError, HTTPException) as error:
            if time.monotonic() > deadline:
                raise Refused(
                    f"the sandbox at {sandbox.url} does not answer; the demo's lines live there"
                ) from error
            time.sleep(0.05)
        else:
            return


class _Entries:
    """The records as a book the import reads."""

    def __init__(self, entries: Sequence[Entry]) -> None:
        self._entries = entries

    def __iter__(self) -> Iterator[Raw]:
        for number, entry in enumerate(self._entries, 1):
            yield Raw(number, json.dumps(entry, ensure_ascii=False).encode())

    def column_at(self, at: object) -> str:
        return ""


def _import(entries: Sequence[Entry], *, now: datetime) -> None:
    from signoff.usecases.import_book import Refused as Wrong
    from signoff.usecases.import_book import import_records

    def refuse(wrong: Wrong) -> None:
        raise Refused(f"the demo's record {wrong.line} was refused: {wrong.findings[0]}")

    import_records([("demo", _Entries(entries))], now=now, refuse=refuse)


def _give_passwords() -> None:
    from signoff.records import models

    for person in SUBSCRIBERS:
        user = models.User.objects.get(email=person.email)
        user.set_password(PASSWORD)
        user.save()


def _hire() -> None:
    from signoff.records import models

    for person in AGENTS:
        user = models.User.objects.create_user(
            person.email, PASSWORD, first_name=person.name, language=person.language
        )
        role = models.StaffRole.Role
        for brand in person.brands:
            models.StaffRole.objects.create(user=user, brand=brand, role=role(person.role))
