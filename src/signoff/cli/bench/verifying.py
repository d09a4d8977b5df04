"""`signoff bench verify`: how long it takes to verify a certificate offline, as JSON and as PDF.

The certificates are those of lines that were ended the whole way. The raw limit is what no verifier
can do without: the two Ed25519 signatures, over as many bytes.
"""

import argparse
import os
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from signoff.cli.bench.report import Figures, result, rounded, spread, tell
from signoff.usecases.verify_certificate import verify

if TYPE_CHECKING:  # they reach the tables, which need a database to be named first
    from signoff.cli.bench.ground import Ground

_TIMES = 20
_SAMPLE = 50
_SIGNATURES = 2


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--lines", type=int, default=200, metavar="N", help="ended for it")


def measure(options: argparse.Namespace) -> Figures:
    """So many runs over the same certificates."""
    from signoff.cli.bench import ground, machine

    with ground.ground() as place:
        described = machine.described(place.home)
        files = _certificates(place, lines=options.lines)
        runs = []
        for number in range(1, options.runs + 1):
            tell(f"run {number} of {options.runs}")
            runs.append(_run(place, files))
    return result("verify", runs, lines=options.lines, **described)


def _certificates(place: "Ground", *, lines: int) -> dict[str, list[bytes]]:
    """Certificates of lines that were ended for it, in both forms."""
    from signoff.cli.bench import checks, ground, opening, seeding, waiting
    from signoff.usecases import papers

    tell(f"ending {lines:,} lines")
    place.fresh()
    seeding.seed(1, lines, carrier="wholesale")
    seeding.provision(1, lines, carrier="wholesale", sandbox=place.admin)
    with ground.workers(place, count=1, steps=waiting.NOT_LATER) as crew:
        for first in range(1, lines + 1, opening.SET):
            opening.open_cases(first, min(first + opening.SET - 1, lines))
        waiting.until_over(crew, opener=None, lines=lines)
    cases = checks.sample(_SAMPLE)
    return {
        "json": [papers.certificate_json(each) for each in cases],
        "pdf": [papers.certificate_pdf(each, language="zh-Hans") for each in cases],
    }


def _run(place: "Ground", files: Mapping[str, Sequence[bytes]]) -> Figures:
    from signoff.cli.bench.processes import Watch
    from signoff.ports import registry
    from signoff.usecases.certify import SIGNER

    keys = registry.signers[SIGNER].trusted_keys()
    watch = Watch({"verify": [os.getpid()]})
    watch.begin()
    took = {kind: _verified(each, keys=keys) for kind, each in files.items()}
    watch.end()
    seconds = sum(took["json"]) / len(took["json"])
    raw = _raw(files["json"])
    return {
        "seconds": rounded(seconds),
        "per_second": rounded(1 / seconds),
        "raw_per_second": rounded(1 / raw),
        "ratio": rounded(raw / seconds),
        "json_ms": spread(took["json"]),
        "pdf_ms": spread(took["pdf"]),
        "json_bytes": round(sum(map(len, files["json"])) / len(files["json"])),
        "pdf_bytes": round(sum(map(len, files["pdf"])) / len(files["pdf"])),
        "command_seconds": _command(place, files["json"][0]),
        "cpu_seconds": {"verify": rounded(watch.cpu["verify"])},
        "peak_rss_mib": {"verify": rounded(watch.peak["verify"])},
        "wrong": _wrong(files, keys=keys),
    }


def _verified(files: Sequence[bytes], *, keys: Mapping[str, bytes]) -> list[float]:
    """Seconds of each verification, the first of each file left out."""
    took = []
    for data in files:
        verify(data, trusted_keys=keys)
        for _ in range(_TIMES):
            started = time.perf_counter()
            verify(data, trusted_keys=keys)
            took.append(time.perf_counter() - started)
    return took


def _raw(files: Sequence[bytes]) -> float:
    """Seconds of the signatures alone, on average."""
    key = Ed25519PrivateKey.generate()
    signed = [(data, key.sign(data)) for data in files]
    public = key.public_key()
    started = time.perf_counter()
    for data, signature in signed * _TIMES:
        for _ in range(_SIGNATURES):
            public.verify(signature, data)
    return (time.perf_counter() - started) / len(signed) / _TIMES


def _command(place: "Ground", data: bytes) -> float:
    """`signoff verify FILE` as a person starts it: mostly the start."""
    file = place.home / "certificate.json"
    file.write_bytes(data)
    started = time.perf_counter()
    command = [sys.executable, "-m", "signoff", "verify", str(file)]
    subprocess.run(command, check=True, capture_output=True)
    return rounded(time.perf_counter() - started)


def _wrong(files: Mapping[str, Sequence[bytes]], *, keys: Mapping[str, bytes]) -> list[str]:
    """Every certificate must verify, and none of which a byte was altered."""
    from signoff.cli.bench.checks import differences

    wanted: dict[str, object] = {}
    found: dict[str, object] = {}
    for kind, each in files.items():
        verdicts = [verify(data, trusted_keys=keys) for data in each]
        found[f"genuine {kind}"] = sum(one.ok and one.trusted for one in verdicts)
        found[f"altered {kind}"] = sum(
            verify(_altered(data), trusted_keys=keys).ok for data in each
        )
        wanted |= {f"genuine {kind}": len(each), f"altered {kind}": 0}
    return differences(wanted, found)


def _altered(data: bytes) -> bytes:
    """With one byte changed near its middle."""
    at = len(data) // 2
    return data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
