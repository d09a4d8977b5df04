"""Call off endings that the operator began itself: whatever is not being cut goes on as before."""

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from signoff.domain.case import Act, decide
from signoff.domain.events import Code
from signoff.records import casefiles, sunset_dues
from signoff.records.casefiles import CaseFile
from signoff.records.changes import Changes
from signoff.usecases.release import release_lines


def call_off(case_ids: Sequence[UUID], *, channel: str, changes: Changes) -> int:
    """Take these cases back as far as the rules allow; says how many.

    The cases are locked first: an order to cut is written under the same lock, so that none can be
    on its way unseen.
    """
    files = casefiles.load(case_ids)
    cut, called_off = sunset_dues.being_cut(case_ids), list[CaseFile]()
    for file in files:
        standing = replace(file.standing, being_cut=file.id in cut)
        verdict = decide(standing, Act.CALL_OFF, now=changes.now)
        if verdict.allowed:
            changes.move(file, verdict.to, closed_at=changes.now)
            changes.event(file, Code.WITHDRAWN, actor="operator", channel=channel)
            called_off.append(file)
    release_lines(called_off, changes=changes)
    return len(called_off)
