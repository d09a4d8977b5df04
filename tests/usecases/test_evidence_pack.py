"""The evidence pack of a case (T3): complete, provable, the same bytes for the same state."""

import io
import json
import zipfile
from hashlib import sha256

import pytest

import stage
from signoff.domain.account import CardKind
from signoff.ports import registry
from signoff.records import models
from signoff.usecases import archives
from signoff.usecases.verify_pack import verify_pack
from signoff.workflows import act, waiting

NOTHING = "Between us: he sounded annoyed."


def unzipped(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


@pytest.fixture
def ended(transactional_db: None) -> tuple[stage.Cast, models.Case]:
    """A travel card that has ended, with a conversation on the way."""
    people = stage.cast("farwander")
    with stage.sandbox() as sandbox, stage.mail():
        line = stage.line(CardKind.TRAVEL, holder=people.subscriber, sandbox=sandbox, settled=True)
        case_id = act.declare_line(stage.declaration(line), user_id=people.subscriber.id).case_id
        waiting.write(case_id, user_id=people.subscriber.id, words="什么时候办好？ <b>")
        waiting.answer(case_id, agent=people.agent.id, words="本周内。")
        waiting.note(case_id, agent=people.agent.id, words=NOTHING)
        case = stage.to_the_end(case_id, agent=people.agent)
        stage.work()
    return people, case


def pack(people: stage.Cast, case: models.Case, *, language: str = "zh-Hans") -> bytes:
    user = people.subscriber.id
    waiting.ask_pack(case.id, user_id=user, language=language)
    stage.work()
    return waiting.pack_bytes(case.id, user_id=user)


def test_all_that_happened_is_in_it(ended: tuple[stage.Cast, models.Case]) -> None:
    """T3: and every file stands in the manifest with its digest."""
    people, case = ended

    files = unzipped(pack(people, case))

    manifest = json.loads(files["manifest.json"])
    listed = {each["path"]: each for each in manifest["files"]}
    assert listed.keys() | {"manifest.json", "manifest.sig"} == files.keys()
    assert {
        "index.html", "declaration.json", "receipt.pdf", "messages.json", "decisions.json",
        "carrier.json", "statement.json", "refunds.json", "notices.json", "documents.json",
        "certificate.json", "certificate.pdf", "log.json",
    } == listed.keys()  # fmt: skip
    assert all(sha256(files[path]).hexdigest() == each["sha256"] for path, each in listed.items())
    assert [each["words"] for each in json.loads(files["messages.json"])] == [
        "什么时候办好？ <b>",
        "本周内。",
    ]
    operations = json.loads(files["carrier.json"])
    assert operations["proof"]["state"] == "deactivated"
    assert [each["operation"] for each in operations["operations"]][:2] == ["block", "cut"]
    assert sum(each["minor"] for each in json.loads(files["refunds.json"])) == 2350


def test_the_page_reads_offline_in_the_subscribers_language(
    ended: tuple[stage.Cast, models.Case],
) -> None:
    people, case = ended

    page = unzipped(pack(people, case))["index.html"].decode()

    assert '<html lang="zh-Hans">' in page
    assert "本周内。" in page
    assert "什么时候办好？ &lt;b&gt;" in page
    assert "http" not in page.replace(f"{case.number}", "")
    assert "<script" not in page
    assert '<a href="certificate.pdf">' in page


def test_it_verifies_and_an_altered_byte_is_found(ended: tuple[stage.Cast, models.Case]) -> None:
    """T3, T1: manifest, certificate, and each event's place in the log."""
    people, case = ended
    content = pack(people, case)
    keys = registry.signers["installation"].trusted_keys()

    verdict = verify_pack(content, trusted_keys=keys)

    assert verdict.trusted, verdict.failed
    for name in unzipped(content):
        files = unzipped(content)
        files[name] = files[name][:-3] + b"x\n\n"
        altered = archives.packed(files, at=case.declared_at)
        assert not verify_pack(altered, trusted_keys=keys).ok, name


def test_the_same_state_gives_the_same_bytes(ended: tuple[stage.Cast, models.Case]) -> None:
    people, case = ended

    first, again = pack(people, case), pack(people, case)

    assert first == again
    assert models.Archive.objects.count() == 2


def test_no_note_of_the_staff_leaves_the_house(ended: tuple[stage.Cast, models.Case]) -> None:
    """R5, T3: its event is in the log by its digest alone; staff's own pack has it."""
    people, case = ended
    agent = people.agent.id

    mine = b"".join(unzipped(pack(people, case)).values())
    waiting.ask_pack_for_staff(case.id, agent=agent, language="en")
    stage.work()
    theirs = unzipped(waiting.pack_bytes_for_staff(case.id, agent=agent))

    assert NOTHING.encode() not in mine
    assert b"note.written" not in mine
    assert NOTHING in theirs["messages.json"].decode()
    assert NOTHING in theirs["index.html"].decode()
    assert models.Access.objects.filter(user=people.agent, what="evidence").count() == 2


def test_pressing_twice_makes_it_once(ended: tuple[stage.Cast, models.Case]) -> None:
    people, case = ended
    user = people.subscriber.id

    first = waiting.ask_pack(case.id, user_id=user, language="en")
    again = waiting.ask_pack(case.id, user_id=user, language="en")

    assert first == again


def test_what_was_made_is_destroyed_after_a_week(ended: tuple[stage.Cast, models.Case]) -> None:
    people, case = ended
    pack(people, case)
    archive = models.Archive.objects.get()

    models.Due.objects.filter(step="drop_archive").update(due_at=archive.at)
    stage.work()

    archive.refresh_from_db()
    assert archive.state == "gone"
    with pytest.raises(LookupError):
        waiting.pack_bytes(case.id, user_id=people.subscriber.id)
    with pytest.raises(LookupError):
        archives.content(archive)


@pytest.mark.django_db
def test_a_pack_of_an_open_case_says_what_there_is_so_far() -> None:
    """No certificate yet, no proof: the pack is whole without them."""
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    case_id = act.declare_line(stage.declaration(line), user_id=people.subscriber.id).case_id
    case = models.Case.objects.get(id=case_id)

    with stage.mail():
        content = pack(people, case, language="en")

    assert "certificate.json" not in unzipped(content)
    assert "The carrier has not been asked" in unzipped(content)["index.html"].decode()
    assert verify_pack(content, trusted_keys=None).ok


@pytest.mark.django_db
def test_a_strangers_pack_does_not_exist() -> None:
    people = stage.cast("boundlark")
    line = stage.line(CardKind.UNLIMITED, holder=people.subscriber)
    case_id = act.declare_line(stage.declaration(line), user_id=people.subscriber.id).case_id

    with pytest.raises(LookupError):
        waiting.ask_pack(case_id, user_id=people.stranger.id, language="en")
    with pytest.raises(LookupError):
        waiting.ask_pack_for_staff(case_id, agent=people.other_agent.id, language="en")

    assert not models.Archive.objects.exists()
    assert not models.Access.objects.exists()
