"""A stage for tests of whole stories: lines in the book and at the sandbox, and the worker's hand.

Rows are written straight into the tables; the import has tests of its own. `work` does what a
worker does, in this process: it runs every step that is due, through the same runner.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from itertools import count
from typing import Any
from uuid import UUID

from aiosmtpd.controller import Controller

from signoff.carriers.sandbox.adapter import SandboxCarrier
from signoff.cli.preflight import any_port
from signoff.domain.account import CardKind, Cycle, NumberChoice, Snapshot
from signoff.domain.canonical import format_time
from signoff.domain.case import State
from signoff.domain.policy import IdentityRule
from signoff.domain.reasons import LeavingReason
from signoff.integrations.messaging.smtp import SmtpMessenger, SmtpServer
from signoff.integrations.payments.sandbox import SandboxPayments
from signoff.ports import registry
from signoff.records import codec, models
from signoff.testing import facts
from signoff.testing.documents import photo
from signoff.testing.sandbox import SECRET, SandboxAdmin, running_sandbox
from signoff.usecases import look, rules
from signoff.usecases.change_course import confirmation_token
from signoff.usecases.declare import Declaration
from signoff.workflows import act, handing_in, runner
from signoff.workflows.work import clock

BRANDS = {
    CardKind.TRAVEL: ("farwander", "wholesale", facts.travel),
    CardKind.DATA: ("bytebrook", "tmobile", facts.data),
    CardKind.UNLIMITED: ("boundlark", "att", facts.unlimited),
    CardKind.CALLING: ("tellmagpie", "tmobile", facts.calling),
    CardKind.INTERNET: ("wavequill", "verizon", facts.internet),
}
SENDER = "care@signoff.example"
_numbers = count(1)


@dataclass(frozen=True)
class Cast:
    """Who takes part: the subscriber, a stranger with a line elsewhere, agents of two brands."""

    subscriber: models.User
    stranger: models.User
    agent: models.User
    other_agent: models.User


def cast(brand: str) -> Cast:
    """People, the agent working for `brand`, the other agent for another one."""
    people = [
        models.User.objects.create_user(f"{who}{next(_numbers)}@example.com", "secret-pass")
        for who in ("subscriber", "stranger", "agent", "other-agent")
    ]
    other = next(b for b, _, _ in BRANDS.values() if b != brand)
    models.StaffRole.objects.create(user=people[2], brand=brand, role="agent")
    models.StaffRole.objects.create(user=people[3], brand=other, role="agent")
    return Cast(*people)


def line(
    kind: CardKind,
    *,
    holder: models.User,
    sandbox: SandboxAdmin | None = None,
    carrier: str = "",
    place: str = "us-default",
    settled: bool = False,
    **changes: Any,
) -> models.Line:
    """A line of a card kind in the book, and at the sandbox carrier where one runs.

    `settled` leaves nothing that could hold up an approval.
    """
    brand, usual, build = BRANDS[kind]
    number = next(_numbers)
    snapshot = _own_payments(build(**changes), number)
    if settled:
        snapshot = _settled(snapshot)
    made = models.Line.objects.create(
        account=_account(f"a{number}", snapshot, brand=brand, holder=holder, place=place),
        brand=brand,
        external_id=f"l{number}",
        msisdn=f"+1202555{number:04d}",
        iccid=f"8901260{number:012d}",
        carrier=carrier or usual,
        carrier_account=carrier or usual,
        facts=codec.LINE.dump_python(replace(snapshot.line, cycle=_cycle()), mode="json"),
        preparation=codec.PREPARATION.dump_python(snapshot.preparation, mode="json"),
    )
    policy, _ = rules.policy_of(brand, place)
    if settled and policy.identity is IdentityRule.DOCUMENT:
        handing_in.upload(made.id, [photo()], user_id=holder.id)
    if sandbox:
        _make_known(sandbox, made, snapshot)
    return made


def _account(
    external_id: str, snapshot: Snapshot, *, brand: str, holder: models.User, place: str
) -> models.Account:
    return models.Account.objects.create(
        brand=brand,
        external_id=external_id,
        holder=holder,
        place=place,
        language="zh-Hans",
        facts=codec.ACCOUNT.dump_python(snapshot.account, mode="json"),
    )


def _own_payments(snapshot: Snapshot, number: int) -> Snapshot:
    """Each line's payments are its own: the provider gives none back twice."""
    paid_in = tuple(
        replace(each, reference=f"{each.reference}-{number}") if each.reference else each
        for each in snapshot.account.top_ups
    )
    return replace(snapshot, account=replace(snapshot.account, top_ups=paid_in))


def _settled(snapshot: Snapshot) -> Snapshot:
    paid = tuple(replace(bill, paid=bill.amount) for bill in snapshot.account.bills)
    return replace(snapshot, account=replace(snapshot.account, bills=paid, orders=()))


def _cycle() -> Cycle:
    """The facts are of a fixed day: the running cycle must hold the real clock's now."""
    now = datetime.now(UTC)
    return Cycle(now - timedelta(days=10), now + timedelta(days=20))


def _make_known(sandbox: SandboxAdmin, made: models.Line, snapshot: Snapshot) -> None:
    top_ups = [
        {"reference": each.reference, "minor": each.amount.minor, "currency": "USD"}
        for each in snapshot.account.top_ups
        if each.reference
    ]
    sandbox.seed_payments(top_ups)
    sandbox.provision(made.carrier_account, [{"iccid": made.iccid, "msisdn": made.msisdn}])


def lines_of_one_account(
    many: int,
    *,
    holder: models.User,
    sandbox: SandboxAdmin | None = None,
    **account: Any,
) -> list[models.Line]:
    """Travel lines that share one account, with nothing that could hold up an approval."""
    first = line(CardKind.TRAVEL, holder=holder, account={"orders": (), **account}, sandbox=sandbox)
    rows = [
        models.Line(
            account=first.account,
            brand=first.brand,
            external_id=f"l{number}",
            msisdn=f"+1202556{number:04d}",
            iccid=f"8901261{number:012d}",
            carrier=first.carrier,
            carrier_account=first.carrier_account,
            facts=first.facts,
        )
        for number in (next(_numbers) for _ in range(many - 1))
    ]
    made = [first, *models.Line.objects.bulk_create(rows)]
    if sandbox:
        known = [{"iccid": each.iccid, "msisdn": each.msisdn} for each in made[1:]]
        sandbox.provision(first.carrier_account, known)
    return made


@contextmanager
def sandbox() -> Iterator[SandboxAdmin]:
    """A running sandbox with every carrier and the payment provider wired to it."""
    with running_sandbox() as admin:
        held: list[Any] = []
        adapters: list[SandboxCarrier | SandboxPayments] = []
        for name in ("tmobile", "att", "verizon", "wholesale"):
            carrier = SandboxCarrier(
                name=name, base_url=admin.url, account=name, secret=SECRET, now=clock, timeout_s=2
            )
            adapters.append(carrier)
            held.append(registry.carriers.temporarily(name, carrier))
        provider = SandboxPayments(base_url=admin.url, secret=SECRET, name="cards")
        adapters.append(provider)
        held.append(registry.payments.temporarily("cards", provider))
        for each in held:
            each.__enter__()
        try:
            yield admin
        finally:
            for each in reversed(held):
                each.__exit__(None, None, None)
            for adapter in adapters:
                adapter.close()


def work(rounds: int = 40) -> None:
    """Run every step that is due, until none is."""
    for _ in range(rounds):
        steps = runner.due_steps()
        if not steps:
            return
        for step in steps:
            runner.run(step)
    raise AssertionError(f"still due after {rounds} rounds: {runner.due_steps()}")


def to_the_end(case_id: UUID, *, agent: models.User) -> models.Case:
    """Work, confirm and approve until the certificate is there, without waiting for dates."""
    for _ in range(60):
        work()
        case = models.Case.objects.get(id=case_id)
        if models.Certificate.objects.filter(case_id=case_id).exists():
            return case
        if case.state == State.CONFIRMING and case.confirm_until:
            act.confirm(confirmation_token(str(case_id), format_time(case.confirm_until)))
        if case.state == State.IN_REVIEW:
            act.approve(case_id, agent=agent.id, seen=look.mark(case.id))
        models.Case.objects.filter(id=case_id).update(effective_at=case.declared_at)
        hasten()
    raise AssertionError(f"no certificate, still {case.state}")


LATER = ("purge", "lapse_confirmation", "remind", "erase")
"""Steps of another day."""


def hasten(*, but: tuple[str, ...] = ("purge", "lapse_confirmation", "erase")) -> None:
    """Make everything that waits for later due now, as if the time had passed; leases end."""
    models.Due.objects.exclude(step__in=but).update(due_at=clock(), lease_until=None)


def declaration(line: models.Line, **changes: Any) -> Declaration:
    """A plain declaration for a line; the entry point fills in who and which case."""
    wishes: dict[str, Any] = {
        "reason": LeavingReason.LEFT_COUNTRY,
        "number_choice": NumberChoice.RELEASE,
        "language": "zh-Hans",
        **changes,
    }
    return Declaration(
        case_id=UUID(int=0), number="", line_id=line.id, user_id=None, channel="web", **wishes
    )


class Mailbox:
    """What arrived at the SMTP server of a test."""

    def __init__(self) -> None:
        self.messages: list[EmailMessage] = []
        self.url = ""

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        message = message_from_bytes(envelope.content, policy=default)
        self.messages.append(message)
        return "250 queued"


@contextmanager
def mail() -> Iterator[Mailbox]:
    """A real SMTP server on loopback, wired as the way out for notices."""
    box = Mailbox()
    port = any_port()
    controller = Controller(box, hostname="127.0.0.1", port=port)
    controller.start()
    box.url = f"smtp://127.0.0.1:{port}"
    try:
        messenger = SmtpMessenger(
            server=SmtpServer(host="127.0.0.1", port=port), sender=SENDER, now=clock
        )
        with registry.messengers.temporarily("mail", messenger):
            yield box
    finally:
        controller.stop()
