"""O1: which lines a run ends: every row of a list is told apart, none is guessed."""

import csv
import io
import resource
import tempfile
from typing import BinaryIO

import pytest

import stage
from signoff.domain.account import CardKind
from signoff.domain.sunset import Row, Selection, Stage
from signoff.records import models
from signoff.usecases.look import NotYours
from signoff.usecases.sunsets import gather, look
from signoff.usecases.sunsets.reading import GivenList, ListUnusable, Unusable
from signoff.workflows import act, sunsets
from usecases.scenes import nothing_happens
from usecases.sunset_scenes import scene, staff, terms

pytestmark = pytest.mark.django_db(transaction=True)


def test_rows_are_told_apart() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=3)
        stranger = stage.line(CardKind.DATA, holder=closing.holder, sandbox=sandbox)
        leaving, ended, plain = closing.lines
        act.declare_line(stage.declaration(leaving), user_id=closing.holder.id)
        models.Line.objects.filter(id=ended.id).update(state="terminated")
        content = closing.listed(plain.msisdn, stranger.msisdn, "+12025550000999", "hello", "")

        closing.create(content + "\n" + plain.msisdn.lstrip("+") + "\n")
        stage.work()

    assert closing.stage is Stage.READY
    told = models.SunsetLine.objects.filter(id__gt=closing.run.first_key).order_by("id")
    assert list(told.values_list("given", "code", "why")) == [
        (leaving.msisdn, "own_case", ""),
        (ended.msisdn, "already_ended", ""),
        (plain.msisdn, "ready", ""),
        (plain.msisdn, "duplicate", "4"),
        (stranger.msisdn, "other_brand", ""),
        ("+12025550000999", "unknown", ""),
        ("hello", "malformed", ""),
        (plain.msisdn.lstrip("+"), "duplicate", "4"),
    ]
    totals = closing.view.totals
    assert totals is not None
    assert (totals.rows, totals.lines) == (8, 1)
    assert totals.refused == {
        Row.MALFORMED: 1, Row.DUPLICATE: 2, Row.UNKNOWN: 1, Row.OTHER_BRAND: 1,
        Row.ALREADY_ENDED: 1, Row.OWN_CASE: 1,
    }  # fmt: skip
    refused = look.refused_rows(closing.id, user_id=closing.auditor.id, code="duplicate")
    assert [(each.row, each.why) for each in refused] == [(5, "4"), (11, "4")]


def test_sims_are_a_list_too_and_other_columns_are_left_alone() -> None:
    closing = scene(lines=2)
    rows = [["name", "ICCID"], *(["Lin, Xiaoyu", line.iccid] for line in closing.lines)]
    text = io.StringIO()
    csv.writer(text).writerows(rows)

    closing.create("\ufeff" + text.getvalue())
    stage.work()

    assert {models.SunsetLine.objects.get(line_id=line.id).given for line in closing.lines} == {
        line.iccid for line in closing.lines
    }


def test_a_number_given_out_again_is_its_living_line() -> None:
    closing = scene(lines=2)
    old, new = closing.lines
    models.Line.objects.filter(id=old.id).update(state="terminated", msisdn=new.msisdn)

    closing.create(f"msisdn\n{new.msisdn}\n")
    stage.work()

    assert models.SunsetLine.objects.get().line_id == new.id


def test_a_plan_and_a_brand_are_selected_without_a_list() -> None:
    closing = scene(lines=3)
    other = closing.lines[0]
    facts = {**other.facts, "plan": {**other.facts["plan"], "name": "Old plan"}}
    models.Line.objects.filter(id=other.id).update(facts=facts)
    stage.line(CardKind.DATA, holder=closing.holder)

    closing.create(selection=Selection.PLAN, plan="Old plan")
    stage.work()
    assert set(closing.rows()) == {other.msisdn}

    closing.create()
    stage.work()
    assert set(closing.rows()) == {line.msisdn for line in closing.lines}
    assert closing.run.rows == 3


def test_a_plan_narrows_a_list() -> None:
    closing = scene(lines=1)

    closing.create(closing.listed(), plan="Another plan")
    stage.work()

    assert set(closing.rows().values()) == {"other_plan"}


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", Unusable.EMPTY),
        (b"\xef\xbb\xbf\n", Unusable.EMPTY),
        (b"msisdn\n", Unusable.NO_ROWS),
        ("msisdn\n+12025550142\n".encode("utf-16"), Unusable.UTF16),
        (b"msisdn\n+1202555\xff0142\n", Unusable.NOT_UTF8),
        (b"phone,name\n1,2\n", Unusable.NO_COLUMN),
        (b"+12025550142\n+12025550143\n", Unusable.NO_HEADING),
        (b"msisdn,iccid\n1,2\n", Unusable.TWO_COLUMNS),
        (b"msisdn;name\n1;2\n", Unusable.SEMICOLONS),
        (b"msisdn\n" + b"1" * 70_000, Unusable.LONG_LINE),
        (None, Unusable.MISSING),
    ],
)
def test_a_list_that_cannot_be_read_leaves_nothing_behind(
    content: bytes | None, code: Unusable
) -> None:
    closing = scene(lines=1)

    with nothing_happens(), pytest.raises(ListUnusable) as refused:
        closing.create(content, selection=Selection.LIST)

    assert refused.value.code is code
    assert str(refused.value)
    assert not models.Sunset.objects.exists()
    assert not models.SunsetLine.objects.exists()


def test_whoever_may_not_decide_makes_no_run() -> None:
    closing = scene(lines=1)
    for who in (closing.auditor, staff("agent"), staff(brand="bytebrook"), closing.holder):
        with nothing_happens(), pytest.raises(NotYours):
            sunsets.create(
                brand="farwander", title="", terms=terms(), by=who.id, selection=Selection.BRAND
            )

    assert not models.Sunset.objects.exists()


def test_terms_that_contradict_themselves_make_no_run() -> None:
    closing = scene(lines=1)
    wrong = terms()
    wrong = terms(notice_by=wrong.end_at.replace(year=2100))

    with nothing_happens(), pytest.raises(gather.TermsRefused, match="notice_by"):
        closing.create(of=wrong)


class _Endless:
    """A list of so many rows that is nowhere kept."""

    def __init__(self, rows: int) -> None:
        self._left, self._head = rows, True

    def readline(self, size: int = -1) -> bytes:
        if self._head:
            self._head = False
            return b"msisdn\n"
        if not self._left:
            return b""
        self._left -= 1
        return f"+1303{self._left:07d}\n".encode()


@pytest.mark.slow
def test_memory_stays_flat_while_a_long_list_is_read() -> None:
    closing = scene(lines=1)
    list(GivenList(_as_file(_Endless(1_000))))
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss

    closing.id = sunsets.create(
        brand="farwander",
        title="",
        terms=terms(),
        by=closing.first.id,
        selection=Selection.LIST,
        given=_as_file(_Endless(200_000)),
    )
    stage.work(rounds=400)

    assert (closing.run.rows, closing.stage) == (200_000, Stage.READY)
    assert closing.view.totals is not None
    assert closing.view.totals.refused == {Row.UNKNOWN: 200_000}
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 32 * 1024


def _as_file(lines: _Endless) -> BinaryIO:
    return lines  # type: ignore[return-value]


def test_a_file_on_disk_is_read_as_it_is() -> None:
    closing = scene(lines=1)
    with tempfile.TemporaryFile() as file:
        file.write(closing.listed().replace("\n", "\r\n").encode())
        file.seek(0)
        assert [(number, code) for number, _, code in GivenList(file)] == [(2, Row.GIVEN)]
