"""Typed reading of environment variables.

Every reader takes the variable's name and a default, and either returns a value of the promised
type or raises `SettingError`, whose text names the variable, what is wrong, and the mend.
A secret may also come from a file: `NAME_FILE` names the file, its content is the value.
"""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

_TRUE = frozenset({"1", "true", "yes", "on"})
_FALSE = frozenset({"0", "false", "no", "off", ""})


class SettingError(ImproperlyConfigured):
    """An environment variable holds what Signoff cannot use."""

    def __init__(self, name: str, problem: str, *, mend: str) -> None:
        super().__init__(f"{name}: {problem}; {mend}")
        self.name, self.problem, self.mend = name, problem, mend

    def __reduce__(self) -> tuple[object, ...]:
        return _rebuild, (self.name, self.problem, self.mend)


def _rebuild(name: str, problem: str, mend: str) -> SettingError:  # noqa: PLR0917
    return SettingError(name, problem, mend=mend)


class Secret:
    """A value that prints as asterisks; `.reveal()` gives it."""

    def __init__(self, value: str) -> None:
        self._value = value

    def reveal(self) -> str:
        return self._value

    def __repr__(self) -> str:
        return "Secret('**********')"

    __str__ = __repr__

    def __bool__(self) -> bool:
        return bool(self._value)


@dataclass(frozen=True)
class Database:
    """Where PostgreSQL is. `host` is a name, an address, or the folder of a Unix socket."""

    host: str
    port: str
    name: str
    user: str
    password: Secret
    options: Mapping[str, str]


class Env:
    """Readers over one mapping of variables (the process's own unless told otherwise)."""

    def __init__(self, variables: Mapping[str, str] | None = None) -> None:
        self._variables = os.environ if variables is None else variables

    def text(self, name: str, default: str = "") -> str:
        return self._variables.get(name, "").strip() or default

    def flag(self, name: str, *, default: bool = False) -> bool:
        raw = self._variables.get(name)
        if raw is None:
            return default
        word = raw.strip().lower()
        if word in _TRUE or word in _FALSE:
            return word in _TRUE
        raise SettingError(name, f"{raw!r} is neither yes nor no", mend="write 1 or 0")

    def number(self, name: str, default: int, *, least: int, most: int) -> int:
        raw = self.text(name)
        if not raw:
            return default
        if raw.isascii() and raw.isdigit() and least <= int(raw[:12]) <= most:
            return int(raw)
        raise SettingError(
            name,
            f"{raw!r} is no whole number from {least} to {most}",
            mend=f"for example {default}",
        )

    def path(self, name: str, default: Path) -> Path:
        """An absolute path, never resolved through links; `~` is the home folder."""
        return Path(self.text(name) or default).expanduser().absolute()

    def secret(self, name: str) -> Secret:
        """From `NAME`, or from the file that `NAME_FILE` names; empty when neither is set."""
        direct, file = self.text(name), self.text(f"{name}_FILE")
        if direct and file:
            raise SettingError(name, f"{name}_FILE is set too", mend="keep one of the two")
        if not file:
            return Secret(direct)
        try:
            return Secret(Path(file).expanduser().read_text(encoding="utf-8").strip())
        except (OSError, UnicodeDecodeError) as error:
            reason = error.strerror if isinstance(error, OSError) else "is not text"
            raise SettingError(
                f"{name}_FILE", f"{file!r}: {reason}", mend="name a readable text file"
            ) from error

    def url(self, name: str, default: str, *, schemes: tuple[str, ...]) -> str:
        """A URL without its final slash. It is never echoed: it may hold a password."""
        raw = self.text(name, default)
        self._split(name, raw, schemes=schemes)
        return raw.rstrip("/")

    def database(self, name: str) -> Database | None:
        """`postgresql://user:password@host:port/name?sslmode=require`, or None when unset.

        A socket folder goes into the query: `postgresql:///signoff?host=/run/postgresql`.
        """
        raw = self.secret(name).reveal()
        if not raw:
            return None
        parts = self._split(name, raw, schemes=("postgresql", "postgres"))
        options = dict(parse_qsl(parts.query))
        database = unquote(parts.path.removeprefix("/")) or options.pop("dbname", "")
        if not database:
            raise SettingError(
                name, "names no database", mend="end it with one: postgresql://user@host/signoff"
            )
        return Database(
            host=options.pop("host", "") or unquote(parts.hostname or ""),
            port=options.pop("port", "") or str(parts.port or ""),
            name=database,
            user=options.pop("user", "") or unquote(parts.username or ""),
            password=Secret(options.pop("password", "") or unquote(parts.password or "")),
            options=options,
        )

    def _split(self, name: str, raw: str, *, schemes: tuple[str, ...]) -> SplitResult:
        mend = f"write one that begins with {schemes[0]}://"
        try:
            parts = urlsplit(raw)
            _ = parts.port
        except ValueError as error:
            raise SettingError(name, "is no valid URL", mend=mend) from error
        if parts.scheme not in schemes:
            raise SettingError(name, f"is no URL of the kind {' or '.join(schemes)}", mend=mend)
        return parts
