"""The contract's lines that are not as thought, wrong callers, and leaks."""

from functools import partial

from signoff.ports.carrier import (
    CarrierUnsupported,
    Judgement,
    LineRef,
    LineState,
    Op,
    OutcomeKind,
)
from signoff.testing.carrier_contract.stage import (
    SAID_NO,
    CarrierStage,
    carried_to_end,
    judged,
    needs,
    orders,
    perform,
    raised,
)


class StrangeLines:
    """What an adapter does with lines, callers and answers it should not trust."""

    def test_a_line_ended_by_hand_is_already_done(self, stage: CarrierStage) -> None:
        """Somebody used the carrier's console."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        stage.change_by_hand(line, LineState.DEACTIVATED)

        (outcome,) = perform(carrier, Op.CUT, line)

        assert outcome.kind is OutcomeKind.ALREADY_DONE
        assert stage.executions(line) == []

    def test_an_active_line_is_never_purged(self, stage: CarrierStage) -> None:
        """Somebody restored it by hand: a person must look."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        needs(carrier, Op.PURGE)

        final = carried_to_end(stage, carrier=carrier, op=Op.PURGE, lines=[line])

        assert final[0].kind in SAID_NO
        assert stage.executions(line) == []
        assert judged(Op.PURGE, carrier=carrier, line=line) is Judgement.STRANGE

    def test_a_purged_line_stays_purged(self, stage: CarrierStage) -> None:
        """Final is final, and a second purge is already done."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        needs(carrier, Op.PURGE)
        stage.change_by_hand(line, LineState.PURGED)

        again = carried_to_end(stage, carrier=carrier, op=Op.PURGE, lines=[line])
        back = carried_to_end(stage, carrier=carrier, op=Op.RESTORE, lines=[line])

        assert again[0].kind is OutcomeKind.ALREADY_DONE
        assert back[0].kind in SAID_NO
        assert stage.executions(line) == []

    def test_a_line_of_another_account_is_left_alone(self, stage: CarrierStage) -> None:
        """A wrong account or a recycled ICCID is a person's matter."""
        carrier, line = stage.carrier(), stage.foreign_line()

        for op in (Op.CUT, Op.PURGE):
            if carrier.capabilities.supports(op):
                final = carried_to_end(stage, carrier=carrier, op=op, lines=[line])
                assert final[0].kind is OutcomeKind.NEEDS_HUMAN
                assert judged(op, carrier=carrier, line=line) is Judgement.GONE
        assert stage.executions(line) == []

    def test_a_line_named_with_another_account_is_not_sent(self, stage: CarrierStage) -> None:
        """An adapter speaks for one account only."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        elsewhere = LineRef(iccid=line.iccid, msisdn=line.msisdn, account="elsewhere")

        (outcome,) = perform(carrier, Op.CUT, elsewhere)
        stage.settle()

        assert outcome.kind is OutcomeKind.NEEDS_HUMAN
        assert judged(Op.CUT, carrier=carrier, line=elsewhere) is Judgement.GONE
        assert stage.executions(line) == []

    def test_an_unknown_line_cannot_be_cut_and_need_not_be_purged(
        self, stage: CarrierStage
    ) -> None:
        """Not found is a riddle for a cut, and what a purge wants."""
        carrier, line = stage.carrier(), stage.unknown_line()

        cut = carried_to_end(stage, carrier=carrier, op=Op.CUT, lines=[line])

        assert cut[0].kind is OutcomeKind.NEEDS_HUMAN
        assert carrier.read([line])[0].state is LineState.NOT_FOUND
        if carrier.capabilities.supports(Op.PURGE):
            purge = carried_to_end(stage, carrier=carrier, op=Op.PURGE, lines=[line])
            assert purge[0].kind is OutcomeKind.ALREADY_DONE

    def test_one_call_holds_one_operation(self, stage: CarrierStage) -> None:
        """A mixed set is a programming error, and nothing is sent."""
        carrier, lines = stage.carrier(), stage.lines(2)
        mixed = [*orders(Op.BLOCK, lines[:1]), *orders(Op.CUT, lines[1:])]

        raised(ValueError, lambda: carrier.perform(mixed))

        assert all(stage.executions(line) == [] for line in lines)

    def test_an_unsupported_operation_is_raised(self, stage: CarrierStage) -> None:
        """Never skipped in silence."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        for op in Op:
            if not carrier.capabilities.supports(op):
                call = partial(perform, carrier, op, line)
                assert raised(CarrierUnsupported, call).permanent

    def test_no_secret_leaves_the_adapter(self, stage: CarrierStage) -> None:
        """Carriers answer with keys and passwords; nothing of it may reach log or evidence."""
        carrier, lines = stage.carrier(), stage.lines(2)
        stage.refuse(lines[1])
        op = Op.BLOCK if carrier.capabilities.supports(Op.BLOCK) else Op.CUT
        outcomes = carried_to_end(stage, carrier=carrier, op=op, lines=lines)
        seen = repr([*outcomes, *carrier.read(lines), carrier])

        assert [secret for secret in stage.secrets if secret in seen] == []
        assert [line.msisdn for line in lines if line.msisdn in seen] == []
