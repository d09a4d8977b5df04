"""How fast an account book is read, and in how much memory: prints figures, keeps nothing.

    .venv/bin/python bench/import_book.py            100,000 lines with facts, an account each
    .venv/bin/python bench/import_book.py 20000      so many

It runs on a throw-away PostgreSQL of its own, through `usecases.import_book`, as `signoff import`
does. Memory is the process's resident set, read every 10,000 records: it must not grow.
"""

import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from signoff.cli import database, embedded

SLOWEST = 60.0
_MIB = 1024 * 1024


def records(count: int) -> Iterator[dict[str, object]]:
    """So many accounts with a line each, as an operator's system would give them out."""
    from stdnum import luhn

    def money(minor: int) -> dict[str, object]:
        return {"minor": minor, "currency": "USD"}

    for n in range(count):
        bills = [
            {
                "id": f"B-{n}-{month}",
                "issued_on": f"2026-{month:02}-01",
                "due_on": f"2026-{month:02}-21",
                "amount": money(7036),
                "paid": money(0 if month == 11 and n % 5 == 0 else 7036),
                "charges": [
                    {
                        "id": f"C-{n}-{month}",
                        "on": f"2026-{month:02}-01",
                        "kind": "plan",
                        "amount": money(7036),
                        "text": "Unlimited Plus",
                    }
                ],
            }
            for month in (9, 10, 11)
        ]
        yield {
            "type": "account",
            "brand": "boundlark",
            "external_id": f"A-{n}",
            "holder": {"email": f"holder{n}@example.com", "name": f"何{n}", "language": "zh-Hans"},
            "place": "us-default",
            "facts": {
                "currency": "USD",
                "details": {"name": f"何{n}", "email": f"holder{n}@example.com"},
                "balance": money(1250),
                "bills": bills,
                "payment_methods": [
                    {"id": "m1", "label": "Visa 4242", "token": f"tok_{n}", "autopay": True}
                ],
                "points": {"amount": 4200},
                "tax_basis_points": 825,
            },
        }
        body = f"8914800000{n:08}"
        yield {
            "type": "line",
            "brand": "boundlark",
            "external_id": f"L-{n}",
            "account": f"A-{n}",
            "msisdn": f"+1{205 + n // 10_000 % 10 * 1}555{n % 10_000:04}"
            if n < 40_000
            else f"+1{303 + n // 10_000 % 3 * 1}{200 + n // 10_000:03}{n % 10_000:04}",
            "iccid": body + luhn.calc_check_digit(body),
            "carrier": "verizon" if n % 2 else "tmobile",
            "facts": {
                "plan": {"name": "Unlimited Plus", "fee": money(6500), "prepaid": False},
                "cycle": {
                    "starts_at": "2026-11-01T00:00:00Z",
                    "ends_at": "2026-12-01T00:00:00Z",
                },
                "usage": {"unbilled": money(500), "calls": 88, "messages": 140},
                "contract": {"starts_on": "2026-01-15", "ends_on": "2027-01-15"},
                "linked_services": [{"id": "bank", "name": "Example Bank", "kind": "bank"}],
            },
        }


def resident() -> float:
    """This process's resident memory in MiB, now."""
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / _MIB


def measure(file: Path, *, title: str) -> float:
    """Import the file once, and print what it took."""
    from signoff.cli.import_book import helpers
    from signoff.usecases.import_book import import_files

    sizes: list[float] = []

    def look(read: int) -> None:
        if read % 10_000 == 0:
            sizes.append(resident())

    started, worked = time.monotonic(), time.process_time()
    with helpers([file]) as others:
        result = import_files(
            [file],
            now=datetime.now(UTC),  # noqa: TID251
            refuse=print,
            progress=look,
            others=others,
        )
    took, worked = time.monotonic() - started, time.process_time() - worked
    counts = {name: (w.created, w.updated, w.unchanged) for name, w in result.by_type.items()}
    speed = f"{result.read / took:,.0f} records/s, {worked:.1f} s of one core"
    print(f"{title}: {took:.1f} s, {speed}, refused {result.refused}", flush=True)
    print(f"  created, updated, unchanged: {counts}")
    print(f"  resident MiB: first {sizes[0]:.0f}, highest {max(sizes):.0f}, last {sizes[-1]:.0f}")
    return took


def _additions() -> float:
    """What this machine is worth at the moment: a figure without it says little."""
    started, total = time.monotonic(), 0
    for number in range(10_000_000):
        total += number
    return time.monotonic() - started


def main() -> int:
    """Exit status 0 where the goal (100,000 lines in 60 s) was met."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder, embedded.throw_away() as server:
        os.environ["DATABASE_URL"] = (
            f"postgresql:///signoff?host={server.places.sockets}&user=signoff"
        )
        os.environ["SIGNOFF_HOME"] = folder
        database.set_up_django()
        database.migrate()
        file = Path(folder) / "book.jsonl"
        with file.open("w", encoding="utf-8") as out:
            out.writelines(json.dumps(each, ensure_ascii=False) + "\n" for each in records(count))
        size = file.stat().st_size / _MIB
        print(f"this machine now: ten million additions in {_additions():.2f} s (0.5 is usual)")
        print(f"{count:,} accounts and {count:,} lines, {size:.0f} MiB of JSON Lines")
        first = measure(file, title="all new")
        measure(file, title="the same again")
    return 0 if first < SLOWEST * count / 100_000 else 1


if __name__ == "__main__":
    sys.exit(main())
