"""A part of a brand that closes: forty cards of a plan that is over, ready to be ended at the desk.

The announced end was yesterday, so that whoever looks may confirm and start at once.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from stdnum import luhn

from signoff.domain.sunset_terms import Terms, Wave
from signoff.testing.demo.book import Entry, Writer, usd
from signoff.testing.demo.people import Person

BRAND = "farwander"
TITLE = "Farwander 2019 closes · 远游 2019 版停服"
PLAN = "远游 2019 Travel 2019"
CARDS = 40

_ZONE = ZoneInfo("America/Los_Angeles")
_CARRIERS = ("wholesale", "tmobile", "wholesale")


def closing_book(now: datetime) -> Iterator[Entry]:
    """The accounts and lines of the plan."""
    write = Writer(now)
    for number in range(CARDS):
        person = Person(f"Card {number}", "", f"card{number}@mail.example", "en", "", (BRAND,))
        account = f"FW-19{number:03}"
        left = 100 + number * 137 % 1900
        owes = number % 13 == 5
        yield write.account(
            BRAND,
            account,
            of=person,
            place="us-default",
            phone="",
            balance=usd(-left // 4 if owes else left),
            top_ups=[]
            if owes
            else [write.top_up(f"fw19{number}", days_ago=30, amount=2000, left=left)],
        )
        line = write.line(
            BRAND,
            account,
            msisdn=_number(number),
            carrier=_CARRIERS[number % len(_CARRIERS)],
            plan={"name": PLAN, "fee": usd(0)},
        )
        # Cards of their own, apart from those of the book.
        yield line | _other_cards(line)


def _number(number: int) -> str:
    return f"+1505555{100 + number:04}"


def _other_cards(line: Entry) -> Entry:
    """A SIM that no other record of the demo has."""
    body = line["iccid"][:12] + "19" + line["iccid"][14:18]
    return {"iccid": body + luhn.calc_check_digit(body), "imsi": line["imsi"][:6] + "19" +
            line["imsi"][8:]}  # fmt: skip


def closing_list() -> bytes:
    """The list somebody sends: every card, one of them twice, and a number nobody knows."""
    numbers = [*map(_number, range(CARDS)), _number(3), "+15055550199"]
    return "\n".join(["msisdn", *numbers, ""]).encode()


def closing_terms(now: datetime) -> Terms:
    """What was announced, five weeks before its end yesterday."""
    end = datetime.combine((now - timedelta(days=1)).astimezone(_ZONE), datetime.min.time(), _ZONE)

    def before(days: int) -> datetime:
        return datetime.combine(end - timedelta(days=days), datetime.min.time(), _ZONE)

    return Terms(
        name="Farwander 2019 closes",
        time_zone=_ZONE.key,
        sales_stop_at=before(50),
        notice_by=before(35),
        refund_open_at=before(50),
        end_at=end,
        waves=(Wave(before(36)),),
    )
