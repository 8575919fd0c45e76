"""Beside the verdict: the first node that differs, other names, weights inside or beside, no traces of code."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import ROOT, TOOLS, TaskFailedError, in_toolchain

TASKS = TOOLS / "worker_tasks.py"
MADE = ROOT / "tests/helpers/onnx_judged.py"
DAMAGED = ROOT / "tests/helpers/onnx_damaged.py"
TRACED = ROOT / "tests/helpers/onnx_traced.py"


@pytest.fixture(scope="module")
def python() -> Path:
    return toolchain_or_skip("onnx")


@pytest.fixture
def asked(python: Path, tmp_path: Path) -> dict[str, Any]:
    (made,) = in_toolchain(python, MADE, ("small", {"folder": str(tmp_path)}))
    return dict(made)


@pytest.mark.parametrize("names", ["dynamo", "torchscript", "none"])
@pytest.mark.parametrize("faulty", [3, 0, 5])
def test_the_first_node_that_differs_is_found(python: Path, tmp_path: Path, names: str, faulty: int) -> None:
    """In a stack of layers of which one is off: nobody can tell it from the function before it, so both are named."""
    (made,) = in_toolchain(python, TRACED, ("stack", {"folder": str(tmp_path), "faulty": faulty, "names": names}))
    (told,) = in_toolchain(python, TASKS, ("first_difference", made))
    assert told["node"].endswith(f"act{faulty - 1}" if faulty else "layer0")
    assert f"layer{faulty}” (MatMul)" in told["text"]
    assert f"the end of “layers.{faulty}”" in told["text"] or not faulty
    assert told["error"] == pytest.approx(0.01, rel=0.5)
    assert "all that comes before is as in the framework" in told["text"]


def test_what_comes_between_modules_is_found(python: Path, tmp_path: Path) -> None:
    (made,) = in_toolchain(
        python, TRACED, ("stack", {"folder": str(tmp_path), "faulty": 2, "names": "dynamo", "act": True})
    )
    (told,) = in_toolchain(python, TASKS, ("first_difference", made))
    assert (told["op"], told["node"]) == ("Gelu", "act2")


def test_of_a_right_model_nothing_is_found(python: Path, tmp_path: Path) -> None:
    (made,) = in_toolchain(python, TRACED, ("stack", {"folder": str(tmp_path), "faulty": None, "names": "dynamo"}))
    assert in_toolchain(python, TASKS, ("first_difference", made)) == [None]


def test_without_a_trace_the_runtime_is_held_against_the_reference(python: Path, asked: dict[str, Any]) -> None:
    given = {"model": asked["model"], "cases_folder": asked["cases_folder"], "case": asked["cases"][0]}
    assert in_toolchain(python, TASKS, ("first_difference", given)) == [None]


def test_inputs_outputs_and_axes_get_other_names(python: Path, asked: dict[str, Any]) -> None:
    names = {"inputs": {"x": "pixels"}, "outputs": {"p": "shares"}, "axes": {"pixels": {"0": "rows"}}}
    (told,) = in_toolchain(python, TASKS, ("rename", {"model": asked["model"], **names}))
    assert told["inputs"] == [{"name": "pixels", "shape": ["rows", 8], "dtype": "float32"}]
    assert [each["name"] for each in told["outputs"]] == ["shares", "choice"]
    (judged,) = in_toolchain(python, TASKS, ("judge", asked))
    assert (judged["verdict"], judged["parity"]["max_rel_error"] < 1e-6) == ("fail", True)
    assert "calls its inputs “pixels”, and not “x”" in judged["reason"]


@pytest.mark.parametrize(("names", "text"), [({"nobody": "y"}, "no input “nobody”"), ({"x": "first"}, "already taken")])
def test_names_that_can_not_be_given_are_refused(
    python: Path, asked: dict[str, Any], names: dict[str, str], text: str
) -> None:
    before = Path(asked["model"]).read_bytes()
    with pytest.raises(TaskFailedError, match=text):
        in_toolchain(python, TASKS, ("rename", {"model": asked["model"], "inputs": names}))
    assert Path(asked["model"]).read_bytes() == before


def test_weights_go_beside_and_come_back(python: Path, tmp_path: Path) -> None:
    (made,) = in_toolchain(python, TRACED, ("stack", {"folder": str(tmp_path), "faulty": None, "names": "none"}))
    beside, whole = tmp_path / "beside" / "m.onnx", tmp_path / "whole.onnx"
    beside.parent.mkdir()
    (split,) = in_toolchain(
        python, TASKS, ("single_file", {"model": made["model"], "target": str(beside), "beside": True})
    )
    assert split == {"files": ["m.onnx", "m.onnx.data"]}
    told = in_toolchain(
        python, TASKS, ("describe", {"model": str(beside)}),
        ("single_file", {"model": str(beside), "target": str(whole)}), ("describe", {"model": str(whole)}),
    )  # fmt: skip
    assert told[0]["external_data"] == ["m.onnx.data"]
    assert (told[1], told[2]["external_data"]) == ({"files": ["whole.onnx"]}, [])
    assert told[0]["parameters"] == told[2]["parameters"] > 1000
    assert told[0]["bytes"] == pytest.approx(told[2]["bytes"], rel=0.05)


def test_weights_that_are_gone_are_missed_at_once(python: Path, tmp_path: Path) -> None:
    (made,) = in_toolchain(python, TRACED, ("stack", {"folder": str(tmp_path), "faulty": None, "names": "none"}))
    beside = tmp_path / "m.onnx"
    in_toolchain(python, TASKS, ("single_file", {"model": made["model"], "target": str(beside), "beside": True}))
    beside.with_name("m.onnx.data").write_bytes(b"short")
    with pytest.raises(TaskFailedError, match="is too short"):
        in_toolchain(python, TASKS, ("describe", {"model": str(beside)}))
    beside.with_name("m.onnx.data").unlink()
    with pytest.raises(TaskFailedError, match="is not beside the model"):
        in_toolchain(python, TASKS, ("describe", {"model": str(beside)}))


def test_notes_of_the_code_are_taken_out(python: Path, tmp_path: Path) -> None:
    (made,) = in_toolchain(python, TRACED, ("stack", {"folder": str(tmp_path), "faulty": None, "names": "dynamo"}))
    assert b"name_scopes" in Path(made["model"]).read_bytes()
    in_toolchain(python, TASKS, ("strip_notes", {"model": made["model"]}))
    assert b"name_scopes" not in Path(made["model"]).read_bytes()


def test_a_damaged_file_gets_a_verdict_and_never_a_traceback(python: Path, tmp_path: Path) -> None:
    """A change can leave a file right: in the name of its producer, say. What was cut off is never right."""
    (told,) = in_toolchain(python, DAMAGED, ("damaged", {"folder": str(tmp_path), "number": 120, "seed": 5}))
    assert {each["verdict"] for each in told if each["how"] == "cut"} == {"fail"}
    assert all(0 < len(each["reason"]) < 700 for each in told)
    assert sum(each["verdict"] == "fail" for each in told) > 90


def test_the_judge_can_be_warmed(python: Path) -> None:
    (version,) = in_toolchain(python, TASKS, ("ready", {}))
    assert version.startswith("1.")
