"""An export's report as one page that can be handed on: read without this program, without a network, by anybody.

Folders are left out of it, so that it says nothing of the machine that it comes from.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from functools import cache
from pathlib import Path, PurePath
from typing import Any

from desktop_app.api import MODEL_KINDS
from desktop_app.core.exports import benches, scores, tables
from desktop_app.core.exports.report import ExportReport, Tensor, Verdict
from desktop_app.core.exports.snippet import snippet
from desktop_app.core.words import plural, size_text, spoken_duration
from desktop_app.places import shipped
from desktop_app.services.exports.reports import html
from desktop_app.services.exports.reports.html import Html, text
from desktop_app.services.exports.reports.store import PAGE, ExportStore
from desktop_app.services.files import write_atomically

_TITLES = {
    Verdict.PASS: ("Pass", "The exported model gives the same answers as the original."),
    Verdict.FAIL: ("Fail", "The exported model gives other answers than the original. Don’t use it."),
    Verdict.CANNOT_TELL: ("Cannot tell", "Whether the exported model gives the original’s answers can’t be told."),
}
_NO_ROUTE = "This model can’t be exported as it is. No file was written."
_OF_ONNX = {
    Verdict.PASS: ("Agrees", "This version’s answers agree with those of the ONNX model that it was made from."),
    Verdict.FAIL: ("Not written", "No version of this ONNX model was written."),
}
_ONLY_BESIDE_ONNX = (
    "The version was run beside the ONNX model that it was made from. It is not equal to it: how far their answers are "
    "apart is in the table below. The framework that the model came from was not asked."
)
_CANDIDATES_ONLY = "Smaller and faster versions of this ONNX model, compared with it."
_ONNX = (
    "ONNX is a file format for trained models: with it a model runs in ONNX Runtime and many other programs, on "
    "servers, phones and in browsers, without the framework it was trained in. An export can go wrong without any "
    "error, so the file was run beside the original model and their answers were compared."
)
_FIGURES = (
    "Difference is the largest between any two answers. Rounding is what 32-bit arithmetic alone changes in the "
    "original model’s own answers; a right export stays within some multiples of it, the bar shows how much of what "
    "is tolerated was needed. Same choice is how often the highest value of a row, the predicted class of a "
    "classifier, is at the same place."
)


def keep(store: ExportStore, report: ExportReport) -> None:
    """Write a report and its page. Blocks."""
    store.write(report)
    write_atomically(store.folder(report.id) / PAGE, page(report))


def page(report: ExportReport) -> str:
    """Return the page."""
    parts = (
        _verdict(report),
        _at_a_glance(report),
        _difference(report),
        _notes(report),
        html.section("What was checked", html.paragraph(_compared(report)), html.states(_checks(report))),
        _answers(report),
        _ends(report),
        _usage(report),
        html.section("Ways to ONNX that were tried", html.states(_routes(report))),
        _candidates(report),
        _benchmark(report),
        _details(report),
        html.paragraph(f"Written by Rank Zero {report.versions.get('rankzero', '')} on {_day(report)}.", "foot"),
    )
    return html.document(f"{_name(report)}: {_title(report)[0]}", _style(), html.join(parts))


@cache
def _style() -> str:
    return (shipped("resources") / "reports" / "export.css").read_text("utf-8")


def _title(report: ExportReport) -> tuple[str, str]:
    if report.model.get("kind") == "onnx":
        return _OF_ONNX.get(report.verdict, ("Comparison", _CANDIDATES_ONLY))
    if report.verdict is Verdict.FAIL and report.route is None and not report.checks:
        return _TITLES[report.verdict][0], _NO_ROUTE
    return _TITLES[report.verdict]


def _verdict(report: ExportReport) -> Html:
    word, title = _title(report)
    of_onnx = report.model.get("kind") == "onnx"
    state = "comparison" if _is_comparison(report) else report.verdict.value
    heading = html.join(
        (html.tag("span", text(word), "word"), html.tag("h1", text(title)), html.paragraph(_why(report)))
    )
    banner = html.tag("header", html.join((html.icon(state), html.tag("div", heading))), f"verdict {state}")
    told = "" if _is_comparison(report) else _ONLY_BESIDE_ONNX if of_onnx else _ONNX
    return html.join((banner, html.paragraph(told, "soft")))


def _is_comparison(report: ExportReport) -> bool:
    return report.model.get("kind") == "onnx" and report.verdict is Verdict.CANNOT_TELL and bool(report.candidates)


def _why(report: ExportReport) -> str:
    return scores.advice(report.candidates) if _is_comparison(report) else report.reason


def _at_a_glance(report: ExportReport) -> Html:
    took = sum(report.seconds.values())
    route = report.route
    pairs = (
        ("File" if report.output else "Model", _name(report)),
        ("Size", size_text(report.bytes) if report.bytes else ""),
        ("Parameters", f"{report.parameters:,}" if report.parameters else ""),
        ("Nodes", f"{report.nodes:,}" if report.nodes else ""),
        ("Opset", str(report.opset or "")),
        ("Exported by", route.title if route else ""),
        ("Took", spoken_duration(took) if took else ""),
        ("Date", _day(report)),
    )
    return html.facts(pairs, "facts")


def _difference(report: ExportReport) -> Html:
    found = report.first_difference
    if not found:
        return Html("")
    where = (("Node", "node"), ("Operator", "op"), ("Part of the model", "module"), ("Output", "output"))
    pairs = [(label, str(found.get(key) or "")) for label, key in where]
    error = found.get("error")
    pairs.append(("Relative error there", tables.error_text(error) if isinstance(error, int | float) else ""))
    return html.section(
        "Where they first differ", html.paragraph(str(found.get("text") or "")), html.facts(pairs, "list")
    )


def _notes(report: ExportReport) -> Html:
    ordered = sorted(report.notes, key=lambda each: each.level != "warning")
    return html.join(
        html.tag("p", html.join((html.tag("b", text("Warning: ")), text(each.text))), "note warning")
        if each.level == "warning"
        else html.tag("p", text(each.text), "note")
        for each in ordered
    )


def _compared(report: ExportReport) -> str:
    cases, sizes = report.parity.get("cases"), report.parity.get("sizes")
    if not isinstance(cases, int) or not cases:
        return ""
    of_sizes = f" of {plural(sizes, 'different size')}" if isinstance(sizes, int) and sizes > 1 else ""
    return f"Both models were given the same {plural(cases, 'set')} of inputs{of_sizes}, and their answers compared."


def _checks(report: ExportReport) -> Iterator[tuple[str, str, str]]:
    yield from ((each.state, each.title or each.name, each.text) for each in report.checks)


def _answers(report: ExportReport) -> Html:
    figures = report.parity.get("outputs")
    if not isinstance(figures, list | tuple) or not figures:
        return Html("")
    headings = ("Output", "Typical size", "Rounding", "Difference", "In rounding", "Same choice", "")
    rows = [_answer(each) for each in figures if isinstance(each, Mapping)]
    columns = (1, 2, 3, 4, 5)
    return html.section(
        "How close the answers are", html.table(headings, rows, columns), html.paragraph(_FIGURES, "soft small")
    )


def _answer(found: Mapping[str, Any]) -> Html:
    error, tolerance, noise = (found.get(each) for each in ("max_abs_error", "tolerance", "error_in_noise"))
    wrong = found.get("wrong")
    relative, scale = found.get("max_rel_error"), found.get("scale")
    part = relative / tolerance if relative is not None and tolerance else None
    meter = html.bar(part) if part is not None else Html("")
    cells = (
        html.join(
            (html.tag("code", text(found.get("name", ""))), html.paragraph(str(wrong), "small") if wrong else Html(""))
        ),
        text(_figure(scale)),
        text(_figure(found.get("noise"))),
        text(_figure(error)),
        text(f"{noise:.2g} ×" if noise is not None else "–"),
        text(tables.agreement_text(found.get("argmax_agreement"))),
        meter,
    )
    return html.row(cells, (1, 2, 3, 4, 5))


def _ends(report: ExportReport) -> Html:
    rows = [_end("in", each) for each in report.inputs] + [_end("out", each) for each in report.outputs]
    named = {axis for each in (*report.inputs, *report.outputs) for axis in each.shape if isinstance(axis, str)}
    hint = f"Axes with a name ({', '.join(sorted(named))}) may have any size." if named else "All sizes are fixed."
    ranged = any(each.low is not None for each in report.inputs)
    table = html.table(("", "Name", "Type", "Shape", "Values tried" if ranged else ""), rows)
    return (
        html.section("What goes in and what comes out", table, html.paragraph(hint, "soft small")) if rows else Html("")
    )


def _end(way: str, tensor: Tensor) -> Html:
    shape = f"[{', '.join(map(str, tensor.shape))}]"
    values = "" if tensor.low is None or tensor.high is None else f"{tensor.low:g} … {tensor.high:g}"
    code = [html.tag("code", text(each)) for each in (tensor.name, tensor.dtype, shape)]
    return html.row((text(way), *code, text(values)))


def _usage(report: ExportReport) -> Html:
    if not report.inputs or not report.output:
        return Html("")
    code = snippet(PurePath(report.output).name, report.inputs, report.outputs)
    install = html.tag("code", "pip install onnxruntime numpy")
    how = html.tag("p", f"With Python, after {install}:")
    return html.section("How to run it", how, html.tag("pre", text(code)))


def _routes(report: ExportReport) -> Iterator[tuple[str, str, str]]:
    for each in report.routes:
        cures = f"It needed {', '.join(each.cures)}. " if each.cures else ""
        told = f"{cures}This is the way the file came by." if each.ok else each.reason or "It failed."
        yield "pass" if each.ok else "fail", each.title or each.name, told


def _candidates(report: ExportReport) -> Html:
    rows = report.candidates
    if not rows:
        return Html("")
    best = scores.best(rows)
    body = [line for each in rows for line in _candidate(each, is_best=each["name"] == best)]
    table = html.table(tables.CANDIDATES, body, (1, 2, 3, 4, 5))
    said = " ".join(f"{name} is {told}." for name, told in tables.CANDIDATES_SAY.items())
    how = f"Each was run in turns with the original, on {rows[0]['threads']} threads of one machine’s CPU. {said}"
    advice = html.paragraph("" if _is_comparison(report) else scores.advice(rows))
    return html.section("Smaller and faster versions", advice, table, html.paragraph(how, "soft small"))


def _candidate(found: Mapping[str, Any], *, is_best: bool) -> Iterator[Html]:
    kinds = ("best " if is_best else "") + ("" if found["name"] == "original" else "has-why")
    yield html.row([text(each) for each in tables.candidate_cells(found)], (1, 2, 3, 4, 5), kinds.strip())
    if found["name"] != "original":
        notes = " ".join((str(found["why"]), *map(str, found.get("notes") or ())))
        cell = Html(f'<td colspan="{len(tables.CANDIDATES)}">{text(notes)}</td>')
        yield html.tag("tr", cell, "best why" if is_best else "why")


def _benchmark(report: ExportReport) -> Html:
    if not report.benchmark:
        return Html("")
    rows = [html.row([text(each) for each in tables.bench_cells(found)], (1, 2, 3, 4)) for found in report.benchmark]
    how = f"Both ran {_shapes(report.benchmark[0])} in processes of their own, in turns, never at once."
    sentence = html.paragraph(benches.bench_sentence(report.benchmark))
    table = html.table(tables.BENCHMARK, rows, (1, 2, 3, 4))
    return html.section("Speed beside the framework", sentence, table, html.paragraph(how, "soft small"))


def _shapes(found: Mapping[str, Any]) -> str:
    shapes = found.get("timed_with")
    if not isinstance(shapes, Mapping) or not shapes:
        return "the same inputs"
    return ", ".join(f"{name}[{', '.join(map(str, shape))}]" for name, shape in shapes.items())


def _details(report: ExportReport) -> Html:
    model = report.model
    kind = str(model.get("kind") or "")
    operators = sorted(report.operators.items(), key=lambda each: (-each[1], each[0]))
    pairs = (
        ("Model", _original(report)),
        ("Kind", MODEL_KINDS.get(kind, kind)),
        ("Class", str(model.get("class") or "")),
        ("Weights", PurePath(str(model.get("weights") or "")).name),
        ("Run", str(model.get("run") or "")),
        ("Allowed imports", ", ".join(map(str, _listed(model.get("allowed"))))),
        ("SHA-256 of the model", str(model.get("sha256") or "")),
        ("SHA-256 of the ONNX file", report.sha256),
        ("Operators", ", ".join(f"{count} {name}" for name, count in operators)),
        ("Most memory", size_text(report.peak_bytes) if report.peak_bytes else ""),
        ("Versions", ", ".join(f"{name} {version}" for name, version in report.versions.items())),
        *report.isolation,
        ("Export", report.id),
    )
    return html.section("Details", html.facts(pairs, "list"))


def _listed(value: object) -> Sequence[object]:
    return value if isinstance(value, list | tuple) else ()


def _name(report: ExportReport) -> str:
    return PurePath(report.output).name if report.output else _original(report)


def _original(report: ExportReport) -> str:
    path, called = str(report.model.get("path") or ""), str(report.model.get("callable") or "")
    return f"{Path(path).name}:{called}" if called else Path(path).name or report.id


def _day(report: ExportReport) -> str:
    try:
        return datetime.fromisoformat(report.created).strftime("%-d %B %Y, %H:%M UTC")
    except ValueError:
        return report.created


def _figure(value: Any) -> str:
    return "–" if not isinstance(value, int | float) else "0" if not value else f"{value:.2g}"
