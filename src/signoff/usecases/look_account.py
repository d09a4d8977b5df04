"""What people may look at of a whole account and of a joint request: read models for pages (E8)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from signoff.domain import rights
from signoff.domain.account import Right
from signoff.domain.case import Act, State, decide
from signoff.domain.checklist import Item, checklist
from signoff.domain.policy import Names, Policy
from signoff.domain.rights import account_part, own_items, own_part, speaks_for_account
from signoff.records import casefiles, linefiles, models
from signoff.records.casefiles import CaseFile
from signoff.records.linefiles import LineFile
from signoff.usecases import entitled, joint_requests, rules, whole_account
from signoff.usecases.entitled import NotYours


@dataclass(frozen=True, slots=True)
class AccountRow:
    """An account in the list of a person's lines: what its log-in says of it (X1).

    `closed_at` is when its last line ended; until `restore_until` that can be undone, unless it is
    `final` before.
    """

    id: int
    number: str
    names: Names
    right: Right
    lines: int
    open_lines: int
    closed_at: datetime | None
    restore_until: datetime | None
    erase_at: datetime | None
    final: bool
    time_zone: str
    requests: tuple[models.AccountRequest, ...]


def accounts_of(lines: Sequence[LineFile], *, user_id: int) -> list[AccountRow]:
    """The accounts of these lines that a person speaks for, in order; four queries for any number.

    `lines` are those of a person, as look.lines_of gives them.
    """
    mine = [line for line in lines if speaks_for_account(line.right)]
    ids = sorted({line.account_id for line in mine})
    rows = models.Account.objects.in_bulk(ids)
    settled = {row.settled_case for row in rows.values() if row.settled_case}
    cases = models.Case.objects.in_bulk(sorted(settled))
    requests = models.AccountRequest.objects.filter(account_id__in=ids).order_by("-declared_at")
    by_account: dict[int, list[models.AccountRequest]] = {}
    for request in requests:
        by_account.setdefault(request.account_id, []).append(request)
    found = []
    for account_id in ids:
        some = [line for line in mine if line.account_id == account_id]
        account = rows[account_id]
        case = cases.get(account.settled_case) if account.settled_case else None
        found.append(
            _account_row(account, some, case=case, requests=by_account.get(account_id, []))
        )
    return found


def _account_row(
    account: models.Account,
    lines: Sequence[LineFile],
    *,
    case: models.Case | None,
    requests: Sequence[models.AccountRequest],
) -> AccountRow:
    first = lines[0]
    details = first.snapshot.account.details
    return AccountRow(
        id=account.id,
        number=details.account_number or account.external_id,
        names=first.policy.names,
        right=first.right,
        lines=len(lines),
        open_lines=sum(not whole_account.is_busy(line) for line in lines),
        closed_at=case.ended_at if case else None,
        restore_until=case.restore_until if case else None,
        erase_at=account.erase_at,
        final=account.closed_at is not None,
        time_zone=first.policy.time_zone,
        requests=tuple(requests),
    )


@dataclass(frozen=True, slots=True)
class ToPick:
    """A line on the page where lines are picked, and why it cannot be where it cannot."""

    line: LineFile
    busy: bool
    online: bool

    @property
    def free(self) -> bool:
        return self.online and not self.busy


def to_pick(account_id: int, *, user_id: int) -> list[ToPick]:
    """Every line of an account, for who speaks for it. Raises NotYours."""
    known = linefiles.of_account(account_id, policy_of=rules.policy_of)
    lines = entitled.with_rights(known, user_id=user_id)
    mine = [line for line in lines if speaks_for_account(line.right)]
    if not mine:
        raise NotYours
    return [ToPick(line, whole_account.is_busy(line), line.policy.online) for line in mine]


@dataclass(frozen=True, slots=True)
class LineItems:
    """What of the checklist belongs to one line alone."""

    line: LineFile
    items: tuple[Item, ...]

    @property
    def left(self) -> int:
        return sum(item.status.value in ("must", "should") for item in self.items)


def shared_items(picked: whole_account.Picked) -> tuple[Item, ...]:
    """What of the checklist belongs to the account, once for all of its lines.

    What the subscriber can take along is counted over the lines.
    """
    lead = picked.lines[-1]
    snapshot = account_part(lead.snapshot)
    usages = [line.snapshot.line.usage for line in picked.lines]
    usage = replace(
        snapshot.line.usage,
        calls=sum(each.calls for each in usages),
        messages=sum(each.messages for each in usages),
        contacts=sum(each.contacts for each in usages),
    )
    snapshot = replace(snapshot, line=replace(snapshot.line, usage=usage))
    return rights.shared_items(checklist(snapshot, lead.policy, documents=lead.documents))


def items_of_lines(picked: whole_account.Picked) -> list[LineItems]:
    """What belongs to each line alone: linked services, add-ons, documents."""
    return [
        LineItems(
            line,
            own_items(checklist(own_part(line.snapshot), line.policy, documents=line.documents)),
        )
        for line in picked.lines
    ]


def payments_of(picked: whole_account.Picked) -> dict[str, models.PaymentIntent]:
    """The newest payment of each bill that is not over, by bill id."""
    kind, done = models.PaymentIntent.Kind.CHARGE, models.PaymentIntent.State.DONE
    found = models.PaymentIntent.objects.filter(account_id=picked.account.id, kind=kind)
    open_ones = found.exclude(state=done).order_by("at")
    return {each.source.removeprefix("bill:"): each for each in open_ones}


def receivers_of(picked: whole_account.Picked, *, user_id: int) -> list[LineFile]:
    """Lines a balance of this account may move to, which the person may see all of (P2)."""
    if not picked.closes:
        return []
    lines = linefiles.of_person(user_id, policy_of=rules.policy_of)
    leaving, holder = {line.id for line in picked.lines}, picked.account.holder_id
    return [
        line
        for line in entitled.with_rights(lines, user_id=user_id)
        if line.id not in leaving and line.state == "active" and line.holder_id == holder
        if speaks_for_account(line.right)
        if line.snapshot.currency == picked.lines[-1].snapshot.currency
    ]


@dataclass(frozen=True, slots=True)
class RequestRow:
    """One line of a joint request, at a glance."""

    file: CaseFile
    may_withdraw: bool
    owed: bool
    held_up: bool


@dataclass(frozen=True, slots=True)
class RequestView:
    """A joint request as its page shows it."""

    request: models.AccountRequest
    account: models.Account
    rows: tuple[RequestRow, ...]
    erase_at: datetime | None

    @property
    def withdrawable(self) -> int:
        return sum(row.may_withdraw for row in self.rows)

    @property
    def policy(self) -> Policy:
        return self.rows[-1].file.policy

    @property
    def closed(self) -> bool:
        return self.account.settled_case is not None

    @property
    def moving(self) -> bool:
        """Whether something passes by itself within moments."""
        return any(row.file.state in (State.DECLARED, State.ENDING) for row in self.rows)


def require_seen(request_id: UUID, *, user_id: int) -> models.AccountRequest:
    """A joint request for who speaks for its account, or declared it. Raises NotYours."""
    request = models.AccountRequest.objects.select_related("account").filter(id=request_id).first()
    if request is None:
        raise NotYours
    if request.declared_by_id != user_id:
        right = entitled.seen_case(joint_requests.cases_of(request_id)[-1], user_id=user_id)
        if not speaks_for_account(right):
            raise NotYours
    return request


_HELD_UP = frozenset({State.NEEDS_INPUT, State.CONFIRMING, State.DECLINED})


def request_of(request_id: UUID, *, user_id: int, now: datetime) -> RequestView:
    """A joint request as far as its lines go. Raises NotYours."""
    request = require_seen(request_id, user_id=user_id)
    cases = joint_requests.cases_of(request_id)
    acts = speaks_for_account(entitled.seen_case(cases[-1], user_id=user_id))
    files = casefiles.load(cases, lock=False)
    rows = [
        RequestRow(
            file=file,
            may_withdraw=acts and decide(file.standing, Act.WITHDRAW, now=now).allowed,
            owed=bool((file.final or file.shown).owed),
            held_up=file.state in _HELD_UP,
        )
        for file in sorted(files, key=lambda file: file.line_id)
    ]
    return RequestView(request, request.account, tuple(rows), request.account.erase_at)
