"""The contract's accepted orders: callbacks and questions about them."""

from collections.abc import Sequence
from functools import partial
from unittest import SkipTest

from signoff.ports.carrier import (
    Accepted,
    Answering,
    CallbackHint,
    CallbackRefused,
    Judgement,
    LineRef,
    Op,
    OutcomeKind,
)
from signoff.testing.carrier_contract.stage import (
    CallbackMode,
    CarrierStage,
    callbacks,
    judged,
    orders,
    raised,
)
from signoff.testing.listener import Received


class ToldLater:
    """What an adapter learns after the carrier accepted an order."""

    def test_a_refusal_told_later_is_learnt(self, stage: CarrierStage) -> None:
        """A read-back only shows the old state; `follow` tells why."""
        carrier, (line,) = stage.carrier(), stage.lines(1)
        if carrier.capabilities.asynchronous is Answering.NONE:
            raise SkipTest("answers at once")
        stage.refuse(line)
        asked = orders(Op.CUT, [line])
        (accepted,) = carrier.perform(asked)
        assert accepted.kind is OutcomeKind.ACCEPTED
        assert accepted.reference

        stage.settle()
        (outcome,) = carrier.follow([Accepted(order=asked[0], reference=accepted.reference)])
        (lost,) = carrier.follow([Accepted(order=asked[0], reference="no-such-reference")])

        assert (outcome.intent_id, outcome.kind) == (asked[0].intent_id, OutcomeKind.REFUSED)
        assert lost.kind is OutcomeKind.UNKNOWN

    def test_a_callback_names_the_lines_to_read_back(self, stage: CarrierStage) -> None:
        """It is a hint: the state comes from the read-back."""
        carrier, lines = stage.carrier(), stage.lines(3)

        hints = self._hints(stage, CallbackMode.ONCE, lines=lines)

        assert {hint.iccid for hint in hints} == {line.iccid for line in lines}
        assert all(
            judged(Op.BLOCK, carrier=carrier, line=line) is Judgement.REACHED for line in lines
        )

    def test_a_callback_delivered_twice_is_recognised(self, stage: CarrierStage) -> None:
        """Both have the same event id."""
        hints = self._hints(stage, CallbackMode.TWICE, lines=stage.lines(1))

        assert len(hints) == 2
        assert len({hint.event_id for hint in hints}) == 1

    def test_callbacks_out_of_order_name_every_line(self, stage: CarrierStage) -> None:
        """Order carries no meaning."""
        lines = stage.lines(3)

        hints = self._hints(stage, CallbackMode.REVERSED, lines=lines)

        assert {hint.iccid for hint in hints} == {line.iccid for line in lines}

    def test_a_lost_callback_loses_nothing(self, stage: CarrierStage) -> None:
        """The read-back needs no callback."""
        carrier, (line,) = stage.carrier(), stage.lines(1)

        assert list(callbacks(stage, CallbackMode.LOST, lines=[line])) == []
        assert judged(Op.BLOCK, carrier=carrier, line=line) is Judgement.REACHED

    def test_a_forged_callback_is_refused(self, stage: CarrierStage) -> None:
        """Signed with another key, altered, or without a signature: nothing is parsed."""
        carrier = stage.carrier()
        forged = callbacks(stage, CallbackMode.FORGED, lines=stage.lines(1))
        true = callbacks(stage, CallbackMode.ONCE, lines=stage.lines(1))
        altered = [Received(one.headers, one.body.replace(b"OK", b"KO")) for one in true]
        if not stage.signs_callbacks:
            altered = []
        bare = [Received({}, one.body) for one in true if stage.signs_callbacks]
        assert forged
        assert true

        for received in (*forged, *altered, *bare, Received({}, b"")):
            call = partial(carrier.parse_callback, received.headers, received.body)
            assert raised(CallbackRefused, call).permanent

    def test_no_secret_of_a_callback_leaves_the_adapter(self, stage: CarrierStage) -> None:
        """Carriers put their password into the body."""
        seen = repr(self._hints(stage, CallbackMode.ONCE, lines=stage.lines(1)))

        assert [secret for secret in stage.secrets if secret in seen] == []

    def _hints(
        self, stage: CarrierStage, mode: CallbackMode, *, lines: Sequence[LineRef]
    ) -> list[CallbackHint]:
        carrier = stage.carrier()
        return [
            hint
            for received in callbacks(stage, mode, lines=lines)
            for hint in carrier.parse_callback(received.headers, received.body)
        ]
