"""What a process and its children have used, read from /proc: processor time and memory."""

import os
import threading
from collections.abc import Mapping, Sequence
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
_PAGE = os.sysconf("SC_PAGE_SIZE")
_MIB = 1024 * 1024
_EVERY_S = 1.0

Roles = Mapping[str, Sequence[int]]
"""The processes of each role: worker, web, sandbox, postgres."""


def cpu_seconds(roots: Sequence[int]) -> float:
    """User and system time of processes, of their living children, and of those that ended."""
    return sum(sum(_times(pid)) for pid in _family(roots, _parents())) / _TICKS


def _times(pid: int) -> tuple[int, ...]:
    fields = _stat(pid)
    return tuple(map(int, fields[11:15])) if fields else ()


def _stat(pid: int) -> list[str]:
    """The fields of /proc/PID/stat after the name, from `state` on."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="ascii", errors="replace")
    except OSError:
        return []
    return text.rpartition(")")[2].split()


def _parents() -> dict[int, int]:
    """Every process of the machine, and whose child it is."""
    found = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit() and (fields := _stat(int(entry.name))):
            found[int(entry.name)] = int(fields[1])
    return found


def _family(roots: Sequence[int], parents: Mapping[int, int]) -> set[int]:
    """These processes and all that descend from them."""
    found = set(roots) & parents.keys()
    while more := {pid for pid, parent in parents.items() if parent in found} - found:
        found |= more
    return found


def resident_mib(pid: int) -> float:
    """A process's resident memory now; 0 where it is gone."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()[1]) * _PAGE / _MIB
    except (OSError, IndexError):
        return 0.0


def _own_mib(pid: int) -> float:
    """What a process has for itself alone: its share of memory others map too is left out."""
    try:
        pages = list(map(int, Path(f"/proc/{pid}/statm").read_text(encoding="ascii").split()))
        return (pages[1] - pages[2]) * _PAGE / _MIB
    except (OSError, IndexError):
        return 0.0


class Watch:
    """Watches roles from `begin` to `end`: processor time in between, highest memory, its course.

    Memory of a role is that of its largest process, for each has the limit for itself; PostgreSQL's
    is the sum of what its processes have each for themselves, shared buffers apart.
    """

    def __init__(self, roles: Roles) -> None:
        self._roles = roles
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._look, name="watch", daemon=True)
        self._before: dict[str, float] = {}
        self.cpu: dict[str, float] = {}
        self.peak: dict[str, float] = dict.fromkeys(roles, 0.0)
        self.course: dict[str, list[float]] = {role: [] for role in roles}

    def begin(self) -> None:
        self._before = {role: cpu_seconds(pids) for role, pids in self._roles.items()}
        self._thread.start()

    def end(self) -> None:
        """Call while the processes still live."""
        self._over.set()
        self._thread.join()
        self._sample()
        now = {role: cpu_seconds(pids) for role, pids in self._roles.items()}
        self.cpu = {role: now[role] - self._before[role] for role in self._roles}

    def _look(self) -> None:
        while not self._over.wait(_EVERY_S):
            self._sample()

    def _sample(self) -> None:
        parents = _parents()
        for role, roots in self._roles.items():
            family = _family(roots, parents)
            if role == "postgres":
                size = sum(map(_own_mib, family))
            else:
                size = max(map(resident_mib, family), default=0.0)
            self.peak[role] = max(self.peak[role], size)
            self.course[role].append(size)

    def courses(self, points: int = 10) -> dict[str, list[float]]:
        """The memory of each role at so many moments, evenly spread: is it flat?"""
        return {role: _spread(sizes, points) for role, sizes in self.course.items()}


def _spread(sizes: Sequence[float], points: int) -> list[float]:
    if len(sizes) <= points:
        return list(sizes)
    return [sizes[round(n * (len(sizes) - 1) / (points - 1))] for n in range(points)]
