"""Any file as a tree of typed controls: what is there, what may be added, and what an edit does to the text."""

from __future__ import annotations

import pytest

from desktop_app.api import Diagnostic, Severity, UserError, Value
from desktop_app.documents.shapes import Shape
from desktop_app.documents.yaml_text import parse
from desktop_app.presenters.form.build import form_for
from desktop_app.presenters.form.changes import apply, put, remove, rename, unset
from desktop_app.presenters.form.model import Cell, Control, FormModel
from desktop_app.presenters.form.values import text_of, value_of

TEXT = Shape(types=("string",))
LIMITS = Shape(
    types=("object",), description="Limits of a run.",
    properties={"timeout": Shape(types=("integer",), minimum=1, description="Seconds. And more.")},
)  # fmt: skip
KIND = Shape(
    types=("object",),
    properties={
        "name": TEXT,
        "mode": Shape(types=("string",), enum=("fast", "slow"), default="slow"),
        "retry": Shape(types=("boolean",)),
        "limits": LIMITS,
        "tags": Shape(types=("object",), values=TEXT),
        "steps": Shape(types=("array",), items=Shape(types=("object",), properties={"name": TEXT}, required=("name",))),
    },
    required=("name",),
)  # fmt: skip
FILE = """# mine
name: x   # stays
mode: fast
limits:
  timeout: 60
steps:
- name: one   # first
- name: two
odd: 1
"""


def form(text: str = FILE, diagnostics: tuple[Diagnostic, ...] = ()) -> FormModel:
    return form_for("schedule", KIND, parse(text).data, diagnostics)


def cell(model: FormModel, path: str) -> Cell:
    found = model.cell(path)
    assert found is not None, path
    return found


def test_every_value_has_a_control_of_its_type() -> None:
    model = form()
    assert [each.key for each in model.sections[0].rows] == ["name", "mode", "limits", "steps", "odd", "+"]
    assert cell(model, "name").control is Control.LINE
    assert cell(model, "mode").control is Control.CHOICE
    assert [each.value for each in cell(model, "mode").choices] == ["fast", "slow"]
    assert cell(model, "limits.timeout").control is Control.INTEGER
    assert cell(model, "limits.timeout").minimum == 1
    assert cell(model, "steps[1].name").text == "two"


def test_unknown_keys_are_shown_as_such_and_can_be_edited() -> None:
    row = form().row("odd")
    assert row is not None
    assert row.is_unknown
    assert row.cells[0].text == "1"


def test_known_keys_are_offered_with_their_help_the_required_ones_first() -> None:
    model = form("mode: fast\n")
    row = model.row("+")
    assert row is not None
    assert row.adder is not None
    assert [each.value for each in row.adder.known] == ["name", "limits", "retry", "steps", "tags"]
    assert row.adder.ways == ()
    assert apply("mode: fast\n", [row.adder.change("retry")]) == "mode: fast\nretry: false\n"


def test_a_mapping_with_free_keys_takes_any() -> None:
    row = form("name: x\ntags:\n  a: b\n").row("tags+")
    assert row is not None
    assert row.adder is not None
    text = apply("name: x\ntags:\n  a: b\n", [row.adder.change("c.d")])
    assert parse(text).data == {"name": "x", "tags": {"a": "b", "c.d": ""}}


def test_items_can_be_added_and_taken_away() -> None:
    row = form().row("steps+")
    assert row is not None
    assert row.adder is not None
    assert parse(apply(FILE, [row.adder.change("")])).data["steps"][2] == {"name": ""}  # type: ignore[index,call-overload]
    assert apply(FILE, [remove("steps[1]")]) == FILE.replace("- name: two\n", "")


def test_findings_stand_at_their_row_or_the_nearest_there_is() -> None:
    def found(path: str) -> Diagnostic:
        return Diagnostic(Severity.ERROR, "x", f"about {path or 'all'}", path)

    model = form(diagnostics=(found("limits.timeout"), found("steps[0].none"), found(""), found("gone")))
    at = {row.key: [each.message for each in row.findings] for row in model.rows() if row.findings}
    assert at == {"limits.timeout": ["about limits.timeout"], "steps[0]": ["about steps[0].none"]}
    assert [each.message for each in model.findings] == ["about all", "about gone"]


@pytest.mark.parametrize(
    ("changes", "old", "new"),
    [
        ([put("name", "y")], "name: x   # stays", "name: y   # stays"),
        ([unset("limits.timeout")], "limits:\n  timeout: 60\n", ""),
        ([rename("odd", "even")], "odd: 1", "even: 1"),
        ([put("steps", [{"name": "one"}, {"name": "2"}])], "- name: two", '- name: "2"'),
    ],
)
def test_a_change_leaves_all_other_lines(changes: list[object], old: str, new: str) -> None:
    text = apply(FILE, changes)  # type: ignore[arg-type]
    assert parse(text).data == parse(FILE.replace(old, new)).data
    kept = [line for line in FILE.replace(old, "").splitlines() if line]
    assert [line for line in text.splitlines() if line in kept] == kept


def integer(value: Value = 4) -> Cell:
    return Cell("n", Control.INTEGER, "n", text_of(value), value, types=("integer",), minimum=1, maximum=8)


@pytest.mark.parametrize(
    ("made", "text", "value"),
    [
        (integer(), "5", 5),
        (integer(), "${{parent.inputs.n}}", "${{parent.inputs.n}}"),
        (Cell("n", Control.NUMBER, "n"), "1e-3", 0.001),
        (Cell("n", Control.LINE, "n"), "5", 5),
        (Cell("n", Control.LINE, "n", value="5"), "6", "6"),
        (Cell("n", Control.LINE, "n", value="a"), "6", 6),
        (Cell("n", Control.LINE, "n", types=("string",)), "6", "6"),
        (Cell("n", Control.LINE, "n", value=3, types=("string",)), "6", 6),
        (Cell("n", Control.LINE, "n"), " ä ", " ä "),
        (Cell("n", Control.FLOW, "n"), "1, 0.5, a", [1, 0.5, "a"]),
        (Cell("n", Control.BOOLEAN, "n"), "true", True),
        (Cell("n", Control.COMMAND, "n", value="a\n"), "b", "b\n"),
    ],
)
def test_what_a_text_in_a_control_means(made: Cell, text: str, value: Value) -> None:
    meant = value_of(made, text)
    assert meant == value
    assert type(meant) is type(value)


@pytest.mark.parametrize(("made", "text"), [(integer(), "x"), (integer(), "0"), (integer(), "9"),
    (Cell("n", Control.NUMBER, "n"), "true"), (Cell("n", Control.FLOW, "n"), "a]")])  # fmt: skip
def test_what_can_not_stand_there_is_said(made: Cell, text: str) -> None:
    with pytest.raises(UserError):
        value_of(made, text)


def test_thousands_of_lines_are_a_form_in_a_moment() -> None:
    data: Value = {f"job{n}": {"command": "x", "inputs": {"a": n, "b": [1, 2]}} for n in range(400)}
    assert len(list(form_for("pipelineJob", None, data).rows())) > 3000
