"""Who may see and do what (A7): the one place that asks for a person's right on a line or case."""

from collections.abc import Sequence
from uuid import UUID

from signoff.domain.account import Right
from signoff.domain.rights import speaks_for_account
from signoff.records import entitlements, linefiles, models
from signoff.records.linefiles import LineFile
from signoff.usecases.rules import policy_of


class NotYours(LookupError):
    """There is no such thing for this person."""


def with_rights(lines: Sequence[LineFile], *, user_id: int) -> list[LineFile]:
    """Those of the lines a person has a right on, each with it."""
    rights = entitlements.rights(user_id, [line.id for line in lines])
    mine = [line for line in lines if line.id in rights]
    for line in mine:
        line.right = rights[line.id]
    return mine


def seen_line(line_id: int, *, user_id: int, lock: bool = False) -> LineFile:
    """A line a person has any right on. Raises NotYours."""
    lines = linefiles.load([line_id], policy_of=policy_of, lock=lock)
    for line in with_rights(lines, user_id=user_id):
        return line
    raise NotYours


def acting_line(line_id: int, *, user_id: int, lock: bool = False) -> LineFile:
    """A line of an account a person speaks for, with all that belongs to it. Raises NotYours."""
    line = seen_line(line_id, user_id=user_id, lock=lock)
    if not speaks_for_account(line.right):
        raise NotYours
    return line


def seen_case(case_id: UUID, *, user_id: int) -> Right:
    """The right by which a person sees a case; who declared it always sees it. Raises NotYours."""
    right = entitlements.right_on_case(user_id, case_id)
    if right is None and _declared(case_id, user_id=user_id):
        right = Right.USER
    if right is None:
        raise NotYours
    return right


def acting_case(case_id: UUID, *, user_id: int) -> Right:
    """The right by which a person acts in a case: for the account, or in what they declared.

    Raises NotYours.
    """
    right = entitlements.right_on_case(user_id, case_id)
    if right is None or not (speaks_for_account(right) or _declared(case_id, user_id=user_id)):
        raise NotYours
    return right


def _declared(case_id: UUID, *, user_id: int) -> bool:
    return models.Case.objects.filter(id=case_id, declared_by_id=user_id).exists()
