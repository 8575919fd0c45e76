"""Random small networks, right or with one fault, judged by hundreds; run in the toolchain `onnx` by path.

A fault changes the steps that are written as ONNX; numpy says how much that changes the answer.
"""

from __future__ import annotations

import copy
import importlib
import json
import math
import sys
import types
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rankzero_kit.cases import write_case

from .onnx_networks import WIDTH, Step, answer, write

TOOLS = Path(__file__).resolve().parents[2] / "desktop_app/worker/onnx_tools"


# Random networks.


def linear(random: Any, out: int = WIDTH) -> Step:
    """Return a layer with a square weight, or one of another width."""
    spread = random.uniform(0.3, 1.5) / math.sqrt(WIDTH)
    arrays = {"w": random.standard_normal((WIDTH, out)) * spread, "b": random.standard_normal(out) * 0.3}
    return Step("linear", arrays, {"random": random})


def attention(random: Any) -> Step:
    """Return attention of one head with a residual."""
    arrays = {each: random.standard_normal((WIDTH, WIDTH)) / math.sqrt(WIDTH) for each in "qkvo"}
    return Step("attention", arrays, {"scale": 1 / math.sqrt(WIDTH)})


def norm(random: Any) -> Step:
    """Return a layer normalisation."""
    arrays = {"w": 1 + 0.2 * random.standard_normal(WIDTH), "b": 0.1 * random.standard_normal(WIDTH)}
    return Step("norm", arrays, {"eps": float(random.choice([1e-5, 1e-6, 1e-3, 1e-12]))})


def act(random: Any) -> Step:
    """Return a function of each value."""
    return Step("act", {}, {"kind": str(random.choice(["relu", "relu6", "gelu", "gelu-tanh", "tanh", "sigmoid"]))})


def conv(random: Any) -> Step:
    """Return a convolution of width three."""
    arrays = {
        "w": random.standard_normal((WIDTH, WIDTH, 3)) / math.sqrt(3 * WIDTH),
        "b": random.standard_normal(WIDTH) * 0.3,
    }
    return Step("conv", arrays)


def rnn(random: Any) -> Step:
    """Return a recurrent layer that gives its last state."""
    arrays = {each: random.standard_normal((WIDTH, WIDTH)) / math.sqrt(WIDTH) for each in "xh"}
    return Step("rnn", {**arrays, "b": random.standard_normal(WIDTH) * 0.3})


def branch(random: Any) -> Step:
    """Return a step that does one thing or another by what comes in."""
    return Step("branch", {"w": random.standard_normal((WIDTH, WIDTH)) / math.sqrt(WIDTH)})


def network(random: Any) -> tuple[str, list[Step]]:
    """Return a family's name and a network of it."""
    family = str(random.choice(["mlp", "conv", "attention", "recurrent", "branch", "tokens"]))
    steps = [Step("embed", {"w": random.standard_normal((50, WIDTH))})] if family == "tokens" else []
    body = {"conv": conv, "attention": attention, "branch": branch, "tokens": attention}.get(family, linear)
    for _ in range(int(random.integers(1, 5))):
        steps += [body(random), *([norm(random)] if random.random() < 0.5 else []), linear(random), act(random)]
        steps += [Step("dropout")] * (random.random() < 0.3)
    steps += [Step("slice", {}, {"start": int(random.integers(1, 3))})] * (random.random() < 0.3)
    steps.append(
        rnn(random) if family == "recurrent" else Step("pool", {}, {"how": str(random.choice(["mean", "max", "sum"]))})
    )
    steps.append(linear(random, int(random.integers(4, 9))))
    steps += [Step("softmax", {}, {"axis": -1})] * (random.random() < 0.4)
    steps += [Step("argmax")] * (random.random() < 0.3) + [Step("topk", {}, {"largest": 1})] * (random.random() < 0.3)
    return family, steps


# Faults. Each changes the steps, or returns False where there is nothing to change.


def _pick(random: Any, steps: Sequence[Step], *kinds: str) -> Step | None:
    found = [each for each in steps if each.kind in kinds]
    return found[int(random.integers(len(found)))] if found else None


def _scaled(by: float) -> Callable[[Any, list[Step]], bool]:
    def fault(random: Any, steps: list[Step]) -> bool:
        step = _pick(random, steps, "linear", "conv", "attention", "rnn")
        name = str(random.choice([*step.arrays])) if step else ""
        if step:
            step.arrays[name] = step.arrays[name] * by
        return step is not None

    return fault


def _one_weight(random: Any, steps: list[Step]) -> bool:
    step = _pick(random, steps, "linear", "conv", "attention", "rnn")
    if step:
        array = step.arrays[str(random.choice([*step.arrays]))].copy()
        array.ravel()[int(random.integers(array.size))] *= 1.01
        step.arrays[next(name for name, each in step.arrays.items() if each.shape == array.shape)] = array
    return step is not None


def _turned(random: Any, steps: list[Step]) -> bool:
    step = _pick(random, [each for each in steps if each.kind != "linear" or each.arrays["w"].shape[1] == WIDTH],
                 "linear", "attention", "rnn")  # fmt: skip
    if step:
        name = str(random.choice([name for name, each in step.arrays.items() if each.ndim == 2]))
        step.arrays[name] = step.arrays[name].T
    return step is not None


def _no_bias(random: Any, steps: list[Step]) -> bool:
    step = _pick(random, steps, "linear", "conv")
    if step:
        step.arrays["b"] = step.arrays["b"] * 0
    return step is not None


def _facts(kind: str, change: Callable[[Any, dict[str, Any]], bool]) -> Callable[[Any, list[Step]], bool]:
    def fault(random: Any, steps: list[Step]) -> bool:
        step = _pick(random, steps, kind)
        return step is not None and change(random, step.facts)

    return fault


def _set(**facts: Any) -> Callable[[Any, dict[str, Any]], bool]:
    def change(random: Any, known: dict[str, Any]) -> bool:
        different = any(known.get(name) != each for name, each in facts.items())
        known.update(facts)
        return different

    return change


def _other_act(one: str, other: str) -> Callable[[Any, dict[str, Any]], bool]:
    def change(random: Any, known: dict[str, Any]) -> bool:
        fits = known["kind"] in (one, other)
        known["kind"] = {one: other, other: one}.get(known["kind"], known["kind"])
        return fits

    return change


def _swap(random: Any, steps: list[Step]) -> bool:
    places = [index for index, each in enumerate(steps) if each.kind == "act"]
    if len(places) < 2 or steps[places[0]].facts == steps[places[1]].facts:
        return False
    one, other = places[:2]
    steps[one], steps[other] = steps[other], steps[one]
    return True


def _nan(random: Any, steps: list[Step]) -> bool:
    step = _pick(random, steps, "linear")
    if step:
        step.arrays["b"] = np.where(np.arange(len(step.arrays["b"])) == 0, np.nan, step.arrays["b"])
    return step is not None


def _frozen_batch(random: Any, steps: list[Step]) -> bool:
    steps.insert(0, Step("rows", {}, {"number": 2}))
    return True


FAULTS: dict[str, Callable[[Any, list[Step]], bool]] = {
    "weight +1 %": _scaled(1.01),
    "weight -1 %": _scaled(0.99),
    "weight +0.1 %": _scaled(1.001),
    "one number +1 %": _one_weight,
    "transposed": _turned,
    "no bias": _no_bias,
    "epsilon": _facts("norm", lambda random, facts: _set(eps={1e-5: 1e-3}.get(facts["eps"], 1e-5))(random, facts)),
    "mean or sum": _facts("pool", lambda r, f: _set(how={"mean": "sum", "sum": "mean", "max": "mean"}[f["how"]])(r, f)),
    "softmax axis": _facts("softmax", _set(axis=0)),
    "relu or relu6": _facts("act", _other_act("relu", "relu6")),
    "gelu by tanh": _facts("act", _other_act("gelu", "gelu-tanh")),
    "scale of attention": _facts("attention", _set(scale=1 / WIDTH)),
    "slice by one": _facts("slice", lambda r, f: _set(start=f["start"] + 1)(r, f)),
    "branch frozen": _facts("branch", _set(frozen=True)),
    "dropout": _facts("dropout", _set(training=True)),
    "order of steps": _swap,
    "NaN": _nan,
    "batch frozen": _frozen_batch,
    "top-k from below": _facts("topk", _set(largest=0)),
}


# Judging.


def judging() -> Any:
    """Return the judge's module, imported as the task server imports it."""
    if "judge_tools" not in sys.modules:
        package = types.ModuleType("judge_tools")
        package.__path__ = [str(TOOLS)]
        sys.modules["judge_tools"] = package
    return importlib.import_module("judge_tools.worker_tasks")


def cases(random: Any, steps: list[Step], folder: Path, exact: bool) -> dict[str, Any]:
    """Write cases of two sizes and other content; return what the judge is asked."""
    whole, known, told = steps[0].kind == "embed", [], []
    for number, (batch, length) in enumerate(((2, 5), (3, 7), (2, 5))):
        shape = (batch, length) if whole else (batch, length, WIDTH)
        drawn = random.standard_normal(shape) * (5 if number == 2 else 1)
        given = random.integers(0, 50, shape) if whole else drawn.astype(np.float32)
        framework, real = (answer(steps, given, dtype) for dtype in (np.float32, np.float64))
        floats = {name: each for name, each in real.items() if each.dtype.kind == "f"}
        write_case(folder / f"{number}.npz", {"x": given}, framework, floats if exact else {})
        known.append({"file": f"{number}.npz", "sizes": {"batch": batch, "seq": length}, "origin": "drawn"})
        told.append((given, framework, floats))
    dtype, axes = ("int64", ["batch", "seq"]) if whole else ("float32", ["batch", "seq", str(WIDTH)])
    outputs = [{"name": name, "dtype": str(each.dtype), "shape": None} for name, each in told[0][1].items()]
    inputs = [{"name": "x", "dtype": dtype, "shape": [int(each) if each.isdecimal() else each for each in axes]}]
    return {"asked": {"cases_folder": str(folder), "cases": known, "inputs": inputs, "outputs": outputs}, "told": told}


def effect(steps: list[Step], told: Sequence[Any]) -> float:
    """Return how much a fault changes the outputs in units of the framework's noise, and of a millionth of the size."""
    most = 0.0
    for given, framework, real in told:
        changed = answer(steps, given, np.float64)
        for name, exact in real.items():
            if changed[name].shape != exact.shape or np.isnan(changed[name]).any():
                return math.inf
            noise = np.abs(framework[name] - exact).max() + 1e-6 * np.abs(exact).max()
            most = max(most, float(np.abs(changed[name] - exact).max() / noise))
    return most


def faults(*, report: Any) -> list[str]:
    """Return the names of all faults."""
    return [*FAULTS]


def batch(*, folder: str, number: int, seed: int, faulty: Sequence[str] = (), report: Any) -> list[dict[str, Any]]:
    """Judge so many networks, right (no faults) or with one of some faults each; return what was said of each."""
    found = []
    for index in range(number):
        random = np.random.default_rng([seed, index])
        family, steps = network(random)
        fault, changed = "", steps
        for name in random.permutation([*faulty]):
            attempt = copy.deepcopy(steps)
            if FAULTS[str(name)](random, attempt):
                fault, changed = str(name), attempt
                break
        if faulty and not fault:
            continue
        found.append(_one(random, steps, changed, fault, Path(folder)) | {"family": family, "seed": [seed, index]})
    return found


def _one(random: Any, steps: list[Step], changed: list[Step], fault: str, folder: Path) -> dict[str, Any]:
    folder.mkdir(parents=True, exist_ok=True)
    made = cases(random, steps, folder, exact=bool(random.random() < 0.5))
    write(changed, folder / "model.onnx", whole=steps[0].kind == "embed")
    told = judging().judge(model=str(folder / "model.onnx"), report=lambda *_: None, **made["asked"])
    json.dumps(told, allow_nan=False)
    size = math.inf if fault == "dropout" else effect(changed, made["told"]) if fault else 0.0
    worst = max((each["error_in_noise"] or 0.0 for each in told["parity"]["outputs"]), default=0.0)
    return {
        "fault": fault,
        "verdict": told["verdict"],
        "reason": told["reason"],
        "effect": min(size, 1e30),
        "noise": worst,
    }
