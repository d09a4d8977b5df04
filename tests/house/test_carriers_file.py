"""The file of carriers: read whole at start, and every mistake told with its place (K2, Q6)."""

import time
from pathlib import Path

import pytest

from signoff.carriers.control_center.adapter import ControlCenter
from signoff.carriers.core_network.adapter import CoreNetwork
from signoff.config import carriers
from signoff.config.env import SettingError
from signoff.ports.carrier import Capabilities
from signoff.ports.pacing import Pace, Pacing


def unpaced(account: str, capabilities: Capabilities) -> Pacing:
    return Pace(rate_rps=None, concurrency=1, monotonic=time.monotonic, sleep=time.sleep)


def written(folder: Path, text: str) -> Path:
    path = folder / "carriers.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_core_network_is_built_as_written(tmp_path: Path) -> None:
    """K2: under its own name, which is its account too; nothing connects."""
    path = written(tmp_path, '[own-core]\nkind = "core_network"\nnodes = ["127.0.0.1:4245"]\n')

    carrier = carriers.read(path)["own-core"]("own-core", unpaced)

    assert isinstance(carrier, CoreNetwork)
    assert carrier.name == "own-core"


CISCO = """
[att]
kind = "control_center"
url = "https://restapi3.jasper.com"
user = "signoff"
account_id = "100200300"
api_key = { file = "KEY" }
"""


def test_a_secret_comes_from_where_the_file_says(tmp_path: Path) -> None:
    """Q3: it stands in no configuration, and is in nothing that is printed."""
    key = tmp_path / "key"
    key.write_text("c2e4f6a8\n")
    build = carriers.read(written(tmp_path, CISCO.replace("KEY", str(key))))["att"]

    carrier = build("att", unpaced)

    assert isinstance(carrier, ControlCenter)
    assert "c2e4f6a8" not in repr(vars(carrier))
    carrier.close()


def test_a_secret_that_is_missing_is_told(tmp_path: Path) -> None:
    """Q6: with its place."""
    build = carriers.read(written(tmp_path, CISCO.replace("KEY", str(tmp_path / "none"))))["att"]

    with pytest.raises(SettingError, match="No such file"):
        build("att", unpaced)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[own", "write it as TOML"),
        (
            '[own]\nkind = "telepathy"\n',
            "[own] has kind 'telepathy'; write one of control_center, core_network, thingspace",
        ),
        ("own = 3\n", "[own] has kind ''"),
        ('[own]\nkind = "core_network"\nnodes = ["here"]\n', "[own] nodes.0"),
        ('[own]\nkind = "core_network"\ncolour = "red"\n', "[own] colour"),
        (CISCO.replace("https", "http"), "[att] url"),
        (CISCO.replace("user =", "usr ="), "[att] user"),
        ('[own]\nkind = "core_network"\nctrl = "h:99999"\n', "write host:port"),
    ],
)
def test_a_mistake_is_told_with_file_table_and_mend(tmp_path: Path, text: str, told: str) -> None:
    """Q6: one line, and nothing of it was taken."""
    path = written(tmp_path, text)

    with pytest.raises(SettingError) as error:
        carriers.read(path)

    assert "SIGNOFF_CARRIERS" in str(error.value) and str(path) in str(error.value)
    assert told in str(error.value)


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    """Q6: by its name."""
    with pytest.raises(SettingError, match="No such file"):
        carriers.read(tmp_path / "none.toml")
