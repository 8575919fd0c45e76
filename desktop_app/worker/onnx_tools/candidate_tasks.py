"""Tasks: smaller and faster candidates of a model, each compared with the model it comes from."""

from __future__ import annotations

import contextlib
import gc
import json
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy
import onnx
import onnxruntime
from rankzero_kit.cases import read_case
from rankzero_kit.errors import TaskError

from . import half, quantising, running, scoring, timing
from .drawing import drawn_cases
from .samples import BATCH, read_samples

Report = Callable[[str, float | None], None]
KINDS = {
    "optimised": "Optimised",
    "dynamic-int8": "8-bit weights (dynamic)",
    "static-int8": "8-bit weights and activations (static)",
    "fp16": "16-bit floats",
}
RESULTS = "candidates.json"
LARGEST = 2 * 1024**3
_KEPT_BACK = 4
"""Every fourth sample of the calibration data is kept for the comparison, where there are at least twice as many."""


def candidates(*, order: Mapping[str, Any], report: Report) -> dict[str, Any]:
    """Make candidates of a model in a folder and return what was measured, a row each, as it is: unjudged.

    `order` has `model` and `folder`; `cases_folder` and `cases`, files of inputs and of the framework's answers;
    `kinds`; and perhaps `calibration`, files of inputs alone, `threads`, `rounds` and `seconds` (for each kind). What
    is made by the time of a cancel stays, with its rows in the folder's `candidates.json`.
    """
    folder, kinds = Path(order["folder"]), order["kinds"]
    folder.mkdir(parents=True, exist_ok=True)
    report("Runs the original", 0.0)
    original = _Original(order)
    plan = timing.Plan(rounds=order.get("rounds", timing.ROUNDS), seconds=order.get("seconds", 10.0))
    rows: list[dict[str, Any]] = []
    versions = {each.__name__: each.__version__ for each in (onnx, onnxruntime, numpy)}
    told = {"threads": original.threads, "versions": versions, "original": original.described(), "rows": rows}
    for number, kind in enumerate(kinds):
        report(f"{KINDS.get(kind, kind)}: makes and times it", (number + 0.5) / (len(kinds) + 0.5))
        rows.append(_row(original, kind, folder, plan))
        _written(folder / RESULTS, told)
    return told


def draw_cases(*, model: str, inputs: Sequence[str], folder: str, report: Report) -> dict[str, Any]:
    """Draw cases for a model that has none, into a folder."""
    report("Draws inputs", None)
    return drawn_cases(Path(model), inputs, Path(folder))


class _Original:
    """The model that candidates come from: its inputs and answers, once for all of them."""

    def __init__(self, order: Mapping[str, Any]) -> None:
        self.path = Path(order["model"])
        self.threads = order.get("threads") or running.processors()
        self.session = _opened(self.path, self.threads)
        cases = _cases(Path(order["cases_folder"]), order["cases"])
        samples = read_samples(order.get("calibration", ()), running.batch_of(self.session) or BATCH)
        self.calibration, kept_back = _split([running.feed(self.session, each) for each in samples])
        self.feeds = [running.feed(self.session, given) for given, _ in cases] + kept_back
        if not self.feeds:
            raise TaskError("There is no input to compare with.", "Give a case or calibration data.")
        self.framework = [answered for _, answered in cases]
        try:
            self.answers = running.answers(self.session, self.feeds)
        except Exception as error:
            hint = "Say what the model takes with --inputs, or give real inputs with --calibration."
            raise TaskError(f"The model does not run with these inputs: {_first_line(error)}", hint) from error
        self.timed = max(self.feeds[: len(cases) or None], key=_weight)

    def described(self) -> dict[str, Any]:
        """Return what a row says, of the model itself."""
        told = {"name": "original", "title": "Original", "path": str(self.path), "bytes": size_of(self.path)}
        errors = {"framework": scoring.compared(self.framework, self.answers[: len(self.framework)])}
        sizes = {name: [*array.shape] for name, array in self.timed.items()}
        return {
            **told,
            "nodes": _nodes(self.path),
            "opset": _opset(self.path),
            "cases": len(self.feeds),
            "timed_with": sizes,
            **errors,
        }


def _row(original: _Original, kind: str, folder: Path, plan: timing.Plan) -> dict[str, Any]:
    """Return what was measured of a candidate, or why there is none."""
    row: dict[str, Any] = {"name": kind, "title": KINDS.get(kind, kind), "path": None, "error": None}
    path = folder / f"{kind}.onnx"
    try:
        notes = _made(kind, original.path, path, original.calibration)
        row |= {"path": str(path), "bytes": size_of(path), "nodes": _nodes(path), "notes": notes}
        row["overflowing"] = _overflowing(original, folder) if kind == "fp16" else []
        return row | _measured(original, path, plan)
    except TaskError as error:
        path.unlink(missing_ok=True)
        return row | {"path": None, "error": error.message, "hint": error.hint}
    finally:
        gc.collect()  # the session of a candidate, before the next


def _overflowing(original: _Original, folder: Path) -> list[str]:
    try:
        return half.overflowing(original.path, original.feeds[:4], folder)
    except Exception as error:
        raise TaskError(f"The ranges of its values could not be taken: {_first_line(error)}") from error


def _measured(original: _Original, path: Path, plan: timing.Plan) -> dict[str, Any]:
    _checked(path)
    began = time.perf_counter()
    opened = _opened(path, original.threads)
    start = time.perf_counter() - began
    try:
        answered = running.answers(opened, original.feeds)
    except Exception as error:
        raise TaskError(f"It does not run: {_first_line(error)}") from error
    was, now = timing.in_turns(
        lambda: original.session.run(None, original.timed), lambda: opened.run(None, original.timed), plan
    )
    return {
        "error_to_original": scoring.compared(original.answers, answered),
        "error_to_framework": scoring.compared(original.framework, answered[: len(original.framework)]),
        "original_seconds": was,
        "seconds": now,
        "start_seconds": start,
    }


def _made(kind: str, source: Path, target: Path, samples: Sequence[Any]) -> list[str]:
    """Make a candidate beside its place and move it there when it is whole."""
    if kind not in KINDS:
        raise TaskError(f"“{kind}” is no kind of candidate.", f"There are {', '.join(KINDS)}.")
    if size_of(source) >= LARGEST and kind != "optimised":
        raise TaskError("The model is over 2 GB: it can't be made smaller this way here.")
    part = target.with_name(f"{target.stem}.part.onnx")
    try:
        notes = _makers(samples)[kind](source, part)
        part.replace(target)
    except TaskError:
        raise
    except Exception as error:
        raise TaskError(f"It could not be made: {_first_line(error)}") from error
    finally:
        with contextlib.suppress(OSError):
            part.unlink()
    return notes


def _makers(samples: Sequence[Any]) -> Mapping[str, Callable[[Path, Path], list[str]]]:
    return {
        "optimised": _optimised,
        "dynamic-int8": quantising.dynamic,
        "static-int8": lambda source, target: quantising.static(source, target, samples),
        "fp16": half.halved,
    }


def _optimised(source: Path, target: Path) -> list[str]:
    """Write what is left when all is folded that can be, in standard operators. Raises TaskError where nothing can."""
    quantising.optimise(source, target, "basic")
    before, after = _nodes(source), _nodes(target)
    if after >= before:
        raise TaskError("There is nothing to fold or to fuse: whoever exported it has done so already.")
    return [f"{before - after} of {before} nodes are folded or fused."]


def _checked(path: Path) -> None:
    try:
        onnx.checker.check_model(str(path), full_check=True)
    except Exception as error:
        raise TaskError(f"It is no valid ONNX model: {_first_line(error)}") from error


def _opened(path: Path, threads: int) -> Any:
    try:
        return running.session(path, threads)
    except Exception as error:
        raise TaskError(f"ONNX Runtime does not open it: {_first_line(error)}") from error


def _cases(folder: Path, files: Sequence[str]) -> list[tuple[Any, Any]]:
    return [read_case(folder / each)[:2] for each in files]


def _split(samples: Sequence[Any]) -> tuple[list[Any], list[Any]]:
    """Return samples to calibrate with, and samples to compare with that were not seen before."""
    if len(samples) < 2 * _KEPT_BACK:
        return [*samples], [*samples]
    kept = [each for number, each in enumerate(samples) if number % _KEPT_BACK == _KEPT_BACK - 1]
    return [each for number, each in enumerate(samples) if number % _KEPT_BACK != _KEPT_BACK - 1], kept


def _weight(feed: Mapping[str, Any]) -> int:
    return sum(each.size for each in feed.values())


def _nodes(path: Path) -> int:
    return len(onnx.load(path, load_external_data=False).graph.node)


def _opset(path: Path) -> int | None:
    sets = onnx.load(path, load_external_data=False).opset_import
    return next((int(each.version) for each in sets if each.domain in ("", "ai.onnx")), None)


def size_of(path: Path) -> int:
    """Return the bytes of a model with those of its files beside it."""
    model = onnx.load(path, load_external_data=False)
    beside = {
        entry.value for each in model.graph.initializer for entry in each.external_data if entry.key == "location"
    }
    return sum(each.stat().st_size for each in (path, *(path.parent / name for name in beside)))


def _first_line(error: Exception) -> str:
    return next((each.strip() for each in str(error).splitlines() if each.strip()), type(error).__name__)[:300]


def _written(path: Path, told: Mapping[str, Any]) -> None:
    part = path.with_suffix(".part")
    part.write_text(json.dumps(told), "utf-8")
    part.replace(path)
