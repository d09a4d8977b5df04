"""`signoff bench import`: how fast an account book is read, and in how much memory.

By `signoff import` itself, its start included, from a file with an account of three bills for each
line. The file is read twice: all new, then all known. The raw limit copies the rows it has made.
"""

import argparse
import contextlib
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from stdnum import luhn

from signoff.cli.bench.report import Figures, result, rounded, tell

if TYPE_CHECKING:  # they reach the tables, which need a database to be named first
    from signoff.cli.bench.ground import Ground

_TABLES = ("records_user", "records_account", "records_line")
_RAW = "raw"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=100_000, metavar="N")


def measure(options: argparse.Namespace) -> Figures:
    """So many runs, each on an empty database."""
    from signoff.cli.bench import ground, machine

    with ground.ground() as place:
        described = machine.described(place.home)
        file = place.home / "book.jsonl"
        tell(f"writing a book of {options.lines:,} lines")
        with file.open("w", encoding="utf-8") as out:
            for each in records(options.lines):
                out.write(json.dumps(each, ensure_ascii=False) + "\n")
        size = file.stat().st_size
        runs = []
        for number in range(1, options.runs + 1):
            tell(f"run {number} of {options.runs}")
            runs.append(_run(place, file, lines=options.lines))
    return result("import", runs, lines=options.lines, file_bytes=size, **described)


def _run(place: "Ground", file: Path, *, lines: int) -> Figures:
    place.fresh()
    figures, counts = _read(place, file, lines=lines)
    again, same = _read(place, file, lines=lines)
    raw = _copied(place, lines=lines)
    return {
        "seconds": figures["seconds"],
        "per_second": figures["per_second"],
        "raw_per_second": raw["per_second"],
        "ratio": rounded(figures["per_second"] / raw["per_second"]),
        **figures,
        "again_per_second": again["per_second"],
        "raw": raw,
        "wrong": [*_wrong(counts, "created", lines=lines), *_wrong(same, "unchanged", lines=lines)],
    }


def _read(place: "Ground", file: Path, *, lines: int) -> tuple[Figures, dict[str, Any]]:
    """The file read once by a process of its own: its figures, and what it says it did."""
    from signoff.cli.bench.ground import Process
    from signoff.cli.bench.timed import Timed

    tell("reading it")
    process = Process("import", "--json", str(file), log=place.logs / "import.log")
    try:
        timed = Timed(place, **{"import": [process]})
        timed.begin()
        said = process.output.read()
        timed.end()
        process.require_alive()
    finally:
        process.stop()
    return timed.figures(lines), json.loads(said)["counts"]


def _wrong(counts: dict[str, Any], what: str, *, lines: int) -> list[str]:
    from signoff.cli.bench.checks import differences

    found = {kind: counts[kind].get(what) for kind in ("account", "line")}
    found["refused"] = counts["refused"]
    return differences({"account": lines, "line": lines, "refused": 0}, found)


def _copied(place: "Ground", *, lines: int) -> Figures:
    """The same rows copied by COPY into empty tables, with their indexes and constraints."""
    from signoff.cli.bench.ground import PRISTINE
    from signoff.cli.embedded.places import NAME

    tell("copying the same rows by COPY")
    place.drop(_RAW)
    place.copy(PRISTINE, to=_RAW)
    with contextlib.ExitStack() as stack:
        old = stack.enter_context(contextlib.closing(place.connect(NAME)))
        new = stack.enter_context(contextlib.closing(place.connect(_RAW)))
        started = time.monotonic()
        with new.transaction():
            for table in _TABLES:
                source = old.cursor().copy(f"COPY {table} TO STDOUT (FORMAT BINARY)")
                target = new.cursor().copy(f"COPY {table} FROM STDIN (FORMAT BINARY)")
                with source as taken, target as given:
                    for piece in taken:
                        given.write(piece)
        seconds = time.monotonic() - started
    place.drop(_RAW)
    return {"seconds": rounded(seconds), "per_second": rounded(lines / seconds)}


def records(count: int) -> Iterator[dict[str, object]]:
    """So many accounts with a line each, as an operator's system would give them out."""
    for n in range(count):
        yield _account(n)
        yield _line(n)


def _money(minor: int) -> dict[str, object]:
    return {"minor": minor, "currency": "USD"}


def _bill(n: int, month: int) -> dict[str, object]:
    """One account in five has left its last bill unpaid."""
    charge = {
        "id": f"C-{n}-{month}",
        "on": f"2026-{month:02}-01",
        "kind": "plan",
        "amount": _money(7036),
        "text": "Unlimited Plus",
    }
    return {
        "id": f"B-{n}-{month}",
        "issued_on": f"2026-{month:02}-01",
        "due_on": f"2026-{month:02}-21",
        "amount": _money(7036),
        "paid": _money(0 if month == 11 and n % 5 == 0 else 7036),
        "charges": [charge],
    }


def _account(n: int) -> dict[str, object]:
    return {
        "type": "account",
        "brand": "boundlark",
        "external_id": f"A-{n}",
        "holder": {"email": f"holder{n}@example.com", "name": f"何{n}", "language": "zh-Hans"},
        "place": "us-default",
        "facts": {
            "currency": "USD",
            "details": {"name": f"何{n}", "email": f"holder{n}@example.com"},
            "balance": _money(1250),
            "bills": [_bill(n, month) for month in (9, 10, 11)],
            "payment_methods": [
                {"id": "m1", "label": "Visa 4242", "token": f"tok_{n}", "autopay": True}
            ],
            "points": {"amount": 4200},
            "tax_basis_points": 825,
        },
    }


def _line(n: int) -> dict[str, object]:
    body = f"8914800000{n:08}"
    few = f"+1{205 + n // 10_000 % 10}555{n % 10_000:04}"
    many = f"+1{303 + n // 10_000 % 3}{200 + n // 10_000:03}{n % 10_000:04}"
    return {
        "type": "line",
        "brand": "boundlark",
        "external_id": f"L-{n}",
        "account": f"A-{n}",
        "msisdn": few if n < 40_000 else many,
        "iccid": body + luhn.calc_check_digit(body),
        "carrier": "verizon" if n % 2 else "tmobile",
        "facts": {
            "plan": {"name": "Unlimited Plus", "fee": _money(6500), "prepaid": False},
            "cycle": {"starts_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z"},
            "usage": {"unbilled": _money(500), "calls": 88, "messages": 140},
            "contract": {"starts_on": "2026-01-15", "ends_on": "2027-01-15"},
            "linked_services": [{"id": "bank", "name": "Example Bank", "kind": "bank"}],
        },
    }
