"""The demo's mobile network: a message centre whose phones are a folder."""

import contextlib
import signal
import threading
import time
from pathlib import Path

from signoff.testing.texting.centre import MessageCentre, NobodyListens
from signoff.testing.texting.phones import Bubble, Phones

NUMBER = "+12025550100"
"""The number the demo's texts come from."""
NAMES = ("signoff", "sms-pass")
_LOOK_S = 0.3


class Network:
    """Delivers what it is given to the phones, and what phones write to Signoff."""

    def __init__(self, folder: Path, *, host: str = "127.0.0.1", port: int = 0) -> None:
        """Bind the port."""
        user, password = NAMES
        self._phones = Phones(folder)
        self.centre = MessageCentre(
            host=host, port=port, user=user, password=password, got=self._phones.add
        )
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(
                target=self.centre.serve_forever, kwargs={"poll_interval": 0.1}, daemon=True
            ),
            threading.Thread(target=self._look, daemon=True),
        ]

    def start(self) -> None:
        """Serve in the background."""
        for each in self._threads:
            each.start()

    def stop(self) -> None:
        """Stop serving; what phones wrote and nobody took is taken next time."""
        self._stop.set()
        self.centre.drop()
        self.centre.shutdown()
        self.centre.server_close()

    def _look(self) -> None:
        while not self._stop.wait(_LOOK_S):
            for file, number, text in self._phones.replies():
                with contextlib.suppress(NobodyListens):
                    if self.centre.write(sender=number, to=NUMBER, text=text) == 0:
                        self._phones.add(
                            Bubble(number=number, text=text, at=time.time(), ours=False)
                        )
                        file.unlink()


def serve(folder: Path, *, host: str, port: int) -> None:
    """Serve until SIGINT or SIGTERM. Raises OSError where the port is taken."""
    network = Network(folder, host=host, port=port)
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    network.start()
    ended.wait()
    network.stop()
