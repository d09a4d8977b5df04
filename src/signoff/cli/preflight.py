"""What can be wrong before anything is started, each said in one line with its mend."""

import errno
import os
import secrets
import shutil
import socket
from pathlib import Path

from signoff.cli.errors import Refused

_ROOM = 300 * 1024 * 1024


def home_usable(home: Path) -> None:
    """Makes the data folder. Raises Refused when it cannot be written or the disk is full."""
    try:
        (home / "logs").mkdir(parents=True, exist_ok=True)
        trial = home / f".trial-{os.getpid()}"
        trial.write_bytes(b"1")
        trial.unlink()
        free = shutil.disk_usage(home).free
    except OSError as error:
        full = error.errno in (errno.ENOSPC, errno.EDQUOT)
        raise Refused(
            f"the disk is full: free some room for {home} and run again"
            if full
            else f"cannot write to the data folder {home}: {error.strerror}; "
            "make it writable for this user, or choose another with SIGNOFF_HOME"
        ) from error
    if free < _ROOM:
        raise Refused(
            f"only {free // 1024**2} MB free below {home}, {_ROOM // 1024**2} MB are needed; "
            "free some, or choose another folder with SIGNOFF_HOME"
        )


def port_free(host: str, port: int) -> None:
    """Raises Refused when nobody could listen there."""
    try:
        with _bound(host, port):
            pass
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            problem = f"port {port} is taken; stop what uses it, or choose another: PORT={port + 1}"
        elif error.errno == errno.EACCES:
            problem = f"port {port} is not for ordinary users; choose one above 1023: PORT=8000"
        else:
            problem = f"cannot listen on {host} port {port}: {error.strerror}"
        raise Refused(problem) from error


def any_port() -> int:
    """A loopback port that is free now, and that no outgoing connection is given meanwhile.

    The kernel hands ports of its own range to whoever connects somewhere: one of those could be
    taken before the server it was meant for listens.
    """
    first = _first_handed_out()
    for _ in range(100):
        port = _LEAST + secrets.randbelow(max(1, first - _LEAST))
        try:
            _bound("127.0.0.1", port).close()
        except OSError:
            continue
        return port
    raise Refused("no free port on 127.0.0.1; stop something that listens, and try again")


_LEAST = 10_240


def _first_handed_out() -> int:
    """Where the kernel's range for outgoing connections begins; 32768 where it does not say."""
    try:
        return int(Path("/proc/sys/net/ipv4/ip_local_port_range").read_text().split()[0])
    except (OSError, ValueError, IndexError):
        return 32_768


def _bound(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    try:
        # As the web process does: a connection that lingers from an earlier run is no obstacle.
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen(1)
    except BaseException:
        listener.close()
        raise
    return listener
