"""Callbacks of carriers and payment providers: checked, taken in as hints, answered at once."""

import logging

from django.http import HttpRequest, HttpResponse
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_POST

from signoff.api import bodies, problems
from signoff.api.problems import CALLBACK_MISREAD, CALLBACK_REFUSED, NOT_FOUND, Problem
from signoff.ports import registry
from signoff.ports.carrier import CallbackRefused, CarrierMisread, CarrierUnsupported
from signoff.ports.payments import PaymentCallbackRefused, PaymentMisread, TellingProvider
from signoff.workflows import callbacks

MOST = 256 * 1024
log = logging.getLogger(__name__)


@csrf_exempt
@require_POST
def carrier(request: HttpRequest, name: str) -> HttpResponse:
    """204 once the message is kept; the carrier may forget it then, and repeat it without harm."""
    try:
        _take_in(request, name)
    except Problem as problem:
        return problems.told(problem)
    return HttpResponse(status=204)


@csrf_exempt
@require_POST
def payments(request: HttpRequest, name: str) -> HttpResponse:
    """204 once the message is kept, as for carriers."""
    try:
        _take_in_payments(request, name)
    except Problem as problem:
        return problems.told(problem)
    return HttpResponse(status=204)


def _take_in_payments(request: HttpRequest, name: str) -> None:
    if name not in registry.payments:
        raise Problem(NOT_FOUND)
    provider = registry.payments[name]
    if not isinstance(provider, TellingProvider):
        raise Problem(NOT_FOUND)
    body = bodies.raw(request, most=MOST)
    try:
        hints = provider.parse_callback(request.headers, body)
    except PaymentCallbackRefused:
        log.warning("callback refused", extra={"provider": name})
        raise Problem(CALLBACK_REFUSED) from None
    except PaymentMisread:
        log.warning("callback misread", extra={"provider": name})
        raise Problem(CALLBACK_MISREAD) from None
    fresh = callbacks.take_in_payments(name, hints)
    extra = {"provider": name, "fresh": fresh, "repeated": len(hints) - fresh}
    log.info("callback taken in", extra=extra)


def _take_in(request: HttpRequest, name: str) -> None:
    if name not in registry.carriers:
        raise Problem(NOT_FOUND)
    body = bodies.raw(request, most=MOST)
    try:
        hints = registry.carriers[name].parse_callback(request.headers, body)
    except CallbackRefused:
        log.warning("callback refused", extra={"carrier": name})
        raise Problem(CALLBACK_REFUSED) from None
    except CarrierMisread:
        log.warning("callback misread", extra={"carrier": name})
        raise Problem(CALLBACK_MISREAD) from None
    except CarrierUnsupported:
        raise Problem(NOT_FOUND) from None
    fresh = callbacks.take_in(name, hints)
    log.info(
        "callback taken in",
        extra={"carrier": name, "fresh": fresh, "repeated": len(hints) - fresh},
    )
