"""Lines to end: put into the book by set-based SQL, and provisioned at the sandbox.

What an import would have written, without its checks: `signoff bench import` measures those. Line,
account and holder of a number have that number as their ids.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import islice
from typing import Any

from django.contrib.auth.hashers import UNUSABLE_PASSWORD_PREFIX
from django.db import connection

from signoff.domain.account import Cycle, PaymentMethod, Points
from signoff.records import codec
from signoff.testing import facts
from signoff.testing.facts import usd
from signoff.testing.sandbox import SandboxAdmin

BRAND, PLACE, LANGUAGE = "farwander", "us-default", "zh-Hans"
"""A travel card: ended at once, without confirmation or review, its balance paid back."""

_ROWS = 50_000
_LINES = 20_000
_MARK = "§"
"""Stands for the line's number in texts; nothing else holds it."""

_HOLDERS = """
INSERT INTO records_user (id, password, is_superuser, first_name, last_name, is_staff, is_active,
                          date_joined, email, language)
SELECT n, %(password)s || md5(n::text), false, '', '', false, true, now(),
       'holder' || n || '@example.com', %(language)s
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_ACCOUNTS = """
INSERT INTO records_account (id, brand, external_id, holder_id, place, language, facts, version,
                             imported)
SELECT n, %(brand)s, 'A-' || n, n, %(place)s, %(language)s,
       replace(%(account)s, %(mark)s, lpad(n::text, 9, '0'))::jsonb, 1,
       sha256(convert_to(n::text, 'UTF8'))
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_BOOK_LINES = """
INSERT INTO records_line (id, account_id, brand, external_id, msisdn, iccid, imsi, carrier,
                          carrier_account, state, facts, preparation, generation, version, imported)
SELECT n, n, %(brand)s, 'L-' || n, '+1' || (2000000000 + n), '8901240' || lpad(n::text, 12, '0'),
       '310260' || lpad(n::text, 9, '0'), %(carrier)s, %(carrier)s, 'active', %(line)s::jsonb,
       '{}'::jsonb, 1, 1, sha256(convert_to(n::text, 'UTF8'))
FROM generate_series(%(first)s::bigint, %(last)s) AS n
"""
_SEQUENCES = ("records_user", "records_account", "records_line")


def seed(first: int, last: int, *, carrier: str) -> None:
    """Lines of these numbers into the book, with an account and a holder each."""
    account, line = _documents()
    values: dict[str, Any] = {
        "brand": BRAND,
        "place": PLACE,
        "language": LANGUAGE,
        "password": UNUSABLE_PASSWORD_PREFIX,
        "mark": _MARK,
        "carrier": carrier,
        "account": account,
        "line": line,
    }
    with connection.cursor() as cursor:
        for start in range(first, last + 1, _ROWS):
            values |= {"first": start, "last": min(start + _ROWS - 1, last)}
            for statement in (_HOLDERS, _ACCOUNTS, _BOOK_LINES):
                cursor.execute(statement, values)
        for table in _SEQUENCES:
            cursor.execute(
                f"SELECT setval(pg_get_serial_sequence('{table}', 'id'), max(id)) FROM {table}"
            )


def settle_down() -> None:
    """What autovacuum and the checkpointer would have done by the time a book is used."""
    with connection.cursor() as cursor:
        for statement in ("VACUUM ANALYZE", "CHECKPOINT"):
            cursor.execute(statement)


def provision(first: int, last: int, *, carrier: str, sandbox: SandboxAdmin) -> None:
    """The same lines at the sandbox carrier."""
    lines = (
        {"iccid": f"8901240{n:012d}", "msisdn": f"+1{2_000_000_000 + n}"}
        for n in range(first, last + 1)
    )
    for some in _batches(lines):
        sandbox.provision(carrier, some)


def make_payments_known(first: int, last: int, *, sandbox: SandboxAdmin) -> None:
    """The top-ups at the sandbox's payment provider, so that they can be paid back."""
    payments = (
        {"reference": f"pay_{_MARK}-2".replace(_MARK, f"{n:09d}"), "minor": 3000, "currency": "USD"}
        for n in range(first, last + 1)
    )
    for some in _batches(payments):
        sandbox.seed_payments(some)


def _batches(items: Iterator[dict[str, Any]]) -> Iterator[list[dict[str, Any]]]:
    while some := list(islice(items, _LINES)):
        yield some


def _documents() -> tuple[str, str]:
    """Facts of an account and of its line, as JSON text: a wallet fed by real payments."""
    now = datetime.now(UTC).replace(microsecond=0)
    paid = facts.bill(f"B-{_MARK}-1", 1500, paid=1500, charges=(facts.charge("c1", 1500),))
    kind = facts.travel(
        account={
            "details": replace(
                facts.DETAILS,
                email=f"holder{_MARK}@example.com",
                account_number=f"A-{_MARK}",
                order_number=f"O-{_MARK}",
            ),
            "top_ups": (
                facts.top_up("t1", 0, amount=usd(2000), reference=f"pay_{_MARK}-1"),
                facts.top_up("t2", 2350, amount=usd(3000), reference=f"pay_{_MARK}-2"),
            ),
            "bills": (paid, replace(paid, id=f"B-{_MARK}-2")),
            "orders": (),
            "payment_methods": (PaymentMethod("m1", "Visa 4242", f"tok_{_MARK}"),),
            "points": Points(320, usd(320)),
        },
        line={"cycle": Cycle(now - timedelta(days=10), now + timedelta(days=20))},
    )
    account = codec.ACCOUNT.dump_python(kind.account, mode="json")
    line = codec.LINE.dump_python(kind.line, mode="json")
    return json.dumps(account, ensure_ascii=False), json.dumps(line, ensure_ascii=False)
