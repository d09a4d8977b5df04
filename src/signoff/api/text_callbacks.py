"""Callbacks of gateways for texts: checked, kept, answered at once."""

import logging

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from signoff.api import bodies, problems
from signoff.api.problems import (
    CALLBACK_MISREAD,
    CALLBACK_REFUSED,
    CALLBACK_TOO_SOON,
    NOT_FOUND,
    Problem,
)
from signoff.ports.texting import CallbackMisread, CallbackRefused, CalledBack
from signoff.usecases import text_messages
from signoff.workflows import texting

MOST = 64 * 1024
log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def texts(request: HttpRequest) -> HttpResponse:
    """204 once texts and receipts are kept.

    503 where a receipt came before its message was written down: the gateway sends it again.
    """
    try:
        _take_in(request)
    except Problem as problem:
        return problems.told(problem)
    except texting.NotYet:
        return problems.answer(CALLBACK_TOO_SOON)
    return HttpResponse(status=204)


def _take_in(request: HttpRequest) -> None:
    messenger: object = text_messages.messenger()
    if not isinstance(messenger, CalledBack):
        raise Problem(NOT_FOUND)
    body = bodies.raw(request, most=MOST)
    # The address the gateway knows us by, whatever a proxy in between calls it.
    url = f"{settings.SIGNOFF_BASE_URL}{request.get_full_path()}"
    try:
        events = messenger.parse_callback(request.headers, body, url=url)
    except CallbackRefused as error:
        log.warning("callback about texts refused", extra={"code": error.code})
        raise Problem(CALLBACK_REFUSED) from None
    except CallbackMisread as error:
        log.warning("callback about texts misread", extra={"code": error.code})
        raise Problem(CALLBACK_MISREAD) from None
    texting.take_in(events)
