"""The sandbox's calls: carriers, a payment provider, and the admin's side."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

from signoff.testing.sandbox.accepted import AcceptedRequests
from signoff.testing.sandbox.behaviour import (
    AFTER_EXECUTION,
    PAY,
    BadRequest,
    Behaviour,
    Fault,
    FaultKind,
)
from signoff.testing.sandbox.gate import Gate, Stopped
from signoff.testing.sandbox.lines import OPS, Lines, Order
from signoff.testing.sandbox.pay import Movement, Pay
from signoff.testing.sandbox.store import Store
from signoff.testing.sandbox.stripe import StripeDesk
from signoff.testing.sandbox.web import Answer, Call, Silence

_LEDGER = "SELECT * FROM ledger WHERE id > ? {filters} ORDER BY id LIMIT ?"
_COUNTS = "SELECT account, state, count(*) AS lines FROM line GROUP BY account, state"
_BOOKED = "SELECT account, op, count(*) AS executions FROM ledger GROUP BY account, op"
_WAITING = (
    "SELECT account, count(*) AS requests FROM request WHERE results IS NULL GROUP BY account"
)
_CALLBACKS = "SELECT state, count(*) AS callbacks FROM callback GROUP BY state"


class Application:
    """Routes a call to the desk that answers it."""

    def __init__(self, *, store: Store, secret: str) -> None:
        """Build the desks upon one memory."""
        self._store = store
        self._gate = Gate(store=store, secret=secret)
        self._lines = Lines(store)
        self._pay = Pay(store)
        self._stripe = StripeDesk(store=store, pay=self._pay)
        self.accepted = AcceptedRequests(store=store, lines=self._lines, secret=secret)
        self._admin: dict[tuple[str, ...], Callable[[Call], Answer]] = {
            ("GET", "health"): lambda _: Answer(200, {"status": "ok"}),
            ("POST", "provision"): self._provision,
            ("POST", "admin", "behaviour"): self._change_behaviour,
            ("GET", "admin", "behaviour"): self._show_behaviour,
            ("POST", "admin", "line"): self._change_line,
            ("POST", "admin", "payments"): self._seed_payments,
            ("POST", "admin", "reset"): self._reset,
            ("GET", "admin", "ledger"): self._ledger,
            ("GET", "admin", "pay-ledger"): self._pay_ledger,
            ("GET", "admin", "counts"): self._counts,
        }

    def __call__(self, call: Call) -> Answer:
        """Answer one call."""
        handler = self._admin.get((call.method, *call.path))
        if handler is not None:
            return handler(call)
        match (call.method, *call.path):
            case (method, "carriers", account, *rest) if account in self._carriers():
                return self._carrier(call, account=account, what=(method, *rest))
            case ("POST", "pay", "charges" | "refunds" as what):
                return self._move(call, endpoint=what)
            case ("GET", "pay", "operations", key):
                return self._read_payment(call, key=key)
            case (method, "stripe", "v1", "payment_intents" | "refunds" as what):
                return self._stripe_call(call, endpoint=what, reads=method == "GET")
        raise Stopped(404, "NO_SUCH_CALL")

    def _carriers(self) -> set[str]:
        return self._store.behaviours.keys() - {PAY}

    # -------------------------------------------------------------- carriers

    def _carrier(self, call: Call, *, account: str, what: tuple[str, ...]) -> Answer:
        if what == ("POST", "session"):
            secret = call.json().get("secret")
            return self._guarded(
                lambda _: self._log_in(account, secret), account=account, endpoint="session"
            )
        self._gate.check_session(account=account, token=call.bearer())
        match what:
            case ("POST", "operations"):
                return self._operate(call, account=account)
            case ("POST", "lines", "query"):
                return self._query(call, account=account)
            case ("GET", "requests", request_id):
                return self._guarded(
                    lambda _: self._status(account=account, request_id=request_id),
                    account=account,
                    endpoint="requests",
                )
            case ("PUT", "callback"):
                return self._register(account, url=str(call.json()["url"]))
        raise Stopped(404, "NO_SUCH_CALL")

    def _log_in(self, account: str, secret: object) -> Answer:
        token = self._gate.log_in(account=account, offered=secret)
        ttl_s = self._store.behaviours[account].settings.session_ttl_s
        return Answer(200, {"token": token, "expires_in": ttl_s})

    def _operate(self, call: Call, *, account: str) -> Answer:
        content = call.json()
        op = content.get("op")
        if op not in OPS:
            raise Stopped(400, "NO_SUCH_OPERATION")
        # A request without a list hits the whole account, as at real carriers.
        iccids = content["lines"] if "lines" in content else self._lines.all_of(account)
        self._check_list(account, iccids=iccids, limited="lines" in content)

        some = frozenset(iccids)

        def execute(behaviour: Behaviour) -> Answer:
            refused = self._gate.refusals(account=account, endpoint="operations", iccids=some)
            if behaviour.settings.mode == "async":
                request_id = self.accepted.accept(
                    account=account, op=op, iccids=iccids, refusals=refused
                )
                return Answer(202, {"request_id": request_id})
            order = Order(account=account, op=op, iccids=iccids, refusals=refused)
            now = time.time()
            results = self._lines.execute(order, settings=behaviour.settings, now=now)
            return Answer(200, {"results": results})

        return self._guarded(execute, account=account, endpoint="operations", iccids=some)

    def _query(self, call: Call, *, account: str) -> Answer:
        iccids = call.json()["lines"]
        self._check_list(account, iccids=iccids, limited=True)

        some = frozenset(iccids)

        def query(behaviour: Behaviour) -> Answer:
            refused = self._gate.refusals(account=account, endpoint="query", iccids=some)
            found = self._lines.query(
                account=account, iccids=iccids, settings=behaviour.settings, now=time.time()
            )
            answers = [
                {"iccid": one["iccid"], "code": refused[one["iccid"]]}
                if one["iccid"] in refused
                else one
                for one in found
            ]
            as_of = datetime.now(UTC).isoformat(timespec="milliseconds")
            return Answer(200, {"as_of": as_of, "lines": answers})

        return self._guarded(query, account=account, endpoint="query", iccids=some)

    def _status(self, *, account: str, request_id: str) -> Answer:
        status = self.accepted.status(account=account, request_id=request_id)
        return Answer(200, status) if status else Answer(404, {"code": "REQUEST_NOT_FOUND"})

    def _register(self, account: str, *, url: str) -> Answer:
        behaviour = self._store.behaviours[account]
        behaviour.settings = behaviour.settings.changed({"callback_url": url})
        self._store.save_behaviour(behaviour)
        return Answer(200, {"url": url})

    def _check_list(self, account: str, *, iccids: object, limited: bool) -> None:
        if not isinstance(iccids, list) or not all(isinstance(one, str) for one in iccids):
            raise Stopped(400, "LINES")
        if not iccids:
            raise Stopped(400, "NO_LINES")
        if limited and len(iccids) > self._store.behaviours[account].settings.batch_max:
            raise Stopped(400, "BATCH_TOO_LARGE")

    # -------------------------------------------------------------- payments

    def _move(self, call: Call, *, endpoint: str) -> Answer:
        self._gate.check_secret(call.bearer())
        key = call.headers.get("idempotency-key", "")
        kind = endpoint.removesuffix("s")
        movement = Movement.from_json(call.json(), kind=kind, key=key)
        return self._guarded(
            lambda _: Answer(*self._pay.move(movement, now=time.time())),
            account=PAY,
            endpoint=endpoint,
        )

    def _read_payment(self, call: Call, *, key: str) -> Answer:
        self._gate.check_secret(call.bearer())
        return self._guarded(
            lambda _: Answer(*self._pay.find(key, now=time.time())), account=PAY, endpoint="reads"
        )

    def _stripe_call(self, call: Call, *, endpoint: str, reads: bool) -> Answer:
        self._gate.check_secret(call.bearer())
        kind = "refund" if endpoint == "refunds" else "charge"
        answer = self._stripe.listed if reads else self._stripe.create
        return self._guarded(
            lambda _: answer(call, kind=kind),
            account=PAY,
            endpoint="reads" if reads else f"{kind}s",
        )

    # -------------------------------------------------------------- all calls

    def _guarded(
        self,
        execute: Callable[[Behaviour], Answer],
        *,
        account: str,
        endpoint: str,
        iccids: frozenset[str] = frozenset(),
    ) -> Answer:
        """Execute unless rate or fault forbid it, and misbehave as planned afterwards."""
        behaviour = self._store.behaviours[account]
        try:
            with self._gate.passage(account):
                fault = self._gate.fault(account=account, endpoint=endpoint, iccids=iccids)
                if fault is None:
                    return execute(behaviour)
                answer = execute(behaviour) if fault.kind in AFTER_EXECUTION else None
        except Stopped as stopped:
            answer = Answer(stopped.status, {"code": stopped.code})
            if stopped.status == 429:
                answer.headers["Retry-After"] = str(behaviour.settings.retry_after_s)
            return answer
        return _misbehave(fault, hang_s=behaviour.settings.hang_ms / 1000, answer=answer)

    # -------------------------------------------------------------- admin

    def _provision(self, call: Call) -> Answer:
        content = call.json()
        account, lines = content["account"], content["lines"]
        if account not in self._carriers():
            raise BadRequest(f"no such account: {account}")
        created = self._lines.provision(account=account, lines=lines, now=time.time())
        return Answer(200, {"created": created, "existing": len(lines) - created})

    def _behaviour(self, account: object) -> Behaviour:
        if account not in self._store.behaviours:
            raise BadRequest(f"no such account: {account}")
        return self._store.behaviours[str(account)]

    def _change_behaviour(self, call: Call) -> Answer:
        content = call.json()
        behaviour = self._behaviour(content.get("account"))
        behaviour.change(content)
        self._store.save_behaviour(behaviour)
        return Answer(200, behaviour.as_json())

    def _show_behaviour(self, call: Call) -> Answer:
        return Answer(200, self._behaviour(call.query.get("account")).as_json())

    def _change_line(self, call: Call) -> Answer:
        self._lines.set_by_hand(wishes=call.json(), now=time.time())
        return Answer(200, {})

    def _seed_payments(self, call: Call) -> Answer:
        payments = call.json()["payments"]
        created = self._pay.seed(payments, now=time.time())
        return Answer(200, {"created": created, "existing": len(payments) - created})

    def _reset(self, call: Call) -> Answer:
        call.json()
        self._store.forget()
        return Answer(200, {})

    def _ledger(self, call: Call) -> Answer:
        columns = [name for name in ("account", "iccid", "op") if name in call.query]
        filters = "".join(f" AND {name} = ?" for name in columns)
        after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1000))
        values = (after, *(call.query[name] for name in columns), limit)
        rows = self._store.rows(_LEDGER.format(filters=filters), values)
        return Answer(200, {"ledger": rows})

    def _pay_ledger(self, call: Call) -> Answer:
        after, limit = int(call.query.get("after", 0)), int(call.query.get("limit", 1000))
        sql = "SELECT * FROM pay_ledger WHERE id > ? ORDER BY id LIMIT ?"
        return Answer(200, {"ledger": self._store.rows(sql, (after, limit))})

    def _counts(self, call: Call) -> Answer:
        parts = {
            "requests": _WAITING,
            "lines": _COUNTS,
            "executions": _BOOKED,
            "callbacks": _CALLBACKS,
        }
        return Answer(200, {name: self._store.rows(sql) for name, sql in parts.items()})


def _misbehave(fault: Fault, *, hang_s: float, answer: Answer | None) -> Answer:
    if fault.kind is FaultKind.GARBAGE and answer is not None:
        return Answer(answer.status, None, raw=b"<html>Gateway</html>")
    if fault.kind is FaultKind.DOWN_AFTER:
        return Answer(503, {"code": "DOWN"})
    hangs = fault.kind in (FaultKind.HANG, FaultKind.HANG_AFTER)
    raise Silence(wait_s=hang_s if hangs else 0.0, reset=not hangs)
