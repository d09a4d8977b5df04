"""Documents wait for a scanner, are shredded in time, and every look at one is written down."""

import shutil
from collections.abc import Callable, Iterator
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from django.db import connection
from django.db.models import F
from django.test.utils import CaptureQueriesContext

import stage
from signoff.domain.account import CardKind
from signoff.domain.case import State
from signoff.domain.files import FileKind, FileProblem
from signoff.domain.reasons import Refusal
from signoff.domain.steps import Step
from signoff.integrations.documents.clamd import Clamd
from signoff.ports import registry
from signoff.ports.documents import DocumentsError, NoSuchDocument
from signoff.records import casefiles, models
from signoff.testing.clamd import FakeClamd, running_clamd
from signoff.testing.documents import infected_photo, photo
from signoff.usecases import document_health
from signoff.usecases.documents import NAME, DocumentRefused
from signoff.usecases.look import NotYours
from signoff.usecases.policies import SHIPPED
from signoff.workflows import act, handing_in, runner
from signoff.workflows.work import clock
from usecases.scenes import Scene, run, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def clamd() -> Iterator[FakeClamd]:
    """A scanner that answers, until it is stopped."""
    with running_clamd() as fake, registry.scanners.temporarily(NAME, Clamd(fake.address)):
        yield fake


@pytest.fixture
def under(settings: Any, tmp_path: Path) -> Callable[[str], None]:
    """Lets the policy say more of documents, in lines of its file."""

    def said(lines: str) -> None:
        policies = tmp_path / "policies"
        shutil.copytree(SHIPPED, policies)
        file = policies / "brands" / "boundlark.toml"
        file.write_text(f"{file.read_text('utf-8')}\n[documents]\n{lines}\n", "utf-8")
        settings.SIGNOFF_POLICIES = policies

    return said


def reviewed() -> Scene:
    """A case before an agent, its document handed in."""
    found = scene(CardKind.UNLIMITED).declare()
    run(Step.ASSESS)
    return found


Under = Callable[[str], None]
WAIT = 'unscanned = "wait"'


def handed_in(found: Scene, content: bytes) -> models.Document:
    handing_in.upload(found.line.id, [content], user_id=found.me)
    return models.Document.objects.filter(line=found.line).latest("at", "id")


def codes(found: Scene) -> list[str]:
    rows = models.Event.objects.filter(case_id=found.case_id).order_by("seq")
    return list(rows.values_list("code", flat=True))


def scan_now() -> None:
    models.Due.objects.filter(step=Step.SCAN_DOCUMENT).update(due_at=clock())
    runner.run(Step.SCAN_DOCUMENT)


def read(row: models.Document) -> bytes:
    vault = registry.vaults[NAME]
    return vault.get(row.object_id, sealed_key=bytes(row.sealed_key or b""))


# ---------------------------------------------------------------- scanned
def test_what_a_scanner_saw_is_kept_with_who_looked(clamd: FakeClamd) -> None:
    """A5."""
    row = handed_in(scene(CardKind.UNLIMITED), photo())

    assert not row.checking
    assert row.scanner.startswith("ClamAV")
    assert row.scanned_at is not None


def test_a_harmful_file_is_not_kept_and_the_agents_are_told(clamd: FakeClamd) -> None:
    """A5: refused, nothing of it anywhere, and an event in the case."""
    found = reviewed()
    before = models.Document.objects.count()

    with pytest.raises(DocumentRefused) as refused:
        handing_in.upload(found.line.id, [infected_photo()], user_id=found.me)

    assert refused.value.problem is FileProblem.INFECTED
    assert models.Document.objects.count() == before
    told = models.Event.objects.get(case_id=found.case_id, code="document.infected")
    assert told.facts["signature"] == "Eicar-Test-Signature"


def test_without_a_scanner_the_policy_decides_accept(clamd: FakeClamd) -> None:
    clamd.stop()

    row = handed_in(scene(CardKind.UNLIMITED), photo())

    assert (row.checking, row.scanned_at, row.pages) == (False, None, 1)


def test_without_a_scanner_the_policy_decides_wait(clamd: FakeClamd, under: Under) -> None:
    """A5: it waits, counts for nothing yet, and is scanned as it came when the scanner is back."""
    under(WAIT)
    clamd.stop()
    found = scene(CardKind.UNLIMITED)
    row = models.Document.objects.get(line=found.line)
    scan_now()
    row.refresh_from_db()
    assert row.checking
    assert read(row) == photo()

    clamd.start()
    scan_now()

    old = row.object_id
    row.refresh_from_db()
    assert (row.checking, row.pages) == (False, 1)
    assert row.object_id != old
    assert read(row) != photo()
    stage.work()
    with pytest.raises(NoSuchDocument):
        registry.vaults[NAME].get(old, sealed_key=b"")
    assert models.Due.objects.filter(step=Step.DISCARD_OBJECT).count() == 0


def test_a_harmful_file_that_waited_is_destroyed(clamd: FakeClamd, under: Under) -> None:
    """A5: found later, gone all the same, and the case goes back to its subscriber."""
    under(WAIT)
    clamd.stop()
    found = reviewed()
    models.Document.objects.filter(line=found.line).update(shredded_at=clock())
    row = handed_in(found, infected_photo())
    verdict = act.approve(found.case_id, agent=found.agent, seen=found.seen)

    clamd.start()
    scan_now()

    row.refresh_from_db()
    assert Refusal.DOCUMENT_BEING_CHECKED in verdict.reasons
    assert (row.shredded_for, row.sealed_key) == ("infected", None)
    assert codes(found)[-2:] == ["document.infected", "document.shredded"]
    verdict = act.approve(found.case_id, agent=found.agent, seen=found.seen)
    assert Refusal.IDENTITY_DOCUMENT_MISSING in verdict.reasons


def test_a_document_that_waits_is_shown_to_nobody(clamd: FakeClamd, under: Under) -> None:
    under(WAIT)
    clamd.stop()
    found = reviewed()
    row = handed_in(found, photo("another"))

    with pytest.raises(LookupError):
        handing_in.view(found.case_id, row.id, agent=found.agent, words="x")
    assert not models.Access.objects.filter(what="document").exists()


def test_many_that_wait_are_scanned_with_a_constant_number_of_queries(
    clamd: FakeClamd, under: Under
) -> None:
    """DESIGN 4: sets, not loops."""
    under(WAIT)
    counted = []
    for many in (1, 4):
        clamd.stop()
        for number in range(many):
            handed_in(scene(CardKind.UNLIMITED), photo(f"{many} {number}"))
        clamd.start()
        models.Due.objects.filter(step=Step.SCAN_DOCUMENT).update(due_at=clock())
        with CaptureQueriesContext(
            connection,
        ) as queries:
            runner.run_once(Step.SCAN_DOCUMENT)
        counted.append(len(queries))
        assert not models.Document.objects.filter(checking=True).exists()

    assert counted[1] <= counted[0]  # the first one wakes a worker as well


def test_the_scanner_is_shown_to_operators(clamd: FakeClamd) -> None:
    """A5, O3: there, how old its signatures are, and away."""
    found = scene(CardKind.UNLIMITED)
    handed_in(found, photo())
    clamd.signatures -= timedelta(days=9)

    old = document_health.health(found.agent, now=clock())
    clamd.stop()
    away = document_health.health(found.agent, now=clock())

    assert (old.scanner, old.age_days, old.old, old.kept) == ("good", 9, True, 1)
    assert (away.scanner, away.signatures) == ("away", None)
    assert document_health.health(found.me, now=clock()).kept == 0


# ---------------------------------------------------------------- shredded
def later(found: Scene, **delta: int) -> None:
    """As if everything of this line had happened so much earlier."""
    by = timedelta(**delta)
    rows = models.Document.objects.filter(line=found.line)
    for row in rows:
        models.Document.objects.filter(id=row.id).update(at=row.at - by)
    for event in models.Event.objects.filter(case_id=found.case_id):
        models.Event.objects.filter(id=event.id).update(at=event.at - by)
    models.Case.objects.filter(id=found.case_id).update(closed_at=F("closed_at") - by)
    models.Due.objects.filter(step=Step.SHRED_DOCUMENTS).update(due_at=clock())


def shred_now(found: Scene, **delta: int) -> models.Document:
    later(found, **delta)
    runner.run(Step.SHRED_DOCUMENTS)
    runner.run(Step.DISCARD_OBJECT)
    return models.Document.objects.filter(line=found.line).latest("at", "id")


def decided(state: State = State.APPROVED) -> Scene:
    found = reviewed()
    if state is State.APPROVED:
        act.approve(found.case_id, agent=found.agent, seen=found.seen)
    else:
        act.withdraw(found.case_id, user_id=found.me)
    return found


@pytest.mark.parametrize("state", [State.APPROVED, State.WITHDRAWN])
def test_a_document_goes_when_the_decision_is_a_week_old(state: State) -> None:
    """A5, X5, T4: the key at once, the bytes too, and the event stays as the proof."""
    found = decided(state)
    row = models.Document.objects.get(line=found.line)
    kept = shred_now(found, days=6)
    assert kept.shredded_at is None

    gone = shred_now(found, days=2)

    assert (gone.shredded_for, gone.sealed_key, gone.case_id) == ("retention", None, found.case_id)
    assert gone.bytes_gone_at is not None
    assert "document.shredded" in codes(found)
    with pytest.raises((NoSuchDocument, DocumentsError)):
        registry.vaults[NAME].get(row.object_id, sealed_key=bytes(row.sealed_key or b""))


def test_a_decided_case_never_asks_for_the_document_again() -> None:
    """P11: what was shredded after the decision counts as handed in."""
    found = decided()

    shred_now(found, days=8)

    (file,) = casefiles.load([found.case_id], lock=False)
    assert Refusal.IDENTITY_DOCUMENT_MISSING not in file.blockers


def test_after_the_close_where_the_policy_counts_from_there(under: Under) -> None:
    under('shred = "close"\nkeep_days = 3')
    found = decided(State.WITHDRAWN)

    assert shred_now(found, days=2).shredded_at is None
    assert shred_now(found, days=2).shredded_for == "retention"


def test_what_was_never_used_goes_after_a_month() -> None:
    """X5: handed in, and then no request came."""
    found = scene(CardKind.UNLIMITED)
    handed_in(found, photo())

    assert shred_now(found, days=29).shredded_at is None
    assert shred_now(found, days=2).shredded_for == "undecided"


def test_a_document_is_kept_while_its_case_is_looked_at() -> None:
    found = reviewed()

    assert shred_now(found, days=20).shredded_at is None
    owed = models.Due.objects.filter(step=Step.SHRED_DOCUMENTS)
    assert owed.get().due_at > clock() + timedelta(days=9)


def test_bytes_that_cannot_be_removed_are_noise_and_tried_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A5: a store that is away holds up no shredding."""
    found = decided()
    row = models.Document.objects.get(line=found.line)

    def away(*args: Any) -> None:
        raise DocumentsError("away")

    with monkeypatch.context() as broken:
        broken.setattr(registry.vaults[NAME], "destroy", away)
        gone = shred_now(found, days=8)
    assert (gone.sealed_key, gone.bytes_gone_at) == (None, None)
    with pytest.raises(DocumentsError):
        registry.vaults[NAME].get(row.object_id, sealed_key=b"")

    models.Due.objects.filter(step=Step.DISCARD_OBJECT).update(due_at=clock())
    runner.run(Step.DISCARD_OBJECT)

    gone.refresh_from_db()
    assert gone.bytes_gone_at is not None


# ---------------------------------------------------------------- looked at
def test_every_look_is_written_down_before_it_is_had() -> None:
    """A5, R5."""
    found = reviewed()
    row = models.Document.objects.get(line=found.line)

    viewing = handing_in.view(found.case_id, row.id, agent=found.agent, words="agent")

    access = models.Access.objects.get(what="document")
    assert (access.user_id, access.case_id) == (found.agent, found.case_id)
    assert codes(found)[-1] == "document.viewed"
    assert [page[:3] for page in viewing.pages] == [b"\xff\xd8\xff"]


def test_a_document_of_the_release_before_is_shown_as_pictures_too() -> None:
    """O4: kept as the file that came, its key in front."""
    found = reviewed()
    row = models.Document.objects.get(line=found.line)
    models.Document.objects.filter(id=row.id).update(pages=0, media_type=FileKind.PNG.value)
    vault = registry.vaults[NAME]
    sealed_key = vault.put(row.object_id, photo(kind="PNG"))
    models.Document.objects.filter(id=row.id).update(sealed_key=sealed_key)

    viewing = handing_in.view(found.case_id, row.id, agent=found.agent, words="agent")

    assert [page[:3] for page in viewing.pages] == [b"\xff\xd8\xff"]


@pytest.mark.parametrize("who", ["other_agent", "subscriber", "stranger"])
def test_nobody_else_looks(who: str) -> None:
    """Q3, O5."""
    found = reviewed()
    row = models.Document.objects.get(line=found.line)
    person = getattr(found.people, who).id

    with pytest.raises(NotYours):
        handing_in.view(found.case_id, row.id, agent=person, words="x")

    assert not models.Access.objects.filter(what="document").exists()


def test_the_digest_kept_is_of_what_was_handed_in(clamd: FakeClamd) -> None:
    """T4: nothing of the content stands in a row or an event but its digest."""
    row = handed_in(scene(CardKind.UNLIMITED), photo())

    assert row.sha256 == sha256(photo()).hexdigest()
    assert row.size == len(photo())
