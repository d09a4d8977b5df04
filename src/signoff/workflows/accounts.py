"""What surfaces may do with several lines at once, and what a user asks of a holder (E8, A7).

Each call is one transaction, as in workflows.act. LookupError (NotYours) means that for this person
there is no such thing.
"""

from collections.abc import Sequence
from uuid import UUID

from signoff.domain.case import Verdict
from signoff.usecases import (
    account_papers,
    asks,
    entitled,
    joint_requests,
    look_account,
    take_back,
)
from signoff.usecases import whole_account as whole
from signoff.usecases.entitled import NotYours as NotYours
from signoff.usecases.joint_wishes import Wishes
from signoff.usecases.whole_account import Together
from signoff.workflows.ids import new_number
from signoff.workflows.work import changing


def declare(wishes: Wishes, *, user_id: int, key: str, shown: str | None) -> Together:
    """Declare all these lines or none; the same key again finds the first request (F5).

    Raises NotYours, NothingPicked, KeyReused, AlreadyEnding, UnableToDeclareTogether and
    StatementMoved.
    """
    with changing() as changes:
        return whole.declare_together(
            wishes,
            user_id=user_id,
            key=key,
            number=new_number(),
            numbers=[new_number() for _ in wishes.lines],
            shown=shown,
            changes=changes,
        )


def withdraw(request_id: UUID, *, user_id: int, only: Sequence[UUID] = ()) -> dict[UUID, Verdict]:
    """Take back all lines of a joint request, or `only` some; what became of each case.

    What cannot be taken back any more stays as it is. Raises NotYours.
    """
    with changing() as changes:
        request = joint_requests.acting_request(request_id, user_id=user_id)
        return take_back.withdraw_together(request, only=only, changes=changes)


def receipt_pdf(request_id: UUID, *, user_id: int, language: str) -> bytes:
    """The receipt of a joint request. Raises NotYours."""
    look_account.require_seen(request_id, user_id=user_id)
    return account_papers.receipt(request_id, language=language)


def ask(line_id: int, wish: asks.Wish, *, user_id: int) -> UUID:
    """Ask the holder to end a line one uses. Raises NotYours, AlreadyAsked."""
    with changing() as changes:
        line = entitled.seen_line(line_id, user_id=user_id, lock=True)
        return asks.ask(line, wish, user_id=user_id, changes=changes)


def decline(ask_id: UUID, *, user_id: int) -> None:
    """Decline what a user asked for. Raises NotYours, AlreadyAsked."""
    with changing() as changes:
        asks.decline(ask_id, user_id=user_id, changes=changes)


def take_back_ask(ask_id: UUID, *, user_id: int) -> None:
    """Ask no more. Raises NotYours, AlreadyAsked."""
    with changing() as changes:
        asks.take_back(ask_id, user_id=user_id, changes=changes)
