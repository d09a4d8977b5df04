"""Take back lines of a joint request: each as far as it still can be, told in one mail (E8)."""

from collections.abc import Sequence
from uuid import UUID

from signoff.domain.case import Act, Verdict, decide
from signoff.domain.events import Code
from signoff.records import casefiles, models
from signoff.records.changes import Changes
from signoff.usecases.entitled import NotYours
from signoff.usecases.joint_requests import cases_of
from signoff.usecases.notify import tell_together
from signoff.usecases.release import release_lines


def withdraw_together(
    request: models.AccountRequest, *, only: Sequence[UUID], changes: Changes
) -> dict[UUID, Verdict]:
    """Withdraw these cases of a request, or all of them; one verdict each.

    A line that is being cut or has ended stays as it is. Raises NotYours where a case is of another
    request.
    """
    cases = cases_of(request.id)
    wanted = list(only) or cases
    if not set(wanted) <= set(cases):
        raise NotYours
    files = casefiles.load(wanted)
    verdicts = {file.id: decide(file.standing, Act.WITHDRAW, now=changes.now) for file in files}
    back = [file for file in files if verdicts[file.id].allowed]
    for file in back:
        changes.move(file, verdicts[file.id].to, closed_at=changes.now)
        changes.event(file, Code.WITHDRAWN, actor="subscriber", channel="web")
    release_lines(back, changes=changes)
    if back:
        tell_together(
            back,
            "withdrawn_lines",
            number=request.number,
            request_id=request.id,
            changes=changes,
        )
    return verdicts
