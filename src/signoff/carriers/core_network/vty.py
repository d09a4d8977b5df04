"""The VTY doors, for reading only: which phones a node serves, and one dangerous setting.

`show subscriber` of the HLR would print keys; nothing of it is asked here.
"""

import re
import socket
import time

from signoff.carriers.core_network.failures import NotSent, Unclear

# The first prompt follows telnet's own bytes, the later ones a new line.
_PROMPT = re.compile(rb"[\r\n\x1f][A-Za-z]+[>#] $")
_MOST = 64 * 1024 * 1024
_IMSI = re.compile(r"IMSI:?\s*(\d{6,15})")


def served(address: tuple[str, int], *, timeout_s: float) -> frozenset[str]:
    """The IMSIs an SGSN has a context for. Raises NotSent, Unclear."""
    (shown,) = _say(address, "show mm-context all", timeout_s=timeout_s)
    return frozenset(_IMSI.findall(shown))


def creates_on_demand(address: tuple[str, int], *, timeout_s: float) -> bool:
    """Whether the HLR makes unknown subscribers anew: a delete would be undone by the phone itself.

    Raises NotSent, Unclear.
    """
    (shown,) = _say(address, "show running-config", timeout_s=timeout_s)
    return any(line.strip().startswith("subscriber-create-on-demand") for line in shown.split("\n"))


def _say(address: tuple[str, int], *commands: str, timeout_s: float) -> list[str]:
    try:
        with socket.create_connection(address, timeout=timeout_s) as connection:
            ends = time.monotonic() + timeout_s
            _until_prompt(connection, ends=ends)
            answers = []
            for command in ("enable", "terminal length 0", *commands):
                connection.sendall(command.encode() + b"\r")
                answers.append(_until_prompt(connection, ends=ends))
            return answers[2:]
    except (ConnectionRefusedError, socket.gaierror) as error:
        raise NotSent("CONNECT") from error
    except OSError as error:
        raise Unclear("TIMEOUT" if isinstance(error, TimeoutError) else "BROKEN") from error


def _until_prompt(connection: socket.socket, *, ends: float) -> str:
    heard = b""
    while not _PROMPT.search(heard[-80:]):
        connection.settimeout(max(ends - time.monotonic(), 0.001))
        more = connection.recv(65_536)
        if not more or len(heard) > _MOST:
            raise Unclear("BROKEN")
        heard += more
    return heard.decode("ascii", "replace")
