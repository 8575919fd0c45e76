"""One export from the model to its place: load, then route after route until one is right, each judged by another."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, cast

from desktop_app.api import ExportRequest, OnnxExporter, OutsideError, Progress, UserError, Value, WorkerTask
from desktop_app.core.exports.report import Note, RouteTried, Verdict
from desktop_app.services.exports.isolation.sessions import Sessions
from desktop_app.services.exports.orders import Answer, Decide, ExportOrder, Question
from desktop_app.services.exports.toolchain import NAME as ONNX
from desktop_app.services.workers import TaskFailedError, WorkerGoneError

TOOLS = Path(__file__).resolve().parents[2] / "worker" / "onnx_tools" / "worker_tasks.py"
_MOST_QUESTIONS = 12
Document = Mapping[str, Any]


@dataclass
class Outcome:
    """What the flow came to: the model that is to be placed, its verdict, and what was tried before it."""

    prepared: Document = field(default_factory=dict)
    routes: list[RouteTried] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    verdict: Verdict = Verdict.FAIL
    reason: str = ""
    judged: Document = field(default_factory=dict)
    model: Path | None = None
    seconds: dict[str, float] = field(default_factory=dict)
    peak_bytes: int = 0


@dataclass
class Flow:
    """The state of one export while it goes on. `folder` is where its tasks write."""

    sessions: Sessions
    exporter: OnnxExporter
    order: ExportOrder
    name: str
    folder: Path
    progress: Progress
    decide: Decide | None = None
    outcome: Outcome = field(default_factory=Outcome)

    @property
    def code(self) -> str:
        """The folder whose code the model needs; empty where it needs none."""
        return str(self.order.model.code or "")

    async def run(self) -> Outcome:
        """Go through it. Raises UserError where the model can't be loaded or a question has no answer."""
        started = time.perf_counter()
        warming = asyncio.create_task(self._warm_judge(), name="start the judge")
        try:
            prepared = await self._prepare()
            self.outcome.prepared = prepared
            self.outcome.notes += _notes(prepared)
            self._took("load", started)
            await warming
            for route in prepared["routes"]:
                if await self._try(route, prepared):
                    break
        finally:
            warming.cancel()
            await asyncio.gather(warming, return_exceptions=True)
        if self.outcome.model is None:
            self._refuse()
        return self.outcome

    async def _prepare(self) -> Document:
        """Load the model and run it; ask what it needs to know, as often as it needs."""
        for _ in range(_MOST_QUESTIONS):
            try:
                return cast("Document", await self._call("prepare"))
            except TaskFailedError as error:
                if error.ask is None or self.decide is None or framework_of(error.ask):
                    raise
                answer = await self.decide(Question(error.message, error.hint or "", error.ask))
                if answer is None:
                    raise
                self.order = answered(self.order, answer)
        raise UserError("The model asked more questions than an export has.")

    async def _try(self, route: Document, prepared: Document) -> bool:
        """Export by one route and have it judged; whether no further one is needed."""
        taken, before = self.outcome.model, self.outcome.prepared
        self.outcome.prepared = prepared  # what a route before could not keep free, this one may
        try:
            return await self._tried(route)
        finally:
            if self.outcome.model is taken:  # inputs and outputs are those of the model that is kept
                self.outcome.prepared = before

    async def _tried(self, route: Document) -> bool:
        started = time.perf_counter()
        title = str(route.get("title") or route["name"])
        self.progress(f"Exporting by {title}", None)
        try:
            done = cast("Document", await self._call_route(route))
        except (TaskFailedError, WorkerGoneError, OutsideError) as error:  # its own toolchain may not be to be had
            self._took("export", started)
            self._fell(route, error, started)
            return getattr(error, "final", False)
        self._took("export", started)
        tried = RouteTried(route["name"], title, cures=tuple(done.get("cures", ())), seconds=_since(started))
        model = self.folder / done["path"]
        # a route that could not keep an axis free says what it was asked for instead
        self.outcome.prepared = {**self.outcome.prepared, **cast("Document", done.get("prepared") or {})}
        try:
            judged = await self._judge(model)
        except (TaskFailedError, WorkerGoneError) as error:
            self._fell(route, error, started)
            return False
        return await self._weigh(replace(tried, seconds=_since(started)), model, done, judged)

    async def _weigh(self, tried: RouteTried, model: Path, done: Document, judged: Document) -> bool:
        verdict, outcome = Verdict(judged["verdict"]), self.outcome
        if verdict is Verdict.FAIL:
            judged = {**judged, "first_difference": await self._first_difference(model, judged)}
            outcome.routes.append(replace(tried, reason=judged["reason"]))
            if outcome.model is None:
                outcome.judged, outcome.reason, outcome.model = judged, judged["reason"], model
            return False
        outcome.routes.append(replace(tried, ok=True))
        outcome.notes += _notes(done)
        outcome.verdict, outcome.reason, outcome.judged, outcome.model = verdict, judged["reason"], judged, model
        return True

    async def _judge(self, model: Path) -> Document:
        started = time.perf_counter()
        self.progress("Checking it against the framework's own answers", None)
        prepared = self.outcome.prepared
        arguments: dict[str, Value] = {
            "model": str(model),
            "cases_folder": str(self.folder),
            "cases": prepared["cases"],
            "inputs": prepared["inputs"],
            "outputs": prepared["outputs"],
        }
        if prepared.get("random"):
            arguments["random"] = True
        try:
            return cast("Document", await self.sessions.call(_tool("judge", arguments), "", self.progress))
        finally:
            self._took("check", started)

    async def _first_difference(self, model: Path, judged: Document) -> Value:
        """Return the first node that differs; None where that can't be found out."""
        prepared = self.outcome.prepared
        if not prepared.get("trace") or not judged.get("parity"):
            return cast("Value", judged.get("first_difference"))
        self.progress("Looking for the first node that differs", None)
        try:
            case = int(judged["parity"].get("worst_case") or 0)
            trace = await self._call(str(prepared["trace"]), case=case, folder=str(self.folder))
            arguments: dict[str, Value] = {
                "model": str(model),
                "cases_folder": str(self.folder),
                "case": prepared["cases"][case],
                "trace": trace,
            }
            return await self.sessions.call(_tool("first_difference", arguments), "", self.progress)
        except UserError:
            return cast("Value", judged.get("first_difference"))

    async def _warm_judge(self) -> None:
        """Start the judge's Python beside the export: its imports cost half a second."""
        await self.sessions.call(_tool("ready", {}), "", _silent)

    async def _call(self, function: str, **arguments: Value) -> Value:
        task = self.exporter.task(self._request(), function, **arguments)
        return await self._in_session(task)

    async def _call_route(self, route: Document) -> Value:
        arguments: dict[str, Value] = {"route": route["name"], "prepared": dict(self.outcome.prepared)}
        task = self.exporter.task(self._request(), str(route["function"]), **arguments)
        return await self._in_session(replace(task, toolchain=str(route.get("toolchain") or task.toolchain)))

    async def _in_session(self, task: WorkerTask) -> Value:
        limit = self.order.options.get("timeout")
        if isinstance(limit, int | float) and limit > 0:
            task = replace(task, timeout=float(limit))
        try:
            return await self.sessions.call(task, self.code, self.progress)
        finally:
            self.outcome.peak_bytes = max(self.outcome.peak_bytes, self.sessions.peak(task.toolchain, self.code))

    def _request(self) -> ExportRequest:
        order = self.order
        return ExportRequest(
            id=self.name,
            model=order.model,
            folder=self.folder,
            name=order.output.name,
            weights=order.weights,
            inputs=order.inputs,
            options=order.options,
            allowed=order.allowed,
        )

    def _fell(self, route: Document, error: UserError, started: float) -> None:
        title = str(route.get("title") or route["name"])
        reason = f"{error.message} {error.hint or ''}".strip()
        tried = RouteTried(route["name"], title, False, reason, error.details or "", (), _since(started))
        self.outcome.routes.append(tried)

    def _refuse(self) -> None:
        """Say why there is no ONNX file: the first way's reason, which is the most to the point."""
        routes = self.outcome.routes
        self.outcome.reason = next((each.reason for each in routes if each.reason), "No way to ONNX is known for it.")

    def _took(self, stage: str, started: float) -> None:
        self.outcome.seconds[stage] = round(self.outcome.seconds.get(stage, 0.0) + _since(started), 3)


def framework_of(ask: Mapping[str, Any] | None) -> str:
    """Return the module of the framework that a model turned out to be of; empty where that is not what was asked."""
    return str(ask.get("module", "")) if ask is not None and ask.get("kind") == "framework" else ""


def answered(order: ExportOrder, answer: Answer) -> ExportOrder:
    """Return the order with what was decided."""
    return replace(
        order,
        options={**order.options, **answer.options},
        inputs=answer.inputs or order.inputs,
        allowed=tuple(dict.fromkeys((*order.allowed, *answer.allowed))),
    )


def _tool(function: str, arguments: dict[str, Value]) -> WorkerTask:
    return WorkerTask(ONNX, TOOLS, function, arguments, 1800.0)


def _notes(document: Document) -> list[Note]:
    return [Note(str(each.get("level", "info")), str(each["text"])) for each in document.get("notes", ())]


def _since(started: float) -> float:
    return round(time.perf_counter() - started, 3)


def _silent(message: str, part: float | None) -> None:
    """Show nothing."""
