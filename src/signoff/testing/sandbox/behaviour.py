"""How a sandbox account behaves: lasting settings, and faults that strike a number of times."""

from dataclasses import asdict, dataclass, fields, replace
from enum import StrEnum
from typing import Any


class BadRequest(Exception):
    """The sandbox was asked for something it does not have."""


class FaultKind(StrEnum):
    """What may go wrong with one request."""

    DOWN = "down"
    """503, nothing executed."""
    DOWN_AFTER = "down_after"
    """Executed, then 503."""
    RESET = "reset"
    """The connection is reset, nothing executed."""
    RESET_AFTER = "reset_after"
    """Executed, then the connection is reset."""
    HANG = "hang"
    """Nothing executed, and no answer for `hang_ms`."""
    HANG_AFTER = "hang_after"
    """Executed, then no answer for `hang_ms`."""
    GARBAGE = "garbage"
    """Executed, then answered with something that is no JSON."""
    THROTTLE = "throttle"
    EXPIRE_SESSION = "expire_session"
    REFUSE = "refuse"
    """The line (or, without one, every line of the request) is answered with `code`."""


AFTER_EXECUTION = frozenset(
    {FaultKind.DOWN_AFTER, FaultKind.RESET_AFTER, FaultKind.HANG_AFTER, FaultKind.GARBAGE}
)
ENDPOINTS = frozenset({"session", "operations", "query", "requests", "charges", "refunds", "reads"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What stays until it is changed. Zero means "no limit" for every limit."""

    mode: str = "sync"
    batch_max: int = 1
    latency_ms: int = 0
    execute_after_ms: int = 300
    rate_rps: int = 0
    concurrency: int = 0
    throttle_status: int = 429
    retry_after_s: int = 1
    session_ttl_s: int = 1200
    restore_days: int = 30
    new_number_on_restore: bool = False
    detach_after_ms: int = 0
    hang_ms: int = 30_000
    callbacks: bool = False
    callback_url: str = ""
    callback_delay_ms: int = 0
    callback_copies: int = 1
    callback_lose: int = 0
    callback_reorder: bool = False
    callback_forged: bool = False
    settle_after_ms: int = 500
    unknown_originals: str = "refuse"

    def changed(self, wishes: dict[str, Any]) -> "Settings":
        """Return these settings with some changed; refuse an unknown name or a wrong type."""
        kinds = {one.name: type(getattr(self, one.name)) for one in fields(self)}
        for name, value in wishes.items():
            if name not in kinds:
                raise BadRequest(f"no such setting: {name}")
            if type(value) is not kinds[name]:
                raise BadRequest(f"{name} must be of type {kinds[name].__name__}")
        return replace(self, **wishes)

    def as_json(self) -> dict[str, Any]:
        """Return the settings as they are written to the state file and to answers."""
        return asdict(self)


@dataclass(slots=True, kw_only=True)
class Fault:
    """One planned fault. `times` counts down; None stays until the account is reset."""

    kind: FaultKind
    iccid: str | None = None
    endpoint: str | None = None
    code: str | None = None
    times: int | None = None

    @classmethod
    def from_json(cls, raw: dict[str, Any]) -> "Fault":
        """Read a fault from an admin request or from the state file."""
        try:
            fault = cls(**{**raw, "kind": FaultKind(raw["kind"])})
        except (KeyError, TypeError, ValueError) as error:
            raise BadRequest(f"not a fault: {error}") from None
        if fault.endpoint is not None and fault.endpoint not in ENDPOINTS:
            raise BadRequest(f"no such endpoint: {fault.endpoint}")
        if fault.kind is FaultKind.REFUSE and not fault.code:
            raise BadRequest("refuse needs a code")
        return fault

    def strikes(self, *, endpoint: str, iccids: frozenset[str]) -> bool:
        """Tell whether this fault is meant for such a request."""
        if self.endpoint not in (None, endpoint):
            return False
        return self.iccid is None or self.iccid in iccids


PAY = "pay"

DEFAULTS = {
    "tmobile": Settings(),
    "att": Settings(rate_rps=20, concurrency=1, throttle_status=400),
    "verizon": Settings(
        mode="async", batch_max=100, callbacks=True, restore_days=50, new_number_on_restore=True
    ),
    "wholesale": Settings(batch_max=1000),
    PAY: Settings(),
}


class Behaviour:
    """The settings and faults of one account."""

    def __init__(self, account: str) -> None:
        """Start with the account's defaults and no faults."""
        self.account = account
        self.settings = DEFAULTS[account]
        self.faults: list[Fault] = []

    def restore(self, raw: dict[str, Any]) -> None:
        """Take over what the state file holds."""
        self.settings = DEFAULTS[self.account].changed(raw["settings"])
        self.faults = [Fault.from_json(one) for one in raw["faults"]]

    def as_json(self) -> dict[str, Any]:
        """Return everything the state file must hold."""
        return {
            "account": self.account,
            "settings": self.settings.as_json(),
            "faults": [asdict(one) for one in self.faults],
        }

    def change(self, wishes: dict[str, Any]) -> None:
        """Apply an admin request: `reset`, `set` and `faults`, in this order."""
        unknown = wishes.keys() - {"account", "reset", "set", "faults"}
        if unknown:
            raise BadRequest(f"unknown: {', '.join(sorted(unknown))}")
        base = DEFAULTS[self.account] if wishes.get("reset") else self.settings
        faults = [Fault.from_json(one) for one in wishes.get("faults", [])]
        settings = base.changed(wishes.get("set", {}))
        self.faults = faults if wishes.get("reset") else [*self.faults, *faults]
        self.settings = settings

    def take(self, *, endpoint: str, iccids: frozenset[str]) -> Fault | None:
        """Return the fault that strikes this request, if one does, and count it down."""
        for fault in self.faults:
            if fault.kind is not FaultKind.REFUSE and fault.strikes(
                endpoint=endpoint, iccids=iccids
            ):
                self._count_down(fault)
                return fault
        return None

    def refusals(self, *, endpoint: str, iccids: frozenset[str]) -> dict[str, str]:
        """Return the code for each line that shall be refused now, and count down."""
        found: dict[str, str] = {}
        for fault in list(self.faults):
            if fault.kind is FaultKind.REFUSE and fault.strikes(endpoint=endpoint, iccids=iccids):
                struck = iccids if fault.iccid is None else {fault.iccid}
                found.update(dict.fromkeys(struck, fault.code or ""))
                self._count_down(fault)
        return found

    def _count_down(self, fault: Fault) -> None:
        if fault.times is not None:
            fault.times -= 1
            if fault.times <= 0:
                self.faults.remove(fault)
