"""Exports to ONNX: who can do them, doing one, and those that were done."""

from __future__ import annotations

import asyncio
import contextlib
import json
import sys
from collections.abc import Coroutine
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, TypeVar

from desktop_app import __version__
from desktop_app.api import FormSpec, ModelFile, OnnxExporter, OutsideError, Progress, UserError, Value
from desktop_app.core.exports.forecast import Forecast
from desktop_app.core.exports.report import Check, ExportReport, Note, Verdict, tensor_of
from desktop_app.core.redact import without_secrets
from desktop_app.places import Places
from desktop_app.services.exports.benchmark import Benchmark, order_of
from desktop_app.services.exports.candidates import Candidates, Wish
from desktop_app.services.exports.flow import Flow, Outcome, framework_of
from desktop_app.services.exports.forecasting import forecast_for
from desktop_app.services.exports.formats.code_imports import imported_by
from desktop_app.services.exports.isolation.sessions import Sessions, packages_of
from desktop_app.services.exports.netron import Netron
from desktop_app.services.exports.orders import Decide, ExportOrder
from desktop_app.services.exports.placing import (
    check_parent,
    check_sources,
    check_target,
    digest,
    parts_of,
    place,
    refuse_full,
    set_aside,
)
from desktop_app.services.exports.reports.page import keep
from desktop_app.services.exports.reports.store import REJECTED, UNPROVEN, WORK, ExportStore
from desktop_app.services.exports.routing import Offer, chosen, fitting, other_for
from desktop_app.services.exports.toolchain import NAME as ONNX
from desktop_app.services.plugins import PluginHost
from desktop_app.services.toolchains import Toolchains
from desktop_app.services.workers import TaskFailedError

T = TypeVar("T")
_TOLD = ("torch", "transformers", "tensorflow", "keras", "tf2onnx", "onnx", "onnxscript", "onnxruntime", "numpy")


@dataclass
class Exports:
    """The use cases of exporting. `reports`, `report` and `remove` read files and block."""

    places: Places
    plugins: PluginHost
    toolchains: Toolchains
    sessions: Sessions = field(init=False)
    store: ExportStore = field(init=False)
    netron: Netron = field(init=False)

    def __post_init__(self) -> None:
        """Make what it works with; starts nothing."""
        self.sessions = Sessions(self.places, self.toolchains)
        self.store = ExportStore(self.places.exports)
        self.netron = Netron(self.toolchains)

    def reports(self) -> list[ExportReport]:
        """Return what was exported, newest first."""
        return self.store.reports()

    def report(self, name: str) -> ExportReport:
        """Return one report. Raises UserError where there is none."""
        return self.store.report(name)

    def folder(self, name: str) -> Path:
        """Return the folder of one export."""
        return self.store.folder(name)

    def remove(self, name: str) -> None:
        """Forget one export; the ONNX file stays where it is."""
        self.store.remove(name)

    def exporters(self, model: ModelFile) -> list[Offer]:
        """Return who can export a model, best first. Blocks: its code is read."""
        return fitting(self.plugins.onnx_exporters(), model, imported_by(model))

    def form(self, exporter: OnnxExporter, model: ModelFile) -> FormSpec:
        """Return what an exporter asks of a model."""
        return exporter.form(model)

    def forecast(self, model: ModelFile, exporter: OnnxExporter) -> Forecast | None:
        """Return what an export is likely to take of memory; None where nobody knows. Blocks for a moment."""
        return forecast_for(model, exporter)

    async def export(self, order: ExportOrder, progress: Progress, decide: Decide | None = None) -> ExportReport:
        """Export, judge, put the file in its place and keep the report.

        Raises UserError for what can't be loaded or written, OutsideError where a toolchain or the disk fails; nothing
        is written then. A model that is exported wrong, or by no route at all, is a report that says FAIL. Cancelled,
        it leaves nothing behind; where its file is being written by then, it is done first, as if nobody had cancelled.
        """
        order = replace(order, output=order.output.absolute())
        await asyncio.to_thread(check_target, order.output, overwrite=order.overwrite)
        await asyncio.to_thread(check_sources, order.output, (order.model.path, order.weights))
        offers = await asyncio.to_thread(self.exporters, order.model)
        _, exporter = chosen(offers, order.model, order.exporter, order.plugin)
        try:
            return await self._export(order, exporter, progress, decide)
        except TaskFailedError as error:
            needed = framework_of(error.ask) if not (order.exporter or order.plugin) else ""
            other = other_for(offers, exporter, needed) if needed else None
            if other is None:
                raise
        return await self._export(order, other, progress, decide)

    async def _export(
        self, order: ExportOrder, exporter: OnnxExporter, progress: Progress, decide: Decide | None
    ) -> ExportReport:
        expected = await asyncio.to_thread(self.forecast, order.model, exporter)
        if expected is not None and expected.is_warning:
            progress(expected.text, None)
        name = await asyncio.to_thread(self._begin)
        try:
            flow = Flow(self.sessions, exporter, order, name, self.store.folder(name) / WORK, progress, decide)
            outcome = await self._run(flow)
            report = await self._report(flow, outcome)
            if places(outcome, order):
                progress(f"Writing {order.output.name}", None)
            return await _to_its_end(asyncio.to_thread(self._finish, flow, outcome, report))
        except BaseException:
            await asyncio.to_thread(self.store.remove, name)
            raise

    async def _run(self, flow: Flow) -> Outcome:
        """Go through the flow; a disk that filled meanwhile is why it failed, whatever else was said."""
        try:
            outcome = await flow.run()
        except UserError as error:
            await asyncio.to_thread(refuse_full, flow.folder, str(error))
            raise
        if outcome.model is None:
            await asyncio.to_thread(refuse_full, flow.folder, outcome.reason)
        return outcome

    async def compare(self, report: ExportReport, wish: Wish, progress: Progress) -> ExportReport:
        """Make smaller and faster candidates of an exported model; return its report with their table, kept."""
        return await Candidates(self.sessions, self.store).compare(report, wish, progress)

    async def look_into(self, model: Path, inputs: tuple[str, ...], wish: Wish, progress: Progress) -> ExportReport:
        """Make smaller and faster candidates of an ONNX file from elsewhere; return the report of it, kept."""
        return await Candidates(self.sessions, self.store).look_into(model, inputs, wish, progress)

    async def benchmark(self, report: ExportReport, progress: Progress) -> ExportReport:
        """Time an exported model in its framework and in ONNX Runtime; return its report with the table, kept."""
        order = await asyncio.to_thread(order_of, report)
        offers = await asyncio.to_thread(self.exporters, order.model)
        _, exporter = chosen(offers, order.model, report.exporter)
        return await Benchmark(self.sessions, self.store).measure(report, order, exporter, progress)

    async def close(self) -> None:
        """End the workers and viewers."""
        await self.netron.close()
        await self.sessions.close()

    def _begin(self) -> str:
        try:
            self.store.sweep()
            return self.store.begin()
        except OSError as error:
            message = f"Nothing can be written to {self.store.root}: {error.strerror or error}."
            raise OutsideError(message) from error

    def _finish(self, flow: Flow, outcome: Outcome, report: ExportReport) -> ExportReport:
        """Put the file in its place, or what is wrong beside the report, and keep the report."""
        order, target, folder = flow.order, flow.order.output, self.store.folder(report.id)
        if places(outcome, order) and outcome.model is not None:
            check_parent(target)
            report = replace(
                report, sha256=place(outcome.model, target, folder, overwrite=order.overwrite), output=str(target)
            )
        elif outcome.model is not None:
            kept = folder / (REJECTED if outcome.verdict is Verdict.FAIL else UNPROVEN)
            set_aside(outcome.model, kept)
            if kept.name == UNPROVEN:
                left = f"{target} was left as it is: only what is proven right replaces a file. The new one is {kept}."
                report = replace(report, notes=(*report.notes, Note("warning", left)))
        self.store.finish(report.id)
        keep(self.store, report)
        return report

    async def _report(self, flow: Flow, outcome: Outcome) -> ExportReport:
        prepared, judged = outcome.prepared, outcome.judged
        model = await asyncio.to_thread(_model_facts, flow, prepared)
        return ExportReport(
            id=flow.name,
            created=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
            verdict=outcome.verdict,
            reason=outcome.reason,
            model=model,
            exporter=flow.exporter.id,
            toolchain=flow.exporter.toolchain,
            opset=judged.get("opset"),
            inputs=tuple(tensor_of(each) for each in prepared.get("inputs", ())),
            outputs=tuple(tensor_of(each) for each in prepared.get("outputs", ())),
            nodes=int(judged.get("nodes") or 0),
            bytes=sum(each.stat().st_size for each in parts_of(outcome.model)) if outcome.model else 0,
            parameters=prepared.get("parameters"),
            peak_bytes=outcome.peak_bytes or None,
            seconds={key: outcome.seconds.get(key, 0.0) for key in ("load", "export", "check")},
            checks=tuple(_check(each) for each in judged.get("checks", ())),
            parity=judged.get("parity") or {},
            routes=tuple(outcome.routes),
            notes=tuple(outcome.notes),
            operators=judged.get("operators") or {},
            first_difference=judged.get("first_difference"),
            versions=await asyncio.to_thread(self._versions, flow.exporter.toolchain),
            isolation=self.sessions.facts(flow.exporter.toolchain, flow.code),
        )

    def _versions(self, toolchain: str) -> dict[str, str]:
        found = {"rankzero": __version__, "python": sys.version.split()[0]}
        for name in (ONNX, toolchain):
            found |= packages_of(self.toolchains.get(name).packages, _TOLD)
        return found


async def _to_its_end(work: Coroutine[Any, Any, T]) -> T:
    """Return what a thread's work gives, also if this is cancelled meanwhile: the thread would go on unseen."""
    task = asyncio.ensure_future(work)
    while not task.done():
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.wait({task})
    return task.result()


def places(outcome: Outcome, order: ExportOrder) -> bool:
    """Whether a model goes where the person wants it: a right one, or one in doubt that replaces nothing."""
    doubtful = outcome.verdict is Verdict.CANNOT_TELL and not order.output.exists()
    return outcome.model is not None and (outcome.verdict is Verdict.PASS or doubtful)


def _check(document: dict[str, Any]) -> Check:
    return Check(document["name"], document.get("title", ""), document.get("state", ""), document.get("text", ""))


def _model_facts(flow: Flow, prepared: Any) -> dict[str, Value]:
    order = flow.order
    model, path = order.model, order.model.path
    told: dict[str, Value] = {
        "kind": model.kind,
        "path": str(path),
        "callable": model.callable,
        "code": str(model.code or ""),
        "scripts": [*model.scripts],
        "weights": str(order.weights or ""),
        "weights_sha256": digest(order.weights) if order.weights is not None and order.weights.is_file() else "",
        "run": order.run,
        "class": prepared.get("class") or "",
        "keys": json.loads(json.dumps(prepared.get("keys") or {})),
        "sha256": digest(path) if path.is_file() else "",
        "allowed": [*order.allowed],
        "options": without_secrets(dict(order.options)),
        "inputs": [*order.inputs],
    }
    return told
