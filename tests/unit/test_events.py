"""T1, T4, X5: what an event may carry is declared, so that erasure cannot forget a part."""

import pytest

from signoff.domain.events import KINDS, Code, Erase, UnknownFact, require_declared

# Words that would name a person or a line; none may be hashed into the log.
PERSONAL = {"name", "email", "phone", "msisdn", "iccid", "imsi", "address", "words", "to"}


@pytest.mark.parametrize("code", Code)
def test_every_code_is_declared_and_hashes_nothing_personal(code: Code) -> None:
    kind = KINDS[code]

    assert not kind.facts & PERSONAL
    assert kind.erase is (Erase.DROP if kind.personal else Erase.KEEP)


@pytest.mark.parametrize("code", Code)
def test_a_code_says_what_happened_to_what(code: Code) -> None:
    """style.md 8: dotted, in small letters."""
    subject, _, happened = code.value.partition(".")

    assert subject.islower()
    assert happened.replace("-", "").islower()


def test_what_is_declared_may_be_carried() -> None:
    require_declared(Code.CONFIRMED, {"method": "link"}, personal=None)
    require_declared(Code.ANSWERED, {"documents": 1}, personal={"words": "Here it is"})
    require_declared(Code.FROZEN, {}, personal={})


@pytest.mark.parametrize(
    ("facts", "personal"),
    [({"email": "x"}, None), ({}, {"email": "x"}), ({"documents": 1, "name": "x"}, {})],
)
def test_what_is_not_declared_is_refused(
    facts: dict[str, object], personal: dict[str, object] | None
) -> None:
    with pytest.raises(UnknownFact):
        require_declared(Code.ANSWERED, facts, personal=personal)
