"""The states a case went through, read from its events."""

from datetime import UTC, datetime, timedelta

from signoff.domain.case import TRANSITIONS, State
from signoff.domain.events import Code
from signoff.domain.timeline import REACHED, history

START = datetime(2026, 11, 20, tzinfo=UTC)


def at(minute: int) -> datetime:
    return START + timedelta(minutes=minute)


def test_states_stand_with_their_moments_and_other_events_are_left_out() -> None:
    events = [
        (Code.DECLARED, at(0)),
        (Code.FROZEN, at(0)),
        (Code.REVIEW_ASKED, at(1)),
        (Code.CLAIMED, at(2)),
        (Code.INPUT_ASKED, at(3)),
        (Code.ANSWERED, at(4)),
    ]

    assert history(events) == (
        (State.DECLARED, at(0)),
        (State.IN_REVIEW, at(1)),
        (State.NEEDS_INPUT, at(3)),
        (State.DECLARED, at(4)),
    )


def test_every_state_the_table_leads_to_is_told_by_an_event() -> None:
    # Port-outs are found, not asked for: nothing writes that event yet.
    told = set(REACHED.values()) | {State.PORTED_OUT}

    assert told == {State.DECLARED, *TRANSITIONS.values()}
