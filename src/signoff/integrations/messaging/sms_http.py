"""Texts through an HTTP gateway, at ports.messaging and ports.texting; a profile tells its ways.

No gateway promises to know a repetition, so an answer that did not come, or a 5xx, is UNKNOWN.
"""

import base64
import hashlib
import hmac
import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import parse_qsl

import httpx

from signoff.domain.sms_text import plain
from signoff.integrations.messaging.sms_profiles import Auth, Body, Profile, Signature, filled
from signoff.ports.messaging import (
    MessageKind,
    MessageOutcome,
    MessengerLockedOut,
    OutgoingMessage,
)
from signoff.ports.texting import (
    CallbackMisread,
    CallbackRefused,
    Fate,
    IncomingText,
    Receipt,
    TextEvent,
)

_NUMBER = re.compile(r"\+[1-9]\d{6,14}")
_CODE = re.compile(r"[A-Za-z0-9_.:-]{1,40}")
"""Anything else in an error may hold a number."""
_PAUSE_S = 60
_LONGEST_PAUSE_S = 3600
_MOST_AGE_S = 300
_SETTING_WRONG = frozenset({301, 302, 303, 307, 308, 404, 405, 410})
_LOCKED_OUT = frozenset({401, 403})


@dataclass(frozen=True, slots=True, kw_only=True)
class HttpGateway:
    """Where the gateway is, and who we are to it. `{user}` in the address stands for the user."""

    url: str
    user: str = ""
    secret: str = field(default="", repr=False)
    callback_url: str = ""
    callback_secret: str = field(default="", repr=False)
    timeout_s: float = 15.0


class HttpSmsMessenger:
    """Sends texts one request each."""

    def __init__(
        self,
        *,
        gateway: HttpGateway,
        profile: Profile,
        sender: str,
        now: Callable[[], datetime],
        name: str = "sms",
    ) -> None:
        """Connect to nothing yet."""
        self._gateway = gateway
        self._profile = profile
        self._sender = sender
        self._now = now
        self._name = name
        self._url = gateway.url.replace("{user}", gateway.user)
        headers, basic = dict(profile.headers), None
        if profile.auth is Auth.BASIC:
            basic = (gateway.user, gateway.secret)
        elif profile.auth is Auth.BEARER:
            headers["Authorization"] = f"Bearer {gateway.secret}"
        else:
            headers[profile.auth_header] = gateway.secret
        self._http = httpx.Client(
            timeout=gateway.timeout_s,
            auth=basic,
            headers=headers,
            verify=self._url.startswith("https:"),
            trust_env=self._url.startswith("https:"),
        )

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def send(self, messages: Sequence[OutgoingMessage]) -> Sequence[MessageOutcome]:
        """Hand texts in, one after the other; after one that could not, the rest waits."""
        outcomes: list[MessageOutcome] = []
        for message in messages:
            if outcomes and outcomes[-1].code in ("CONNECT", "LOCKED_OUT", "NO_ANSWER"):
                outcomes.append(_later(message, code="CONNECT"))
                continue
            try:
                outcomes.append(self._send(message))
            except MessengerLockedOut:
                if not outcomes:
                    raise
                outcomes.append(_later(message, code="LOCKED_OUT"))
        return outcomes

    def _send(self, message: OutgoingMessage) -> MessageOutcome:
        if not _NUMBER.fullmatch(message.to):
            return _outcome(message, MessageKind.REFUSED, code="MALFORMED")
        values = {
            "id": str(message.id),
            "to": message.to,
            "sender": self._sender,
            "text": plain(message.body),
            "callback_url": self._gateway.callback_url,
        }
        fields = filled(self._profile.fields, values)
        try:
            if self._profile.body is Body.JSON:
                answer = self._http.post(self._url, json=fields)
            else:
                answer = self._http.post(self._url, data=_form(fields))
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return _later(message, code="CONNECT")
        except httpx.TransportError:
            return _outcome(message, MessageKind.UNKNOWN, code="NO_ANSWER")
        return self._read(message, answer)

    def _read(self, message: OutgoingMessage, answer: httpx.Response) -> MessageOutcome:
        rule, content = self._profile.answer, _json(answer)
        code = _code(_at(content, rule.code))
        status = answer.status_code
        if status in _LOCKED_OUT:
            raise MessengerLockedOut(code or f"HTTP_{status}")
        if status == 429 or (code in rule.busy and status < 500):
            return _later(message, code=code or "HTTP_429", after_s=_pause(answer))
        if status >= 500:
            return _outcome(message, MessageKind.UNKNOWN, code=f"HTTP_{status}")
        if 200 <= status < 300 and (not rule.ok or code in rule.ok):
            reference = _code(_at(content, rule.reference))
            return _outcome(message, MessageKind.DONE, reference=reference or None)
        if 200 <= status < 300 and not code:
            return _outcome(message, MessageKind.UNKNOWN, code="MISREAD")
        ours = code in rule.ours or status in _SETTING_WRONG
        kind = MessageKind.NEEDS_HUMAN if ours else MessageKind.REFUSED
        return _outcome(message, kind, code=code or f"HTTP_{status}")

    def parse_callback(
        self, headers: Mapping[str, str], body: bytes, *, url: str
    ) -> Sequence[TextEvent]:
        """An incoming text or a receipt; a status that is not final tells nothing."""
        rule, secret = self._profile.callback, self._gateway.callback_secret
        if rule is None or not secret:
            raise CallbackRefused("NOT_SET_UP")
        known = {name.lower(): value for name, value in headers.items()}
        if rule.signature is Signature.TWILIO:
            expected = twilio_signature(secret, url, body=body)
            given = known.get("x-twilio-signature", "")
        else:
            stamp = known.get(rule.time_header.lower(), "")
            _check_age(stamp, now=self._now())
            expected = hmac_signature(secret, stamp, body=body)
            given = known.get(rule.signature_header.lower(), "")
        if not hmac.compare_digest(expected.encode(), given.encode()):
            raise CallbackRefused("SIGNATURE")
        return self._events(_callback_content(body, as_json=rule.body is Body.JSON))

    def _events(self, content: object) -> list[TextEvent]:
        rule = self._profile.callback
        assert rule is not None
        status, reference = _text(content, rule.status), _text(content, rule.reference)
        if status and reference:
            if status in rule.delivered:
                return [Receipt(reference=reference, fate=Fate.DELIVERED, code=_code(status))]
            if status in rule.failed:
                return [Receipt(reference=reference, fate=Fate.FAILED, code=_code(status))]
        sender, text = _text(content, rule.sender), _at(content, rule.text)
        if not status and _NUMBER.fullmatch(sender) and isinstance(text, str):
            return [IncomingText(id=_text(content, rule.id)[:120], sender=sender, text=text)]
        if status and reference:
            return []
        raise CallbackMisread("FIELDS")


def twilio_signature(secret: str, url: str, *, body: bytes) -> str:
    """HMAC-SHA1 over the address, then each field's name with each of its distinct values."""
    fields: dict[str, set[str]] = {}
    for name, value in _pairs(body):
        fields.setdefault(name, set()).add(value)
    signed = url + "".join(
        name + value for name in sorted(fields) for value in sorted(fields[name])
    )
    mac = hmac.new(secret.encode(), signed.encode(), hashlib.sha1)
    return base64.b64encode(mac.digest()).decode()


def hmac_signature(secret: str, stamp: str, *, body: bytes) -> str:
    """`sha256=` and HMAC-SHA256 in hex over the time stamp, a full stop and the body."""
    mac = hmac.new(secret.encode(), stamp.encode() + b"." + body, hashlib.sha256)
    return f"sha256={mac.hexdigest()}"


def _check_age(stamp: str, *, now: datetime) -> None:
    fits = stamp.isascii() and stamp.isdigit() and len(stamp) < 13
    if not fits or abs(now.timestamp() - int(stamp)) > _MOST_AGE_S:
        raise CallbackRefused("TIME")


def _callback_content(body: bytes, *, as_json: bool) -> object:
    if not as_json:
        return dict(_pairs(body))
    try:
        return json.loads(body)
    except ValueError:
        raise CallbackMisread("JSON") from None


def _pairs(body: bytes) -> list[tuple[str, str]]:
    try:
        return parse_qsl(
            body.decode("utf-8", "replace"), keep_blank_values=True, max_num_fields=200
        )
    except ValueError:
        raise CallbackMisread("FORM") from None


def _form(fields: object) -> dict[str, str]:
    flat = fields if isinstance(fields, Mapping) else {}
    return {str(name): str(value) for name, value in flat.items() if value not in ("", None)}


def _json(answer: httpx.Response) -> object:
    try:
        return answer.json()
    except ValueError:
        return {}


def _at(content: object, path: str) -> object:
    """What stands at a dotted path; numbers count into lists. None where there is nothing."""
    for step in path.split(".") if path else ():
        if isinstance(content, Mapping):
            content = content.get(step)
        elif isinstance(content, list) and step.isdigit() and int(step) < len(content):
            content = content[int(step)]
        else:
            return None
    return content if path else None


def _text(content: object, path: str) -> str:
    found = _at(content, path)
    return found if isinstance(found, str) else ""


def _code(found: object) -> str:
    text = str(found) if isinstance(found, str | int) and not isinstance(found, bool) else ""
    return text if _CODE.fullmatch(text) else ""


def _pause(answer: httpx.Response) -> int:
    raw = answer.headers.get("Retry-After", "")
    asked = int(raw) if raw.isascii() and raw.isdigit() and len(raw) < 7 else _PAUSE_S
    return max(1, min(asked, _LONGEST_PAUSE_S))


def _later(message: OutgoingMessage, *, code: str, after_s: int = _PAUSE_S) -> MessageOutcome:
    return MessageOutcome(
        id=message.id, kind=MessageKind.RETRY_AFTER, code=code, retry_after_s=after_s
    )


def _outcome(
    message: OutgoingMessage,
    kind: MessageKind,
    *,
    code: str | None = None,
    reference: str | None = None,
) -> MessageOutcome:
    return MessageOutcome(id=message.id, kind=kind, code=code, reference=reference)
