"""How often the open addresses answer one caller (Q3)."""

from django.http import HttpRequest

from signoff.api.problems import TOO_MANY, Problem
from signoff.usecases import public_limits


def limited(request: HttpRequest) -> None:
    """Count this request. Raises Problem where its sender has to wait."""
    if public_limits.too_often(request):
        raise Problem(TOO_MANY)
