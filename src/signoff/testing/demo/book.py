"""The records of the demo's account book, in the format of docs/reference/account-book.md.

Between them the lines show every item of the checklist: bills unpaid, doubled and flagged, autopay,
add-ons, open orders, points, linked services, a contract, a device, balances above and below zero.
"""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Any, TypeAlias

from stdnum import luhn

from signoff.testing.demo.people import (
    GRANDFATHER,
    HOUSEHOLD,
    MANAGER,
    NOMAD,
    STUDENT,
    TRAVELLER,
    Person,
)

Entry: TypeAlias = dict[str, Any]
_SIMS = {
    "tmobile": "890126000000",
    "att": "890141000000",
    "verizon": "891480000000",
    "wholesale": "890124000000",
}
_IMSIS = {"tmobile": "310260", "att": "310410", "verizon": "311480", "wholesale": "310260"}
_DAY = timedelta(days=1)


def usd(minor: int) -> Entry:
    return {"minor": minor, "currency": "USD"}


class Writer:
    """Writes records dated from one moment; SIMs are numbered on from `first_sim`."""

    def __init__(self, now: datetime, *, first_sim: int = 0) -> None:
        self.now = now.replace(microsecond=0)
        self._count = first_sim

    def day(self, offset: int) -> str:
        return (self.now + offset * _DAY).date().isoformat()

    def time(self, offset: timedelta) -> str:
        return (self.now + offset).isoformat()

    def account(
        self, brand: str, id: str, *, of: Person, place: str, phone: str, **facts: Any
    ) -> Entry:
        details = {
            "name": of.name,
            "email": of.email,
            "phone": phone,
            "address": f"{100 + len(id)} Example Street, Springfield",
            "account_number": id,
        }
        holder = {"email": of.email, "name": of.name, "language": of.language}
        return {
            "type": "account",
            "brand": brand,
            "external_id": id,
            "holder": holder,
            "place": place,
            "facts": {"currency": "USD", "details": details, **facts},
        }

    def line(
        self, brand: str, account: str, *, msisdn: str, carrier: str, plan: Entry, **facts: Any
    ) -> Entry:
        """A line with a SIM of its carrier; `facts` may replace the cycle and usage."""
        self._count += 1
        body = f"{_SIMS[carrier]}{self._count:06}"
        cycle = {"starts_at": self.time(-10 * _DAY), "ends_at": self.time(20 * _DAY)}
        return {
            "type": "line",
            "brand": brand,
            "external_id": f"L-{msisdn[-10:]}",
            "account": account,
            "msisdn": msisdn,
            "iccid": body + luhn.calc_check_digit(body),
            "imsi": f"{_IMSIS[carrier]}{self._count:09}",
            "carrier": carrier,
            "carrier_account": carrier,
            "facts": {"plan": plan, "cycle": cycle, "usage": {"unbilled": usd(0)}, **facts},
        }

    def top_up(self, id: str, *, days_ago: int, amount: int, left: int) -> Entry:
        return {
            "id": id,
            "paid_on": self.day(-days_ago),
            "amount": usd(amount),
            "left": usd(left),
            "method": "Visa 4242",
            "reference": f"pay_demo_{id}",
        }

    def order(self, id: str, title: str, *, amount: int) -> Entry:
        return {"id": id, "placed_on": self.day(-2), "title": title, "amount": usd(amount)}

    def add_on(self, id: str, name: str, *, price: int) -> Entry:
        return {"id": id, "name": name, "price": usd(price), "renews_on": self.day(20)}


def card(id: str, label: str, *, autopay: bool = False) -> Entry:
    return {"id": id, "label": label, "token": f"tok_demo_{id.lower()}", "autopay": autopay}


def service(id: str, name: str, *, kind: str) -> Entry:
    return {"id": id, "name": name, "kind": kind}


def book(now: datetime, *, data_ends_in: timedelta) -> Iterator[Entry]:
    """Every record, accounts before their lines; the data card's period ends in `data_ends_in`."""
    write = Writer(now)
    for part in (_travel, _unlimited, _calling, _internet, _household):
        yield from part(write)
    yield from _data(write, data_ends_in)


def _travel(write: Writer) -> Iterator[Entry]:
    """A wallet with money in it, an order that blocks, codes for a bank and a payment service."""
    yield write.account(
        "farwander",
        "FW-10001",
        of=TRAVELLER,
        place="us-default",
        phone="+13105550101",
        balance=usd(2350),
        top_ups=[
            write.top_up("fw1", days_ago=40, amount=2000, left=500),
            write.top_up("fw2", days_ago=6, amount=3000, left=1850),
        ],
        orders=[write.order("O-501", "Japan 5 GB · 日本 5 GB", amount=900)],
        payment_methods=[card("M-1", "Visa 4242")],
        points={"amount": 320, "worth": usd(320), "expires_on": write.day(120)},
    )
    yield write.line(
        "farwander",
        "FW-10001",
        msisdn="+13105550102",
        carrier="wholesale",
        plan={"name": "远游钱包 Travel wallet", "fee": usd(0)},
        usage={"unbilled": usd(0), "calls": 12, "messages": 30, "contacts": 8},
        linked_services=[
            service("S-1", "Example Bank 示例银行", kind="bank"),
            service("S-2", "Example Pay 示例支付", kind="payment"),
        ],
    )


def _data(write: Writer, ends_in: timedelta) -> Iterator[Entry]:
    """A monthly card about to renew itself, with autopay, an add-on and a bill half paid."""
    yield write.account(
        "bytebrook",
        "BB-20001",
        of=STUDENT,
        place="us-ca",
        phone="+14155550110",
        balance=usd(420),
        top_ups=[write.top_up("bb1", days_ago=25, amount=2000, left=420)],
        bills=[
            {
                "id": "BB-7",
                "issued_on": write.day(-12),
                "due_on": write.day(9),
                "amount": usd(1500),
                "paid": usd(500),
            }
        ],
        payment_methods=[card("M-1", "Mastercard 4444", autopay=True)],
    )
    yield write.line(
        "bytebrook",
        "BB-20001",
        msisdn="+14155550111",
        carrier="att",
        plan={"name": "流量卡 20 GB", "fee": usd(1500), "auto_renews": True},
        cycle={"starts_at": write.time(ends_in - 30 * _DAY), "ends_at": write.time(ends_in)},
        add_ons=[write.add_on("X-1", "夜間流量 Night data", price=300)],
    )


def _bills(write: Writer) -> list[Entry]:
    """Two years of bills: the last one unpaid, jumped up, and with charges that look wrong."""
    bills = []
    for age in range(23, -1, -1):
        issued = -10 - 30 * age
        text = "Unlimited Plus"
        charges = [("plan", 6500, text), ("tax", 536, "Sales tax")]
        if age == 0:
            charges += [
                ("usage", 4210, "Roaming data"),
                ("premium", 999, "Horoscope by SMS"),
                ("fee", 250, "Paper bill"),
                ("fee", 250, "Paper bill"),
            ]
        amount = sum(minor for _, minor, _ in charges)
        bills.append(
            {
                "id": f"BL-{24 - age:02}",
                "issued_on": write.day(issued),
                "due_on": write.day(issued + 21),
                "amount": usd(amount),
                "paid": usd(amount if age else 0),
                "charges": [
                    {
                        "id": f"C-{24 - age:02}-{index}",
                        "on": write.day(issued),
                        "kind": kind,
                        "amount": usd(minor),
                        "text": words,
                    }
                    for index, (kind, minor, words) in enumerate(charges, 1)
                ],
            }
        )
    return bills


def _unlimited(write: Writer) -> Iterator[Entry]:
    """Postpaid, in contract, with a device: everything that can stand open does."""
    yield write.account(
        "boundlark",
        "BL-30001",
        of=MANAGER,
        place="us-default",
        phone="+17025550120",
        balance=usd(0),
        bills=_bills(write),
        credits=[{"id": "K-1", "amount": usd(1000), "text": "Loyalty credit"}],
        orders=[write.order("O-77", "Screen protector", amount=1900)],
        payment_methods=[
            card("M-1", "Visa 4242", autopay=True),
            card("M-2", "Mastercard 4444"),
        ],
        points={"amount": 4200, "worth": usd(420), "expires_on": write.day(200)},
        tax_basis_points=825,
    )
    yield write.line(
        "boundlark",
        "BL-30001",
        msisdn="+17025550121",
        carrier="verizon",
        plan={"name": "Unlimited Plus", "fee": usd(6500), "auto_renews": True, "prepaid": False},
        usage={"unbilled": usd(500), "calls": 88, "messages": 140, "contacts": 52},
        contract={"starts_on": write.day(-400), "ends_on": write.day(330)},
        device={"model": "Phone X", "balance": usd(12000), "imei": "490154203237518"},
        add_ons=[
            write.add_on("X-1", "Cloud 200 GB", price=299),
            write.add_on("X-2", "Device insurance", price=799),
        ],
        linked_services=[
            service("S-1", "Example Bank", kind="bank"),
            service("S-2", "Example Chat", kind="social"),
            service("S-3", "DMV online", kind="government"),
            service("S-4", "Example Mall", kind="shop"),
        ],
    )


def _calling(write: Writer) -> Iterator[Entry]:
    """Call records to take along, and a balance that is lost unless it moves to the other line."""
    yield write.account(
        "tellmagpie",
        "TM-40001",
        of=GRANDFATHER,
        place="us-ny",
        phone="+12125550130",
        balance=usd(1875),
        top_ups=[write.top_up("tm1", days_ago=33, amount=2500, left=1875)],
    )
    yield write.line(
        "tellmagpie",
        "TM-40001",
        msisdn="+12125550131",
        carrier="att",
        plan={"name": "E卡电话卡 Calling E-card", "fee": usd(0)},
        usage={"unbilled": usd(125), "contacts": 58},
        linked_services=[service("S-1", "Example Bank 示例银行", kind="bank")],
    )
    yield from _calls(write, "L-2125550131", count=240)
    yield write.account(
        "farwander",
        "FW-10002",
        of=GRANDFATHER,
        place="us-ny",
        phone="+12125550130",
        balance=usd(600),
        top_ups=[write.top_up("fw3", days_ago=15, amount=1000, left=600)],
    )
    yield write.line(
        "farwander",
        "FW-10002",
        msisdn="+12125550132",
        carrier="tmobile",
        plan={"name": "远游钱包 Travel wallet", "fee": usd(0)},
    )


def _calls(write: Writer, line: str, *, count: int) -> Iterator[Entry]:
    """Calls and messages of the last three months, a few a day."""
    areas = ("212", "312", "415", "617", "702", "808")
    for number in range(count):
        kind = "message" if number % 3 == 2 else "call"
        at = timedelta(hours=-9 * number - 1, minutes=-(number * 37 % 60))
        record = {
            "type": "usage",
            "brand": "tellmagpie",
            "external_id": f"R-{number:04}",
            "line": line,
            "at": write.time(at),
            "kind": kind,
            "outgoing": number % 4 != 1,
            "peer": f"+1{areas[number % len(areas)]}55501{number * 7 % 100:02}",
        }
        if kind == "call":
            record["seconds"] = 15 + number * 53 % 1800
        yield record


def _internet(write: Writer) -> Iterator[Entry]:
    """One card on each of the three networks; the one on Verizon has run into the red."""
    cards: Sequence[tuple[str, str, int, int]] = (
        ("tmobile", "+13035550141", 1000, 1),
        ("att", "+13035550142", 250, 2),
        ("verizon", "+13035550143", -340, 3),
    )
    for carrier, msisdn, balance, number in cards:
        id = f"WQ-5000{number}"
        paid = write.top_up(f"wq{number}", days_ago=11, amount=4000, left=max(balance, 0))
        yield write.account(
            "wavequill",
            id,
            of=NOMAD,
            place="us-mn" if carrier == "tmobile" else "us-default",
            phone="+13035550140",
            balance=usd(balance),
            top_ups=[paid] if balance > 0 else [],
            payment_methods=[card("M-1", "PayPal", autopay=True)],
        )
        yield write.line(
            "wavequill",
            id,
            msisdn=msisdn,
            carrier=carrier,
            plan={"name": "Internet E-card 50 GB", "fee": usd(3000), "auto_renews": True},
            contract={"starts_on": write.day(-160), "ends_on": write.day(205)}
            if carrier == "tmobile"
            else None,
            linked_services=[service("S-1", "Smart lock", kind="shop")],
        )


def _household(write: Writer) -> Iterator[Entry]:
    """Two lines on one bill: what belongs to the account is settled with the last of them."""
    yield write.account(
        "boundlark",
        "BL-30002",
        of=HOUSEHOLD,
        place="us-ma",
        phone="+16175550150",
        balance=usd(0),
        payment_methods=[card("M-1", "Visa 4242", autopay=True)],
        points={"amount": 900},
        tax_basis_points=625,
    )
    for msisdn, carrier, unbilled in (
        ("+16175550151", "verizon", 320),
        ("+16175550152", "tmobile", 0),
    ):
        yield write.line(
            "boundlark",
            "BL-30002",
            msisdn=msisdn,
            carrier=carrier,
            plan={"name": "Family", "fee": usd(4500), "auto_renews": True, "prepaid": False},
            usage={"unbilled": usd(unbilled), "calls": 20, "messages": 64, "contacts": 15},
        )
