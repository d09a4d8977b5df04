"""S1, Q6: whatever is pasted into the public check, however long, it is answered soon."""

import time

import pytest

from signoff.domain.genuine import Verdict
from signoff.usecases import official
from signoff.usecases.genuine import MOST, check

pytestmark = pytest.mark.slow

LISTS = official.lists()
ENOUGH_S = 5
"""Of the processor's time. The longest takes a tenth of it on a machine that does nothing else."""


def seconds(given: str | bytes, *, mail: bool) -> float:
    began = time.process_time()
    found = check(given, lists=LISTS, codes=lambda codes: {}, mail=mail)
    assert found.answer.verdict in Verdict
    return time.process_time() - began


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a.",
        "a@",
        "@.",
        "://",
        "https://a.",
        "1",
        "1-",
        "<a ",
        "<a href=",
        'href="',
        "href='",
        "<",
        "<script>",
        "=?",
        "code send ",
        "。",
        "\n",
        "。\n",
        " . ",
        "From: a\n",
        "From: a@b.c,",
        "Content-Type: multipart/mixed; boundary=a\n\n--a\n",
        'Content-Type: text/plain; a="b";\n ',
        "(",
        "&#",
    ],
)
@pytest.mark.parametrize("mail", [False, True])
def test_a_megabyte_of_anything_is_answered_soon(piece: str, mail: bool) -> None:
    """No expression runs away, whatever is repeated; the bound is wide, the machine may be busy."""
    text = f"From: a@b.c\nSubject: x\n\n{piece * (MOST // len(piece))}"[:MOST]

    assert seconds(text.encode() if mail else text, mail=mail) < ENOUGH_S


@pytest.mark.parametrize("piece", ['a;"', ";", 'a="b";', "=?utf-8?q?a?= ", "x,", "<a@b.c>, "])
@pytest.mark.parametrize("name", ["Content-Type", "From", "Subject", "Content-Disposition", "To"])
def test_a_megabyte_of_a_header_is_answered_soon(name: str, piece: str) -> None:
    header = f"{name}: {piece * (MOST // len(piece))}".encode()[:MOST]

    assert seconds(header, mail=True) < ENOUGH_S


def test_many_sentences_are_read_up_to_a_bound_and_that_is_said() -> None:
    given = "Send the code. " * 4000

    found = check(given, lists=LISTS, codes=lambda codes: {}).answer

    assert {"asks_code", "not_all_read"} <= {why.reason.value for why in found.whys}
