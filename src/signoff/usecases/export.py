"""The data a subscriber takes along (P9): one archive of what is theirs, in open formats.

It is built in the background as any archive (usecases.archives). A password seals it with AES-256
as WinZip does; it is kept, encrypted, only until the archive is there.
"""

import csv
import io
import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

import pyzipper

from signoff.domain.account import AccountFacts, Bill
from signoff.domain.canonical import Json, format_time
from signoff.domain.vcard import Person, vcards
from signoff.ports import registry
from signoff.records import codec, linefiles, models
from signoff.records.changes import Changes
from signoff.records.linefiles import LineFile
from signoff.usecases import archives, papers
from signoff.usecases.archives import STORE, Progress, Wanted
from signoff.usecases.hotlines import Hotlines, hotlines
from signoff.usecases.notify import masked, tell_contact
from signoff.usecases.rules import policy_of
from signoff.wording.catalogue import shipped
from signoff.wording.moments import moment_words, money_words, number_words
from signoff.wording.receipt import Facts, Table, receipt_pdf

SEALED = "sealed"
"""The option of an archive that has a password."""

SHORTEST, LONGEST = 8, 128
_KIND = models.UsageRecord.Kind


class BadPassword(ValueError):
    """The password cannot be used; `code` says why: short, long or differs."""

    def __init__(self, code: str) -> None:
        super().__init__(code)
        self.code = code


def check_password(password: str, *, again: str) -> None:
    """Refuse a password that protects nothing or was mistyped. Raises BadPassword."""
    if password != again:
        raise BadPassword("differs")
    if password and len(password) < SHORTEST:
        raise BadPassword("short")
    if len(password) > LONGEST:
        raise BadPassword("long")


def keep_password(archive: UUID, password: str) -> None:
    """Keep a password until its archive is built: encrypted, in the store of archives."""
    registry.documents[STORE].put(_secret(archive), password.encode())


def forget_password(archive: UUID) -> None:
    """Destroy the password of an archive."""
    registry.documents[STORE].destroy(_secret(archive))


def told(wanted: Wanted, *, ready: bool, changes: Changes) -> None:
    """Write to whoever asked that their file is there; its password has done its work."""
    forget_password(wanted.id)
    if not ready:
        return
    lines = linefiles.load([wanted.line_id], policy_of=policy_of)
    person = models.User.objects.get(id=wanted.asked_by)
    for line in lines:
        details = line.snapshot.account.details
        mine = line.holder_id == person.pk
        values: dict[str, Json] = {
            "name": details.name if mine else person.first_name,
            "line": masked(line.msisdn),
            "line_id": line.id,
            "until": format_time(changes.now + archives.KEPT),
        }
        to = details.email if mine and details.email else person.email
        tell_contact(line, "data_ready", to=to, values=values, changes=changes)


def _secret(archive: UUID) -> UUID:
    return uuid5(archive, "password")


def build(wanted: Wanted, progress: Progress) -> bytes:
    """The archive of a line's data, as somebody asked for it."""
    (line,) = linefiles.load([wanted.line_id], policy_of=policy_of)
    parts = list(_parts(line, wanted))
    files: dict[str, bytes] = {}
    progress(0, len(parts))
    for done, (name, make) in enumerate(parts, 1):
        content = make()
        if content:
            files[name] = content
        if done % 5 == 0 or done == len(parts):
            progress(done, len(parts))
    if not wanted.options.get(SEALED):
        return archives.packed(files, at=wanted.at)
    password = registry.documents[STORE].get(_secret(wanted.id))
    return _sealed(files, at=wanted.at, password=password)


def _sealed(files: Mapping[str, bytes], *, at: datetime, password: bytes) -> bytes:
    buffer, stamp = io.BytesIO(), at.utctimetuple()[:6]
    with pyzipper.AESZipFile(
        buffer, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES
    ) as archive:
        archive.setpassword(password)
        for name, content in files.items():
            archive.writestr(archive.zipinfo_cls(filename=name, date_time=stamp), content)
    return buffer.getvalue()


def _parts(line: LineFile, wanted: Wanted) -> Iterator[tuple[str, Callable[[], bytes]]]:
    """Every file by name, and what makes it; one that is empty is left out."""
    language, listed = wanted.language, hotlines()
    stale = listed.stale(wanted.at)
    yield "README.txt", lambda: _read_me(line, wanted, stale=stale)
    yield "account.json", lambda: _json(line)
    yield "contacts.vcf", lambda: _contacts(line)
    if not stale:
        yield "calls.csv", lambda: _records(line, _KIND.CALL, listed=listed, language=language)
        yield (
            "messages.csv",
            lambda: _records(line, _KIND.MESSAGE, listed=listed, language=language),
        )
    yield "bills/bills.csv", lambda: _bills(line, language=language)
    yield "bills/charges.csv", lambda: _charges(line, language=language)
    for bill in line.snapshot.account.bills:
        yield f"bills/{_file_name(bill.id)}.pdf", _bill_pdf(line, bill, language=language)
    for case in models.Case.objects.filter(line_id=line.id).order_by("declared_at"):
        yield f"receipts/{case.number}.pdf", _receipt(case.id, language=language)


def _file_name(text: str) -> str:
    """A name every system takes; ids are the operator's own."""
    return re.sub(r"[^\w.-]", "_", text).lstrip(".")[:80] or "_"


def _read_me(line: LineFile, wanted: Wanted, *, stale: bool) -> bytes:
    say, zone = shipped().say, line.policy.time_zone
    made = moment_words(wanted.at, wanted.language, zone=zone)
    keys = ["take.account", "take.contacts", *([] if stale else ["take.records"])]
    keys += ["take.bills", "take.receipts"]
    rows = [
        say("take.read.title", wanted.language),
        "",
        say("take.read.made", wanted.language, at=made, line=number_words(line.msisdn)),
        "",
        *(f"- {say(key, wanted.language)}" for key in keys),
        "",
        say("take.stale" if stale else "take.hidden", wanted.language),
        say("take.read.csv", wanted.language),
    ]
    return ("\ufeff" + "\r\n".join(rows) + "\r\n").encode()


def _json(line: LineFile) -> bytes:
    snapshot = line.snapshot
    facts = {
        "line": {"msisdn": line.msisdn, "iccid": line.iccid, "carrier": line.carrier},
        "account": codec.ACCOUNT.dump_python(_without_tokens(snapshot.account), mode="json"),
        "facts": codec.LINE.dump_python(snapshot.line, mode="json"),
        "settled": codec.PREPARATION.dump_python(snapshot.preparation, mode="json"),
    }
    return json.dumps(facts, ensure_ascii=False, indent=2).encode()


def _without_tokens(account: AccountFacts) -> AccountFacts:
    """Payment tokens belong to the provider and help nobody but a thief."""
    methods = tuple(replace(method, token="") for method in account.payment_methods)
    return replace(account, payment_methods=methods)


def _contacts(line: LineFile) -> bytes:
    found = models.Contact.objects.filter(line_id=line.id).order_by("name", "id")
    people = (
        Person(each.name, tuple(each.phones), tuple(each.emails)) for each in found.iterator()
    )
    return vcards(people).encode()


def _records(line: LineFile, kind: str, *, listed: Hotlines, language: str) -> bytes:
    zone, say = ZoneInfo(line.policy.time_zone), shipped().say
    found = models.UsageRecord.objects.filter(line_id=line.id, kind=kind).order_by("at", "id")
    ways = {True: say("csv.out", language), False: say("csv.in", language)}
    heads = ["time", "direction", "number", *(["seconds"] if kind == _KIND.CALL else [])]
    rows = (
        [
            at.astimezone(zone).isoformat(sep=" ", timespec="seconds"),
            ways[outgoing],
            peer,
            *([str(seconds)] if kind == _KIND.CALL else []),
        ]
        for at, outgoing, peer, seconds in found.values_list(
            "at", "outgoing", "peer", "seconds"
        ).iterator(chunk_size=2_000)
        if not listed.hides(peer)
    )
    return _csv(heads, rows, language=language)


def _bills(line: LineFile, *, language: str) -> bytes:
    rows = (
        (
            bill.id,
            bill.issued_on.isoformat(),
            bill.due_on.isoformat(),
            str(bill.amount),
            str(bill.paid),
        )
        for bill in line.snapshot.account.bills
    )
    return _csv(("bill", "issued", "due", "amount", "paid"), rows, language=language)


def _charges(line: LineFile, *, language: str) -> bytes:
    say = shipped().say
    rows = (
        (
            bill.id,
            charge.on.isoformat(),
            say(f"charge_kind.{charge.kind.value}", language),
            charge.text,
            str(charge.amount),
        )
        for bill in line.snapshot.account.bills
        for charge in bill.charges
    )
    return _csv(("bill", "date", "kind", "text", "amount"), rows, language=language)


def _csv(heads: Sequence[str], rows: Iterable[Sequence[str]], *, language: str) -> bytes:
    """A table, UTF-8 with a byte order mark so that spreadsheets show Chinese right; nothing where
    there is no row."""
    buffer, say = io.StringIO(), shipped().say
    writer = csv.writer(buffer)
    writer.writerow([say(f"csv.{head}", language) for head in heads])
    before = buffer.tell()
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return ("\ufeff" + buffer.getvalue()).encode() if buffer.tell() > before else b""


_NUMBER = re.compile(r"[+-]\d[\d.]*( [A-Z]{3})?")


def harmless(cell: str) -> str:
    """A cell a spreadsheet takes for text, never for a formula; numbers keep their sign."""
    risky = cell[:1] in ("=", "+", "-", "@", "\t", "\r", "\n")
    return f"'{cell}" if risky and not _NUMBER.fullmatch(cell) else cell


def _bill_pdf(line: LineFile, bill: Bill, *, language: str) -> Callable[[], bytes]:
    return lambda: bill_pdf(line, bill, language=language)


def bill_pdf(line: LineFile, bill: Bill, *, language: str) -> bytes:
    """A bill on paper, with its charges."""
    say, details = shipped().say, line.snapshot.account.details
    rows = [
        (
            charge.text or say(f"charge_kind.{charge.kind.value}", language),
            charge.on.isoformat(),
            money_words(charge.amount, language),
        )
        for charge in bill.charges
    ]
    facts = [
        (say("bill.issued", language), bill.issued_on.isoformat()),
        (say("bill.due", language), bill.due_on.isoformat()),
        (say("proof.holder", language), details.name),
        (say("bill.account", language), details.account_number or "-"),
        (say("bill.paid", language), money_words(bill.paid, language)),
        (say("bill.open", language), money_words(bill.open, language)),
    ]
    heads = tuple(say(f"bill.{head}", language) for head in ("charge", "on", "amount"))
    total = (say("bill.total", language), "", money_words(bill.amount, language))
    return receipt_pdf(
        language=language,
        issuer=line.policy.operator,
        reference=bill.id,
        title=say("bill.title", language),
        subtitle=number_words(line.msisdn),
        blocks=[Facts(facts), Table(heads=heads, rows=rows, total=total)],
        footer=say("bill.copy", language),
    )


def _receipt(case_id: UUID, *, language: str) -> Callable[[], bytes]:
    return lambda: papers.receipt(case_id, language=language)
