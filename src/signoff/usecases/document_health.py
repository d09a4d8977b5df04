"""How the scanner and the store of documents fare, for operators (A5, O3)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Min, Q

from signoff.domain.policy import DocumentTerms, IdentityRule
from signoff.ports import registry
from signoff.ports.documents import ScannerAway, Signatures
from signoff.records import models
from signoff.usecases import rules
from signoff.usecases.documents import NAME
from signoff.usecases.look import brands_of

OLD = timedelta(days=7)
"""Signatures older than this are said to be old: ClamAV's change several times a day."""

_LATELY = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Brand:
    """What a brand's policy says of documents."""

    id: str
    asks: bool
    terms: DocumentTerms


@dataclass(frozen=True, slots=True)
class Health:
    """`scanner` is `good`, `away` or `none`; counts are of the asker's brands."""

    scanner: str
    signatures: Signatures | None
    age_days: int | None
    old: bool
    waiting: int
    kept: int
    unscanned: int
    oldest: datetime | None
    shredded: int
    bytes_left: int
    brands: Sequence[Brand]


def waiting(user_id: int) -> int:
    """How many documents of somebody's brands wait for the scanner."""
    rows = models.Document.objects.filter(line__brand__in=brands_of(user_id))
    return rows.filter(checking=True, shredded_at=None).count()


def health(user_id: int, *, now: datetime) -> Health:
    """Asks the scanner, and counts."""
    names = brands_of(user_id)
    live = Q(shredded_at=None)
    rows = models.Document.objects.filter(line__brand__in=names).aggregate(
        waiting=Count("id", filter=live & Q(checking=True)),
        kept=Count("id", filter=live),
        unscanned=Count("id", filter=live & Q(checking=False, scanned_at=None)),
        oldest=Min("at", filter=live),
        shredded=Count("id", filter=Q(shredded_at__gte=now - _LATELY)),
        bytes_left=Count("id", filter=~live & Q(bytes_gone_at=None)),
    )
    scanner, signatures = _scanner()
    made_at = signatures.made_at if signatures else None
    age = max(timedelta(0), now - made_at) if made_at else None
    return Health(
        scanner=scanner,
        signatures=signatures,
        age_days=age.days if age is not None else None,
        old=age is not None and age > OLD,
        brands=[_brand(name) for name in names if name in rules.book().brands()],
        **rows,
    )


def _scanner() -> tuple[str, Signatures | None]:
    if NAME not in registry.scanners:
        return "none", None
    try:
        return "good", registry.scanners[NAME].signatures()
    except ScannerAway:
        return "away", None


def _brand(name: str) -> Brand:
    policy = rules.book().policy(name)
    return Brand(name, policy.identity is IdentityRule.DOCUMENT, policy.documents)
