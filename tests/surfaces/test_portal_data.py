"""One's data is taken along as one archive: built in the background, encrypted on request (P9)."""

import csv
import io
import json
import zipfile
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import pyzipper
from django.test import Client
from django.urls import reverse

import stage
from signoff.domain.account import CardKind
from signoff.domain.steps import Step
from signoff.ports import registry
from signoff.ports.documents import NoSuchDocument
from signoff.records import models
from signoff.testing.facts import bill, charge
from signoff.usecases import archives, export
from signoff.workflows import act, runner
from signoff.workflows.work import clock
from surfaces.portal_pages import Page, browser, text
from surfaces.test_portal_prepare import Scene
from usecases.scenes import nothing_happens

pytestmark = pytest.mark.django_db(transaction=True)

SECRET = "correct horse 电池"


def ask(scene: Scene, *, me: Client | None = None, **typed: str) -> Page:
    """Press the button of the data page."""
    where = reverse("portal:data", args=[scene.line.id])
    return (me or scene.me).post(where, typed, follow=True)


def made(scene: Scene) -> models.Archive:
    """The archive, once a worker has built it."""
    runner.run(Step.BUILD_ARCHIVE)
    return models.Archive.objects.get(line_id=scene.line.id)


def fetch(scene: Scene, archive: models.Archive, *, me: Client | None = None) -> Page:
    return (me or scene.me).get(reverse("portal:data-file", args=[scene.line.id, archive.id]))


def table(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")  # Excel opens Chinese only with it
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def call(scene: Scene, number: int, **changes: Any) -> None:
    plain = {"kind": "call", "outgoing": True, "peer": "+12025550199", "seconds": 60}
    models.UsageRecord.objects.create(
        line_id=scene.line.id, external_id=f"r{number}", at=clock(), **{**plain, **changes}
    )


def full_scene() -> Scene:
    """A line with everything an archive can hold."""
    charges = (charge("c1", 900, text="=HYPERLINK(1)"), charge("c2", -100, text="-5.00 USD"))
    scene = Scene(CardKind.UNLIMITED, account={"bills": (bill("b/1", 800, charges=charges),)})
    call(scene, 1)
    call(scene, 2, peer="+cmd|' /C calc'!A0", outgoing=False)
    call(scene, 3, kind="message", seconds=0, peer="林晓雨")
    models.Contact.objects.create(
        line_id=scene.line.id,
        external_id="k1",
        name="陈; 柏安",
        phones=["+8613800138000"],
        emails=["chen@example.com"],
    )
    return scene


def test_everything_of_ones_own_is_in_it() -> None:
    """P9: contacts, calls, messages, bills, receipts, account; no payment token."""
    scene = full_scene()
    act.declare_line(stage.declaration(scene.line), user_id=scene.people.subscriber.id)
    case = models.Case.objects.get()

    asked = ask(scene)
    answer = fetch(scene, made(scene))

    assert "Your file is being made" in text(asked)
    assert answer.headers["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
        inside = {name: archive.read(name) for name in archive.namelist()}
    assert set(inside) == {
        "README.txt",
        "account.json",
        "contacts.vcf",
        "calls.csv",
        "messages.csv",
        "bills/bills.csv",
        "bills/charges.csv",
        "bills/b_1.pdf",
        f"receipts/{case.number}.pdf",
    }
    assert b"tok_m1" not in inside["account.json"]
    assert json.loads(inside["account.json"])["line"]["msisdn"] == scene.line.msisdn
    assert "FN:陈\\; 柏安" in inside["contacts.vcf"].decode()
    assert inside["bills/b_1.pdf"].startswith(b"%PDF-")
    assert inside[f"receipts/{case.number}.pdf"].startswith(b"%PDF-")
    assert table(inside["messages.csv"])[1][2] == "林晓雨"
    assert scene.preparation["exported_at"]


def test_no_cell_is_a_formula() -> None:
    """Q3: what a stranger can put into a name must not run in the subscriber's spreadsheet."""
    scene = full_scene()
    ask(scene)

    with zipfile.ZipFile(io.BytesIO(fetch(scene, made(scene)).content)) as archive:
        calls = table(archive.read("calls.csv"))
        charges = table(archive.read("bills/charges.csv"))

    assert [row[2] for row in calls[1:]] == ["+12025550199", "'+cmd|' /C calc'!A0"]
    assert [row[3] for row in charges[1:]] == ["'=HYPERLINK(1)", "-5.00 USD"]
    assert [row[4] for row in charges[1:]] == ["9.00 USD", "-1.00 USD"]


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=1+1", "'=1+1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("-2+3", "'-2+3"),
        ("+1", "+1"),
        ("-5.00 USD", "-5.00 USD"),
        ("", ""),
        ("Lin", "Lin"),
    ],
)
def test_cells_are_harmless(cell: str, safe: str) -> None:
    assert export.harmless(cell) == safe


def test_protected_hotlines_are_left_out() -> None:
    """Law (47 CFR 64.6408): whoever shares the account must not find them."""
    scene = Scene(CardKind.CALLING)
    for number, peer in enumerate(("+18007997233", "8007997233", "1-800-799-7233", "+12025550199")):
        call(scene, number, peer=peer)
    call(scene, 9, peer="88788", kind="message", seconds=0)
    ask(scene)

    with zipfile.ZipFile(io.BytesIO(fetch(scene, made(scene)).content)) as archive:
        calls, names = table(archive.read("calls.csv")), archive.namelist()
        told = archive.read("README.txt").decode("utf-8-sig")

    assert [row[2] for row in calls[1:]] == ["+12025550199"]
    assert "messages.csv" not in names
    assert "protected hotlines" in told
    assert models.UsageRecord.objects.filter(peer="88788").exists()


def test_an_old_list_of_hotlines_keeps_all_records_in(settings: Any, tmp_path: Path) -> None:
    """Law: a list that cannot be relied on protects nobody."""
    old = 'checked_on = 2020-01-01\ngood_for_days = 30\nnumbers = ["+18007997233"]\n'
    source = Path(settings.SIGNOFF_POLICIES)
    for each in source.rglob("*.toml"):
        target = tmp_path / each.relative_to(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(each.read_bytes())
    (tmp_path / "hotlines.toml").write_text(old)
    settings.SIGNOFF_POLICIES = tmp_path
    scene = Scene(CardKind.CALLING)
    call(scene, 1)

    page = ask(scene)
    with zipfile.ZipFile(io.BytesIO(fetch(scene, made(scene)).content)) as archive:
        names = archive.namelist()

    assert "left out at the moment" in text(page)
    assert "calls.csv" not in names
    assert "account.json" in names


def test_a_password_seals_it_and_is_not_kept() -> None:
    """P9: AES as WinZip does; afterwards nobody here knows the password."""
    scene = full_scene()
    ask(scene, password=SECRET, again=SECRET)
    archive = models.Archive.objects.get()
    kept = registry.documents[archives.STORE]
    before = kept.get(export._secret(archive.id))

    sealed = fetch(scene, made(scene)).content

    assert before.decode() == SECRET
    with pytest.raises(NoSuchDocument):
        kept.get(export._secret(archive.id))
    assert SECRET not in json.dumps(models.Archive.objects.get().options)
    assert b"Lin Xiaoyu" not in sealed
    with pyzipper.AESZipFile(io.BytesIO(sealed)) as opened:
        with pytest.raises(RuntimeError):
            opened.read("account.json")
        opened.setpassword(SECRET.encode())
        assert b"Lin Xiaoyu" in opened.read("account.json")


@pytest.mark.parametrize(
    ("password", "again", "said"),
    [
        ("short", "short", "fewer than 8"),
        ("long enough", "long enougj", "differ"),
        ("", "typed only here", "differ"),
        ("x" * 129, "x" * 129, "more than 128"),
    ],
)
def test_a_password_that_will_not_do_is_told_beside_the_field(
    password: str, again: str, said: str
) -> None:
    """Q6: nothing is asked for."""
    scene = Scene(CardKind.TRAVEL)

    with nothing_happens():
        page = ask(scene, password=password, again=again)

    assert page.status_code == 422
    assert said in text(page)
    assert not models.Archive.objects.exists()


def test_a_second_request_joins_the_first() -> None:
    """F5 for archives: a double click, two tabs; afterwards a new one can be had."""
    scene = Scene(CardKind.TRAVEL)

    ask(scene)
    again = ask(scene, password=SECRET, again=SECRET)
    only = made(scene)
    ask(scene)

    assert "A file is being made already" in text(again)
    assert only.options == {}
    assert models.Archive.objects.count() == 2


def test_the_page_tells_how_far_it_is_and_when_it_is_there() -> None:
    """P9: progress without a reload, and a mail to whoever asked."""
    scene = full_scene()
    where = reverse("portal:data-live", args=[scene.line.id])
    ask(scene)
    archive = models.Archive.objects.get()
    models.Archive.objects.filter(id=archive.id).update(done=3, total=9)

    half = scene.me.get(where)
    same = scene.me.get(where, headers={"If-None-Match": half.headers["ETag"]})
    made(scene)
    ready = scene.me.get(where, headers={"If-None-Match": half.headers["ETag"]})

    assert "33 %" in text(half)
    assert same.status_code == 304
    assert "Your file is ready" in text(ready)
    notice = models.Notice.objects.get(name="data_ready")
    assert notice.recipient == "lin.xiaoyu@example.com"
    with stage.mail() as box:
        stage.work()
    (message,) = box.messages
    assert f"/lines/{scene.line.id}/data" in str(message.get_content())


def test_a_file_that_cannot_be_made_says_so_and_can_be_asked_for_again() -> None:
    """Unhappy ways: the password was lost with a broken disk."""
    scene = full_scene()
    ask(scene, password=SECRET, again=SECRET)
    export.forget_password(models.Archive.objects.get().id)

    assert made(scene).state == "failed"
    page = scene.me.get(reverse("portal:data", args=[scene.line.id]))
    again = ask(scene)

    assert "could not be made" in text(page)
    assert "Your file is being made" in text(again)
    assert not models.Notice.objects.filter(name="data_ready").exists()


def test_a_file_is_its_askers_alone() -> None:
    """Q3."""
    scene = full_scene()
    ask(scene)
    archive = made(scene)
    other = Scene(CardKind.TRAVEL)

    stranger = fetch(scene, archive, me=browser(scene.people.stranger))
    nobody = fetch(scene, archive, me=browser())
    through_own = other.me.get(reverse("portal:data-file", args=[other.line.id, archive.id]))
    posted = ask(scene, me=browser(scene.people.stranger))
    unknown = scene.me.get(reverse("portal:data-file", args=[scene.line.id, uuid4()]), follow=True)

    assert (stranger.status_code, nobody.status_code, posted.status_code) == (404, 302, 404)
    assert through_own.headers["Location"] == f"/lines/{other.line.id}/data"
    assert "no longer there" in text(unknown)
    assert models.Archive.objects.count() == 1


def test_after_its_time_it_is_gone_with_its_key() -> None:
    """P9: the link is good for a week, then the bytes are destroyed."""
    scene = full_scene()
    ask(scene)
    archive = made(scene)
    models.Archive.objects.update(ready_at=clock() - archives.KEPT - timedelta(minutes=1))

    late = scene.me.get(reverse("portal:data-file", args=[scene.line.id, archive.id]), follow=True)
    models.Due.objects.filter(step=Step.DROP_ARCHIVE).update(due_at=clock())
    runner.run(Step.DROP_ARCHIVE)

    assert "no longer there" in text(late)
    assert models.Archive.objects.get().state == "gone"
    with pytest.raises(NoSuchDocument):
        registry.documents[archives.STORE].get(archive.id)


def test_a_killed_worker_leaves_it_to_the_next() -> None:
    """Q2: built again from the start, kept once."""
    scene = full_scene()
    ask(scene)
    archive = models.Archive.objects.get()
    models.Due.objects.filter(subject=archive.id).update(lease_until=clock() - timedelta(minutes=3))
    models.Archive.objects.filter(id=archive.id).update(done=2, total=9)

    assert made(scene).state == "ready"
    assert fetch(scene, archive).status_code == 200
    assert models.Notice.objects.filter(name="data_ready").count() == 1


@pytest.mark.slow
def test_a_big_account_is_packed_in_seconds() -> None:
    """Q1: 24 bills, 5,000 call records."""
    charges = tuple(charge(f"c{n}", 1700 + n) for n in range(4))
    bills = tuple(bill(f"b{n}", 7036, charges=charges) for n in range(24))
    scene = Scene(CardKind.UNLIMITED, account={"bills": bills})
    models.UsageRecord.objects.bulk_create(
        models.UsageRecord(
            line_id=scene.line.id,
            external_id=f"r{n}",
            at=clock(),
            kind="call",
            outgoing=True,
            peer="+12025550199",
        )
        for n in range(5_000)
    )
    ask(scene)

    began = clock()
    archive = made(scene)

    assert archive.state == "ready"
    assert archive.done == archive.total
    assert (clock() - began).total_seconds() < 20


def test_the_case_leads_to_what_else_can_be_settled() -> None:
    """P7, P9: while it runs, the checklist and the data are a click away."""
    scene = Scene(CardKind.TRAVEL)
    declared = act.declare_line(stage.declaration(scene.line), user_id=scene.people.subscriber.id)

    page = scene.me.get(reverse("portal:case", args=[declared.case_id])).content.decode()

    assert f'href="/lines/{scene.line.id}/prepare"' in page
    assert f'href="/lines/{scene.line.id}/data"' in page
