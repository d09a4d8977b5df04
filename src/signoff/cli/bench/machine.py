"""What a figure was measured on: without it, it says little."""

import os
import platform
import subprocess
import time
from pathlib import Path
from statistics import median
from typing import Any

from django.db import connection

import signoff

_GIB = 1024**3


def described(home: Path) -> dict[str, Any]:
    """The machine as it is now, and what is measured on it. `home` is where the database lies."""
    return {"machine": _machine(home), "versions": _versions()}


def _machine(home: Path) -> dict[str, Any]:
    return {
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "ram_gib": round(os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE") / _GIB, 1),
        "kernel": platform.release(),
        "disk": _file_system(home),
        "fsync_ms": round(_fsync_ms(home), 2),
        "additions_s": round(_additions(), 2),
        "load_before": [round(each, 2) for each in os.getloadavg()],
    }


def _versions() -> dict[str, str]:
    """`commit` is empty outside a checkout, and ends in + where files differ."""
    with connection.cursor() as cursor:
        cursor.execute("SHOW server_version")
        postgres = str(cursor.fetchone()[0])
    return {
        "signoff": signoff.__version__,
        "commit": _commit(),
        "python": platform.python_version(),
        "postgres": postgres,
    }


def _cpu() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        name, _, value = line.partition(":")
        if name.strip() == "model name":
            return value.strip()
    return platform.machine()


def _file_system(home: Path) -> str:
    """The file system below a folder: on one in memory, a commit costs nothing."""
    best = ("", "unknown")
    for line in Path("/proc/mounts").read_text(encoding="utf-8").splitlines():
        _, at, kind, *_ = line.split()
        if home.is_relative_to(at) and len(at) >= len(best[0]):
            best = (at, kind)
    return best[1]


def _fsync_ms(home: Path) -> float:
    """How long it takes to make 8 KiB last, the middle of twenty tries."""
    trial, took = home / ".fsync", []
    with trial.open("wb", buffering=0) as file:
        for _ in range(20):
            started = time.perf_counter()
            file.write(bytes(8192))
            os.fdatasync(file.fileno())
            took.append(time.perf_counter() - started)
    trial.unlink()
    return median(took) * 1000


def _additions() -> float:
    """Ten million additions: how fast one core is at this moment."""
    started, total = time.perf_counter(), 0
    for number in range(10_000_000):
        total += number
    return time.perf_counter() - started


def _commit() -> str:
    folder = Path(signoff.__file__).resolve().parent
    head = _git(folder, "rev-parse", "--short=12", "HEAD")
    return head + "+" if head and _git(folder, "status", "--porcelain", ".") else head


def _git(folder: Path, *words: str) -> str:
    try:
        command = ["git", "-C", str(folder), *words]
        return subprocess.run(command, capture_output=True, text=True, check=True).stdout.strip()
    except (OSError, subprocess.CalledProcessError):
        return ""
