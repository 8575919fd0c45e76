"""The judge on many random networks: what is right passes, and each fault that shows beyond rounding fails."""

from __future__ import annotations

from typing import Any

import pytest

from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import ROOT, in_toolchain

MUTANTS = ROOT / "tests/helpers/onnx_mutants.py"
FAULTS = (
    "weight +1 %", "weight -1 %", "weight +0.1 %", "one number +1 %", "transposed", "no bias", "epsilon", "mean or sum",
    "softmax axis", "relu or relu6", "gelu by tanh", "scale of attention", "slice by one", "branch frozen", "dropout",
    "order of steps", "NaN", "top-k from below", "batch frozen",
)  # fmt: skip
SHOWS = 20
"""From so many times the framework's own rounding (and a millionth of the size) a fault must be seen."""
HIDDEN = ("relu or relu6", "branch frozen")
"""Faults that the cases of a small network may never meet."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[dict[str, Any]]]:
    python, folder = toolchain_or_skip("onnx"), str(tmp_path_factory.mktemp("mutants"))
    right = ("batch", {"folder": folder, "number": 60, "seed": 11})
    wrong = [("batch", {"folder": folder, "number": 8, "seed": 12, "faulty": [fault]}) for fault in FAULTS]
    return dict(zip(("", *FAULTS), in_toolchain(python, MUTANTS, right, *wrong), strict=True))


def test_right_networks_pass(judged: dict[str, list[dict[str, Any]]]) -> None:
    assert [each for each in judged[""] if each["verdict"] != "pass"] == []
    assert len({each["family"] for each in judged[""]}) == 6


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_shows_fails(judged: dict[str, list[dict[str, Any]]], fault: str) -> None:
    showing = [each for each in judged[fault] if each["effect"] > SHOWS]
    assert [each for each in showing if each["verdict"] != "fail"] == []
    assert showing or fault in (*HIDDEN, "top-k from below"), judged[fault]


def test_every_fault_is_tried() -> None:
    (known,) = in_toolchain(toolchain_or_skip("onnx"), MUTANTS, ("faults", {}))
    assert sorted(known) == sorted(FAULTS)


def test_values_that_are_chosen_from_the_wrong_end_fail(judged: dict[str, list[dict[str, Any]]]) -> None:
    assert {each["verdict"] for each in judged["top-k from below"]} == {"fail"}
