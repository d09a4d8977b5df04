"""What a step decided, collected for a whole set and written by a handful of statements."""

import secrets
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import connection

from signoff.domain.canonical import Json, format_time
from signoff.domain.case import State
from signoff.domain.events import Code, require_declared
from signoff.domain.evidence import SALT_SIZE, digest_erased, event_content, personal_digest
from signoff.domain.ledger import LedgerEntry
from signoff.records import models
from signoff.records.casefiles import CaseFile
from signoff.records.rows import Row, insert_rows, update_rows

# Writers of events hold this lock in share mode from before the first id is drawn until they
# commit; the sealer takes it whole for a moment, so that no event with a smaller id can still
# appear (workflows of DESIGN 6).
EVENT_LOCK = 0x5167_6E6F


class Changes:
    """Collects what happens to a set of cases at one moment, then writes it at once.

    `now` and `new_id` come from the surface or workflow that opened the transaction. Nothing is
    read or written before `write`.
    """

    def __init__(self, *, now: datetime, new_id: Callable[[], UUID]) -> None:
        self.now = now
        self.new_id = new_id
        self._opened: dict[UUID, dict[str, Any]] = {}
        self._moves: dict[UUID, dict[str, Any]] = {}
        self._accounts: dict[int, dict[str, Any]] = {}
        self._inserts: dict[type[Any], list[Row]] = {}
        self._updates: dict[type[Any], list[Row]] = {}
        self._events: list[Row] = []
        self._owed: dict[str, dict[UUID, tuple[int, datetime]]] = {}
        self._files: dict[UUID, CaseFile] = {}
        self._called: set[str] = set()
        self._at = format_time(now)
        self._salts: list[bytes] = []

    @property
    def steps(self) -> set[tuple[str, bool]]:
        """The steps that are owed now, which somebody must be woken for; whether for a person."""
        owed = {
            (step, lane == 0)
            for step, rows in self._owed.items()
            for lane, due_at in rows.values()
            if due_at <= self.now
        }
        return owed | {(step, False) for step in self._called}

    def owing(self, step: str) -> list[CaseFile]:
        """The cases at hand, in id order, that owe a step now."""
        rows = self._owed.get(step, {})
        found = (each for each, (_, due_at) in rows.items() if due_at <= self.now)
        return [self._files[each] for each in sorted(found) if each in self._files]

    def forgive(self, step: str, files: Iterable[CaseFile]) -> None:
        """These cases owe the step no more: it is being carried out."""
        for file in files:
            del self._owed[step][file.id]

    def call_for(self, step: str) -> None:
        """Wake whoever carries out a step that has no subjects."""
        self._called.add(step)

    def open(self, file: CaseFile, **columns: object) -> None:
        """Add a new case; what happens to it next goes into the same row."""
        self._opened[file.id] = {"id": file.id, "last_seq": 0, "version": 1, **columns}
        self._files[file.id] = file

    def opened(self, ids: Iterable[UUID]) -> list[CaseFile]:
        """The new cases of these ids, in their order."""
        return [self._files[each] for each in ids]

    def move(self, file: CaseFile, to: State | None = None, **columns: object) -> None:
        """Move a case to a state and set columns of it, guarded by the version it was read at."""
        row = self._opened.get(file.id)
        if row is None:
            row = self._moves.setdefault(file.id, {"id": file.id, "version": file.version})
            self._files[file.id] = file
        if to is not None:
            file.state = to
            columns["state"] = to.value
        row.update(columns)

    def event(
        self,
        file: CaseFile,
        code: Code,
        /,
        *,
        actor: str,
        personal: Mapping[str, Json] | None = None,
        **facts: Json,
    ) -> int:
        """Append an event to a case; says its place in the case. Raises UnknownFact."""
        require_declared(code, facts, personal=personal)
        file.last_seq += 1
        self.move(file)
        salt = self._salt()
        content = event_content(
            actor=actor,
            at=self._at,
            case=file.ref,
            code=code.value,
            facts=facts,
            seq=file.last_seq,
        )
        hidden = personal_digest(personal, salt=salt)
        self._events.append(
            {
                "case_id": file.id,
                "seq": file.last_seq,
                "code": code.value,
                "at": self.now,
                "actor": actor,
                "facts": facts,
                "personal": personal,
                "personal_hash": bytes.fromhex(hidden) if hidden else None,
                "salt": salt,
                "digest": digest_erased(content, salt=salt, personal_sha256=hidden),
            }
        )
        return file.last_seq

    def _salt(self) -> bytes:
        """One of many drawn at once: a set has thousands of events."""
        if not self._salts:
            drawn = secrets.token_bytes(256 * SALT_SIZE)
            self._salts = [drawn[at : at + SALT_SIZE] for at in range(0, len(drawn), SALT_SIZE)]
        return self._salts.pop()

    def owe(
        self, step: str, subject: UUID, *, lane: int = 0, due_at: datetime | None = None
    ) -> None:
        """Owe a step, now or at a date; twice is once, at the earlier date."""
        at, rows = due_at or self.now, self._owed.setdefault(step, {})
        if subject not in rows or at < rows[subject][1]:
            rows[subject] = (lane, at)

    def insert(self, model: type[Any], **columns: object) -> None:
        """Add a row; rows of one model name the same columns."""
        self._inserts.setdefault(model, []).append(columns)

    def update(self, model: type[Any], **columns: object) -> None:
        """Change a row of another table, by its `id`."""
        self._updates.setdefault(model, []).append(columns)

    def rewrite_account(self, account_id: int, version: int, **columns: object) -> None:
        """Change an account while it is as it was read; otherwise the whole set is tried again."""
        row = self._accounts.setdefault(account_id, {"id": account_id, "version": version})
        row.update(columns)

    def post(self, entry: LedgerEntry, *, key: str, account_id: int, case_id: UUID | None) -> None:
        """Post a ledger entry once, under its key; a bill paid before leaving has no case."""
        self.insert(
            models.JournalEntry,
            key=key,
            case_id=case_id,
            account_id=account_id,
            at=self.now,
            code=entry.code,
            source=entry.source,
            currency=entry.currency,
            accounts=[account for account, _ in entry.legs],
            minors=[minor for _, minor in entry.legs],
        )

    def write(self) -> None:
        """Write everything collected. Raises MovedOn where a case has moved on meanwhile.

        Events come last: who holds their lock must not wait for a row of somebody who waits for it.
        """
        for cases in (self._opened, self._moves):
            for case_id, row in cases.items():
                row["last_seq"] = self._files[case_id].last_seq
        insert_rows(models.Case, list(self._opened.values()))
        update_rows(models.Case, self._moves.values(), versioned=True)
        update_rows(models.Account, self._accounts.values(), versioned=True)
        for model, rows in self._updates.items():
            update_rows(model, rows)
        for model, rows in self._inserts.items():
            insert_rows(model, rows)
        self._write_owed()
        self._write_events()
        for case_id in self._moves:
            self._files[case_id].version += 1

    def _write_events(self) -> None:
        if not self._events:
            return
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [EVENT_LOCK])
        insert_rows(models.Event, self._events)

    def _write_owed(self) -> None:
        rows = [
            {
                "subject": subject,
                "step": step,
                "lane": lane,
                "due_at": due_at,
                "lease_until": None,
                "attempts": 0,
            }
            for step, owed in self._owed.items()
            for subject, (lane, due_at) in owed.items()
        ]
        insert_rows(
            models.Due,
            rows,
            # A worker that holds the row keeps it: two at the same line would send twice.
            conflict="ON CONFLICT (subject, step) DO UPDATE SET due_at = excluded.due_at",
        )
