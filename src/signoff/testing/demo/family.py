"""A family: three lines on one account, one of them used by somebody who owns none (A7, E8)."""

from collections.abc import Iterator
from datetime import datetime

from signoff.testing.demo.book import Entry, Writer, card, service, usd
from signoff.testing.demo.people import DAUGHTER, MOTHER

_FIRST_SIM = 500
"""Its SIM numbers begin behind those of the other people's."""


def family_book(now: datetime) -> Iterator[Entry]:
    """The account, which says who holds it, and its lines, one of which says who uses it."""
    write = Writer(now, first_sim=_FIRST_SIM)
    yield write.account(
        "farwander",
        "FW-10003",
        of=MOTHER,
        place="us-default",
        phone="+13105550160",
        balance=usd(3100),
        top_ups=[write.top_up("fw4", days_ago=20, amount=5000, left=3100)],
        payment_methods=[card("M-1", "Visa 4242")],
        points={"amount": 150, "worth": usd(150)},
    )
    daughter = {
        "email": DAUGHTER.email,
        "name": DAUGHTER.name,
        "language": DAUGHTER.language,
        "right": "user",
    }
    for msisdn, carrier, people in (
        ("+13105550161", "wholesale", []),
        ("+13105550162", "tmobile", [daughter]),
        ("+13105550163", "wholesale", []),
    ):
        line = write.line(
            "farwander",
            "FW-10003",
            msisdn=msisdn,
            carrier=carrier,
            plan={"name": "远游钱包 Travel wallet", "fee": usd(0)},
            usage={"unbilled": usd(0), "calls": 9, "messages": 21, "contacts": 12},
            linked_services=[service("S-1", "Example Chat 示例聊天", kind="social")],
        )
        yield {**line, "people": people}
