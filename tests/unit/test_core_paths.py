"""Dotted paths: what is joined splits into the same parts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, split_path, value_at


@pytest.mark.parametrize(
    ("path", "parts"),
    [
        ("command", ("command",)),
        ("inputs.data.path", ("inputs", "data", "path")),
        ('tags."a.b"', ("tags", "a.b")),
        ("tags.'it''s'", ("tags", "it's")),
        ("services[0].port", ("services", 0, "port")),
        ("a[1][2]", ("a", 1, 2)),
        ("$schema", ("$schema",)),
        ("environment_variables.größe", ("environment_variables", "größe")),
        ("a b.c", ("a b", "c")),
    ],
)
def test_paths_as_people_write_them(path: str, parts: tuple[Part, ...]) -> None:
    assert split_path(path) == parts


@given(
    st.lists(
        st.text(st.characters(exclude_categories=["Cs"]), max_size=12) | st.integers(0, 99), min_size=1, max_size=4
    ).filter(lambda parts: isinstance(parts[0], str))
)
def test_what_is_joined_splits_into_the_same_parts(parts: list[Part]) -> None:
    assert split_path(join_path(parts)) == tuple(parts)


@pytest.mark.parametrize("path", ["", ".", "a.", ".a", "a..b", "a[", "a[x]", 'a."b', 'a"b"', "a.[0]", "[0]b"])
def test_what_is_no_path_is_said(path: str) -> None:
    with pytest.raises(UserError):
        split_path(path)


def test_values_are_found_or_absent() -> None:
    data: Value = {"a": {"b": [1, {"c": 2}]}}
    assert value_at(data, ("a", "b", 1, "c")) == 2
    assert value_at(data, ("a", "x"), "nothing") == "nothing"
    assert value_at(data, ("a", "b", 5), "nothing") == "nothing"
    assert value_at(data, ("a", 0), "nothing") == "nothing"
