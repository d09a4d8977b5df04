"""What every carrier adapter must keep: a suite to subclass, against a simulator of the carrier.

    class TestMyCarrier(CarrierContract):
        @pytest.fixture
        def stage(self): ...     # a `CarrierStage`: your simulator, and adapters that talk to it

pytest finds the test methods; nothing here needs it. docs/howto/add-a-carrier.md has the steps.
"""

from signoff.testing.carrier_contract.stage import CallbackMode, CarrierStage, Mishap
from signoff.testing.carrier_contract.straight import StraightWay
from signoff.testing.carrier_contract.strange import StrangeLines
from signoff.testing.carrier_contract.told_later import ToldLater
from signoff.testing.carrier_contract.trouble import Trouble

__all__ = ["CallbackMode", "CarrierContract", "CarrierStage", "Mishap"]


class CarrierContract(StraightWay, Trouble, StrangeLines, ToldLater):
    """The tests. An adapter is done when all of them pass, or skip for a capability it lacks."""
