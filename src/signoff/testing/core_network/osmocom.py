"""The real programs, osmo-hlr and osmo-sgsn, on a loopback address of their own."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

PROGRAMS = ("osmo-hlr", "osmo-sgsn")

_HLR = """
line vty
 bind {address}
ctrl
 bind {address}
hlr
 gsup
  bind ip {address}
{more}"""
_SGSN = """
line vty
 no login
 bind {address}
sgsn
 gtp local-ip {address}
 gtp state-dir .
 ggsn 0 remote-ip 127.0.0.2
 ggsn 0 gtp-version 1
 authentication optional
 auth-policy remote
 gsup remote-ip {address}
 gsup remote-port 4222
ns
 bind udp local
  listen {address} 23000
  accept-ipaccess
bssgp
"""
_DOORS = (4222, 4258, 4259, 4245)


class NotStarted(Exception):
    """A program did not open its doors; its log says why."""


@dataclass(frozen=True, slots=True)
class Osmocom:
    """Where the programs answer."""

    address: str

    def door(self, port: int) -> tuple[str, int]:
        """A door of theirs: CTRL 4259, GSUP 4222, VTY 4258 (HLR) and 4245 (SGSN)."""
        return self.address, port

    @property
    def air(self) -> tuple[str, int]:
        """Where base stations connect to."""
        return self.address, 23000


def installed() -> bool:
    """Whether both programs are there."""
    return all(shutil.which(program) for program in PROGRAMS)


@contextmanager
def running_osmocom(folder: Path, *, address: str, more: str = "") -> Iterator[Osmocom]:
    """Run both until the end of the block; `more` is added to the HLR's configuration."""
    (folder / "hlr.cfg").write_text(_HLR.format(address=address, more=more))
    (folder / "sgsn.cfg").write_text(_SGSN.format(address=address))
    commands = (
        ["osmo-hlr", "-c", "hlr.cfg", "-l", str(folder / "hlr.db")],
        ["osmo-sgsn", "-c", "sgsn.cfg"],
    )
    running: list[subprocess.Popen[bytes]] = []
    try:
        for command in commands:
            with (folder / f"{command[0]}.log").open("wb") as log:
                running.append(subprocess.Popen(command, cwd=folder, stdout=log, stderr=log))
        place = Osmocom(address)
        for port in _DOORS:
            _wait_for(place.door(port), folder)
        yield place
    finally:
        for process in reversed(running):
            process.terminate()
            process.wait(timeout=10)


def _wait_for(door: tuple[str, int], folder: Path) -> None:
    ends = time.monotonic() + 10
    while time.monotonic() < ends:
        with suppress(OSError), socket.create_connection(door, timeout=1):
            return
        time.sleep(0.05)
    logs = [f"{log.name}: {log.read_text(errors='replace')[-500:]}" for log in folder.glob("*.log")]
    raise NotStarted(f"{door}\n" + "\n".join(logs))
