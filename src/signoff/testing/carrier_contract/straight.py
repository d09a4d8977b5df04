"""The contract's straight way: sets, orders, repetitions."""

from signoff.ports.carrier import (
    Judgement,
    LineState,
    Op,
    OutcomeKind,
    wanted_state,
)
from signoff.testing.carrier_contract.stage import (
    CARRIED_OUT,
    CarrierStage,
    carried_to_end,
    judged,
    orders,
    perform,
)


class StraightWay:
    """What an adapter does when nothing goes wrong."""

    def test_every_operation_is_proved_by_reading_back(self, stage: CarrierStage) -> None:
        """Block, cut, restore, cut again, purge: each order ends in the state it wanted.

        Where a cut is final, a block is undone in its place.
        """
        carrier, (line,) = stage.carrier(), stage.lines(1)
        way = [Op.BLOCK, Op.CUT, Op.RESTORE, Op.CUT, Op.PURGE]
        if Op.CUT in carrier.capabilities.irreversible_ops:
            way = [Op.BLOCK, Op.RESTORE, Op.BLOCK, Op.CUT, Op.PURGE]
        for op in way:
            if not carrier.capabilities.supports(op):
                continue
            (outcome,) = perform(carrier, op, line)
            stage.settle()

            assert outcome.kind in CARRIED_OUT, (op, outcome)
            assert judged(op, carrier=carrier, line=line) is Judgement.REACHED, op
            assert stage.executions(line)[-1] is op

    def test_second_call_is_already_done(self, stage: CarrierStage) -> None:
        """Repeating an order changes nothing, and says so."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        perform(carrier, Op.CUT, line)
        stage.settle()

        (outcome,) = perform(carrier, Op.CUT, line)
        stage.settle()

        assert outcome.kind is OutcomeKind.ALREADY_DONE
        assert stage.executions(line) == [Op.CUT]

    def test_an_empty_set_is_answered_without_a_call(self, stage: CarrierStage) -> None:
        """No lines never means all lines."""
        carrier = stage.unreachable()

        assert list(carrier.perform([])) == []
        assert list(carrier.read([])) == []
        assert list(carrier.follow([])) == []

    def test_outcomes_keep_the_order_of_the_orders(self, stage: CarrierStage) -> None:
        """Over several batches, with a refused line in the middle."""
        carrier = stage.carrier()
        lines = stage.lines(2 * min(carrier.capabilities.batch_max, 20) + 1)
        refused = lines[len(lines) // 2]
        stage.change_by_hand(refused, wanted_state(Op.CUT))
        asked = orders(Op.CUT, lines)

        outcomes = carrier.perform(asked)

        assert [one.intent_id for one in outcomes] == [one.intent_id for one in asked]
        assert outcomes[len(lines) // 2].kind is OutcomeKind.ALREADY_DONE
        assert [one.iccid for one in carrier.read(lines)] == [one.iccid for one in lines]

    def test_a_set_of_one_is_answered_as_a_set_of_many(self, stage: CarrierStage) -> None:
        """The same lines in the same states, one by one and together."""
        carrier = stage.carrier()
        one_by_one, together = stage.lines(3), stage.lines(3)
        for trio in (one_by_one, together):
            stage.change_by_hand(trio[1], LineState.DEACTIVATED)
            stage.refuse(trio[2])

        singles = [perform(carrier, Op.CUT, line)[0] for line in one_by_one]
        many = perform(carrier, Op.CUT, *together)

        assert [(one.kind, one.code) for one in singles] == [(one.kind, one.code) for one in many]

    def test_a_refused_line_does_not_stop_the_others(self, stage: CarrierStage) -> None:
        """One refusal in a set is one refusal."""
        carrier, lines = stage.carrier(), stage.lines(3)
        stage.refuse(lines[1])

        final = carried_to_end(stage, carrier=carrier, op=Op.CUT, lines=lines)

        assert [one.kind for one in final] == [
            OutcomeKind.DONE,
            OutcomeKind.REFUSED,
            OutcomeKind.DONE,
        ]
        assert stage.executions(lines[1]) == []
        assert judged(Op.CUT, carrier=carrier, line=lines[1]) is Judgement.NOT_YET
