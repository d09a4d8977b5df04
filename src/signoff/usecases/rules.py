"""The rules that hold now for a brand at a place, and the copy every case keeps of them."""

from collections.abc import Sequence
from dataclasses import replace

from django.conf import settings

from signoff.domain import assurance
from signoff.domain.policy import Jurisdiction, Policy
from signoff.records import models
from signoff.records.linefiles import LineFile
from signoff.usecases.policies import PolicyBook, policy_book, policy_digest, policy_json


def book() -> PolicyBook:
    """The policies of this installation. Raises PolicyProblems."""
    return policy_book(settings.SIGNOFF_POLICIES)


def policy_of(brand: str, place: str) -> tuple[Policy, str]:
    """A brand's policy as it holds at a place, and its digest."""
    held = book().held(brand, place)
    return held.policy, held.digest


def place_of(place: str) -> Jurisdiction:
    """A place's profile."""
    return book().place(place)


def keep(brand: str, place: str) -> None:
    """Store the policy a case is about to be opened under, once; later edits never reach it."""
    held = book().held(brand, place)
    _keep(held.policy, held.digest, place=place)


def unproven(lines: Sequence[LineFile]) -> dict[int, LineFile]:
    """Lines under the rules for a declarer who could not prove themselves, which are kept (A4)."""
    stricter: dict[str, tuple[Policy, str]] = {}
    for line in lines:
        if line.policy_digest not in stricter:
            policy = assurance.unproven(line.policy)
            stricter[line.policy_digest] = policy, policy_digest(policy)
            _keep(*stricter[line.policy_digest], place=line.place)
    held = {line.id: stricter[line.policy_digest] for line in lines}
    return {
        line.id: replace(line, policy=held[line.id][0], policy_digest=held[line.id][1])
        for line in lines
    }


def _keep(policy: Policy, digest: str, *, place: str) -> None:
    if models.PolicyVersion.objects.filter(digest=digest).exists():
        # Asked anew each time: what this process remembers may have been rolled back.
        return
    models.PolicyVersion.objects.bulk_create(
        [
            models.PolicyVersion(
                digest=digest, brand=policy.brand, place=place, content=policy_json(policy)
            )
        ],
        ignore_conflicts=True,
    )
