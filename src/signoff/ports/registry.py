"""The adapters of this installation, by name.

`config.wiring` registers a factory for each adapter; everybody else asks here and so never
imports one. A factory runs once, at the first question, so that nothing connects at import time.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import RLock
from typing import TYPE_CHECKING, Generic, TypeVar

if TYPE_CHECKING:
    from signoff.ports.carrier import Carrier
    from signoff.ports.documents import Documents, FileReader, Scanner, Vault
    from signoff.ports.messaging import Messenger
    from signoff.ports.payments import PaymentProvider
    from signoff.ports.signing import Signer

T = TypeVar("T")


class NotRegistered(LookupError):
    """No adapter of that name is wired."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind = kind
        self.name = name

    def __str__(self) -> str:
        return f"no {self.kind} named {self.name!r} is wired"


class AlreadyRegistered(LookupError):
    """Two adapters want the same name."""

    def __init__(self, kind: str, name: str) -> None:
        super().__init__(kind, name)
        self.kind = kind
        self.name = name

    def __str__(self) -> str:
        return f"a {self.kind} named {self.name!r} is wired already"


class Registry(Generic[T]):
    """Adapters of one port, each built once, when first asked for."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self._factories: dict[str, Callable[[], T]] = {}
        self._built: dict[str, T] = {}
        self._lock = RLock()

    def register(self, name: str, factory: Callable[[], T]) -> None:
        """Wire `factory` under `name`; a name can be taken once."""
        with self._lock:
            if name in self._factories:
                raise AlreadyRegistered(self.kind, name)
            self._factories[name] = factory

    def __getitem__(self, name: str) -> T:
        with self._lock:
            if name not in self._built:
                if name not in self._factories:
                    raise NotRegistered(self.kind, name)
                self._built[name] = self._factories[name]()
            return self._built[name]

    def __contains__(self, name: object) -> bool:
        return name in self._factories

    def names(self) -> tuple[str, ...]:
        """The wired names, sorted."""
        return tuple(sorted(self._factories))

    def clear(self) -> None:
        """Forget everything: a process that wires anew starts here."""
        with self._lock:
            self._factories.clear()
            self._built.clear()

    @contextmanager
    def temporarily(self, name: str, adapter: T) -> Iterator[T]:
        """Put `adapter` under `name` for a while; what was there before comes back."""
        with self._lock:
            factories, built = dict(self._factories), dict(self._built)
            self._factories[name] = lambda: adapter
            self._built[name] = adapter
        try:
            yield adapter
        finally:
            with self._lock:
                self._factories, self._built = factories, built


carriers: "Registry[Carrier]" = Registry("carrier")
payments: "Registry[PaymentProvider]" = Registry("payment provider")
messengers: "Registry[Messenger]" = Registry("messenger")
documents: "Registry[Documents]" = Registry("document store")
vaults: "Registry[Vault]" = Registry("vault")
readers: "Registry[FileReader]" = Registry("file reader")
scanners: "Registry[Scanner]" = Registry("virus scanner")
signers: "Registry[Signer]" = Registry("signer")
