"""The evidence pack of a case (T3): everything that happened, in one archive that proves itself.

Each file is named in `manifest.json` with its SHA-256; the manifest is signed. The events come with
their proofs in the log. The same records give the same bytes: times are those of the case, nothing
says when the pack was made (docs/reference/evidence-pack.md).
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from django.conf import settings

from signoff.domain.canonical import Json, encode, format_time
from signoff.domain.events import Code
from signoff.ports import registry
from signoff.records import casefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases import archives, evidence_files, evidence_page, papers
from signoff.usecases.archives import Progress, Wanted
from signoff.usecases.certify import SIGNER
from signoff.usecases.conversation import Said, messages_of

FORMAT = "signoff.evidence-pack/1"
MANIFEST, SIGNATURE, PAGE = "manifest.json", "manifest.sig", "index.html"
FOR_STAFF: Mapping[str, Json] = {"notes": True}
_NOTES = frozenset({Code.NOTE_WRITTEN.value})


@dataclass(frozen=True, slots=True)
class Gathered:
    """All that a pack is made of, read at one moment. Without notes, no note is in it."""

    file: CaseFile
    row: models.Case
    events: Sequence[models.Event]
    messages: Sequence[Said]
    intents: Sequence[models.CarrierIntent]
    payments: Sequence[models.PaymentIntent]
    notices: Sequence[models.Notice]
    documents: Sequence[models.Document]
    notes: bool
    language: str

    @property
    def as_of(self) -> datetime:
        return self.events[-1].at

    @property
    def shown(self) -> Sequence[models.Event]:
        """The events that may be told in words."""
        return [event for event in self.events if self.notes or event.code not in _NOTES]


@dataclass(frozen=True, slots=True)
class Part:
    """One file of the pack: where, what for, and its bytes."""

    path: str
    role: str
    content: bytes

    @property
    def media_type(self) -> str:
        return _MEDIA[self.path.rpartition(".")[2]]


_MEDIA = {"json": "application/json", "pdf": "application/pdf", "html": "text/html"}


def ask(file: CaseFile, *, user_id: int, language: str, notes: bool, changes: Changes) -> UUID:
    """Owe the pack of a case, which is locked; pressing twice asks for one."""
    return archives.ask(
        models.Archive.Kind.EVIDENCE,
        line_id=file.line_id,
        case_id=file.id,
        user_id=user_id,
        language=language,
        options=FOR_STAFF if notes else {},
        changes=changes,
    )


def build(wanted: Wanted, progress: Progress) -> bytes:
    """The bytes of a pack that was asked for. Raises LookupError where the case is gone."""
    if wanted.case_id is None:
        raise LookupError(wanted.id)
    notes = bool(wanted.options.get("notes"))
    gathered = gather(wanted.case_id, language=wanted.language, notes=notes)
    return pack(gathered, progress=progress)


def gather(case_id: UUID, *, language: str, notes: bool) -> Gathered:
    """Read all of a case that belongs in its pack."""
    (file,) = casefiles.load([case_id], lock=False)
    events = tuple(models.Event.objects.filter(case_id=case_id).order_by("seq"))
    payments = models.PaymentIntent.objects.filter(case_id=case_id)
    return Gathered(
        file=file,
        row=models.Case.objects.get(id=case_id),
        events=events,
        messages=messages_of(case_id, events, notes=notes),
        intents=tuple(models.CarrierIntent.objects.filter(case_id=case_id).order_by("sent_at")),
        payments=tuple(payments.order_by("at", "key")),
        notices=tuple(models.Notice.objects.filter(case_id=case_id).order_by("at", "id")),
        documents=tuple(models.Document.objects.filter(line_id=file.line_id).order_by("at", "id")),
        notes=notes,
        language=language,
    )


def pack(gathered: Gathered, *, progress: Progress) -> bytes:
    """The archive of what was gathered."""
    makers = list(_makers(gathered))
    parts: list[Part] = []
    for done, (path, role, make) in enumerate(makers):
        progress(done, len(makers) + 1)
        content = make()
        if content is not None:
            parts.append(Part(path, role, content))
    page = evidence_page.page(gathered, parts=[(part.path, part.role) for part in parts])
    parts.insert(0, Part(PAGE, "index", page))
    manifest = _manifest(gathered, parts)
    files = {MANIFEST: manifest, SIGNATURE: _signature(manifest)}
    files |= {part.path: part.content for part in parts}
    progress(len(makers) + 1, len(makers) + 1)
    return archives.packed(files, at=gathered.as_of)


_Maker = tuple[str, str, Callable[[], bytes | None]]


def _makers(found: Gathered) -> Iterator[_Maker]:
    case_id, language = found.file.id, found.language
    yield "declaration.json", "declaration", lambda: evidence_files.declaration(found)
    yield "receipt.pdf", "receipt", lambda: papers.receipt(case_id, language=language)
    yield "messages.json", "messages", lambda: evidence_files.messages(found)
    yield "decisions.json", "decisions", lambda: evidence_files.decisions(found)
    yield "carrier.json", "carrier", lambda: evidence_files.carrier(found)
    yield "statement.json", "statement", lambda: evidence_files.statements(found)
    yield "refunds.json", "refunds", lambda: evidence_files.refunds(found)
    yield "notices.json", "notices", lambda: evidence_files.notices(found)
    yield "documents.json", "documents", lambda: evidence_files.documents(found)
    yield "certificate.json", "certificate", lambda: _certificate(case_id)
    yield "certificate.pdf", "certificate", lambda: _certificate(case_id, language=language)
    yield "log.json", "log", lambda: evidence_files.log(found)


def _certificate(case_id: UUID, *, language: str = "") -> bytes | None:
    """The certificate where there is one (yet)."""
    try:
        if language:
            return papers.certificate_pdf(case_id, language=language)
        return papers.certificate_json(case_id)
    except papers.NotYet:
        return None


def _manifest(found: Gathered, parts: Sequence[Part]) -> bytes:
    signer, file = registry.signers[SIGNER], found.file
    listed: list[Json] = [
        {
            "path": part.path,
            "role": part.role,
            "media_type": part.media_type,
            "size": len(part.content),
            "sha256": sha256(part.content).hexdigest(),
        }
        for part in sorted(parts, key=lambda part: part.path)
    ]
    told: dict[str, Json] = {
        "format": FORMAT,
        "case": {
            "id": str(file.id),
            "reference": file.number,
            "brand": file.brand,
            "state": file.state.value,
        },
        "as_of": format_time(found.as_of),
        "events": len(found.events),
        "language": found.language,
        "issuer": {
            "operator": file.policy.operator,
            "installation": signer.name,
            "key_id": signer.key_id,
            "verify_url": f"{settings.SIGNOFF_BASE_URL}/verify",
        },
        "files": listed,
    }
    return encode(told) + b"\n"


def _signature(manifest: bytes) -> bytes:
    signer = registry.signers[SIGNER]
    signed: dict[str, Json] = {
        "algorithm": "Ed25519",
        "key_id": signer.key_id,
        "public_key": signer.public_key.hex(),
        "value": signer.sign(manifest).hex(),
    }
    return encode(signed) + b"\n"
