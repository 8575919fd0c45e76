"""`export --list`: who exports which models, and the exports that are kept."""

from __future__ import annotations

from typing import Any

from desktop_app.api import MODEL_KINDS
from desktop_app.cli import console
from desktop_app.core.exports.report import ExportReport
from desktop_app.core.words import size_text
from desktop_app.services.workbench import Workbench


def print_list(workbench: Workbench, *, as_json: bool) -> None:
    """Print it. Blocks: plugins are imported and reports read."""
    offers = workbench.plugins.onnx_exporters()
    states = {each.name: each.state for each in workbench.toolchains.list()}
    exporters = [
        {
            "exporter": each.id,
            "title": each.title,
            "plugin": info.id,
            "kinds": [*each.kinds],
            "toolchain": each.toolchain,
            "toolchain_state": states.get(each.toolchain, "missing"),
        }
        for info, each in offers
    ]
    reports = workbench.exports.reports()
    if as_json:
        console.document({"exporters": exporters, "kinds": dict(MODEL_KINDS), "exports": [*map(_shape, reports)]})
        return
    _print_exporters(exporters)
    if reports:
        print()
        console.table(("EXPORT", "WHEN", "VERDICT", "SIZE", "MODEL", "OUTPUT"), map(_row, reports))


def _print_exporters(exporters: list[dict[str, Any]]) -> None:
    rows = []
    for each in exporters:
        kinds = [MODEL_KINDS.get(kind, kind) for kind in each["kinds"]]
        ready = "" if each["toolchain_state"] == "ready" else f" ({each['toolchain_state']})"
        for number, kind in enumerate(kinds):
            first = (each["exporter"], each["plugin"], each["toolchain"] + ready) if not number else ("", "", "")
            rows.append((*first, kind))
    console.table(("EXPORTER", "PLUGIN", "TOOLCHAIN", "TAKES"), rows)


def _shape(report: ExportReport) -> dict[str, Any]:
    return {
        "id": report.id,
        "created": report.created,
        "verdict": report.verdict.value,
        "reason": report.reason,
        "model": report.model.get("path", ""),
        "output": report.output or None,
        "bytes": report.bytes,
    }


def _row(report: ExportReport) -> tuple[str, ...]:
    when = report.created.replace("T", " ").removesuffix("Z")[:16]
    size = size_text(report.bytes) if report.bytes else "–"
    return (report.id, when, report.verdict.value, size, str(report.model.get("path", "")), report.output or "–")
