"""T1, T4: an event's digest covers everything, and outlives its personal part."""

from dataclasses import dataclass
from hashlib import sha256

import pytest

from signoff.domain.canonical import Json
from signoff.domain.evidence import digest, digest_erased, event_content, personal_digest

SALT = bytes(range(16))
CONTENT = event_content(
    actor="system",
    at="2026-03-14T09:26:53.589Z",
    case="0b2a7b1e-6c1f-4c55-8f5d-2f2f7c1f8a90",
    code="case.declared",
    facts={"channel": "web"},
    seq=1,
)
PERSONAL: Json = {"name": "欧阳明珠"}


def test_the_digest_is_the_one_of_the_written_form() -> None:
    inner = sha256(SALT + '{"name":"欧阳明珠"}'.encode()).hexdigest()
    text = (
        '{"actor":"system","at":"2026-03-14T09:26:53.589Z",'
        '"case":"0b2a7b1e-6c1f-4c55-8f5d-2f2f7c1f8a90","code":"case.declared",'
        f'"facts":{{"channel":"web"}},"personal":"{inner}","seq":1}}'
    )

    assert digest(CONTENT, salt=SALT, personal=PERSONAL) == sha256(SALT + text.encode()).digest()


def test_erasing_the_personal_part_keeps_the_digest() -> None:
    kept = personal_digest(PERSONAL, salt=SALT)

    assert digest_erased(CONTENT, salt=SALT, personal_sha256=kept) == digest(
        CONTENT, salt=SALT, personal=PERSONAL
    )


def test_nothing_personal_leaves_null() -> None:
    assert personal_digest(None, salt=SALT) is None


@pytest.mark.parametrize(
    "change", [{"actor": "agent"}, {"seq": 2}, {"code": "x"}, {"facts": {}}, {"at": ""}]
)
def test_every_part_counts(change: dict[str, Json]) -> None:
    before = digest(CONTENT, salt=SALT, personal=None)

    assert digest({**CONTENT, **change}, salt=SALT, personal=None) != before


def test_another_salt_gives_another_digest() -> None:
    other = digest(CONTENT, salt=bytes(16), personal=PERSONAL)

    assert other != digest(CONTENT, salt=SALT, personal=PERSONAL)


@dataclass(frozen=True)
class _Wrong:
    content: dict[str, Json]
    salt: bytes


@pytest.mark.parametrize(
    "wrong",
    [
        _Wrong(CONTENT, SALT[:15]),
        _Wrong({**CONTENT, "more": 1}, SALT),
        _Wrong({"actor": "x"}, SALT),
    ],
)
def test_a_wrong_salt_or_other_fields_are_refused(wrong: _Wrong) -> None:
    with pytest.raises(ValueError, match="has"):
        digest(wrong.content, salt=wrong.salt, personal=None)
