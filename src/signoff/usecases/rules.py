"""The rules that hold now for a brand at a place, and the copy every case keeps of them."""

from django.conf import settings

from signoff.domain.policy import Jurisdiction, Policy
from signoff.records import models
from signoff.usecases.policies import PolicyBook, policy_book, policy_json


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
    if models.PolicyVersion.objects.filter(digest=held.digest).exists():
        # Asked anew each time: what this process remembers may have been rolled back.
        return
    models.PolicyVersion.objects.bulk_create(
        [
            models.PolicyVersion(
                digest=held.digest, brand=brand, place=place, content=policy_json(held.policy)
            )
        ],
        ignore_conflicts=True,
    )
