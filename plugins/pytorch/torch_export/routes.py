"""Writes a prepared model as ONNX by one route, with the known cures where it doesn't go as it is."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rankzero_kit.errors import TaskError

from . import cures, dynamo, failures, frozen, onnx_file, preparing, settings, torchscript
from .loading import Loaded
from .preparing import Plan, plan_of

Report = Callable[[str, float | None], None]


@dataclass(frozen=True)
class Job:
    """One route's work: what to write, where, and in which opset; `prepared` is what was told of inputs and outputs."""

    plan: Plan
    path: Path
    opset: int | None
    prepared: Mapping[str, Any]
    report: Report
    source: Any = None

    @property
    def shapes(self) -> dict[str, list[int | str]]:
        """Return the outputs' axes as PyTorch's answers showed them."""
        return {each["name"]: each["shape"] for each in self.prepared["outputs"]}


def export_route(
    request: Mapping[str, Any], loaded: Loaded, route: str, prepared: Mapping[str, Any], report: Report
) -> dict[str, Any]:
    """Write the ONNX model by a route. Raises TaskError with the reason in a sentence."""
    started = time.perf_counter()
    plan = plan_of(request, loaded, report)
    name = str(request.get("name") or "model.onnx")  # data beside it are found by it: it is the name that stays
    path = Path(request["folder"]) / "routes" / route / name
    opset = settings.opset_of(request["options"])
    told = _ROUTES[route](Job(plan, path, opset, prepared, report, loaded.model))
    return {"path": f"routes/{route}/{name}", "seconds": round(time.perf_counter() - started, 3), **told}


def _dynamo(job: Job, *, may_fix: bool = False) -> dict[str, Any]:
    """Try as it is, then with one cure after the other on top."""
    model = job.plan.runner.model
    done: list[str] = []
    tried: set[str] = set()
    first: BaseException | None = None
    while True:
        job.report("Exporting with torch.export" + (f", {done[-1]}" if done else ""), None)
        try:
            return {**_captured(job, tried, may_fix), "cures": done}
        except TaskError:
            raise
        except Exception as error:
            frozen.refuse(error)
            first = first or error
            cure = cures.next_for(error, model, tried)
            if cure is None:
                raise failures.told(first, "torch.export") from error
        tried.add(cure.name)
        cure.apply(model)
        done += [cure.says] if cure.says else []


def _captured(job: Job, tried: set[str], may_fix: bool) -> dict[str, Any]:
    program = dynamo.program_of(job.plan, strict="strict" in tried, relaxed="relaxed" in tried)
    fixed = dynamo.fixed_axes(job.plan, program)
    if fixed and not may_fix:
        raise TaskError(failures.fixed(fixed), "Another route may keep it free.")
    if may_fix and not fixed:
        program = _with_batch_alone(job, tried)
        fixed = dynamo.fixed_axes(job.plan, program)
    job.report("Writing the ONNX model", None)
    version, beside = dynamo.write(job.plan, program, job.path, job.opset, {} if fixed else job.shapes)
    notes = [failures.warning(failures.fixed(fixed))] if fixed else []
    changed = {"prepared": preparing.with_fixed(job.plan, job.prepared, fixed, job.path.parents[2])} if fixed else {}
    return {
        **changed,
        "opset": version,
        "fixed": fixed,
        "notes": [*notes, *_beside(beside), *_opset(job.opset, version)],
    }


def _with_batch_alone(job: Job, tried: set[str]) -> Any:
    """Return a program in which no axis but the batch varies: with all of them free, the ONNX model was wrong."""
    names = {name for axes in job.plan.axes.values() for name in axes.values()}
    if names <= {"batch"}:
        raise TaskError("There is no axis beside the batch that could be fixed.")
    return dynamo.program_of(job.plan, strict="strict" in tried, relaxed="relaxed" in tried, free={"batch"})


def _program(job: Job) -> dict[str, Any]:
    """Write what was exported before as it is: its axes are as they were chosen then."""
    job.report("Writing the ONNX model", None)
    try:
        version, beside = dynamo.write(job.plan, job.source, job.path, job.opset, job.shapes)
    except Exception as error:
        raise failures.told(error, "torch.onnx") from error
    return {"opset": version, "cures": [], "fixed": {}, "notes": [*_beside(beside), *_opset(job.opset, version)]}


def _dynamo_fixed(job: Job) -> dict[str, Any]:
    return _dynamo(job, may_fix=True)


def _beside(beside: bool) -> list[dict[str, str]]:
    text = "Its weights are more than one ONNX file can hold (2 GB): they lie in a .data file beside it."
    return [{"level": "info", "text": f"{text} Keep the two together."}] if beside else []


def _opset(wanted: int | None, found: int) -> list[dict[str, str]]:
    text = f"The ONNX model has opset {found}: this route could not have it in opset {wanted}."
    return [] if wanted is None or wanted == found else [failures.warning(text)]


def _torchscript(job: Job) -> dict[str, Any]:
    job.report("Exporting with TorchScript", None)
    try:
        said = torchscript.write(job.plan, job.path, job.opset, job.shapes)
    except Exception as error:
        raise failures.told(error, "TorchScript") from error
    frozen.refuse_traced(job.plan, said)
    version = torchscript.opset_for(job.opset)
    beside = onnx_file.gather(job.path)
    return {"opset": version, "cures": [], "fixed": {}, "notes": [*_beside(beside), *_opset(job.opset, version)]}


_ROUTES: dict[str, Callable[[Job], dict[str, Any]]] = {
    "dynamo": _dynamo,
    "dynamo-fixed": _dynamo_fixed,
    "torchscript": _torchscript,
    "torchscript-direct": _torchscript,
    "program": _program,
}
