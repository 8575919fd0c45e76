"""`rankzero export` of a model that is ONNX already: its table, the version that is meant, what is refused at once."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.places import Places
from tests.helpers.made_toolchains import lend, toolchain_or_skip
from tests.helpers.onnx_tasks import MODELS, in_toolchain
from tests.helpers.program import Program


@pytest.fixture(scope="module")
def onnx() -> Path:
    return toolchain_or_skip("onnx")


@pytest.fixture
def program(no_orphans: Places, onnx: Path, tmp_path: Path) -> Program:
    python = lend(no_orphans, "onnx", onnx)
    in_toolchain(python, MODELS, ("perceptron", {"folder": str(tmp_path)}))
    return Program(no_orphans.home, tmp_path, {})


def test_the_version_that_is_meant_is_written_and_its_table_kept(program: Program, tmp_path: Path) -> None:
    wanted = ("export", "model.onnx", "--set", "precision=dynamic-int8", "--calibration", "calibration.npz")
    said = program(*wanted, "--output", "small.onnx", "--json")
    assert said.code == 0, said.err
    report = said.json
    assert report["verdict"] == "pass"
    assert report["output"] == str(tmp_path / "small.onnx")
    assert (tmp_path / "small.onnx").stat().st_size == report["bytes"]
    assert [each["name"] for each in report["candidates"]] == ["original", "dynamic-int8"]

    again = program(*wanted, "--output", "small.onnx")
    assert again.code == 1
    assert "is there already" in again.err
    assert (program.home / "exports" / report["id"] / "report.html").exists()


def test_the_table_says_why_for_each(program: Program) -> None:
    said = program("export", "model.onnx", "--candidates", "static-int8", "fp16")
    assert said.code == 0, said.err
    assert said.out.split("\n")[1].startswith("CANDIDATE")
    assert "static-int8: Without calibration data" in said.out
    assert "fp16: " in said.out


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("--candidates", "fp17"), 2, "Did you mean “fp16”?"),
        (("--set", "precision=int4", "--output", "small.onnx"), 1, "“int4” is no kind of candidate"),
        (("--benchmark",), 1, "no framework here to be timed beside"),
    ],
)
def test_what_there_is_not_is_said_at_once(
    program: Program, arguments: tuple[str, ...], code: int, message: str
) -> None:
    said = program("export", "model.onnx", *arguments)
    assert (said.code, message in said.err) == (code, True), said.err
