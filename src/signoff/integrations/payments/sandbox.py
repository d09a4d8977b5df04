"""The sandbox payment provider at ports.payments."""

from collections.abc import Callable, Mapping, Sequence
from functools import partial
from urllib.parse import quote

import httpx

from signoff.ports.payments import (
    Charge,
    PaymentKind,
    PaymentLockedOut,
    PaymentOutcome,
    Refund,
)
from signoff.ports.redaction import redact

_PAUSE_S = 5
_KEPT = ("status", "code", "kind", "minor", "currency")

_BY_STATUS = {
    "succeeded": PaymentKind.DONE,
    "pending": PaymentKind.ACCEPTED,
    "declined": PaymentKind.REFUSED,
}

_BY_CODE = {
    "THROTTLED": PaymentKind.RETRY_AFTER,
    # The same key for another movement: our own books are wrong, and no repetition mends them.
    "KEY_REUSED": PaymentKind.NEEDS_HUMAN,
}


class SandboxPayments:
    """The merchant account of the sandbox."""

    def __init__(
        self, *, base_url: str, secret: str, name: str = "sandbox", timeout_s: float = 10.0
    ) -> None:
        """Connect to nothing yet."""
        self._name = name
        # Proxies of the environment are for the world outside.
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/pay/",
            timeout=timeout_s,
            trust_env=False,
            # Reading the machine's certificates takes longer than many calls; HTTP needs none.
            verify=base_url.startswith("https:"),
            headers={"Authorization": f"Bearer {secret}"},
        )

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def charge(self, charges: Sequence[Charge]) -> Sequence[PaymentOutcome]:
        """Take money, one request a charge."""
        calls = [
            (
                one.key,
                {
                    "minor": one.amount.minor,
                    "currency": one.amount.currency,
                    "method": one.method_token,
                    "description": one.description,
                },
            )
            for one in charges
        ]
        return self._move("charges", calls)

    def refund(self, refunds: Sequence[Refund]) -> Sequence[PaymentOutcome]:
        """Give money back, one request a refund."""
        calls = [
            (
                one.key,
                {
                    "minor": one.amount.minor,
                    "currency": one.amount.currency,
                    "original": one.original_reference,
                },
            )
            for one in refunds
        ]
        return self._move("refunds", calls)

    def read(self, orders: Sequence[Charge | Refund]) -> Sequence[PaymentOutcome | None]:
        """Read what orders came to."""
        return [self._read(order.key) for order in orders]

    def _read(self, key: str) -> PaymentOutcome | None:
        outcome = self._ask(key, lambda: self._http.get(f"operations/{quote(key, safe='')}"))
        if outcome.code == "KEY_NOT_FOUND":
            return None
        if outcome.kind is PaymentKind.RETRY_AFTER:
            # Nothing was asked, so nothing is known of the order itself.
            return PaymentOutcome(key=key, kind=PaymentKind.UNKNOWN, code=outcome.code)
        return outcome

    def _move(
        self, path: str, calls: Sequence[tuple[str, Mapping[str, object]]]
    ) -> Sequence[PaymentOutcome]:
        outcomes: list[PaymentOutcome] = []
        broken_off = False
        for key, content in calls:
            if broken_off:
                outcomes.append(_later(key, code="NOT_SENT"))
                continue
            try:
                outcome = self._ask(key, partial(self._post, path, key=key, content=content))
            except PaymentLockedOut:
                if not outcomes:
                    raise
                outcome = _later(key, code="LOCKED_OUT")
            outcomes.append(outcome)
            broken_off = outcome.kind in (PaymentKind.RETRY_AFTER, PaymentKind.UNKNOWN)
        return outcomes

    def _post(self, path: str, *, key: str, content: Mapping[str, object]) -> httpx.Response:
        return self._http.post(path, json=content, headers={"Idempotency-Key": key})

    def _ask(self, key: str, call: Callable[[], httpx.Response]) -> PaymentOutcome:
        try:
            answer = call()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return _later(key, code="CONNECT")
        except httpx.TimeoutException:
            return PaymentOutcome(key=key, kind=PaymentKind.UNKNOWN, code="TIMEOUT")
        except httpx.TransportError:
            return PaymentOutcome(key=key, kind=PaymentKind.UNKNOWN, code="BROKEN_CONNECTION")
        return _outcome(key, answer)


def _later(key: str, *, code: str) -> PaymentOutcome:
    return PaymentOutcome(key=key, kind=PaymentKind.RETRY_AFTER, code=code, retry_after_s=_PAUSE_S)


def _outcome(key: str, answer: httpx.Response) -> PaymentOutcome:
    content = _content(answer)
    code = content.get("code")
    code = code if isinstance(code, str) else None
    if answer.status_code == 401:
        raise PaymentLockedOut(code)
    if not content or answer.status_code >= 500:
        code = code or f"HTTP_{answer.status_code}"
        return PaymentOutcome(key=key, kind=PaymentKind.UNKNOWN, code=code)
    status = content.get("status")
    fallback = _BY_CODE.get(code or "", PaymentKind.NEEDS_HUMAN)
    kind = _BY_STATUS.get(status, fallback) if isinstance(status, str) else fallback
    reference = content.get("reference")
    return PaymentOutcome(
        key=key,
        kind=kind,
        reference=reference if isinstance(reference, str) else None,
        code=code,
        retry_after_s=_PAUSE_S if kind is PaymentKind.RETRY_AFTER else None,
        detail=redact(content, keep=_KEPT),
    )


def _content(answer: httpx.Response) -> Mapping[str, object]:
    try:
        content = answer.json()
    except ValueError:
        return {}
    return content if isinstance(content, dict) else {}
