"""Entry functions of the judge, in the toolchain `onnx`: thin, each a function of the modules beside it."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import onnxruntime
from rankzero_kit.errors import TaskError

from . import by_reference, locating, rewriting
from .judging import Asked
from .judging import judge as _judge
from .opening import open_model, told_model

Report = Callable[..., None]
Documents = Sequence[Mapping[str, Any]]


def ready(*, report: Report) -> str:
    """Return which runtime is there; what the tasks need is imported by then."""
    return str(onnxruntime.__version__)


def judge(  # noqa: PLR0913 - the arguments of the contract
    *,
    model: str,
    cases_folder: str,
    cases: Documents,
    inputs: Documents,
    outputs: Documents,
    report: Report,
    random: bool | None = None,
    trace: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """Return the verdict on a file. `random`: the framework was seen to answer otherwise each time."""
    asked = Asked(Path(model), Path(cases_folder), cases, inputs, outputs, random)
    told = _judge(asked, report)
    if told["verdict"] == "fail" and told["parity"] and any(each["wrong"] for each in told["parity"]["outputs"]):
        case = cases[told["parity"]["worst_case"]]
        with contextlib.suppress(TaskError):  # it does not run: there is nothing inside to look at
            told["first_difference"] = first_difference(
                model=model, cases_folder=cases_folder, case=case, trace=trace, report=report
            )
    return told


def first_difference(
    *, model: str, cases_folder: str, case: Mapping[str, Any], report: Report, trace: Mapping[str, Any] | None = None
) -> dict[str, Any] | None:
    """Return the first node that differs: from the framework's trace, or, without one, from ONNX's own reference."""
    report("Looking for the first node that differs", None)
    if trace and trace.get("values"):
        return locating.first_difference(Path(model), Path(cases_folder), case, trace)
    return by_reference.runtime_difference(Path(model), Path(cases_folder), case)


def describe(*, model: str, report: Report) -> dict[str, Any]:
    """Return what can be said of a file without running it."""
    return told_model(open_model(model))


def rename(
    *,
    model: str,
    report: Report,
    inputs: Mapping[str, str] | None = None,
    outputs: Mapping[str, str] | None = None,
    axes: Mapping[str, Mapping[str, str]] | None = None,
) -> dict[str, Any]:
    """Rename inputs, outputs and axes of a file in place; return what it then is."""
    rewriting.rename(Path(model), inputs or {}, outputs or {}, axes or {})
    return told_model(open_model(model))


def single_file(*, model: str, target: str, report: Report, beside: bool = False) -> dict[str, Any]:
    """Write a model as one file, or with its weights `beside` it; return the names of the files."""
    write = rewriting.with_weights_beside if beside else rewriting.single_file
    return {"files": write(Path(model), Path(target))}


def strip_notes(*, model: str, report: Report) -> dict[str, Any]:
    """Take out of a file what tells of the code that it comes from; return what it then is."""
    return told_model(rewriting.strip_notes(Path(model)))
