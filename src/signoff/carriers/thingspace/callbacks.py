"""ThingSpace's messages: one per device, with a password in the body, and no signature.

An altered message cannot be told from a true one, so nothing of it is believed but which line to
read.
"""

import hmac
import json
from collections.abc import Mapping, Sequence

from signoff.carriers.thingspace.client import code_of
from signoff.ports.carrier import CallbackHint, CallbackRefused, CarrierMisread, OutcomeKind

_BODY_MAX = 256 * 1024


def parse(body: bytes, *, user: str, password: str) -> Sequence[CallbackHint]:
    """The line a message is about, once its user and password are ours.

    Raises CallbackRefused, CarrierMisread.
    """
    if len(body) > _BODY_MAX or not password:
        raise CallbackRefused
    try:
        content = json.loads(body)
    except ValueError:
        raise CallbackRefused from None
    if not isinstance(content, Mapping):
        raise CallbackRefused
    offered = f"{content.get('username')}\0{content.get('password')}"
    if not hmac.compare_digest(offered.encode(), f"{user}\0{password}".encode()):
        raise CallbackRefused
    try:
        return [_hint(content)]
    except (KeyError, TypeError, ValueError, AttributeError, StopIteration) as error:
        raise CarrierMisread from error


def _hint(content: Mapping[str, object]) -> CallbackHint:
    devices = content["deviceIds"]
    if not isinstance(devices, list):
        raise TypeError
    iccid = next(str(each["id"]) for each in devices if str(each["kind"]).lower() == "iccid")
    request, status = str(content["requestId"]), str(content.get("status") or "")
    failed = status.lower().startswith("fail")
    return CallbackHint(
        # Attempts of one message differ in their counter only.
        event_id=f"{request}:{iccid}:{status}",
        iccid=iccid,
        reference=request,
        kind=OutcomeKind.REFUSED if failed else None,
        code=code_of(content.get("faultResponse")),
    )
