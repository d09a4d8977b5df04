"""I4: adapters are found by name."""

import pytest

from signoff.ports.registry import AlreadyRegistered, NotRegistered, Registry


def test_an_adapter_is_built_once_and_when_first_asked_for() -> None:
    built: list[str] = []
    registry: Registry[list[str]] = Registry("thing")

    def make() -> list[str]:
        built.append("made")
        return built

    registry.register("one", make)
    assert built == []

    assert registry["one"] is registry["one"]
    assert built == ["made"]
    assert "one" in registry
    assert registry.names() == ("one",)


def test_a_name_is_taken_once() -> None:
    registry: Registry[int] = Registry("thing")
    registry.register("one", lambda: 1)

    with pytest.raises(AlreadyRegistered, match="a thing named 'one' is wired already"):
        registry.register("one", lambda: 2)
    assert registry["one"] == 1


def test_an_unknown_name_is_named() -> None:
    with pytest.raises(NotRegistered, match="no thing named 'two' is wired"):
        Registry[int]("thing")["two"]


def test_a_temporary_adapter_goes_even_after_an_error() -> None:
    registry: Registry[int] = Registry("thing")
    registry.register("one", lambda: 1)

    with (
        pytest.raises(RuntimeError),
        registry.temporarily("one", 2),
        registry.temporarily("two", 3),
    ):
        assert (registry["one"], registry["two"]) == (2, 3)
        raise RuntimeError

    assert registry["one"] == 1
    assert "two" not in registry


def test_a_cleared_registry_is_empty() -> None:
    registry: Registry[int] = Registry("thing")
    registry.register("one", lambda: 1)
    assert registry["one"] == 1

    registry.clear()

    assert registry.names() == ()
    with pytest.raises(NotRegistered):
        registry["one"]
