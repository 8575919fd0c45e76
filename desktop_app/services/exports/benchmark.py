"""A model's framework against ONNX Runtime on this machine: two processes that run it in turns, never at once."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, cast

from desktop_app.api import ExportRequest, ModelFile, OnnxExporter, Progress, UserError, Value, WorkerTask
from desktop_app.core.exports.benches import Side, bench_rows
from desktop_app.core.exports.report import ExportReport
from desktop_app.services.exports.orders import ExportOrder
from desktop_app.services.exports.placing import digest
from desktop_app.services.exports.reports.page import keep
from desktop_app.services.exports.reports.store import ExportStore
from desktop_app.services.exports.toolchain import NAME as ONNX

TOOLS = Path(__file__).resolve().parents[2] / "worker" / "onnx_tools" / "bench_tasks.py"
FOLDER = "bench"
_OWN = "benchmark"  # the key of a session with nothing else in it
_WARM_UP = 3
_FRAMEWORKS = {"torch": "PyTorch", "tensorflow": "TensorFlow", "keras": "Keras"}


class Workers(Protocol):
    """Does tasks in a toolchain's session, and ends it; what the sessions of exports are."""

    async def call(self, task: WorkerTask, code: str, progress: Progress) -> Value:
        """Do one task."""

    async def end(self, toolchain: str, code: str) -> None:
        """End a session, if there is one."""


@dataclass(frozen=True, slots=True)
class Turns:
    """How often: in each turn each side runs a few times, and who begins changes."""

    turns: int = 12
    runs: int = 3


@dataclass(frozen=True, slots=True)
class Benchmark:
    """The use case."""

    sessions: Workers
    store: ExportStore

    async def measure(
        self,
        report: ExportReport,
        order: ExportOrder,
        exporter: OnnxExporter,
        progress: Progress,
        turns: Turns = Turns(),
    ) -> ExportReport:
        """Load the model again as `order` says, time it and its ONNX file, and keep the table in the report.

        Raises UserError where the exporter can't time its models, or the ONNX file is gone.
        """
        if not report.output or not await asyncio.to_thread(Path(report.output).is_file):
            raise UserError("The exported model isn't where it was put.", hint=report.output or "It was not written.")
        folder = self.store.folder(report.id) / FOLDER
        await asyncio.to_thread(folder.mkdir, parents=True, exist_ok=True)
        match = _Match(self.sessions, _request(report, order, folder), exporter, Path(report.output), progress)
        try:
            rows = await match.play(turns, _title(report))
        finally:
            await match.close()
            await asyncio.to_thread(shutil.rmtree, folder, ignore_errors=True)
        report = report.with_rows(benchmark=rows)
        await asyncio.to_thread(keep, self.store, report)
        return report


@dataclass
class _Match:
    """One benchmark while it goes on."""

    sessions: Workers
    request: ExportRequest
    exporter: OnnxExporter
    model: Path
    progress: Progress

    @property
    def code(self) -> str:
        return str(self.request.model.code or "")

    async def play(self, turns: Turns, title: str) -> list[dict[str, Value]]:
        """Let both run in turns and return the rows."""
        await self.sessions.end(
            self.exporter.toolchain, self.code
        )  # what an export leaves in memory is not the model's
        prepared = cast("Mapping[str, Any]", await self._framework("prepare"))
        if not prepared.get("bench"):
            raise UserError(f"{self.exporter.title} can't be timed here.")
        case = str(self.request.folder / prepared["cases"][0]["file"])
        theirs: list[Mapping[str, Any]] = []
        ours: list[Mapping[str, Any]] = []
        for number in range(turns.turns):
            self.progress(f"Times {title} and ONNX Runtime in turns", number / turns.turns)
            plan = {"rounds": turns.runs, "warmup": 1 if number else _WARM_UP}
            order = (True, False) if number % 2 == 0 else (False, True)
            for is_theirs in order:
                if is_theirs:
                    theirs.append(await self._theirs(str(prepared["bench"]), plan))
                else:
                    ours.append(await self._ours(case, {**plan, "threads": theirs[-1]["threads"]}))
        sides = Side("framework", title, tuple(theirs)), Side("onnxruntime", _own_title(ours), tuple(ours))
        return bench_rows(*sides, sizes=ours[-1]["sizes"])

    async def close(self) -> None:
        """End what was started for it alone."""
        with contextlib.suppress(UserError):
            await self.sessions.end(ONNX, _OWN)
            await self.sessions.end(self.exporter.toolchain, self.code)

    async def _theirs(self, function: str, plan: Mapping[str, int]) -> Mapping[str, Any]:
        return cast("Mapping[str, Any]", await self._framework(function, case=0, **plan))

    async def _ours(self, case: str, plan: Mapping[str, int]) -> Mapping[str, Any]:
        arguments: dict[str, Value] = {"model": str(self.model), "case": case, "plan": dict(plan)}
        task = WorkerTask(ONNX, TOOLS, "bench_round", arguments, 600.0)
        return cast("Mapping[str, Any]", await self.sessions.call(task, _OWN, _silent))

    async def _framework(self, function: str, **arguments: Value) -> Value:
        task = self.exporter.task(self.request, function, **arguments)
        return await self.sessions.call(task, self.code, self.progress if function == "prepare" else _silent)


def order_of(report: ExportReport) -> ExportOrder:
    """Return the order that a report came from. Raises UserError where its model is gone or is another now. Blocks."""
    told: Mapping[str, Any] = report.model
    path = Path(str(told.get("path") or ""))
    if not path.exists():
        raise UserError(f"The model {path.name} isn't where it was.", hint=str(path))
    weights, code = (Path(str(told[each])) if told.get(each) else None for each in ("weights", "code"))
    for file, before in ((path, told.get("sha256")), (weights, told.get("weights_sha256"))):
        if before and file is not None and not (file.is_file() and digest(file) == before):
            raise UserError(f"The model {file.name} has changed since it was exported.", hint="Export it again.")
    return ExportOrder(
        model=ModelFile(str(told["kind"]), path, str(told.get("callable") or ""), code, tuple(told.get("scripts", ()))),
        output=Path(report.output),
        exporter=report.exporter,
        weights=weights,
        inputs=tuple(told.get("inputs", ())),
        options=told.get("options", {}),
        allowed=tuple(told.get("allowed", ())) if path.is_file() else (),  # a folder's files may be others by now
        run=str(told.get("run") or ""),
    )


def _request(report: ExportReport, order: ExportOrder, folder: Path) -> ExportRequest:
    return ExportRequest(
        id=f"{report.id}-bench",
        model=order.model,
        folder=folder,
        name=order.output.name,
        weights=order.weights,
        inputs=order.inputs,
        options=order.options,
        allowed=order.allowed,
    )


def _title(report: ExportReport) -> str:
    """Return the framework with its version."""
    names = ("torch",) if report.toolchain in ("pytorch", "keras-torch") else tuple(_FRAMEWORKS)
    found = next((each for each in names if each in report.versions), "")
    return f"{_FRAMEWORKS[found]} {report.versions[found]}" if found else "the framework"


def _own_title(turns: list[Mapping[str, Any]]) -> str:
    return f"ONNX Runtime {turns[-1]['version']}"


def _silent(message: str, part: float | None) -> None:
    """Show nothing: turns are short."""
