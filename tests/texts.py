"""A mobile network for tests of whole stories: texts leave over SMPP, and phones write back."""

from collections.abc import Iterator
from contextlib import contextmanager

from signoff.integrations.messaging.smpp import SmppMessenger
from signoff.integrations.messaging.smpp_session import SmppServer
from signoff.ports import registry
from signoff.testing.texting import MessageCentre, running_centre
from signoff.workflows import texting

NUMBER = "+12025550100"


@contextmanager
def network() -> Iterator[MessageCentre]:
    """A message centre, wired as the way out for texts."""
    with running_centre(receipts=False) as centre:
        server = SmppServer(
            host="127.0.0.1", port=centre.port, user="signoff", password="sms-pass", timeout_s=1
        )
        messenger = SmppMessenger(server=server, sender=NUMBER, take_in=texting.take_in_aside)
        with registry.messengers.temporarily("sms", messenger):
            try:
                yield centre
            finally:
                messenger.close()
