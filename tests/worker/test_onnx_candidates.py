"""Candidates of an ONNX model, made and measured in the toolchain; what is said where there is none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import MODELS, TOOLS, TaskFailedError, in_toolchain

TASKS = TOOLS / "candidate_tasks.py"
KINDS = ["optimised", "dynamic-int8", "static-int8", "fp16"]
CASES = ["0.npz", "1.npz", "2.npz"]


@pytest.fixture(scope="module")
def python() -> Path:
    return toolchain_or_skip("onnx")


@pytest.fixture(scope="module")
def perceptron(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("perceptron")
    in_toolchain(python, MODELS, ("perceptron", {"folder": str(folder)}))
    return folder


def _candidates(python: Path, source: Path, **more: Any) -> dict[str, Any]:
    asked = {
        "model": str(source / "model.onnx"),
        "folder": str(source / "candidates"),
        "cases_folder": str(source / "cases"),
        "cases": CASES,
        "kinds": KINDS,
        "rounds": 7,
        "threads": 1,
        **more,
    }
    (found,) = in_toolchain(python, TASKS, ("candidates", {"order": asked}))
    assert isinstance(found, dict)
    return found


@pytest.fixture(scope="module")
def made(python: Path, perceptron: Path) -> dict[str, Any]:
    return _candidates(python, perceptron, calibration=[str(perceptron / "calibration.npz")])


def test_all_kinds_are_made_and_measured(made: dict[str, Any]) -> None:
    assert {row["name"]: row["error"] for row in made["rows"]} == dict.fromkeys(KINDS)
    for row in made["rows"]:
        assert len(row["seconds"]) == len(row["original_seconds"]) == 7
        assert row["error_to_original"]["finite"]
        assert not row["overflowing"]
        assert row["error_to_framework"]["rows"] == 2 + 3 + 16


def test_eight_bits_are_smaller_and_nearly_as_right(made: dict[str, Any]) -> None:
    rows = {row["name"]: row for row in made["rows"]}
    for kind in ("dynamic-int8", "static-int8"):
        assert rows[kind]["bytes"] < made["original"]["bytes"] * 0.6
        assert 1e-4 < rows[kind]["error_to_original"]["nrmse"] < 0.1
    assert rows["fp16"]["bytes"] < made["original"]["bytes"] * 0.7
    assert rows["optimised"]["nodes"] < made["original"]["nodes"]
    assert rows["optimised"]["error_to_original"]["nrmse"] < 1e-6


def test_a_quarter_of_the_data_is_kept_for_the_comparison(made: dict[str, Any]) -> None:
    assert made["original"]["cases"] == len(CASES) + 64 // 8 // 4


def test_what_was_made_lies_in_the_folder_with_its_rows(made: dict[str, Any], perceptron: Path) -> None:
    folder = perceptron / "candidates"
    assert {each.name for each in folder.iterdir()} == {"candidates.json", *(f"{kind}.onnx" for kind in KINDS)}
    assert json.loads((folder / "candidates.json").read_text("utf-8")) == made


def test_static_without_data_is_refused_with_the_way_out(python: Path, perceptron: Path, tmp_path: Path) -> None:
    (row,) = _candidates(python, perceptron, kinds=["static-int8"], folder=str(tmp_path))["rows"]
    assert "calibration data" in row["error"]
    assert "--calibration" in row["hint"]
    assert row["path"] is None
    assert [each.name for each in tmp_path.iterdir()] == ["candidates.json"]


def test_a_convolution_is_quantised_beforehand_and_never_as_it_runs(python: Path, tmp_path: Path) -> None:
    in_toolchain(python, MODELS, ("convolution", {"folder": str(tmp_path)}))
    data = [str(tmp_path / "calibration.npz")]
    found = _candidates(python, tmp_path, kinds=["dynamic-int8", "static-int8"], cases=["0.npz"], calibration=data)
    dynamic, static = found["rows"]
    said = "The model has no matrix product with weights of its own, so there is nothing to quantise."
    assert (dynamic["error"], static["error"]) == (said, None)
    assert found["original"]["cases"] == 1 + 16 // 4  # 33 samples of one array, in the batches of two that it takes


def test_half_precision_that_overflows_is_noticed(python: Path, tmp_path: Path) -> None:
    in_toolchain(python, MODELS, ("perceptron", {"folder": str(tmp_path), "largest": 1e5}))
    (row,) = _candidates(python, tmp_path, kinds=["fp16"])["rows"]
    assert row["notes"] == ["Constants that 16 bits can't hold were cut to 65504: w2."]
    assert row["overflowing"] == ["logits"]


def test_data_of_no_use_is_said(python: Path, perceptron: Path, tmp_path: Path) -> None:
    bad = tmp_path / "bad.npz"
    bad.write_bytes(b"no numbers")
    with pytest.raises(TaskFailedError, match=r"bad\.npz is no \.npz file of arrays"):
        _candidates(python, perceptron, calibration=[str(bad)], folder=str(tmp_path / "made"))


def test_inputs_that_do_not_fit_are_said(python: Path, perceptron: Path, tmp_path: Path) -> None:
    for name, shape, said in (("x", (4, 3), "does not run with these inputs"), ("y", (4, 64), "There is no array for")):
        given = tmp_path / f"{name}.npz"
        arrays: dict[str, Any] = {each: np.zeros(shape, "float32") for each in (name, "other")}
        np.savez(given, **arrays)
        with pytest.raises(TaskFailedError, match=said):
            _candidates(python, perceptron, calibration=[str(given)], folder=str(tmp_path / "made"))


def test_nothing_is_written_beside_the_model(python: Path, perceptron: Path, tmp_path: Path) -> None:
    before = {each.name for each in perceptron.iterdir()}
    _candidates(python, perceptron, kinds=KINDS, folder=str(tmp_path / "made"))
    assert {each.name for each in perceptron.iterdir()} == before
