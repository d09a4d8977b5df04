"""The contract's trouble on the way: lost answers, pauses, sessions."""

import pickle
from collections.abc import Sequence
from unittest import SkipTest

from signoff.ports.carrier import (
    CarrierLockedOut,
    Judgement,
    Op,
    OutcomeKind,
)
from signoff.testing.carrier_contract.stage import (
    CARRIED_OUT,
    CarrierStage,
    Mishap,
    judged,
    perform,
    raised,
)


class Trouble:
    """What an adapter makes of a carrier that fails."""

    def test_timeout_before_execution_is_unknown_and_safe_to_repeat(
        self, stage: CarrierStage
    ) -> None:
        """Nothing happened; the read-back shows it, and one more send carries it out once."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        stage.happen(Mishap.HANG_BEFORE)

        (outcome,) = perform(carrier, Op.CUT, line)
        stage.settle()

        assert outcome.kind is OutcomeKind.UNKNOWN
        assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.NOT_YET
        perform(carrier, Op.CUT, line)
        stage.settle()
        assert stage.executions(line) == [Op.CUT]

    def test_timeout_after_execution_is_unknown_and_proved_by_reading(
        self, stage: CarrierStage
    ) -> None:
        """It happened; the read-back shows it, and nobody sends again."""
        self._lost_answer(stage, mishap=Mishap.HANG_AFTER)

    def test_reset_after_execution_is_unknown_and_proved_by_reading(
        self, stage: CarrierStage
    ) -> None:
        """A broken connection says as little as a time-out."""
        self._lost_answer(stage, mishap=Mishap.RESET_AFTER)

    def test_a_server_error_after_execution_is_unknown_and_proved_by_reading(
        self, stage: CarrierStage
    ) -> None:
        """5xx after a send may hide an execution."""
        self._lost_answer(stage, mishap=Mishap.DOWN_AFTER)

    def test_an_answer_that_does_not_parse_is_unknown(self, stage: CarrierStage) -> None:
        """A gateway's page in place of the answer is no answer."""
        self._lost_answer(stage, mishap=Mishap.GARBAGE_AFTER)

    def test_reset_before_execution_is_never_a_success(self, stage: CarrierStage) -> None:
        """Whatever it is called, nothing was carried out and nothing is claimed."""
        self._nothing_done(stage, mishap=Mishap.RESET_BEFORE, kinds=(OutcomeKind.UNKNOWN,))

    def test_a_carrier_that_is_down_is_never_a_success(self, stage: CarrierStage) -> None:
        """Nothing was carried out, and nothing is claimed."""
        self._nothing_done(stage, mishap=Mishap.DOWN, kinds=(OutcomeKind.UNKNOWN,))

    def test_a_rate_error_asks_for_a_pause(self, stage: CarrierStage) -> None:
        """Throttled means not carried out."""
        self._nothing_done(stage, mishap=Mishap.THROTTLE, kinds=(OutcomeKind.RETRY_AFTER,))

    def test_refused_connection_is_retry_after(self, stage: CarrierStage) -> None:
        """Before the first byte, certainty is possible."""
        carrier, (line,) = stage.unreachable(), stage.lines(1)

        (outcome,) = perform(carrier, Op.CUT, line)

        assert outcome.kind is OutcomeKind.RETRY_AFTER
        assert (outcome.retry_after_s or 0) > 0
        assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.UNREAD

    def test_a_session_that_ends_mid_call_is_renewed(self, stage: CarrierStage) -> None:
        """The caller does not see it, and the order is carried out once."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        carrier.read([line])
        stage.happen(Mishap.SESSION_EXPIRED)

        (outcome,) = perform(carrier, Op.CUT, line)
        stage.settle()

        assert outcome.kind in CARRIED_OUT
        assert stage.executions(line) == [Op.CUT]

    def test_refused_credentials_are_raised_and_nothing_is_sent(self, stage: CarrierStage) -> None:
        """An operator must hear of it."""
        carrier, (line,) = stage.locked_out(), stage.lines(1)
        for call in (lambda: perform(carrier, Op.CUT, line), lambda: carrier.read([line])):
            error = raised(CarrierLockedOut, call)
            assert error.permanent
            assert type(pickle.loads(pickle.dumps(error))) is CarrierLockedOut
        assert stage.executions(line) == []

    def test_after_a_lost_answer_the_rest_is_not_sent(self, stage: CarrierStage) -> None:
        """A dead carrier costs one time-out, not one a batch."""
        carrier = stage.carrier()
        in_flight = carrier.capabilities.batch_max * carrier.capabilities.concurrency
        if in_flight > 200:
            raise SkipTest("one request holds the whole set")
        lines = stage.lines(in_flight + 1)
        for _ in range(carrier.capabilities.concurrency):
            stage.happen(Mishap.HANG_BEFORE)

        outcomes = perform(carrier, Op.CUT, *lines)

        assert outcomes[0].kind is OutcomeKind.UNKNOWN
        assert outcomes[-1].kind is OutcomeKind.RETRY_AFTER
        assert stage.executions(lines[-1]) == []

    def _lost_answer(self, stage: CarrierStage, *, mishap: Mishap) -> None:
        carrier, (line,) = stage.carrier(), stage.lines(1)
        stage.happen(mishap)

        (outcome,) = perform(carrier, Op.CUT, line)
        stage.settle()

        assert outcome.kind is OutcomeKind.UNKNOWN
        assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.REACHED
        assert stage.executions(line) == [Op.CUT]

    def _nothing_done(
        self, stage: CarrierStage, *, mishap: Mishap, kinds: Sequence[OutcomeKind]
    ) -> None:
        carrier, (line,) = stage.carrier(), stage.lines(1)
        stage.happen(mishap)

        (outcome,) = perform(carrier, Op.CUT, line)
        stage.settle()

        assert outcome.kind in (*kinds, OutcomeKind.RETRY_AFTER)
        assert stage.executions(line) == []
        assert judged(Op.CUT, carrier=carrier, line=line) is Judgement.NOT_YET
        perform(carrier, Op.CUT, line)
        stage.settle()
        assert stage.executions(line) == [Op.CUT]
