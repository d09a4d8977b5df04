"""Who an account book may name beside the holder (A7)."""

from dataclasses import replace

import pytest

from signoff.domain.account import Right
from signoff.domain.book import (
    MOST_PEOPLE,
    AccountRecord,
    Holder,
    LineRecord,
    Person,
    implausible,
)
from signoff.testing import facts

ACCOUNT = AccountRecord(
    type="account",
    external_id="A-1",
    holder=Holder(email="lin@example.com"),
    place="us-ny",
    facts=facts.unlimited().account,
)
LINE = LineRecord(
    type="line",
    external_id="L-1",
    account="A-1",
    msisdn="+12125550171",
    iccid="8914800000001001003",
    carrier="verizon",
    facts=facts.unlimited().line,
)
HELPER = Person(email="bo@example.com", right=Right.AUTHORISED)
USER = Person(email="ning@example.com", right=Right.USER)


def test_people_with_their_rights_are_taken() -> None:
    assert not list(implausible(replace(ACCOUNT, people=(HELPER,))))
    assert not list(implausible(replace(LINE, people=(USER, HELPER))))


@pytest.mark.parametrize(
    ("record", "what"),
    [
        (replace(ACCOUNT, people=(USER,)), "names a user of the whole account"),
        (replace(ACCOUNT, people=(replace(HELPER, email="Lin@example.com"),)), "names the account"),
        (replace(LINE, people=(replace(USER, right=Right.HOLDER),)), "names a holder"),
        (replace(LINE, people=(USER, replace(USER, email="Ning@Example.com"))), "names somebody"),
        (
            replace(
                LINE,
                people=tuple(
                    replace(USER, email=f"n{number}@example.com")
                    for number in range(MOST_PEOPLE + 1)
                ),
            ),
            "names more than 50",
        ),
    ],
)
def test_who_cannot_be_meant_is_refused(record: AccountRecord | LineRecord, what: str) -> None:
    (found,) = implausible(record)

    assert found.at == "people"
    assert found.what.startswith(what)
    assert found.instead
