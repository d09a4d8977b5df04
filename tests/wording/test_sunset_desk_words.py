"""O1: whatever the desk's pages of sunsets meet has words, and no words are left over."""

import re
from pathlib import Path

from signoff.domain.ledger import _COUNTERPARTS
from signoff.domain.sunset import PEOPLE, Selection, Stage
from signoff.wording.catalogue import shipped

DESK = Path(__file__).parents[2] / "src" / "signoff" / "console"
ACCOUNTS = {*_COUNTERPARTS.values(), "subscriber", "refunds_payable", "cash"}
KEYS = {
    *(f"sunset_desk.next.{each.value}" for each in Stage),
    *(f"sunset_desk.new.selects.{each.value}" for each in Selection),
    *(f"sunset_desk.done.{each.value}" for each in (*PEOPLE,)),
    *(f"sunset_desk.bar.{each}" for each in ("ended", "off", "kept", "failed", "open", "ready")),
    *(f"sunset_desk.report.group.{each}" for each in ("ended", "kept", "failed", "out", "open")),
    *(f"sunset_desk.account.{each.replace(':', '_')}" for each in ACCOUNTS),
}


def test_every_code_has_words_and_no_words_are_left_over() -> None:
    files = [*DESK.rglob("*.py"), *DESK.rglob("*.html")]
    said = set()
    for path in files:
        text = path.read_text(encoding="utf-8")
        said |= set(re.findall(r'"(sunset_desk\.[a-z_.]+)"', text))

    families = {"sunset_desk.next", "sunset_desk.new.selects", "sunset_desk.bar",
                "sunset_desk.report.group", "sunset_desk.account"}  # fmt: skip
    assert (said - families) | KEYS == set(shipped("sunset_desk").keys())
