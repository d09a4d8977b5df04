"""Stripe at ports.payments: charges of stored cards, and refunds to where the money came from.

Facts from Stripe's API reference (docs.stripe.com/api): a POST with an `Idempotency-Key` is carried
out once, and answered alike for at least 24 hours, errors 500 included; the same key with other
values is an error; a refund may succeed and fail days later, when the bank sends it back. Past
those hours a key protects nothing, so an order whose end is unknown is looked for first: among the
refunds of its payment, or the payments of its customer, by our own key in its metadata. Lists show
what was written at once; Stripe's search does not, and is not used.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import httpx

from signoff.integrations.payments import stripe_answers as answers
from signoff.integrations.payments import stripe_events
from signoff.ports.payments import (
    Charge,
    PaymentHint,
    PaymentKind,
    PaymentLockedOut,
    PaymentOutcome,
    Refund,
)

VERSION = "2024-06-20"
"""The version of Stripe's API whose shapes are read here; sent along with every call."""

KEY = "signoff_key"
"""Where our key stands in the metadata of what we order."""

_PAGE = 100
_MOST_PAGES = 20

Order = Charge | Refund
Form = Mapping[str, str | int]


class StripePayments:
    """One Stripe account. `now` is the clock, used for the age of Stripe's messages only."""

    def __init__(
        self,
        *,
        api_key: str,
        now: Callable[[], datetime],
        webhook_secret: str = "",
        base_url: str = "https://api.stripe.com",
        name: str = "cards",
        timeout_s: float = 30.0,
    ) -> None:
        """Connect to nothing yet."""
        self._name, self._now, self._webhook_secret = name, now, webhook_secret
        self._http = httpx.Client(
            base_url=f"{base_url.rstrip('/')}/v1/",
            timeout=timeout_s,
            trust_env=False,
            headers={"Authorization": f"Bearer {api_key}", "Stripe-Version": VERSION},
        )

    @property
    def name(self) -> str:
        """The key in the registry."""
        return self._name

    def close(self) -> None:
        """Close the connections."""
        self._http.close()

    def charge(self, charges: Sequence[Charge]) -> Sequence[PaymentOutcome]:
        """Take money from stored cards, whose token is `CUSTOMER/PAYMENT METHOD`."""
        return self._move("payment_intents", [(one, _charge_form(one)) for one in charges])

    def refund(self, refunds: Sequence[Refund]) -> Sequence[PaymentOutcome]:
        """Give money back for payments (`pi_...`) or charges (`ch_...`)."""
        return self._move("refunds", [(one, _refund_form(one)) for one in refunds])

    def read(self, orders: Sequence[Order]) -> Sequence[PaymentOutcome | None]:
        """Look for orders by our key, page by page."""
        return [self._read(order) for order in orders]

    def parse_callback(self, headers: Mapping[str, str], body: bytes) -> Sequence[PaymentHint]:
        """Check Stripe's signature, and name our own orders in the message."""
        return stripe_events.parse(
            headers, body, secret=self._webhook_secret, now=self._now(), metadata_key=KEY
        )

    def _move(
        self, path: str, calls: Sequence[tuple[Order, Form | None]]
    ) -> Sequence[PaymentOutcome]:
        outcomes: list[PaymentOutcome] = []
        broken_off = False
        for order, form in calls:
            if form is None:
                outcomes.append(answers.refused(order.key, code="NOT_A_STRIPE_REFERENCE"))
                continue
            if broken_off:
                outcomes.append(answers.later(order.key, code="NOT_SENT"))
                continue
            try:
                outcome = self._ask(order.key, partial(self._post, path, key=order.key, form=form))
            except PaymentLockedOut:
                if not outcomes:
                    raise
                outcome = answers.later(order.key, code="LOCKED_OUT")
            outcomes.append(outcome)
            broken_off = outcome.kind in (PaymentKind.RETRY_AFTER, PaymentKind.UNKNOWN)
        return outcomes

    def _post(self, path: str, *, key: str, form: Form) -> PaymentOutcome:
        headers = {"Idempotency-Key": key}
        return answers.outcome(key, self._http.post(path, data=dict(form), headers=headers))

    def _read(self, order: Order) -> PaymentOutcome | None:
        query = _query(order)
        if query is None:
            return None
        found: list[PaymentOutcome] = []

        def look() -> PaymentOutcome:
            for content in self._pages(*query):
                for one in content:
                    if (one.get("metadata") or {}).get(KEY) == order.key:
                        found.append(answers.came_to(order.key, one))
                        return found[0]
            return answers.unknown(order.key, code="NOT_LISTED")

        outcome = self._ask(order.key, look)
        if not found and outcome.code == "NOT_LISTED":
            return None
        if outcome.kind is PaymentKind.RETRY_AFTER:
            # Nothing was asked, so nothing is known of the order itself.
            return answers.unknown(order.key, code=outcome.code or "NOT_ASKED")
        return outcome

    def _pages(self, path: str, query: Form) -> Iterator[list[dict[str, Any]]]:
        """Every page of a list; raises answers.Unread where one cannot be read, or there is no end.

        An unread page is not an empty one: what we look for may stand on it.
        """
        after: dict[str, str] = {}
        for _ in range(_MOST_PAGES):
            answer = self._http.get(path, params={**query, **after, "limit": _PAGE})
            content = answers.page(answer)
            yield content["data"]
            if not content["has_more"]:
                return
            after = {"starting_after": content["data"][-1]["id"]}
        raise answers.Unread("TOO_MANY_PAGES")

    def _ask(self, key: str, call: Callable[[], PaymentOutcome]) -> PaymentOutcome:
        try:
            return call()
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout):
            return answers.later(key, code="CONNECT")
        except httpx.TimeoutException:
            return answers.unknown(key, code="TIMEOUT")
        except httpx.TransportError:
            return answers.unknown(key, code="BROKEN_CONNECTION")
        except answers.Unread as unread:
            return answers.unknown(key, code=unread.code)


def _charge_form(charge: Charge) -> Form | None:
    customer, _, method = charge.method_token.partition("/")
    if not (customer and method):
        return None
    return {
        "amount": charge.amount.minor,
        "currency": charge.amount.currency.lower(),
        "customer": customer,
        "payment_method": method,
        "off_session": "true",
        "confirm": "true",
        "description": charge.description,
        f"metadata[{KEY}]": charge.key,
    }


def _refund_form(refund: Refund) -> Form | None:
    original = _original(refund)
    if original is None:
        return None
    return {**original, "amount": refund.amount.minor, f"metadata[{KEY}]": refund.key}


def _original(refund: Refund) -> dict[str, str] | None:
    names = {"pi_": "payment_intent", "ch_": "charge", "py_": "charge"}
    name = names.get(refund.original_reference[:3])
    return {name: refund.original_reference} if name else None


def _query(order: Order) -> tuple[str, Form] | None:
    """Where an order would be listed; None for one that can never have been sent."""
    if isinstance(order, Refund):
        original = _original(order)
        return ("refunds", original) if original else None
    customer, _, method = order.method_token.partition("/")
    return ("payment_intents", {"customer": customer}) if customer and method else None
