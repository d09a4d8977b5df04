"""House numbers: what every module and function of Signoff keeps to."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parents[2] / "src" / "signoff"
MODULES = sorted(path for path in SOURCE.rglob("*.py") if "migrations" not in path.parts)
Function = ast.FunctionDef | ast.AsyncFunctionDef


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(SOURCE)) for path in paths]


def functions(path: Path) -> Iterator[Function]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, Function):
            yield node


def length(function: Function) -> int:
    return (function.end_lineno or function.lineno) - function.lineno + 1


def unannotated(function: Function) -> list[str]:
    """The arguments without a type (self and cls apart), and `return`."""
    every = function.args
    arguments = [*every.posonlyargs, *every.args, *every.kwonlyargs, every.vararg, every.kwarg]
    bare = [each.arg for each in arguments if each is not None and each.annotation is None]
    first = (every.posonlyargs + every.args)[:1]
    bare = [name for name in bare if not (first and name == first[0].arg in {"self", "cls"})]
    return bare if function.returns else [*bare, "return"]


@pytest.mark.parametrize("path", MODULES, ids=names(MODULES))
def test_a_module_keeps_to_the_house_numbers(path: Path) -> None:
    lines = len(path.read_text(encoding="utf-8").splitlines())
    long = {each.name: length(each) for each in functions(path) if length(each) > 40}
    bare = {each.name: unannotated(each) for each in functions(path) if unannotated(each)}

    assert lines <= 400
    assert not long
    assert not bare


def test_a_long_function_is_noticed(tmp_path: Path) -> None:
    planted = tmp_path / "planted.py"
    planted.write_text("def long(a, *, b: int) -> None:\n" + "    pass\n" * 40, encoding="utf-8")

    (function,) = functions(planted)

    assert length(function) == 41
    assert unannotated(function) == ["a"]


def test_folders_of_data_are_no_packages() -> None:
    wrong = [
        path
        for name in ("policies", "templates", "static", "locale", "notices", "fonts")
        for path in SOURCE.rglob(f"{name}/__init__.py")
    ]

    assert not [path for path in wrong if not list(path.parent.glob("[!_]*.py"))]
