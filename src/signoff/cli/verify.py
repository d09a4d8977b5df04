"""`signoff verify FILE`: whether a certificate or an evidence pack is genuine, by itself alone.

Exit status: 0 nothing is altered, 1 something is, 2 the file or a key could not be read.
"""

import argparse
import json
import os
import re
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_public_key,
)

from signoff.cli.errors import Refused
from signoff.domain.checkpoint import key_id
from signoff.usecases.verify_certificate import State, Verdict, verify
from signoff.usecases.verify_pack import MAX_PACK, is_pack, verify_pack
from signoff.wording.catalogue import shipped

_HEX_KEY = re.compile(r"[0-9a-fA-F]{64}")


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        metavar="FILE",
        type=Path,
        help="certificate as JSON or PDF, or an evidence pack (ZIP)",
    )
    parser.add_argument(
        "--key",
        metavar="FILE|HEX",
        action="append",
        help="public key of the issuer: a PEM file or 64 hex digits; may be repeated "
        "(default: the keys in SIGNOFF_HOME/keys, if there are any)",
    )
    parser.add_argument("--json", action="store_true", help="print one JSON object")


def run(options: argparse.Namespace) -> int:
    """Prints the verdict; returns the exit status."""
    file: Path = options.file
    try:
        with file.open("rb") as opened:
            data = opened.read(MAX_PACK + 1)
    except OSError as error:
        raise Refused(f"cannot read {file}: {error.strerror}") from error
    check = verify_pack if is_pack(data) else verify
    verdict = check(data, trusted_keys=trusted_keys(options.key))
    print(_as_json(verdict) if options.json else _as_text(verdict, file=file))
    return 0 if verdict.ok else 1


def trusted_keys(given: list[str] | None) -> dict[str, bytes] | None:
    """The keys given, else those of SIGNOFF_HOME, by key id; None where there are none.

    Raises Refused.
    """
    keys = list(map(_given_key, given)) if given else _home_keys()
    return {key_id(key): key for key in keys} or None


def _given_key(text: str) -> bytes:
    return bytes.fromhex(text) if _HEX_KEY.fullmatch(text) else _read_key(Path(text))


def _home_keys() -> list[bytes]:
    keys = Path(os.environ.get("SIGNOFF_HOME") or "var").expanduser() / "keys"
    found = [*keys.glob("public-*.pem"), *keys.glob("retired/public-*.pem")]
    return [_read_key(path) for path in sorted(found)]


def _read_key(path: Path) -> bytes:
    try:
        raw = path.read_bytes()
        if _HEX_KEY.fullmatch(text := raw.decode("latin-1").strip()):
            return bytes.fromhex(text)
        key = load_pem_public_key(raw)
    except OSError as error:
        raise Refused(f"cannot read the key {path}: {error.strerror}") from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise Refused(f"{path} holds neither a PEM public key nor 64 hex digits") from error
    if not isinstance(key, Ed25519PublicKey):
        raise Refused(f"{path} holds no Ed25519 key")
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def _as_json(verdict: Verdict) -> str:
    shown = {
        "ok": verdict.ok,
        "trusted": verdict.trusted,
        "kind": verdict.kind,
        "key_id": verdict.key_id,
        "public_key": verdict.public_key,
        "checks": [
            {"part": check.part, "state": check.state, "code": check.code, "detail": check.detail}
            for check in verdict.checks
        ],
        "facts": verdict.facts,
    }
    return json.dumps(shown, ensure_ascii=False, indent=2)


def _as_text(verdict: Verdict, *, file: Path) -> str:
    say = shipped("verify").say
    word = "trusted" if verdict.trusted else "self_asserted" if verdict.ok else "failed"
    lines = [f"{file}: {say(f'verify.verdict.{word}', 'en')}"]
    for check in verdict.checks:
        state = say(f"verify.state.{check.state}", "en")
        lines.append(f"  {state:<8} {say(f'verify.part.{check.part}', 'en')}")
        if check.state is not State.OK:
            lines.append(f"           {check.code}: {check.detail}")
    return "\n".join(lines)
