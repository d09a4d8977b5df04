"""O1: a run from its list to its signed report, against the sandbox."""

import pytest

import stage
from signoff.domain.case import State
from signoff.domain.sunset import Stage
from signoff.records import models
from usecases.sunset_scenes import scene

pytestmark = pytest.mark.django_db(transaction=True)


def test_every_line_of_a_list_is_ended_once() -> None:
    with stage.sandbox() as sandbox:
        closing = scene(sandbox, lines=3)
        closing.create(closing.listed())
        closing.started().finish()

        assert closing.stage is Stage.DONE
        assert set(closing.rows().values()) == {"ended"}
        assert models.Case.objects.filter(state__in=(State.ENDED, State.CLOSED)).count() == 3
        assert len(sandbox.ledger(op="cut")) == 3
        report = closing.run.report["report"]
        assert report["adds_up"], report
