"""The data a subscriber takes along (P9): one archive of what is theirs, in open formats."""

import csv
import io
import json
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from signoff.domain.account import AccountFacts
from signoff.records import codec, models
from signoff.records.linefiles import LineFile


def archive(line: LineFile, *, now: datetime) -> bytes:
    """A ZIP with the account as JSON, bills, charges, calls and messages as CSV.

    CSV is UTF-8 with a byte order mark, so that spreadsheets show Chinese right.
    """
    made = now.utctimetuple()[:6]
    files = {
        "account.json": _json(line),
        "bills.csv": _csv(("bill", "issued", "due", "amount", "paid"), _bills(line)),
        "charges.csv": _csv(("bill", "charge", "date", "kind", "amount", "text"), _charges(line)),
        "calls.csv": _csv(("time", "direction", "number", "seconds"), _records(line, "call")),
        "messages.csv": _csv(("time", "direction", "number"), _records(line, "message")),
    }
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as packed:
        for name, content in files.items():
            packed.writestr(zipfile.ZipInfo(name, date_time=made), content)
    return buffer.getvalue()


def _json(line: LineFile) -> str:
    facts = {
        "line": {"msisdn": line.msisdn, "iccid": line.iccid, "carrier": line.carrier},
        "account": codec.ACCOUNT.dump_python(_without_tokens(line.snapshot.account), mode="json"),
        "facts": codec.LINE.dump_python(line.snapshot.line, mode="json"),
    }
    return json.dumps(facts, ensure_ascii=False, indent=2)


def _without_tokens(account: AccountFacts) -> AccountFacts:
    """Payment tokens belong to the provider and help nobody but a thief."""
    methods = tuple(replace(method, token="") for method in account.payment_methods)
    return replace(account, payment_methods=methods)


def _bills(line: LineFile) -> Iterable[Sequence[str]]:
    for bill in line.snapshot.account.bills:
        yield (
            bill.id,
            bill.issued_on.isoformat(),
            bill.due_on.isoformat(),
            str(bill.amount),
            str(bill.paid),
        )


def _charges(line: LineFile) -> Iterable[Sequence[str]]:
    for bill in line.snapshot.account.bills:
        for charge in bill.charges:
            yield (
                bill.id,
                charge.id,
                charge.on.isoformat(),
                charge.kind.value,
                str(charge.amount),
                charge.text,
            )


def _records(line: LineFile, kind: str) -> Iterable[Sequence[str]]:
    found = models.UsageRecord.objects.filter(line_id=line.id, kind=kind).order_by("at")
    for record in found.iterator():
        row = (record.at.isoformat(), "out" if record.outgoing else "in", record.peer)
        yield (*row, str(record.seconds)) if kind == "call" else row


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    buffer = io.StringIO()
    writer = csv.writer(buffer)
    writer.writerow(heads)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return "\ufeff" + buffer.getvalue()


def _harmless(cell: str) -> str:
    """A cell a spreadsheet takes for text, never for a formula (numbers keep their plus sign)."""
    return f"'{cell}" if cell[:1] in ("=", "@", "-", "\t", "\r") else cell
