"""A subscriber as the HLR's `info` shows it, and the state that makes of its line.

The HLR has no word for "ended". Blocked in both halves is suspended; blocked and without its
number, which is taken off last, once the nodes that served the phone were told, is deactivated. A
restored line gets its number back. (`ms_purged_cs` and `_ps` would say it better, but OsmoHLR 1.5.0
never clears them.)
"""

from dataclasses import dataclass

from signoff.carriers.core_network.ctrl import Reply
from signoff.carriers.core_network.failures import Unclear
from signoff.carriers.core_network.gsup import Domain
from signoff.carriers.core_network.peer import Attachment
from signoff.ports.carrier import LineState

ABSENT = "No such subscriber."


@dataclass(frozen=True, slots=True)
class Subscriber:
    """What is read of a subscriber. `msisdn` is digits without a plus; empty: has no number."""

    imsi: str
    msisdn: str
    open: bool
    """Whether calls or data are allowed."""
    nodes: tuple[Attachment, ...]

    @property
    def state(self) -> LineState:
        """The line's state, as far as the HLR can tell."""
        if self.open:
            return LineState.ACTIVE
        return LineState.SUSPENDED if self.msisdn else LineState.DEACTIVATED


def parse(reply: Reply, *, imsi: str) -> Subscriber | None:
    """The subscriber of an `info` reply; None where the HLR has none. Raises Unclear."""
    if reply.refused:
        if reply.text == ABSENT:
            return None
        raise Unclear("MISREAD")
    pairs = (line.partition("\t") for line in reply.text.split("\n"))
    found = {name: value for name, tab, value in pairs if tab}
    if found.get("imsi") != imsi or not {"nam_cs", "nam_ps"} <= found.keys():
        raise Unclear("MISREAD")
    serving = ((Domain.CS, "vlr_number"), (Domain.PS, "sgsn_number"))
    return Subscriber(
        imsi=imsi,
        msisdn=found.get("msisdn", ""),
        open="1" in (found["nam_cs"], found["nam_ps"]),
        nodes=tuple(
            Attachment(imsi, domain, found[name]) for domain, name in serving if found.get(name)
        ),
    )
