"""The rules that hold now for a brand at a place, and the copy every case keeps of them."""

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


def unproven(line: LineFile) -> LineFile:
    """A line under the rules for a declarer who could not prove themselves, which are kept (A4)."""
    policy = assurance.unproven(line.policy)
    digest = policy_digest(policy)
    _keep(policy, digest, place=line.place)
    return replace(line, policy=policy, policy_digest=digest)


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
