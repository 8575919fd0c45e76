"""Preparing an export: inputs as rows, what is missing, what is asked on the way, and how far it is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Field, FieldKind, FormSpec, ModelFile, OnnxExporter, UserError
from desktop_app.presenters.models import inputs as rows
from desktop_app.presenters.models import questions as asked
from desktop_app.presenters.models.export import (
    ExportDraft,
    Source,
    again,
    builders_in,
    facts_of,
    notice,
    problem_with,
    proposed_output,
)
from desktop_app.presenters.models.inputs import InputRow
from desktop_app.presenters.models.stages import Stage, lines, stage_after
from desktop_app.services.exports.orders import Answer, Question
from desktop_app.services.plugins import PluginInfo
from tests.helpers.told_exports import report, torch_offer

NAMES = st.from_regex(r"[a-z][a-z0-9_.]{0,8}", fullmatch=True)
AXES = st.lists(st.one_of(st.integers(1, 4096).map(str), st.from_regex(r"[a-z]{1,6}", fullmatch=True)), max_size=4)
OPSET = Field("opset", "Opset", FieldKind.INTEGER, 20, minimum=13, maximum=23)
CLASS = Field("class", "Class", FieldKind.TEXT, required=True)


def offer() -> tuple[PluginInfo, OnnxExporter]:
    """Return the PyTorch plugin's exporter."""
    return torch_offer(OPSET)


def draft(folder: Path, **changes: Any) -> ExportDraft:
    """Return a draft that is ready."""
    model = ModelFile("torch", folder / "digits.pt", code=folder)
    parts: dict[str, Any] = {"source": Source(model.path, run="r-1"), "model": model, "offers": [offer()],
                             "form": FormSpec((OPSET,)), "output": str(folder / "digits.onnx")}  # fmt: skip
    return ExportDraft(**{**parts, **changes})


def question(kind: str, **ask: Any) -> Question:
    """Return a question of a task."""
    return Question("What now?", "", {"kind": kind, **ask})


@given(NAMES, st.sampled_from(rows.DTYPES), AXES)
def test_an_input_is_the_same_as_text_and_as_a_row(name: str, dtype: str, axes: list[str]) -> None:
    row = InputRow(name, dtype, ", ".join(axes) if axes else "[]", "0", "1")
    assert row.problem == ""
    again_ = rows.row_of_spec(row.spec)
    assert again_ is not None
    assert (again_.spec, again_.axes) == (row.spec, row.axes)


@pytest.mark.parametrize(
    ("row", "words"),
    [
        (InputRow("", shape="3"), "needs a name"), (InputRow("x"), "Write the shape of x"),
        (InputRow("x", shape="batch, 0"), "“0” of x is no axis"), (InputRow("x", shape="a b"), "“a b” of x is no axis"),
        (InputRow("x", shape="3", low="1"), "needs both ends"), (InputRow("x", shape="3", low="2", high="1"), "ends"),
        (InputRow("x", shape="3", low="a", high="1"), "no range of numbers"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_an_input_is_said(row: InputRow, words: str) -> None:
    assert words in row.problem


def test_two_inputs_of_one_name_are_refused_and_optional_ones_may_stay_empty() -> None:
    twice = [InputRow("x", shape="3"), InputRow("x ", shape="4")]
    assert rows.problem_of(twice) == "Two inputs are called x."
    optional = InputRow("mask", required=False)
    assert rows.specs_of([InputRow("x", shape="b,3"), optional], ["a.npz"]) == ("x=float32[b,3]", "a.npz")


def test_what_a_task_knows_of_inputs_fills_the_rows() -> None:
    known = [{"name": "ids", "required": True}, {"name": "x", "dtype": "float16", "shape": [None, 3, None], "low": 0.0,
              "high": 2.0}, {"annotation": "Tensor"}]  # fmt: skip
    assert rows.rows_of_known(known) == [
        InputRow("ids", "int64"), InputRow("x", "float16", "batch, 3, axis2", "0", "2"),
    ]  # fmt: skip
    assert rows.rows_of_specs(["x=float32[b]", "a.npz", "f.py:inputs"])[1] == ["a.npz", "f.py:inputs"]


def test_an_order_says_what_was_filled_in(tmp_path: Path) -> None:
    made = draft(tmp_path, rows=[InputRow("x", shape="b, 64")], overwrite=True)
    made.answer("opset", 18)
    order = made.order()
    assert (order.exporter, order.plugin, order.run, order.overwrite) == ("torch", "rankzero-pytorch", "r-1", True)
    assert order.inputs == ("x=float32[b,64]",)
    assert order.options == {"opset": 18}
    made.answer("opset", None)
    assert made.order().options == {"opset": 20}


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"model": None}, "Choose a model first."), ({"offers": []}, "No plugin that is switched on exports this"),
        ({"offers": [], "model": ModelFile("onnx", Path("/m.onnx"))}, "This is ONNX already"),
        ({"output": ""}, "Say which file to write"), ({"output": "/no/such/folder/m.onnx"}, "There is no folder"),
        ({"output": "m.onnx"}, "from the root on"), ({"rows": [InputRow("x")]}, "Write the shape of x"),
        ({"form": FormSpec((CLASS,))}, "“Class” is missing."),
    ],
)  # fmt: skip
def test_what_is_missing_is_said_and_nothing_is_ordered(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    made = draft(tmp_path, **changes)
    assert words in made.problem()
    with pytest.raises(UserError):
        made.order()


def test_limits_of_numbers_are_kept() -> None:
    assert problem_with(OPSET, 9) == "“Opset” must be from 13 to 23."
    assert problem_with(OPSET, 18) == ""
    assert problem_with(Field("n", "N", FieldKind.INTEGER, minimum=1), 0) == "“N” must be at least 1."


def test_answers_stay_for_a_model_of_the_same_kind_alone(tmp_path: Path) -> None:
    made = draft(tmp_path)
    made.answer("opset", 18)
    made.take(ModelFile("torch", tmp_path / "other.pt"), [offer()])
    assert made.answers == {"opset": 18}
    made.take(ModelFile("keras", tmp_path / "other.keras"), [offer()])
    assert made.answers == {}


def test_an_export_can_begin_as_an_earlier_one_did() -> None:
    told = report(
        model={"path": "/a/digits.pt", "code": "/a", "scripts": ["train.py"], "options": {"opset": 18},
               "inputs": ["x=float32[b,64]", "a.npz"], "weights": "", "callable": "", "run": "r-1"},
    )  # fmt: skip
    made = again(told)
    assert made.source == Source(Path("/a/digits.pt"), "", Path("/a"), ("train.py",), "r-1")
    assert (made.answers, made.files) == ({"opset": 18}, ["a.npz"])
    assert (made.output, made.overwrite) == ("", False)  # another name is proposed, and nothing is replaced unasked
    assert made.former == told.output
    assert made.rows == [InputRow("x", "float32", "b, 64")]
    assert again(report(model={})).source is None


def test_the_proposed_file_is_beside_the_model_and_not_there_yet(tmp_path: Path) -> None:
    model = ModelFile("torch", tmp_path / "digits.pt")
    source, home = Source(model.path), tmp_path / "home"
    assert proposed_output(model, source, home) == tmp_path / "digits.onnx"
    (tmp_path / "digits.onnx").touch()
    assert proposed_output(model, source, home) == tmp_path / "digits-2.onnx"
    (tmp_path / "digits-2.onnx").touch()
    former = tmp_path / "digits-2.onnx"
    assert proposed_output(model, source, home, str(former)) == tmp_path / "digits-3.onnx"
    assert proposed_output(model, source, home, "/no/such/folder/a.onnx") == tmp_path / "digits-3.onnx"


def test_what_a_run_left_is_proposed_to_go_to_the_project_and_is_named_after_the_run(tmp_path: Path) -> None:
    model = ModelFile("torch", tmp_path / "run" / "model.pt")
    named = [
        proposed_output(model, Source(model.path, run="r-1", title=title), tmp_path).name
        for title in ("Digits, 3 ranks", "", "model", "my model run", "../../x")
    ]
    assert named == ["Digits-3-ranks-model.onnx", "model.onnx", "model.onnx", "my-model-run.onnx", "x-model.onnx"]


def test_facts_leave_out_what_every_file_asks_for() -> None:
    names = ("collections.OrderedDict", "torch.FloatStorage", "argparse.Namespace")
    facts = dict(facts_of(ModelFile("torch", Path("a.pt"), bytes=12_000, parameters=2410, globals=names)))
    assert facts["Size"] == "12 kB, 2,410 parameters"
    assert facts["Asks to import"] == "argparse.Namespace"


def test_the_notice_says_whose_code_runs_and_that_this_is_no_sandbox() -> None:
    said = notice(ModelFile("torch", Path("/x/a.pt"), code=Path("/x")), offer()[1])
    assert "the code in /x" in said
    assert "not a sandbox" in said
    assert "the code in" not in notice(ModelFile("pt2", Path("/x/a.pt2")), None)


def test_what_may_build_a_model_is_found_without_running_the_file(tmp_path: Path) -> None:
    file = tmp_path / "net.py"
    file.write_text(
        "raise SystemExit\nclass Net(Base): ...\ndef helper(): ...\ndef build_network(): ...\ndef _x(): ...\n"
    )
    assert builders_in(file) == ["build_network", "Net", "helper"]
    file.write_text("def (")
    assert builders_in(file) == []


def test_names_that_can_do_harm_come_first_and_are_told_apart() -> None:
    names = asked.names_in(
        question("unsafe-globals", names=["argparse.Namespace", "train.Config", "posix.system", "torch.nn.Linear",
                                          "lambda layer “x” (Python bytecode)", "fractions.Fraction", "__main__.Net"])
    )  # fmt: skip
    assert [each.name for each in names if each.dangerous] == ["posix.system"]
    assert names[0].dangerous
    told = {each.name: each.meaning for each in names}
    assert told["argparse.Namespace"].endswith("it only holds values")
    assert told["torch.nn.Linear"] == "code of PyTorch"
    assert "stored in the file itself" in told["lambda layer “x” (Python bytecode)"]
    assert told["fractions.Fraction"] == "code of Python's own library"


def test_names_are_never_let_in_here_that_the_exporter_refuses() -> None:
    for each in ("os.system", "posix.system", "builtins.eval", "subprocess.Popen", "operator.attrgetter", "sys.exit"):
        assert asked.never_let_in(each)
    for each in ("argparse.Namespace", "pathlib.PosixPath", "builtins.list", "train.Config", "torch.nn.Linear"):
        assert not asked.never_let_in(each)


def test_what_was_allowed_holds_for_the_very_file_and_these_names_alone() -> None:
    first = question("unsafe-globals", names=["a.B"], sha256="12")
    known = asked.with_allowed(first, ["a.B"], {})
    assert known == {"12": ["a.B"]}
    assert asked.remembered(first, known) == Answer(allowed=("a.B",))
    assert asked.remembered(question("unsafe-globals", names=["a.B", "c.D"], sha256="12"), known) is None
    assert asked.remembered(question("unsafe-globals", names=["a.B"], sha256="34"), known) is None
    assert asked.with_allowed(question("unsafe-globals", names=["a.B"]), ["a.B"], {}) == {}


def test_arguments_become_a_form_and_what_was_left_alone_keeps_its_default() -> None:
    form = asked.form_in(
        question("arguments", parameters=[{"name": "hidden", "required": True, "annotation": "int"},
                                          {"name": "bias", "annotation": "bool", "default": True},
                                          {"name": "layers", "required": True, "annotation": "list[int]"}])
    )  # fmt: skip
    assert [each.kind for each in form.fields] == [FieldKind.INTEGER, FieldKind.BOOLEAN, FieldKind.TEXT]
    assert asked.missing_arguments(form, {"hidden": 3}) == ["layers"]
    assert asked.arguments_answer(form, {"hidden": 3, "layers": "[1]"}).options == {
        "arguments": {"hidden": 3, "layers": "[1]"}
    }


def test_classes_that_fit_come_first() -> None:
    found = asked.candidates_in(
        question("class", candidates=[{"name": "a:A", "why": "no"}, {"name": "a:B", "fits": True}])
    )
    assert [each.name for each in found] == ["a:B", "a:A"]


def test_stages_are_told_apart_by_what_is_done() -> None:
    stage = Stage.LOAD
    seen = []
    for message in (
        "Starting Python",
        "Loading",
        "Exporting by dynamo",
        "Writing the ONNX model",
        "Checking it",
        "Writing m.onnx",
    ):
        stage = stage_after(stage, message, "m.onnx")
        seen.append(stage)
    assert seen == [Stage.LOAD, Stage.LOAD, Stage.EXPORT, Stage.EXPORT, Stage.CHECK, Stage.WRITE]
    assert [each.state for each in lines(Stage.CHECK, "…")] == ["done", "done", "now", "to come"]
