"""What a report says: the verdict first, in words for somebody who has never seen ONNX, then what it rests on."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import MODEL_KINDS, Value
from desktop_app.core.exports.report import ExportReport, RouteTried, Tensor, Verdict
from desktop_app.core.exports.snippet import snippet
from desktop_app.core.words import plural, size_text, spoken_duration
from desktop_app.presenters.models.standing import Standing, subject, warning
from desktop_app.presenters.models.words import (
    CHECKS,
    FAIL,
    NONE,
    NOTE,
    PASS,
    SKIPPED,
    VERDICTS,
    WARNING,
    Mark,
    figure,
    for_window,
    in_noise,
    is_measured,
    listed,
    model_name,
    outputs_of,
    short_path,
    text_of,
)

SANDBOX = (
    "Loading a model runs code that came with it. It ran in a process of its own, held as told here. "
    "That is not a sandbox: export only what you trust."
)


OUTPUTS_SAY = (
    "Error is the difference in that set of inputs which came closest to what is tolerated; the largest of all is told "
    "at the top, and in the check as a part of the output’s size. In rounding tells it in multiples of what 32-bit "
    "arithmetic alone changes in the original’s own answers. Same choice is how often the highest value of a row, the "
    "predicted class of a classifier, is at the same place."
)
INSTALL = "pip install onnxruntime numpy"


@dataclass(frozen=True, slots=True)
class Line:
    """A thing that was looked at or tried: its mark, what it is, what there is to say, and what folds out."""

    mark: Mark
    title: str
    text: str = ""
    details: str = ""


@dataclass(frozen=True, slots=True)
class Grid:
    """A small table; columns in `right` are figures, those in `mono` code."""

    headers: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...] = ()
    right: tuple[int, ...] = ()
    mono: tuple[int, ...] = ()


Facts = Sequence[tuple[str, str]]


def heading(report: ExportReport, standing: Standing = Standing.SAME) -> str:
    """Return the verdict in one sentence, or that it is about a file that is no more."""
    if standing is not Standing.SAME:
        return warning(report, standing)
    if is_measured(report):
        return f"{model_name(report)} was measured beside variants of its own."
    file = f"{Path(report.output).name} " if report.output else "The ONNX file "
    if report.verdict is Verdict.PASS:
        return f"{file}gives the same answers as the original model."
    if report.verdict is Verdict.CANNOT_TELL:
        return f"Whether {file if report.output else 'the ONNX file '}gives the original model's answers can't be told."
    if report.route is None and not report.checks:
        return "No way to ONNX worked for this model. Nothing was written."
    return "The ONNX file gives other answers than the original model, so it was not put in place."


def explanation(report: ExportReport, standing: Standing = Standing.SAME) -> str:
    """Return what the verdict rests on, in a few sentences."""
    if standing is not Standing.SAME:
        return f"When it was checked, the verdict was “{VERDICTS[report.verdict].word}”. {report.reason}".strip()
    parts = [report.reason, _compared(report)]
    if report.verdict is Verdict.CANNOT_TELL and report.output:
        parts.append("The file was written; try it on data whose answers you know before you rely on it.")
    return " ".join(filter(None, parts))


def facts_line(report: ExportReport) -> str:
    """Return what the file is: size, opset, nodes, where it lies."""
    path, _sha256 = subject(report)
    parts = [
        short_path(path) if path is not None else "",
        size_text(report.bytes) if report.bytes else "",
        f"opset {report.opset}" if report.opset else "",
        plural(report.nodes, "node") if report.nodes else "",
        _parameters(report),
    ]
    return " · ".join(filter(None, parts))


def checks(report: ExportReport) -> list[Line]:
    """Return what was checked, in the judge's order."""
    return [Line(CHECKS.get(each.state, SKIPPED), each.title or each.name, each.text) for each in report.checks]


def routes(report: ExportReport) -> list[Line]:
    """Return the ways that were tried, and why each fell."""
    return [_route(each) for each in report.routes]


def notes(report: ExportReport) -> list[Line]:
    """Return what is worth knowing, warnings first."""
    ordered = sorted(report.notes, key=lambda each: each.level != "warning")
    return [Line(WARNING if each.level == "warning" else NOTE, for_window(each.text)) for each in ordered]


def inputs(report: ExportReport) -> Grid:
    """Return what goes in."""
    rows = tuple((each.name, each.dtype, shape_text(each), range_text(each), each.origin) for each in report.inputs)
    return Grid(("Input", "Type", "Shape", "Range tried", "Known from"), rows, mono=(0, 1, 2))


def outputs(report: ExportReport) -> Grid:
    """Return what comes out, and how far it is from the original's."""
    figures = {text_of(each.get("name")): each for each in outputs_of(report)}
    rows = tuple(_output_row(each, figures.get(each.name, {})) for each in report.outputs)
    headers = ("Output", "Type", "Shape", "Largest value", "Error", "In rounding", "Same choice")
    return Grid(headers, rows, right=(3, 4, 5, 6), mono=(0, 1, 2))


def usage(report: ExportReport) -> str:
    """Return Python that runs the file; empty where there is none, or its inputs aren't known."""
    path, _sha256 = subject(report)
    return snippet(path.name, report.inputs, report.outputs) if path is not None and report.inputs else ""


def difference(report: ExportReport) -> str:
    """Return where the two models differ first, as a sentence; empty where that is not known."""
    found = report.first_difference
    if not found:
        return ""
    told = text_of(found.get("text"))
    node, op, module = (text_of(found.get(key)) for key in ("node", "op", "module"))
    where = f"The first node that differs is {node or 'without a name'} ({op})" + (f", of {module}." if module else ".")
    return told or where


def facts(report: ExportReport) -> Facts:
    """Return what else is known: of the model, of how it was made."""
    model = report.model
    took = listed(f"{spoken_duration(seconds)} {_STAGES.get(name, name)}" for name, seconds in report.seconds.items())
    pairs = (
        ("Model", short_path(text_of(model.get("path")))),
        ("Kind", MODEL_KINDS.get(text_of(model.get("kind")), "")),
        ("Class", text_of(model.get("class"))),
        *_given(model.get("options"), model.get("inputs")),
        ("Weights", short_path(text_of(model.get("weights")))),
        ("From the run", text_of(model.get("run"))),
        ("Allowed to import", listed(_names(model.get("allowed")))),
        ("Model's SHA-256", text_of(model.get("sha256"))),
        ("Keys", _keys(model.get("keys"))),
        (
            "Exporter",
            f"{report.exporter}, in the toolchain {report.toolchain}" if report.toolchain else report.exporter,
        ),
        ("Took", took),
        ("Most memory", size_text(report.peak_bytes) if report.peak_bytes else ""),
        ("Operators", _operators(report.operators)),
        ("Versions", ", ".join(f"{name} {version}" for name, version in report.versions.items())),
        ("File's SHA-256", report.sha256),
        ("Export", report.id),
    )
    return [(label, text) for label, text in pairs if text and text != "."]


def isolation(report: ExportReport) -> Facts:
    """Return how the process that ran the model's code was held."""
    return report.isolation


def shape_text(tensor: Tensor) -> str:
    """Return `[batch, 3, 224, 224]`."""
    return f"[{', '.join(map(str, tensor.shape))}]"


def range_text(tensor: Tensor) -> str:
    """Return `0 … 1`; empty where it is not known."""
    if tensor.low is None or tensor.high is None:
        return ""
    return f"{figure(tensor.low)} … {figure(tensor.high)}"


_STAGES = {"load": "to load", "export": "to export", "check": "to check"}


def _compared(report: ExportReport) -> str:
    parity = report.parity
    cases, sizes, error = parity.get("cases"), parity.get("sizes"), parity.get("max_abs_error")
    if not isinstance(cases, int) or not cases:
        return ""
    of_sizes = f" of {plural(sizes, 'size')}" if isinstance(sizes, int) and sizes else ""
    told = f"Both were run on {plural(cases, 'set')} of inputs{of_sizes}."
    if not isinstance(error, int | float):
        return told
    if not error:
        return f"{told} Their answers are equal to the last bit."
    return f"{told} The largest difference between any two numbers is {figure(error)}."


def _parameters(report: ExportReport) -> str:
    return plural(report.parameters, "parameter") if report.parameters else ""


def _route(route: RouteTried) -> Line:
    cures = f"with {listed(route.cures)}" if route.cures else ""
    took = spoken_duration(route.seconds) if route.seconds else ""
    text = route.reason or ", ".join(filter(None, ("worked", cures, took)))
    return Line(PASS if route.ok else FAIL, route.title or route.name, text, route.details)


def _output_row(tensor: Tensor, told: Mapping[str, Value]) -> tuple[str, ...]:
    agreement = told.get("argmax_agreement")
    same = f"{agreement:.0%}" if isinstance(agreement, int | float) else NONE
    return (
        tensor.name, tensor.dtype, shape_text(tensor), figure(told.get("scale")), figure(told.get("max_abs_error")),
        in_noise(told.get("error_in_noise")).removesuffix("rounding").strip(), same,
    )  # fmt: skip


def _names(value: object) -> list[str]:
    return [str(each) for each in value] if isinstance(value, list | tuple) else []


def _keys(keys: object) -> str:
    if not isinstance(keys, Mapping):
        return ""
    parts = []
    for name, verb in (("stripped", "prefixes taken off"), ("missing", "missing"), ("unexpected", "unexpected")):
        found = keys.get(name)
        if isinstance(found, list | tuple) and found:
            more = f" and {len(found) - 5} more" if len(found) > 5 else ""
            parts.append(f"{verb}: {', '.join(map(str, found[:5]))}{more}")
    return "; ".join(parts)


def _given(options: object, inputs: object) -> Iterator[tuple[str, str]]:
    """Return what a person said of the model, so that the same can be said again."""
    told = {text_of(key): each for key, each in options.items()} if isinstance(options, Mapping) else {}
    yield "Arguments given", _assigned(told.pop("arguments", None))
    yield "Settings given", _assigned({key: each for key, each in told.items() if key != "class"})
    yield "Inputs given", "\n".join(_names(inputs))


def _assigned(values: object) -> str:
    """Return `hidden=16, name=small`; a text as it was written."""
    if not isinstance(values, Mapping):
        return text_of(values)
    said = ((key, each) for key, each in values.items() if each not in (None, "", [], {}))
    return ", ".join(f"{key}={each if isinstance(each, str) else json.dumps(each)}" for key, each in said)


def _operators(operators: Mapping[str, int]) -> str:
    ordered = sorted(operators.items(), key=lambda each: (-each[1], each[0]))
    told = ", ".join(f"{count} {name}" for name, count in ordered[:12])
    return f"{told} and {plural(len(ordered) - 12, 'more kind')}" if len(ordered) > 12 else told
