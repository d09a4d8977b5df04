"""Archives made in the background: asked for once, built with progress, kept encrypted for a while.

What is in an archive, its own use case says (`Build`); here stands what all have in common. The
bytes lie in the document store "archives" and are destroyed after `KEPT`.
"""

import io
import logging
import zipfile
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from hashlib import sha256
from uuid import UUID

from django.db import Error

from signoff.domain.canonical import Json
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.records import models
from signoff.records.changes import Changes

log = logging.getLogger(__name__)

STORE = "archives"
KEPT = timedelta(days=7)
FAILED = "archive_failed"

_State = models.Archive.State


@dataclass(frozen=True, slots=True)
class Wanted:
    """An archive somebody asked for, as its builder needs to know it."""

    id: UUID
    kind: str
    line_id: int
    case_id: UUID | None
    asked_by: int
    language: str
    options: Mapping[str, Json]
    at: datetime


Progress = Callable[[int, int], None]
"""Called as (done, total) while an archive is made."""

Build = Callable[[Wanted, Progress], bytes]
"""Makes the bytes of an archive; the same state of the records gives the same bytes."""


@dataclass(frozen=True, slots=True)
class Made:
    """What became of one archive: its size and digest, or nothing where it could not be made."""

    size: int = 0
    sha256: str = ""


@dataclass(slots=True)
class Order:
    """Archives that are made together, and what became of each."""

    wanted: Sequence[Wanted]
    made: dict[UUID, Made] = field(default_factory=dict)

    def part(self, ids: Collection[UUID]) -> "Order":
        """What of it concerns these archives."""
        return Order([each for each in self.wanted if each.id in ids], self.made)


def ask(
    kind: models.Archive.Kind,
    *,
    line_id: int,
    case_id: UUID | None,
    user_id: int,
    language: str,
    changes: Changes,
    options: Mapping[str, Json] | None = None,
) -> UUID:
    """Owe an archive; while the same one is being made already, that one is meant.

    The line or case is locked by the caller, so that two presses ask for one.
    """
    same = models.Archive.objects.filter(
        kind=kind, line_id=line_id, case_id=case_id, asked_by=user_id, language=language,
        options=options or {}, state=_State.ASKED,
    ).first()  # fmt: skip
    if same:
        return same.id
    archive = changes.new_id()
    changes.insert(
        models.Archive,
        id=archive,
        kind=kind.value,
        line=line_id,
        case_id=case_id,
        asked_by=user_id,
        language=language,
        options=options or {},
        state=_State.ASKED.value,
        done=0,
        total=0,
        size=0,
        sha256="",
        at=changes.now,
    )
    changes.owe(Step.BUILD_ARCHIVE, archive)
    return archive


def newest(
    kind: models.Archive.Kind, *, line_id: int, case_id: UUID | None, user_id: int
) -> models.Archive | None:
    """The archive this person asked for last, if it is there or on its way."""
    found = models.Archive.objects.filter(
        kind=kind, line_id=line_id, case_id=case_id, asked_by=user_id
    )
    return found.exclude(state=_State.GONE).order_by("-at").first()


def content(archive: models.Archive) -> bytes:
    """The bytes of an archive that is ready. Raises NoSuchDocument."""
    return registry.documents[STORE].get(archive.id)


# ---------------------------------------------------------------- the step that builds
def plan(ids: Sequence[UUID]) -> Order:
    """The archives of these ids that are not there yet."""
    found = models.Archive.objects.filter(id__in=ids, state__in=[_State.ASKED, _State.FAILED])
    return Order(
        [
            Wanted(
                id=each.id,
                kind=each.kind,
                line_id=each.line_id,
                case_id=each.case_id,
                asked_by=each.asked_by_id,
                language=each.language,
                options=each.options,
                at=each.at,
            )
            for each in found.order_by("at")
        ]
    )


def call(order: Order, builders: Mapping[str, Build]) -> None:
    """Build and keep them. One that cannot be built stops no other; built twice is kept once."""
    for wanted in order.wanted:
        try:
            made = builders[wanted.kind](wanted, _progress(wanted.id))
        except Error:
            raise  # The database's fault, not the archive's: it is made later.
        except Exception:
            log.exception("archive cannot be made", extra={"kind": wanted.kind})
            order.made[wanted.id] = Made()
            continue
        registry.documents[STORE].put(wanted.id, made)
        order.made[wanted.id] = Made(len(made), sha256(made).hexdigest())


def _progress(archive: UUID) -> Progress:
    def tell(done: int, total: int) -> None:
        models.Archive.objects.filter(id=archive).update(done=done, total=total)

    return tell


def record(order: Order, *, changes: Changes) -> dict[UUID, str]:
    """Record what became of the archives; says which failed, and why."""
    failed = {}
    for archive, made in order.made.items():
        if not made.size:
            failed[archive] = FAILED
            changes.update(models.Archive, id=archive, state=_State.FAILED.value)
            continue
        changes.update(
            models.Archive,
            id=archive,
            state=_State.READY.value,
            size=made.size,
            sha256=made.sha256,
            ready_at=changes.now,
        )
        changes.owe(Step.DROP_ARCHIVE, archive, due_at=changes.now + KEPT)
    return failed


# ---------------------------------------------------------------- the step that clears up
def destroy(ids: Sequence[UUID]) -> None:
    """Destroy the bytes of archives whose time is over."""
    for archive in ids:
        registry.documents[STORE].destroy(archive)


def record_gone(ids: Sequence[UUID], *, changes: Changes) -> None:
    """Say of archives that their bytes are gone."""
    known = models.Archive.objects.filter(id__in=ids).values_list("id", flat=True)
    gone, at = _State.GONE.value, changes.now
    for archive in known:
        changes.update(models.Archive, id=archive, state=gone, gone_at=at)


# ---------------------------------------------------------------- packing
def packed(files: Mapping[str, bytes], *, at: datetime) -> bytes:
    """A ZIP of these files in their order; the same files and moment give the same bytes."""
    buffer = io.BytesIO()
    stamp = max(at.utctimetuple()[:6], (1980, 1, 1, 0, 0, 0))
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as archive:
        for name, content in files.items():
            info = zipfile.ZipInfo(name, date_time=stamp)
            info.compress_type, info.create_system = zipfile.ZIP_DEFLATED, 3
            info.external_attr = 0o600 << 16
            archive.writestr(info, content)
    return buffer.getvalue()
