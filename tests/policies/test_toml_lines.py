"""K3: every value of a TOML text is found on its line."""

import tomllib
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.usecases.policies.toml_lines import line_index, line_of

TEXT = '''\
# a comment with = and [brackets]
plain = 1
"quoted key" = "a # and a ] within" # after
dotted.key = true
when = 2026-11-20 09:30:00Z
numbers = [ 1,
  2, # two
  [3, 4],
]
inline = { a = 1, b = { c = [ { d = 5 } ] } }
multi = """
line one
[not.a.table]
"""
literal = 'C:\\path'

[table]
x = 1
  [table.inner]
  y = 2

[[list]]
z = 1
[list.sub]
w = 1
[[list]]
z = 2
[[list.deep]]
v = 1
'''


@pytest.mark.parametrize(
    ("path", "line"),
    [
        (("plain",), 2),
        (("quoted key",), 3),
        (("dotted", "key"), 4),
        (("when",), 5),
        (("numbers",), 6),
        (("numbers", 0), 6),
        (("numbers", 1), 7),
        (("numbers", 2, 1), 8),
        (("inline", "b", "c", 0, "d"), 10),
        (("multi",), 11),
        (("literal",), 15),
        (("table",), 17),
        (("table", "inner", "y"), 20),
        (("list",), 22),
        (("list", 0), 22),
        (("list", 0, "sub", "w"), 25),
        (("list", 1), 26),
        (("list", 1, "z"), 27),
        (("list", 1, "deep", 0, "v"), 29),
    ],
)
def test_a_value_is_found_on_its_line(path: tuple[str | int, ...], line: int) -> None:
    assert line_index(TEXT)[path] == line


def test_what_is_not_there_is_at_the_table_around_it() -> None:
    lines = line_index(TEXT)

    assert line_of(("list", 1, "missing"), lines) == 26
    assert line_of(("table", "inner", "missing", 3), lines) == 19
    assert line_of(("missing",), lines) == 1


def test_every_value_of_the_text_is_found() -> None:
    lines = line_index(TEXT)

    assert set(_paths(tomllib.loads(TEXT))) <= set(lines)


SCALARS = st.one_of(
    st.integers(-9, 9).map(str),
    st.sampled_from(["true", "false", "1.5", "2026-11-20", "2026-11-20 10:00:00", '"""a\nb"""']),
    st.text("ab#=[]{},.'", max_size=5).map(lambda text: f'"{text}"'),
    st.text('ab#=[]{},."', max_size=5).map(lambda text: f"'{text}'"),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3).map(lambda values: "[\n" + ",\n".join(values) + "]"),
        st.lists(inner, max_size=2).map(
            lambda values: "{ " + ", ".join(f"k{n} = {v}" for n, v in enumerate(values)) + " }"
        ),
    ),
    max_leaves=6,
)


@given(st.lists(VALUES, max_size=4))
def test_any_text_is_read_as_tomllib_reads_it(values: list[str]) -> None:
    text = "\n".join(f"[[t]]\nk{number} = {value} # end" for number, value in enumerate(values))
    lines = line_index(text)

    assert set(_paths(tomllib.loads(text))) <= set(lines)
    for path, line in lines.items():
        if len(path) == 3 and path[0] == "t" and isinstance(path[2], str):
            assert text.split("\n")[line - 1].startswith(f"{path[2]} =")


def _paths(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    found = [path] if path else []
    if isinstance(value, dict):
        for key, inner in value.items():
            found += _paths(inner, (*path, key))
    elif isinstance(value, list):
        for number, inner in enumerate(value):
            found += _paths(inner, (*path, number))
    return found
