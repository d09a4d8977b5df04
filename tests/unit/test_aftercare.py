"""X6: what is left to see to after the end, by date, and what mails remind of."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from signoff.domain.aftercare import Care, CareItem, Ending, care, reminders

ENDED = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)
ENDING = Ending(
    ended_at=ENDED,
    restore_until=ENDED + 14 * DAY,
    cycle_ends_at=ENDED + 9 * DAY,
    billed=True,
    refunded=True,
    refund_days=10,
    watch_cycles=2,
    erased_at=ENDED + 400 * DAY,
)


def days(items: tuple[CareItem, ...]) -> list[tuple[str, int | None]]:
    return [(item.key, (item.at - ENDED).days if item.at else None) for item in items]


def test_the_list_is_what_can_be_done_now_then_by_date() -> None:
    assert days(care(ENDING)) == [
        ("evidence", None),
        ("contacts", None),
        ("final_bill", 9),
        ("refund", 10),
        ("restore_end", 14),
        ("sim", 14),
        ("statement-1", 30),
        ("statement-2", 60),
        ("erasure", 400),
    ]


def test_what_does_not_apply_is_not_on_it() -> None:
    """No bill, no refund, no window, nothing to watch, no known date of erasure."""
    bare = replace(
        ENDING,
        billed=False,
        refunded=False,
        watch_cycles=0,
        restore_until=ENDED,
        erased_at=None,
    )

    assert days(care(bare)) == [("evidence", None), ("contacts", None), ("sim", 0)]


def test_a_period_that_was_over_already_bills_at_the_end() -> None:
    past = care(replace(ENDING, cycle_ends_at=ENDED - DAY))

    assert ("final_bill", 0) in days(past)


def test_the_end_of_the_window_is_told_three_days_ahead() -> None:
    """X4: but the SIM only once it is over."""
    at = ENDED + 11 * DAY
    items = care(ENDING)

    due, later = reminders(items, settled={"final_bill", "refund"}, now=at)

    assert [item.code for item in due] == [Care.RESTORE_END]
    assert later == ENDED + 14 * DAY


def test_nothing_is_due_before_its_time() -> None:
    due, later = reminders(care(ENDING), settled=(), now=ENDED)

    assert due == ()
    assert later == ENDED + 9 * DAY


def test_what_was_ticked_or_told_is_not_told_again() -> None:
    every = {item.key for item in care(ENDING)}

    assert reminders(care(ENDING), settled=every, now=ENDED + 90 * DAY) == ((), None)


def test_what_lies_long_back_is_left_out() -> None:
    """A worker that slept a month tells of no window that has closed meanwhile."""
    at = ENDED + 31 * DAY

    due, later = reminders(care(ENDING), settled=(), now=at)

    assert [item.key for item in due] == ["statement-1"]
    assert later == ENDED + 60 * DAY


def test_erasure_and_what_has_no_date_remind_of_nothing() -> None:
    assert CareItem(Care.ERASURE, ENDED).remind_at is None
    assert CareItem(Care.CONTACTS).remind_at is None
