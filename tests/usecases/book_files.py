"""Helpers for tests of imports: records of an account, a line and a call, and an import of them."""

import json
from collections.abc import Callable
from copy import deepcopy
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from signoff.usecases.import_book import Refused, Result, import_files

NOW = datetime(2026, 11, 20, 9, 0, tzinfo=UTC)
EXAMPLES = Path(__file__).parents[2] / "docs" / "examples" / "account-book"
ICCID = "8914800000001001003"
WRONG_ICCID = ICCID[:-1] + str((int(ICCID[-1]) + 1) % 10)
OTHER_ICCID = "8901260000002001002"

Json = dict[str, Any]
Imported = tuple[Result, list[Refused]]
Import = Callable[..., Imported]


def usd(minor: int) -> Json:
    return {"minor": minor, "currency": "USD"}


ACCOUNT: Json = {
    "type": "account",
    "brand": "boundlark",
    "external_id": "A-1",
    "holder": {"email": "Lin.Xiaoyu@example.com", "name": "林晓雨", "language": "zh-Hans"},
    "place": "us-ny",
    "facts": {
        "currency": "USD",
        "details": {"name": "林晓雨", "email": "lin.xiaoyu@example.com"},
        "balance": usd(1250),
        "bills": [
            {
                "id": "B-1",
                "issued_on": "2026-11-01",
                "due_on": "2026-11-21",
                "amount": usd(7036),
                "paid": usd(0),
            }
        ],
        "payment_methods": [{"id": "M-1", "label": "Visa 4242", "token": "tok_1"}],
    },
}
LINE: Json = {
    "type": "line",
    "brand": "boundlark",
    "external_id": "L-1",
    "account": "A-1",
    "msisdn": "+1 (212) 555-0171",
    "iccid": ICCID,
    "carrier": "verizon",
    "facts": {
        "plan": {"name": "Unlimited Plus", "fee": usd(6500), "prepaid": False},
        "cycle": {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z"},
        "usage": {"unbilled": usd(500), "contacts": 52},
    },
}
CALL: Json = {
    "type": "usage",
    "brand": "boundlark",
    "external_id": "R-1",
    "line": "L-1",
    "at": "2026-11-03T14:02:11Z",
    "kind": "call",
    "outgoing": True,
    "peer": "+12125550133",
    "seconds": 187,
}


def changed(record: Json, **fields: Any) -> Json:
    """A copy with some values replaced: `facts__balance=...`; None takes the field away."""
    made = deepcopy(record)
    for path, value in fields.items():
        *way, last = path.split("__")
        place = made
        for part in way:
            place = place[part]
        if value is None:
            del place[last]
        else:
            place[last] = value
    return made


def importer(folder: Path) -> Import:
    """Imports records, or a text as it is, and says what came of it."""

    def act(*records: Json | str, name: str = "book.jsonl", **options: Any) -> Imported:
        file = folder / name
        lines = [each if isinstance(each, str) else json.dumps(each) for each in records]
        file.write_text("\n".join(lines) + "\n", encoding="utf-8")
        refused: list[Refused] = []
        return import_files([file], now=NOW, refuse=refused.append, **options), refused

    return act


def counts(result: Result, kind: str) -> tuple[int, int, int]:
    written = result.by_type[kind]
    return written.created, written.updated, written.unchanged


def problems(refused: list[Refused]) -> list[tuple[int, str, str]]:
    return [(each.line, found.at, found.what) for each in refused for found in each.findings]
