"""The code at the foot of every notice: whether we sent it, when and about what (S2).

The code is drawn by chance (59 bits) and kept in the notice's row: it tells nothing by itself,
needs no key that could be lost or changed, and outlives the erasure of whom the notice went to.
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from signoff.records import models


@dataclass(frozen=True, slots=True)
class KnownNotice:
    """What may be told to whoever has the code: nothing of the person but an end of the address.

    A copied code is found out by that: a message to somebody else ends otherwise. It is empty once
    the address is erased, and `brand` where nothing tells it any more.
    """

    code: str
    name: str
    brand: str
    at: datetime
    sent: bool
    ending: str


def known(codes: Collection[str]) -> Mapping[str, KnownNotice]:
    """Those of these codes that are ours, by code; in one query, or two."""
    if not codes:
        return {}
    found = list(models.Notice.objects.filter(check_code__in=list(codes)).order_by("id"))
    unsaid = [notice.case_id for notice in found if notice.case_id and not _brand(notice)]
    cases = models.Case.objects.filter(id__in=unsaid) if unsaid else models.Case.objects.none()
    brands = dict(cases.values_list("id", "brand"))
    return {
        notice.check_code: KnownNotice(
            code=notice.check_code,
            name=notice.name,
            brand=_brand(notice) or _of_case(notice, brands),
            at=notice.sent_at or notice.at,
            sent=notice.sent_at is not None,
            ending=ending(notice.recipient),
        )
        for notice in found
    }


def _brand(notice: models.Notice) -> str:
    values = notice.values
    return str(values.get("brand", "")) if isinstance(values, dict) else ""


def _of_case(notice: models.Notice, brands: Mapping[UUID, str]) -> str:
    return brands.get(notice.case_id, "") if notice.case_id else ""


def ending(recipient: str) -> str:
    """The end of an address that its owner knows again and nobody can write to.

    `…an@g….com` of a mail address, `…67` of a number; empty of nothing.
    """
    local, at, domain = recipient.rpartition("@")
    if not at:
        digits = re.sub(r"\D", "", recipient)
        return f"…{digits[-2:]}" if len(digits) > 5 else ""
    name, _, rest = domain.rpartition(".")
    tail = local[-2:] if len(local) > 3 else ""
    return f"…{tail}@{name[:1]}….{rest}" if name else ""
