"""The second confirmation: one link, once, in time, and never void without a person (F4)."""

from datetime import timedelta

import pytest
from django.core import signing

from signoff.domain.account import CardKind
from signoff.domain.canonical import format_time
from signoff.domain.case import State
from signoff.domain.reasons import Refusal
from signoff.domain.steps import Step
from signoff.records import models
from signoff.usecases import look
from signoff.usecases.change_course import BadLink, confirmation_token
from signoff.workflows import act
from signoff.workflows.work import clock
from usecases.scenes import Scene, declared_in, nothing_happens, run, scene

pytestmark = pytest.mark.django_db


@pytest.fixture
def asked() -> Scene:
    """A case whose confirmation mail is out."""
    return declared_in(State.CONFIRMING)


def let_window_end(found: Scene) -> None:
    over = clock() - timedelta(seconds=1)
    models.Case.objects.filter(id=found.case_id).update(confirm_until=over)
    models.Due.objects.filter(step=Step.LAPSE_CONFIRMATION).update(due_at=over)


def test_a_link_confirms_once(asked: Scene) -> None:
    link = asked.link()

    assert act.confirm(link) == asked.case_id
    confirmed_at = asked.case.confirmed_at
    with nothing_happens(), pytest.raises(BadLink):
        act.confirm(link)

    run(Step.ASSESS)
    assert asked.state == State.APPROVED
    assert asked.case.confirmed_at == confirmed_at
    assert asked.events().count("case.confirmed") == 1


def test_looking_at_a_link_changes_nothing(asked: Scene) -> None:
    """Mail programs fetch links before their readers do."""
    with nothing_happens():
        look.confirmation(asked.link(), now=clock())


def test_a_link_is_worthless_after_its_window(asked: Scene) -> None:
    let_window_end(asked)

    with nothing_happens(), pytest.raises(BadLink) as refused:
        act.confirm(asked.link())

    assert refused.value.args == (Refusal.CONFIRMATION_EXPIRED,)


def test_forged_links_are_refused(asked: Scene) -> None:
    """S2: altered, signed for something else, of another case, not a link at all."""
    link, other = asked.link(), scene(CardKind.INTERNET).declare()
    until = format_time(asked.case.confirm_until or clock())
    later = format_time(clock() + timedelta(days=30))
    forged = [
        "",
        "link",
        link[:-2] + ("AA" if link[-2:] != "AA" else "BB"),
        link.replace(":", "", 1),
        signing.dumps([str(asked.case_id), until], salt="signoff.reset"),
        confirmation_token(str(other.case_id), until),
        confirmation_token(str(asked.case_id), later),
    ]

    with nothing_happens():
        for token in forged:
            with pytest.raises(BadLink):
                act.confirm(token)


def test_a_link_to_a_case_that_never_was_tells_nothing(asked: Scene) -> None:
    nowhere = confirmation_token("00000000-0000-7000-8000-000000000000", format_time(clock()))

    with nothing_happens(), pytest.raises(look.NotYours):
        act.confirm(nowhere)


def test_a_newer_mail_makes_older_links_worthless(asked: Scene) -> None:
    """Asked again after a question: only the link of the newest mail counts."""
    let_window_end(asked)
    run(Step.LAPSE_CONFIRMATION)
    models.Case.objects.update(confirm_until=clock() + timedelta(hours=1))
    older = asked.link()
    asked.ask()
    act.answer(asked.case_id, user_id=asked.me, words="The first.")
    run(Step.ASSESS)
    assert asked.state == State.CONFIRMING
    assert asked.link() != older

    with nothing_happens(), pytest.raises(BadLink):
        act.confirm(older)

    assert act.confirm(asked.link()) == asked.case_id


def test_a_confirmation_that_never_came_goes_to_a_person(asked: Scene) -> None:
    """law.md 0.6: an unclicked link never voids a declaration, nor moves its time."""
    declared_at = asked.case.declared_at
    run(Step.LAPSE_CONFIRMATION)
    assert asked.state == State.CONFIRMING

    let_window_end(asked)
    run(Step.LAPSE_CONFIRMATION)

    assert asked.state == State.IN_REVIEW
    assert asked.case.declared_at == declared_at
    with nothing_happens(), pytest.raises(BadLink):
        act.confirm(asked.link())
    asked.approve()
    assert asked.state == State.APPROVED


def test_a_timer_that_rings_too_early_waits_on(asked: Scene) -> None:
    """Q2: the clock went back; the window it promised still holds, and nothing spins."""
    until = asked.case.confirm_until
    models.Due.objects.filter(step=Step.LAPSE_CONFIRMATION).update(due_at=clock())

    run(Step.LAPSE_CONFIRMATION)

    assert asked.state == State.CONFIRMING
    assert models.Due.objects.get(step=Step.LAPSE_CONFIRMATION).due_at == until
