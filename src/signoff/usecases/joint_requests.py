"""Joint requests as they stand in the tables: their cases, and who may act in them (E8, A7)."""

from uuid import UUID

from signoff.domain.rights import speaks_for_account
from signoff.records import models
from signoff.usecases import entitled
from signoff.usecases.entitled import NotYours


def cases_of(request_id: UUID) -> list[UUID]:
    """The cases of a joint request, the one that shows the account last."""
    found = models.Case.objects.filter(request=request_id).order_by("id")
    return list(found.values_list("id", flat=True))


def acting_request(request_id: UUID, *, user_id: int) -> models.AccountRequest:
    """A joint request a person may act in: of an account they speak for. Raises NotYours."""
    found = models.AccountRequest.objects.select_related("account").filter(id=request_id).first()
    cases = cases_of(request_id) if found else []
    if found is None or not cases:
        raise NotYours
    right = entitled.acting_case(cases[-1], user_id=user_id)
    if not speaks_for_account(right):
        raise NotYours
    return found


def has_key(key: str, *, user_id: int) -> bool:
    """Whether a request of this person was taken under this key already."""
    return models.AccountRequest.objects.filter(declared_by_id=user_id, key=key).exists()
