"""Placeholders in commands: found, resolved, and told from what only looks like one."""

from __future__ import annotations

import pytest

from desktop_app.api import UserError, Value
from desktop_app.core.placeholders import Reference, input_text, references, resolve, slips


def test_references_have_their_place() -> None:
    text = "python x.py ${{inputs.lr}} --out ${{ outputs.model }} ${{name}} $HOME ${OTHER}"
    found = references(text)
    assert [(each.kind, each.name) for each in found] == [("inputs", "lr"), ("outputs", "model")]
    assert [text[each.start : each.end] for each in found] == ["${{inputs.lr}}", "${{ outputs.model }}"]


def test_a_member_of_an_input_counts_as_the_input() -> None:
    assert references("${{inputs.data.path}}") == [Reference("inputs", "data", 0, 21)]


def test_resolving_replaces_all_of_them() -> None:
    text = "cp ${{inputs.a}} ${{outputs.b}}/${{inputs.a}}"
    assert resolve(text, {"a": "x y"}, {"b": "/out"}) == "cp x y /out/x y"


def test_values_that_look_like_placeholders_are_not_resolved_again() -> None:
    assert resolve("${{inputs.a}}", {"a": "${{inputs.b}}"}, {}) == "${{inputs.b}}"


def test_an_optional_part_goes_where_its_input_is_not_given() -> None:
    text = "train $[[--lr ${{inputs.lr}}]] $[[--seed ${{inputs.seed}}]]"
    assert resolve(text, {"lr": "0.1"}, {}) == "train --lr 0.1 "


def test_an_undefined_one_is_said_with_the_nearest_name() -> None:
    with pytest.raises(UserError) as error:
        resolve("${{inputs.epocs}}", {"epochs": "3", "lr": "1"}, {})
    assert "no input “epocs”" in error.value.message
    assert "epochs" in error.value.hint


def test_what_means_nothing_in_a_command_is_said() -> None:
    with pytest.raises(UserError, match="means nothing"):
        resolve("${{search_space.lr}}", {}, {})


@pytest.mark.parametrize(
    "written", ["{inputs.lr}", "${inputs.lr}", "{{inputs.lr}}", "${{inputs.lr}", "$inputs.lr}", "{ inputs.lr }"]
)
def test_slips_are_told_from_placeholders(written: str) -> None:
    text = f"python x.py --lr {written} ${{{{inputs.ok}}}}"
    (slip,) = slips(text)
    assert text[slip.start : slip.end] == written
    assert slip.meant == "${{inputs.lr}}"


@pytest.mark.parametrize(
    "text",
    [
        "${{inputs.lr}}",
        "${{ inputs.lr }}",
        "inputs.lr",
        "echo {a,b}",
        "$HOME/inputs.txt",
        "python -c 'print({})'",
        "${X}",
    ],
)
def test_what_is_no_slip(text: str) -> None:
    assert slips(text) == []


@pytest.mark.parametrize(
    ("value", "text"),
    [(3, "3"), (0.002, "0.002"), (1e-05, "1e-05"), (True, "True"), ("a b", "a b"), (None, ""), ("", "")],
)
def test_literals_reach_the_command_as_python_writes_them(value: Value, text: str) -> None:
    assert input_text(value) == text
