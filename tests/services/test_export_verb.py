"""What the verb export says: questions as the options that answer them, a report from the verdict down, the list."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from desktop_app.cli.export import nested
from desktop_app.cli.export_questions import Answers, AskedError, with_options
from desktop_app.cli.export_words import print_report
from desktop_app.core.exports.report import Check, ExportReport, Note, RouteTried, Tensor, Verdict
from desktop_app.services.exports.allowed import Allowed
from desktop_app.services.exports.orders import Question
from desktop_app.services.workers import TaskFailedError

NAMES = {"kind": "unsafe-globals", "names": ["argparse.Namespace", "code in 'a layer'"], "sha256": "5ac"}
ASKED: list[tuple[Mapping[str, Any], str]] = [
    (NAMES, "--allow argparse.Namespace --allow 'code in '\"'\"'a layer'\"'\"''"),
    ({"kind": "hdf5", "names": ["hdf5"], "sha256": "1"}, "--allow hdf5"),
    ({"kind": "class", "candidates": [{"name": "a:B", "fits": False}, {"name": "a:Net", "fits": True}]}, "class=a:Net"),
    ({"kind": "class", "candidates": []}, "class=MODULE:CLASS"),
    (
        {
            "kind": "arguments",
            "parameters": [{"name": "hidden", "required": True, "annotation": "int"}, {"name": "bias"}],
        },
        "Add --set arguments.hidden=64",
    ),
    (
        {"kind": "inputs", "known": [{"name": "ids"}]},
        "`--inputs` takes one at a time, or an .npz with examples. It takes ids.",
    ),
    ({"kind": "signature", "names": ["serve", "train"]}, "signature=serve"),
]


@pytest.mark.parametrize(("ask", "words"), ASKED)
def test_a_question_is_said_as_the_options_that_answer_it(ask: Mapping[str, Any], words: str) -> None:
    told = with_options(TaskFailedError("What?", "Say it.", ask=ask))
    assert isinstance(told, AskedError)
    assert (told.message, told.ask) == ("What?", ask)
    assert told.hint.startswith("Say it. ")
    assert words in told.hint


def test_what_is_no_question_stays_as_it_is() -> None:
    error = TaskFailedError("It fell.", ask=None)
    assert with_options(error) is error


async def test_names_are_allowed_for_one_file_and_remembered_for_its_bytes(tmp_path: Path) -> None:
    kept = Allowed(tmp_path)
    question = Question("It asks for names.", "", {**NAMES, "names": ["argparse.Namespace", "a.B"]})
    assert await Answers(["argparse.Namespace"], kept)(question) is None  # one of two
    assert kept.read() == {}
    answer = await Answers(["argparse.Namespace", "a.B", "os.system"], kept)(question)
    assert answer is not None
    assert answer.allowed == ("a.B", "argparse.Namespace")
    assert kept.read() == {"5ac": ["a.B", "argparse.Namespace"]}  # what it did not ask for isn't allowed to it
    assert await Answers([], kept)(question) is not None
    assert await Answers([], kept)(Question("", "", {**question.ask, "sha256": "another"})) is None


async def test_no_other_question_is_answered_by_itself(tmp_path: Path) -> None:
    ask = {"kind": "class", "candidates": [{"name": "a:Net", "fits": True}]}
    assert await Answers(["a:Net"], Allowed(tmp_path))(Question("Which?", "", ask)) is None


def test_settings_with_parts() -> None:
    assert nested([("arguments.hidden", 64), ("opset", 18)]) == {"arguments": {"hidden": 64}, "opset": 18}
    with pytest.raises(Exception, match="twice"):
        nested([("a", 1), ("a.b", 2)])


REPORT = ExportReport(
    id="e-1",
    created="2026-11-22T03:30:00Z",
    verdict=Verdict.FAIL,
    reason="“y” differs by 3 % of its size.",
    inputs=(Tensor("x", "float32", ("batch", 3), "drawn", 0.0, 1.0),),
    checks=(
        Check("structure", "The file is valid", "pass"),
        Check("parity", "It answers alike", "fail", "It doesn't."),
    ),
    routes=(
        RouteTried("a", "tf2onnx", reason="It makes an operator that there isn't: Erfc."),
        RouteTried("b", "Keras on PyTorch", ok=True, cures=("eager attention",), seconds=3.14),
    ),
    notes=(Note("warning", "It was left in training."), Note("info", "It was put into eval().")),
    model={"keys": {"stripped": ["module."], "missing": [], "unexpected": [f"k{number}" for number in range(9)]}},
    first_difference={"node": "Gelu_3", "op": "Gelu"},
)


def test_a_report_begins_with_its_verdict(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "rejected.onnx").touch()
    print_report(REPORT, tmp_path)
    said = capsys.readouterr().out.splitlines()
    assert said[0] == "FAIL: “y” differs by 3 % of its size."
    assert said[1].startswith("No file was written; what was wrong is kept at")
    assert said[2:] == [
        "  in   x=float32[batch,3]  0…1  (drawn)",
        "  ✓ The file is valid",
        "  ✗ It answers alike: It doesn't.",
        "First difference: Gelu_3 (Gelu)",
        "Ways tried:",
        "  ✗ tf2onnx: It makes an operator that there isn't: Erfc.",
        "  ✓ Keras on PyTorch, with eager attention (3.1 s)",
        "Warning: It was left in training.",
        "Note: It was put into eval().",
        "Prefixes taken off: module.",
        "Weights left over: k0, k1, k2, k3, k4, k5 and 3 more",
    ]
