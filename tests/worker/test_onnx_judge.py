"""The judge, run in the toolchain `onnx` as the program runs it: what it says of a model that is wrong in one way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import ROOT, TOOLS, in_toolchain

TASKS = TOOLS / "worker_tasks.py"
MADE = ROOT / "tests/helpers/onnx_judged.py"

WRONG = {
    "weight": ("parity", "times what rounding explains"),
    "no softmax": ("parity", "off by"),
    "extra input": ("names", "“scale”"),
    "renamed": ("names", "“Identity:0”, and not “p”"),
    "swapped": ("names", "another order: “choice”, “p”"),
    "missing": ("names", "“choice” is missing"),
    "type": ("names", "float64"),
    "shape": ("sizes", "2×1×5 and should have 2×5"),
    "fixed batch": ("sizes", "axis 0 (“batch”) of “x” is fixed at 2"),
    "baked batch": (
        "sizes",
        "runs in the case 1 (drawn, batch=2), but not with another size of “batch”: that size was frozen",
    ),
    "least": ("parity", "“choice” differs in"),
    "nan": ("parity", "NaN"),
    "dropout": ("parity", "“dropout”"),
    "foreign": ("structure", "“Shine” of “acme.ops”"),
    "no such operator": ("structure", "Erfc"),
    "cut": ("structure", "cut off"),
    "text": ("structure", "no ONNX model"),
    "empty": ("structure", "is empty"),
    "outside": ("structure", "“../secret.bin”"),
    "boast": ("structure", "says that it has"),
}
RIGHT = {
    "": "no more than rounding",
    "equals": "no more than rounding",
    "mask varies": "no more than rounding",
    "NaN": "both have the same NaN",
}
UNSURE = {"constant": "the same whatever the input", "vanishing": "every signal dies", "mask": "may have been baked in"}
ALSO = {"equals": "last of equals", "vanishing": "no softmax", "NaN": "not a number"}
"""What else is done to the file, so that it is as right as it can be."""


@pytest.fixture(scope="module")
def judged(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], dict[str, Any]]:
    """Return all verdicts, by what was changed in the model and what in the file alone."""
    python = toolchain_or_skip("onnx")
    wanted = [(truth, ALSO.get(truth, "")) for truth in (*RIGHT, *UNSURE)] + [("", fault) for fault in WRONG]
    wanted += [("mask", "mask unread"), ("mask varies", "mask unread")]
    places = [str(tmp_path_factory.mktemp("judged")) for _ in wanted]
    calls = [
        ("small", {"folder": place, "truth": each[0], "fault": each[1]})
        for place, each in zip(places, wanted, strict=True)
    ]
    asked = in_toolchain(python, MADE, *calls)
    return dict(zip(wanted, in_toolchain(python, TASKS, *(("judge", each) for each in asked)), strict=True))


def state(told: dict[str, Any], name: str) -> str:
    """Return the state of a check."""
    return str(next(each["state"] for each in told["checks"] if each["name"] == name))


@pytest.mark.parametrize("truth", RIGHT)
def test_what_is_right_passes(judged: dict[tuple[str, str], dict[str, Any]], truth: str) -> None:
    told = judged[truth, ALSO.get(truth, "")]
    assert (told["verdict"], told["parity"]["cases"], told["parity"]["sizes"]) == ("pass", 3, 2), told
    assert {each["state"] for each in told["checks"]} == {"pass"}
    assert RIGHT[truth] in told["reason"]
    assert told["parity"]["max_rel_error"] < 1e-6


@pytest.mark.parametrize("fault", WRONG)
def test_what_is_wrong_fails_for_its_reason(judged: dict[tuple[str, str], dict[str, Any]], fault: str) -> None:
    told = judged["", fault]
    check, text = WRONG[fault]
    assert (told["verdict"], state(told, check)) == ("fail", "fail"), told
    assert text in told["reason"]


@pytest.mark.parametrize("truth", UNSURE)
def test_what_proves_nothing_is_left_open(judged: dict[tuple[str, str], dict[str, Any]], truth: str) -> None:
    told = judged[truth, ALSO.get(truth, "")]
    assert (told["verdict"], UNSURE[truth] in told["reason"]) == ("cannot-tell", True), told


def test_an_input_that_is_never_read_is_judged_by_whether_it_was_varied(
    judged: dict[tuple[str, str], dict[str, Any]],
) -> None:
    assert judged["mask", "mask unread"]["verdict"] == "cannot-tell"
    assert "“mask” is read by nothing" in judged["mask", "mask unread"]["reason"]
    assert judged["mask varies", "mask unread"]["verdict"] == "pass"


def test_an_error_is_told_in_figures(judged: dict[tuple[str, str], dict[str, Any]]) -> None:
    parity = judged["", "weight"]["parity"]
    output = parity["outputs"][0]
    assert (output["name"], output["noise_from"], output["worst_view"]) == ("p", "float64", "log-odds")
    assert output["error_in_noise"] > 100
    assert 0 <= parity["worst_case"] < 3


def test_equal_values_are_named_where_the_choice_among_them_differs(
    judged: dict[tuple[str, str], dict[str, Any]],
) -> None:
    assert "“choice” differ where values are equal" in judged["equals", "last of equals"]["reason"]


def test_a_model_that_is_known_to_be_random_is_left_open(tmp_path: Path) -> None:
    python = toolchain_or_skip("onnx")
    (asked,) = in_toolchain(python, MADE, ("small", {"folder": str(tmp_path), "fault": "weight"}))
    (told,) = in_toolchain(python, TASKS, ("judge", {**asked, "random": True}))
    assert (told["verdict"], "random numbers" in told["reason"]) == ("cannot-tell", True)
