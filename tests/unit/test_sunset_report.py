"""O1: a report that does not add up says so, and one that was altered is found out."""

from copy import deepcopy
from hashlib import sha256
from typing import Any

import pytest

from signoff.domain.sunset_report import FORMAT, Flaw, adds_up, document, flaws, parsed

KEY = b"k" * 32
CSV = "c" * 64
REPORT: dict[str, Any] = {"csv": {"sha256": CSV}, "adds_up": True}


def signed(report: dict[str, Any] = REPORT) -> Any:
    key_id = sha256(KEY).hexdigest()[:16]
    return document(report, key_id=key_id, public_key=KEY, value=b"s" * 64)


def found(value: Any, *, csv: str = CSV, fits: bool = True, **words: Any) -> tuple[Flaw, ...]:
    taken = parsed(value)
    assert taken is not None
    return flaws(taken, csv_sha256=csv, trusted=words.get("trusted"), verify=lambda each: fits)


def test_a_report_as_it_was_signed_has_no_flaw() -> None:
    trusted = {sha256(KEY).hexdigest()[:16]: KEY}

    assert found(signed()) == ()
    assert found(signed(), trusted=trusted) == ()


def test_what_is_signed_names_the_format_and_the_whole_report() -> None:
    taken = parsed(signed())

    assert taken is not None
    assert taken.message.startswith(FORMAT.encode() + b"\n")
    assert CSV.encode() in taken.message


def test_every_flaw_is_named() -> None:
    assert found(signed(), fits=False) == (Flaw.WRONG_SIGNATURE,)
    assert found(signed(), csv="d" * 64) == (Flaw.WRONG_CSV,)
    assert found(signed(), trusted={}) == (Flaw.UNKNOWN_KEY,)
    assert found(signed({**REPORT, "csv": None})) == (Flaw.WRONG_CSV,)
    assert found(signed({**REPORT, "adds_up": False})) == (Flaw.DOES_NOT_ADD_UP,)


def test_a_key_under_a_wrong_name_is_not_known() -> None:
    value = signed()
    value["signature"]["key_id"] = "0" * 16

    assert found(value) == (Flaw.UNKNOWN_KEY,)


@pytest.mark.parametrize(
    "spoil",
    [
        lambda value: value.update(format="other"),
        lambda value: value.update(more=1),
        lambda value: value.update(report=[]),
        lambda value: value.update(signature=None),
        lambda value: value["signature"].pop("value"),
        lambda value: value["signature"].update(public_key="xyz"),
    ],
)
def test_what_is_not_built_as_a_report_is_none(spoil: Any) -> None:
    value = deepcopy(signed())

    spoil(value)

    assert parsed(value) is None


def test_anything_else_is_no_report() -> None:
    assert parsed([]) is None


LEDGER = {"USD": {"subscriber": 0, "cash": -300, "balances": 500, "refunds_payable": -200}}
REFUNDS = {"USD": {"decided": 500, "done": 300, "manual": 200}}


def test_a_run_whose_rows_and_money_are_even_adds_up() -> None:
    assert adds_up(rows=3, outcomes={"ended": 2, "unknown": 1}, ledger=LEDGER, refunds=REFUNDS)
    assert adds_up(rows=0, outcomes={}, ledger={}, refunds={})


@pytest.mark.parametrize(
    ("_case", "changes"),
    [
        ("a row is missing", {"rows": 4}),
        ("postings are uneven", {"ledger": {"USD": {**LEDGER["USD"], "cash": -299}}}),
        ("more was paid than decided", {"refunds": {"USD": {**REFUNDS["USD"], "done": 400}}}),
        ("a refund was never posted", {"ledger": {}}),
    ],
)
def test_whatever_is_uneven_does_not_add_up(_case: str, changes: dict[str, Any]) -> None:
    words: dict[str, Any] = {
        "rows": 3,
        "outcomes": {"ended": 2, "unknown": 1},
        "ledger": LEDGER,
        "refunds": REFUNDS,
    }

    assert not adds_up(**{**words, **changes})
