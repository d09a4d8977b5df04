"""Imports of an account book: what is taken, and what a case that is open or over keeps."""

from pathlib import Path
from uuid import uuid4

import pytest

from signoff.records import codec, models
from signoff.usecases.import_book import Refused, import_files
from usecases.book_files import (
    ACCOUNT,
    CALL,
    EXAMPLES,
    ICCID,
    LINE,
    NOW,
    OTHER_ICCID,
    Import,
    changed,
    counts,
    importer,
    problems,
    usd,
)

pytestmark = pytest.mark.django_db


@pytest.fixture
def imported(tmp_path: Path) -> Import:
    return importer(tmp_path)


# ---------------------------------------------------------------- taken
def test_account_line_and_call_go_in_whole(imported: Import) -> None:
    result, refused = imported(ACCOUNT, LINE, CALL)

    assert not refused
    assert [counts(result, kind) for kind in ("account", "line", "usage")] == [(1, 0, 0)] * 3
    line = models.Line.objects.select_related("account__holder").get()
    assert (line.msisdn, line.iccid, line.state) == ("+12125550171", ICCID, "active")
    assert line.account.holder is not None
    assert line.account.holder.email == "lin.xiaoyu@example.com"
    assert not line.account.holder.has_usable_password()
    assert codec.ACCOUNT.validate_python(line.account.facts).debt.minor == 7036
    assert codec.LINE.validate_python(line.facts).usage.calls == 1
    assert models.UsageRecord.objects.get().seconds == 187


def test_the_same_again_changes_nothing(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL)

    result, refused = imported(ACCOUNT, LINE, CALL)

    assert not refused
    assert [counts(result, kind) for kind in ("account", "line", "usage")] == [(0, 0, 1)] * 3
    assert models.Account.objects.get().version == 1


def test_the_same_again_brings_nothing_back_that_was_settled(imported: Import) -> None:
    imported(ACCOUNT, LINE)
    account = models.Account.objects.get()
    account.facts["payment_methods"] = []
    account.save()

    imported(ACCOUNT, LINE)

    assert models.Account.objects.get().facts["payment_methods"] == []


def test_a_changed_record_replaces_the_facts(imported: Import) -> None:
    imported(ACCOUNT, LINE)

    result, refused = imported(
        changed(ACCOUNT, facts__balance=usd(990)), changed(LINE, iccid=OTHER_ICCID)
    )

    assert not refused
    assert counts(result, "account") == counts(result, "line") == (0, 1, 0)
    account, line = models.Account.objects.get(), models.Line.objects.get()
    assert (account.facts["balance"]["minor"], account.version) == (990, 2)
    assert line.iccid == OTHER_ICCID


def test_a_record_that_stands_twice_in_a_file_counts_as_its_last(imported: Import) -> None:
    result, refused = imported(ACCOUNT, changed(ACCOUNT, facts__balance=usd(1)), LINE)

    assert not refused
    assert counts(result, "account") == (1, 1, 0)
    assert models.Account.objects.get().facts["balance"]["minor"] == 1


def test_calls_are_counted_whatever_the_line_says_later(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL, changed(CALL, external_id="R-2", kind="message", seconds=0))

    imported(changed(LINE, facts__usage__calls=400))

    usage = codec.LINE.validate_python(models.Line.objects.get().facts).usage
    assert (usage.calls, usage.messages, usage.contacts) == (1, 1, 52)


def test_a_corrected_call_is_corrected(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL)

    result, _ = imported(changed(CALL, seconds=200))

    assert counts(result, "usage") == (0, 1, 0)
    assert models.UsageRecord.objects.get().seconds == 200


def test_one_person_holds_accounts_of_two_brands(imported: Import) -> None:
    imported(ACCOUNT, changed(ACCOUNT, brand="farwander"))

    assert models.User.objects.count() == 1
    assert models.Account.objects.count() == 2


def test_a_suspended_line_is_kept_as_suspended(imported: Import) -> None:
    imported(ACCOUNT, changed(LINE, facts__suspended_on="2026-11-10"))

    assert models.Line.objects.get().state == "suspended"


def test_brand_may_be_said_once_for_all(imported: Import) -> None:
    _, refused = imported(changed(ACCOUNT, brand=None), LINE, brand="boundlark")

    assert not refused


def test_a_dry_run_says_the_same_and_changes_nothing(imported: Import) -> None:
    result, refused = imported(ACCOUNT, LINE, changed(LINE, account="A-9"), dry_run=True)

    assert counts(result, "line") == (1, 0, 0)
    assert problems(refused) == [(3, "account", "there is no account 'A-9' of boundlark")]
    assert not models.Account.objects.exists()
    assert not models.User.objects.exists()


def test_the_examples_in_the_documentation_are_taken_whole() -> None:
    refused: list[Refused] = []
    files = [EXAMPLES / f"{name}.csv" for name in ("accounts", "lines", "usage")]

    result = import_files([EXAMPLES / "subscribers.jsonl", *files], now=NOW, refuse=refused.append)

    assert not refused
    assert [counts(result, kind)[0] for kind in result.by_type] == [4, 4, 6, 0]
    facts = codec.ACCOUNT.validate_python(models.Account.objects.get(external_id="D-4001").facts)
    assert str(facts.debt) == "10.00 USD"


# ---------------------------------------------------------------- cases
def test_an_open_case_freezes_line_and_account(imported: Import) -> None:
    imported(ACCOUNT, LINE, CALL)
    models.Line.objects.update(case_id=uuid4(), frozen_at=NOW)
    changes = (
        changed(ACCOUNT, facts__balance=usd(1)),
        changed(LINE, facts__usage__contacts=1),
    )

    result, refused = imported(*changes)

    assert [found for _, _, found in problems(refused)] == [
        "is frozen: its last line is being ended by an open case",
        "is frozen: an open case is ending it",
    ]
    assert models.Account.objects.get().facts["balance"]["minor"] == 1250
    assert models.Line.objects.get().facts["usage"]["contacts"] == 52

    models.Line.objects.update(case_id=None, frozen_at=None)
    result, refused = imported(*changes)

    assert not refused
    assert counts(result, "line") == (0, 1, 0)


def test_an_account_whose_other_line_goes_on_is_not_frozen(imported: Import) -> None:
    other = changed(LINE, external_id="L-2", msisdn="+12125550172", iccid=OTHER_ICCID)
    imported(ACCOUNT, LINE, other)
    models.Line.objects.filter(external_id="L-1").update(case_id=uuid4())

    _, refused = imported(changed(ACCOUNT, facts__balance=usd(1)))

    assert not refused


def test_an_ended_line_and_a_settled_account_stay_ended(imported: Import) -> None:
    imported(ACCOUNT, LINE)
    case = uuid4()
    models.Line.objects.update(case_id=case, state="terminated")
    models.Account.objects.update(settled_case=case)

    _, refused = imported(
        changed(ACCOUNT, facts__balance=usd(1)),
        changed(LINE, facts__usage__contacts=1),
        changed(LINE, external_id="L-2", msisdn="+12125550172", iccid=OTHER_ICCID),
        CALL,
    )

    assert [found for _, _, found in problems(refused)] == [
        "was settled when its last line ended",
        "has been ended",
        "was settled when its last line ended",
        "has been ended",
    ]


def test_an_account_with_lines_keeps_its_currency(imported: Import) -> None:
    wallet = changed(ACCOUNT, brand="farwander", facts__bills=[])
    imported(wallet, changed(LINE, brand="farwander", carrier="tmobile"))

    euro = {"minor": 1, "currency": "EUR"}
    _, refused = imported(changed(wallet, facts__currency="EUR", facts__balance=euro))

    assert problems(refused)[0][1] == "facts.currency"
