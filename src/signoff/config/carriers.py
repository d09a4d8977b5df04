"""The carriers of this installation, from a TOML file: one table a carrier account.

    [own-core]                       # the name that lines carry in the account book
    kind = "core_network"
    nodes = ["127.0.0.1:4245"]

The file holds no secret: where one is needed, it names an environment variable or a file
(`{ env = "NAME" }`, `{ file = "/run/secrets/name" }`).
"""

import os
import tomllib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationError

from signoff.carriers.control_center.adapter import CAPABILITIES as CONTROL_CENTER
from signoff.carriers.control_center.adapter import ControlCenter
from signoff.carriers.core_network.adapter import CAPABILITIES as CORE_NETWORK
from signoff.carriers.core_network.adapter import Address, CoreNetwork, Doors
from signoff.carriers.thingspace.adapter import CAPABILITIES as THINGSPACE
from signoff.carriers.thingspace.adapter import ThingSpace
from signoff.carriers.thingspace.client import Client as ThingSpaceClient
from signoff.config.env import SettingError
from signoff.ports.carrier import Capabilities, Carrier
from signoff.ports.pacing import Pacing

SETTING = "SIGNOFF_CARRIERS"

_URL = r"^https://|^http://(127\.0\.0\.1|localhost)[:/]"
"""Credentials go over HTTPS; a simulator on the loopback may do without."""

_TIMEOUT_S = 30.0

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


class SecretAt(BaseModel):
    """Where a secret is: in a variable of the environment, or in a file."""

    model_config = ConfigDict(extra="forbid", strict=True)
    env: str = ""
    file: str = ""

    def reveal(self) -> str:
        """The secret as it is now. Raises SettingError."""
        if bool(self.env) == bool(self.file):
            raise _wrong("a secret is named by env or by file", "write one of the two")
        if self.env:
            found = os.environ.get(self.env, "").strip()
        else:
            try:
                found = Path(self.file).read_text(encoding="utf-8").strip()
            except OSError as error:
                raise _wrong(f"{self.file}: {error.strerror}", "name a readable file") from error
        if not found:
            raise _wrong(f"{self.env or self.file} is empty", "put the secret there")
        return found


class _Table(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    def build(self, name: str, pace: PaceOf) -> Carrier:
        """The adapter, under the table's name. Raises SettingError where a secret is missing."""
        raise NotImplementedError


class ControlCenterTable(_Table):
    """An account of an operator's Cisco IoT Control Center."""

    kind: Literal["control_center"]
    url: Annotated[str, Field(pattern=_URL)]
    user: str
    api_key: SecretAt
    account_id: str
    final: Literal["PURGED", "RETIRED"] = "PURGED"

    def build(self, name: str, pace: PaceOf) -> Carrier:
        """The adapter; the pace is that of the operator's account, whoever asks."""
        return ControlCenter(
            name=name,
            account=name,
            base_url=self.url,
            user=self.user,
            api_key=self.api_key.reveal(),
            pace=pace(f"control-center/{self.account_id}", CONTROL_CENTER),
            account_id=self.account_id,
            final=self.final,
        )


class ThingSpaceTable(_Table):
    """A billing account at Verizon, through ThingSpace."""

    kind: Literal["thingspace"]
    url: Annotated[str, Field(pattern=_URL)] = "https://thingspace.verizon.com"
    account_name: str
    key: SecretAt
    secret: SecretAt
    user: str
    password: SecretAt
    callback_user: str = ""
    callback_password: SecretAt | None = None
    waive_termination_fee: bool = False
    batch: Annotated[int, Field(ge=1, le=100)] = 100

    def build(self, name: str, pace: PaceOf) -> Carrier:
        """The adapter."""
        client = ThingSpaceClient(
            base_url=self.url,
            key=self.key.reveal(),
            secret=self.secret.reveal(),
            user=self.user,
            password=self.password.reveal(),
            pace=pace(f"thingspace/{self.account_name}", THINGSPACE),
            timeout_s=_TIMEOUT_S,
        )
        told = self.callback_password.reveal() if self.callback_password else ""
        return ThingSpace(
            name=name,
            account=name,
            account_name=self.account_name,
            client=client,
            callback=(self.callback_user, told),
            waive_fee=self.waive_termination_fee,
            batch_max=self.batch,
        )


class CoreNetworkTable(_Table):
    """An OsmoHLR of one's own, and the VTY doors of its SGSNs."""

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


KINDS: Mapping[str, type[_Table]] = {
    "control_center": ControlCenterTable,
    "core_network": CoreNetworkTable,
    "thingspace": ThingSpaceTable,
}


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
