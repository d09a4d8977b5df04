"""What a message centre delivers: texts of people, put together from their parts, and receipts."""

import re
import threading
from collections import OrderedDict

from signoff.integrations.messaging.smpp_pdu import ShortMessage, Tag
from signoff.ports.texting import Fate, IncomingText, Receipt, TextEvent

_MOST_OPEN = 200
_ID = re.compile(r"\bid:\s*(\S+)", re.IGNORECASE)
_STAT = re.compile(r"\bstat:\s*(\w+)", re.IGNORECASE)
_DELIVERED = "DELIVRD"
_FAILED = frozenset({"EXPIRED", "DELETED", "UNDELIV", "REJECTD"})
_STATES = {2: _DELIVERED, 3: "EXPIRED", 4: "DELETED", 5: "UNDELIV", 8: "REJECTD"}
"""message_state (5.2.28); all others are not final."""


class Assembly:
    """Parts that wait for the rest. A sender who never sends it costs a bounded place."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: OrderedDict[tuple[str, int, int], dict[int, str]] = OrderedDict()

    def whole(self, message: ShortMessage) -> str | None:
        """The whole text, as soon as its last part is there."""
        if message.part is None:
            return message.text
        reference, total, number = message.part
        key = (message.source.written, reference, total)
        with self._lock:
            held = self._open.setdefault(key, {})
            held[number] = message.text
            if set(held) < set(range(1, total + 1)):
                while len(self._open) > _MOST_OPEN:
                    self._open.popitem(last=False)
                return None
            del self._open[key]
        return "".join(text for _, text in sorted(held.items()))


def events_of(message: ShortMessage, assembly: Assembly) -> list[TextEvent]:
    """What a deliver_sm tells; nothing where it is a part, or not the last word on a message."""
    if message.is_receipt:
        return list(_receipt(message))
    text = assembly.whole(message)
    # SMPP names no message that comes in: a repetition is known by what it asks for, not by an id.
    return [] if text is None else [IncomingText(id="", sender=message.source.written, text=text)]


def _receipt(message: ShortMessage) -> list[Receipt]:
    """The parameters where the network sends them, else its line of text (appendix B)."""
    found_id, found_stat = _ID.search(message.text), _STAT.search(message.text)
    raw_id = message.options.get(Tag.RECEIPTED_MESSAGE_ID, b"").rstrip(b"\0").decode("latin-1")
    raw_state = message.options.get(Tag.MESSAGE_STATE, b"")
    reference = raw_id or (found_id[1] if found_id else "")
    code = _STATES.get(raw_state[0], "") if raw_state else (found_stat[1] if found_stat else "")
    code = code.upper()
    if not reference or code not in _FAILED | {_DELIVERED}:
        return []
    fate = Fate.DELIVERED if code == _DELIVERED else Fate.FAILED
    return [Receipt(reference=reference, fate=fate, code=code)]
