"""How often anybody may have something checked without log-in (S2, Q3).

One count for all public checks, by address of the caller, over all processes: what allauth counts
log-ins with. A code of ours cannot be guessed at any rate (59 bits); the limit spares the machine.
"""

from allauth.core.internal import ratelimit
from django.http import HttpRequest

RATES = "60/m/ip,600/h/ip"
RETRY_AFTER_S = 60

_ACTION = "public_check"


def too_often(request: HttpRequest) -> bool:
    """Count this request; whether its sender has to wait."""
    usage = ratelimit.consume(request, app="signoff", action=_ACTION, config={_ACTION: RATES})
    return usage is None
