"""A verifier written from docs/reference/certificate.md alone; it knows nothing of Signoff.

python independent_verifier.py FILE [PUBLIC KEY IN HEX]
"""

import base64
import binascii
import hashlib
import json
import re
import sys
from datetime import datetime
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

TEXT = r"[^\x00-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069\ufeff]{1,200}"
NAME = r"[!-*,-~]{1,120}"
CODE = r"[a-z][a-z0-9_]{0,63}"
UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
TIME = r"[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z"
HASH = r"[0-9a-f]{64}"
NULL = None
BODY: dict[str, Any] = {
    "format": "signoff-certificate/1",
    "id": UUID,
    "issued_at": TIME,
    "language": "zh-Hans|zh-Hant|en",
    "issuer": {
        "operator": TEXT,
        "installation": NAME,
        "key_id": "[0-9a-f]{16}",
        "verify_url": "https?://[!-~]{1,400}",
    },
    "brand": {"id": NAME, "name": TEXT, "name_en": TEXT},
    "case": {"id": UUID, "reference": TEXT},
    "holder": {"name": TEXT},
    "line": {
        "kind": CODE,
        "product": TEXT,
        "product_en": TEXT,
        "msisdn": [r"\+[1-9][0-9]{6,14}", NULL],
        "iccid": ["[0-9]{18,20}", NULL],
        "carrier": NAME,
        "carrier_name": TEXT,
    },
    "times": {
        "declared": TIME,
        "charging_stopped": TIME,
        "effective": TIME,
        "ended": TIME,
        "restorable_until": [TIME, NULL],
    },
    "number": {"outcome": "released|parked|ported_out|none"},
    "carrier_proof": {
        "method": "read_back|agent_evidence",
        "state": CODE,
        "observed_at": TIME,
        "reference": TEXT,
        "sha256": [HASH, NULL],
    },
    "statement": {
        "currency": "[A-Z]{3}",
        "total": int,
        "refund": 0,
        "owed": 0,
        "sha256": [HASH, NULL],
    },
    "policy": {"sha256": HASH},
}
FILE: dict[str, Any] = {
    "body": BODY,
    "checkpoint": r"(?s).*",
    "event": {
        "actor": TEXT,
        "at": TIME,
        "case": UUID,
        "code": "certificate\\.issued",
        "facts": dict,
        "personal": [HASH, NULL],
        "salt": "[0-9a-f]{32}",
        "seq": 0,
    },
    "proof": {"leaf_hash": HASH, "leaf_index": 0, "tree_size": 0, "hashes": list},
    "signature": {
        "algorithm": "Ed25519",
        "public_key": HASH,
        "key_id": "[0-9a-f]{16}",
        "value": "[0-9a-f]{128}",
    },
}


class InvalidError(Exception):
    """The certificate does not hold."""


def need(holds: bool, what: str) -> None:
    if not holds:
        raise InvalidError(what)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def no_twice(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    need(len(dict(pairs)) == len(pairs), "a key stands twice")
    return dict(pairs)


def plain(value: Any, depth: int = 0) -> None:
    need(depth <= 32, "too deep")
    if isinstance(value, dict):
        need(all(key.isascii() for key in value), "a key is not ASCII")
        for item in value.values():
            plain(item, depth + 1)
    elif isinstance(value, list):
        for item in value:
            plain(item, depth + 1)
    elif isinstance(value, int):
        need(abs(value) < 2**53, "a number is out of range")
    else:
        need(value is None or isinstance(value, str), "a fraction")


def canonical(value: Any) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def shaped(value: Any, shape: Any, path: str) -> None:
    if isinstance(shape, dict):
        need(isinstance(value, dict), f"{path} is no object")
        need(value.keys() == shape.keys(), f"{path} has other fields")
        for name, inner in shape.items():
            shaped(value[name], inner, f"{path}.{name}")
    elif isinstance(shape, list):
        if value is not None:
            shaped(value, shape[0], path)
    elif isinstance(shape, str):
        need(isinstance(value, str) and re.fullmatch(shape, value) is not None, path)
        if shape == TIME:
            datetime.strptime(value, "%Y-%m-%dT%H:%M:%S.%fZ")  # noqa: DTZ007
    elif shape == 0:
        need(type(value) is int and value >= 0, path)
    else:
        need(type(value) is shape, path)


def signed(key: bytes, signature: bytes, message: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(key).verify(signature, message)
    except InvalidSignature:
        return False
    return True


def unbase64(text: bytes) -> bytes:
    raw = base64.b64decode(text, validate=True)
    need(base64.b64encode(raw) == text, "base64 in another spelling")
    return raw


def check_json(data: bytes) -> dict[str, Any]:
    need(len(data) <= 262_144 and data.endswith(b"\n"), "size or last line feed")
    file = json.loads(data.decode(), object_pairs_hook=no_twice)
    plain(file)
    need(canonical(file) + b"\n" == data, "not canonical")
    shaped(file, FILE, "file")
    body, event, proof = file["body"], file["event"], file["proof"]
    check_body(body)
    key = bytes.fromhex(file["signature"]["public_key"])
    key_id = hashlib.sha256(key).hexdigest()[:16]
    need(file["signature"]["key_id"] == key_id == body["issuer"]["key_id"], "key id")
    value = bytes.fromhex(file["signature"]["value"])
    need(signed(key, value, canonical(body)), "signature of the body")
    need(event["case"] == body["case"]["id"] and event["at"] == body["issued_at"], "event")
    need(event["facts"].get("certificate") == body["id"], "event.facts.certificate")
    fingerprint = sha256(canonical(body)).hex()
    need(event["facts"].get("body_sha256") == fingerprint, "event.facts.body_sha256")
    salt = bytes.fromhex(event["salt"])
    digest = sha256(salt + canonical({k: v for k, v in event.items() if k != "salt"}))
    leaf = sha256(b"\x00" + digest)
    need(proof["leaf_hash"] == leaf.hex(), "proof.leaf_hash")
    root = check_checkpoint(file["checkpoint"], body["issuer"]["installation"], key, proof)
    check_inclusion(proof, leaf, root)
    return dict(file)


def check_body(body: dict[str, Any]) -> None:
    line, times = body["line"], body["times"]
    need(line["msisdn"] is not None or line["iccid"] is not None, "body.line")
    need(times["declared"] <= times["ended"] <= body["issued_at"], "body.times")
    need(body["carrier_proof"]["observed_at"] <= body["issued_at"], "body.carrier_proof")


def check_checkpoint(note: str, name: str, key: bytes, proof: dict[str, Any]) -> bytes:
    lines = note.split("\n")
    need(len(lines) == 6 and lines[3] == "" and lines[5] == "", "checkpoint")
    need(lines[0] == name and lines[1] == str(proof["tree_size"]), "origin or size")
    root = unbase64(lines[2].encode())
    need(len(root) == 32, "root")
    start = f"\u2014 {name} "
    need(lines[4].startswith(start), "signature line")
    raw = unbase64(lines[4].removeprefix(start).encode())
    need(raw[:4] == sha256(name.encode() + b"\n\x01" + key)[:4], "key hash")
    need(signed(key, raw[4:], "\n".join([*lines[:3], ""]).encode()), "checkpoint signature")
    return root


def check_inclusion(proof: dict[str, Any], leaf: bytes, root: bytes) -> None:
    need(proof["leaf_index"] < proof["tree_size"] and len(proof["hashes"]) <= 53, "proof")
    fn, sn, r = proof["leaf_index"], proof["tree_size"] - 1, leaf
    for text in proof["hashes"]:
        shaped(text, HASH, "proof.hashes")
        p = bytes.fromhex(text)
        need(sn != 0, "proof too long")
        if fn % 2 or fn == sn:
            r = sha256(b"\x01" + p + r)
            while fn % 2 == 0 and fn != 0:
                fn, sn = fn >> 1, sn >> 1
        else:
            r = sha256(b"\x01" + r + p)
        fn, sn = fn >> 1, sn >> 1
    need(sn == 0 and r == root, "not in the log")


def check_pdf(data: bytes) -> dict[str, Any]:
    need(len(data) <= 16 * 1024 * 1024, "size")
    before, line = data[:-165], data[-165:]
    last = re.fullmatch(rb"%signoff-signature ([0-9a-f]{16}) ([0-9a-f]{128})\n", line)
    need(last is not None and before.endswith(b"%%EOF\n"), "signature line")
    assert last is not None
    head, found, _ = before.rpartition(b"startxref\n")
    _, mark, encoded = head.rpartition(b"\n%signoff-certificate ")
    need(bool(found) and bool(mark) and encoded.endswith(b"\n"), "certificate line")
    file = check_json(unbase64(encoded[:-1]))
    need(file["signature"]["key_id"] == last[1].decode(), "key id")
    key = bytes.fromhex(file["signature"]["public_key"])
    need(signed(key, bytes.fromhex(last[2].decode()), before), "signature of the PDF")
    return file


def verify(data: bytes, key: str | None = None) -> dict[str, Any]:
    """The file's content; InvalidError when it does not hold."""
    try:
        file = check_pdf(data) if data.startswith(b"%PDF-") else check_json(data)
    except (ValueError, binascii.Error, RecursionError) as error:
        raise InvalidError(str(error)) from error
    need(key is None or file["signature"]["public_key"] == key, "not the issuer's key")
    return file


if __name__ == "__main__":
    verify(Path(sys.argv[1]).read_bytes(), *sys.argv[2:3])
    print("valid")
