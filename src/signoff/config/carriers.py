"""The carriers of this installation, from a TOML file: one table a carrier account.

    [own-core]                       # the name that lines carry in the account book
    kind = "core_network"
    nodes = ["127.0.0.1:4245"]

The file holds no secret: where one is needed, it names an environment variable or a file
(`{ env = "NAME" }`, `{ file = "/run/secrets/name" }`).
"""

import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, ValidationError

from signoff.carriers.core_network.adapter import CAPABILITIES as CORE_NETWORK
from signoff.carriers.core_network.adapter import Address, CoreNetwork, Doors
from signoff.config.env import SettingError
from signoff.ports.carrier import Capabilities, Carrier
from signoff.ports.pacing import Pacing

SETTING = "SIGNOFF_CARRIERS"

PaceOf = Callable[[str, Capabilities], Pacing]
Builder = Callable[[str, PaceOf], Carrier]


def _address(text: str) -> str:
    host, _, port = text.rpartition(":")
    if not host or not (port.isascii() and port.isdigit() and 0 < int(port) < 65_536):
        raise ValueError("write host:port")
    return text


HostPort = Annotated[str, AfterValidator(_address)]


def _split(address: str) -> Address:
    host, _, port = address.rpartition(":")
    return host, int(port)


class CoreNetworkTable(BaseModel):
    """An OsmoHLR of one's own, and the VTY doors of its SGSNs."""

    model_config = ConfigDict(extra="forbid", strict=True)
    kind: Literal["core_network"]
    ctrl: HostPort = "127.0.0.1:4259"
    gsup: HostPort = "127.0.0.1:4222"
    vty: HostPort = "127.0.0.1:4258"
    nodes: list[HostPort] = []

    def build(self, name: str, pace: PaceOf) -> Carrier:
        """The adapter."""
        doors = Doors(
            ctrl=_split(self.ctrl),
            gsup=_split(self.gsup),
            vty=_split(self.vty),
            nodes=tuple(_split(node) for node in self.nodes),
        )
        return CoreNetwork(
            name=name, account=name, doors=doors, pace=pace(f"core/{name}", CORE_NETWORK)
        )


KINDS: Mapping[str, type[CoreNetworkTable]] = {"core_network": CoreNetworkTable}


def read(path: Path) -> dict[str, Builder]:
    """How to build each carrier of a file, by name. Raises SettingError: file, place, mend."""
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise _wrong(f"{path}: {error.strerror}", "name a readable file") from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise _wrong(f"{path}: {error}", "write it as TOML") from error
    return {name: _builder(path, name, table=table) for name, table in tables.items()}


def _builder(path: Path, name: str, *, table: Any) -> Builder:
    kind = str(table.get("kind")) if isinstance(table, dict) else ""
    if kind not in KINDS:
        raise _wrong(f"{path}: [{name}] has kind {kind!r}", f"write one of {', '.join(KINDS)}")
    try:
        return KINDS[kind].model_validate(table).build
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        where = ".".join(map(str, first["loc"]))
        raise _wrong(
            f"{path}: [{name}] {where}: {first['msg']}", "see the carrier's page"
        ) from None


def _wrong(problem: str, mend: str) -> SettingError:
    return SettingError(SETTING, problem, mend=mend)
