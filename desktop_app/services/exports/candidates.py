"""Smaller and faster candidates of a model, each compared with it, and the one that is taken put in its place."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Protocol, cast

from desktop_app import __version__
from desktop_app.api import OutsideError, Progress, UserError, Value, WorkerTask
from desktop_app.core.exports.report import ExportReport, Note, Verdict, tensor_of
from desktop_app.core.exports.scores import advice, rows_of
from desktop_app.services.exports.placing import check_target, digest, place
from desktop_app.services.exports.reports.page import keep
from desktop_app.services.exports.reports.store import CASES, ExportStore
from desktop_app.services.exports.toolchain import NAME as ONNX

KINDS = ("optimised", "dynamic-int8", "static-int8", "fp16")
TOOLS = Path(__file__).resolve().parents[2] / "worker" / "onnx_tools" / "candidate_tasks.py"
FOLDER = "candidates"
_LONGEST = 3600.0
_DRAWN = "Its ranges were taken from the cases of the export, which may be drawn at random: real data would be better."


class Caller(Protocol):
    """Does tasks in a toolchain; what the sessions of exports are."""

    async def call(self, task: WorkerTask, code: str, progress: Progress) -> Value:
        """Do one task."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What candidates are wanted: `calibration` are `.npz` files of real inputs, `seconds` the time for each kind.

    With `own_cases` what the export was checked with is calibration data as well; it is drawn, so nobody gets that
    without having said so.
    """

    kinds: tuple[str, ...] = KINDS
    calibration: tuple[Path, ...] = ()
    threads: int = 0
    seconds: float = 10.0
    own_cases: bool = False


@dataclass(frozen=True, slots=True)
class Candidates:
    """The use cases around candidates."""

    sessions: Caller
    store: ExportStore

    async def compare(self, report: ExportReport, wish: Wish, progress: Progress) -> ExportReport:
        """Make candidates of an exported model and keep their table in its report, which is returned.

        The files lie in the export's folder. Cancelled, those that are whole stay. Raises UserError where the model,
        or what it was checked with, is gone.
        """
        model = Path(report.output)
        if not report.output or not await asyncio.to_thread(model.is_file):
            raise UserError("The exported model isn't where it was put.", hint=report.output or "It was not written.")
        folder = self.store.folder(report.id)
        cases = await asyncio.to_thread(_cases, folder / CASES)
        if not cases and not wish.calibration:
            hint = "Give --calibration with an .npz of real inputs."
            raise UserError("What the model was checked with was too large to keep.", hint=hint)
        measured = await self._measure(model, folder, cases, wish, progress)
        report = report.with_rows(candidates=rows_of(measured))
        await asyncio.to_thread(keep, self.store, report)
        return report

    async def look_into(self, model: Path, inputs: Sequence[str], wish: Wish, progress: Progress) -> ExportReport:
        """Make candidates of any ONNX model and return a report with their table, kept like an export's.

        What they are compared with are drawn inputs, and the calibration data where it is given.
        """
        name = await asyncio.to_thread(self.store.begin)
        folder = self.store.folder(name)
        try:
            drawn = await self._draw(model, inputs, folder / CASES, progress)
            measured = await self._measure(model, folder, drawn["cases"], wish, progress)
            report = await asyncio.to_thread(_report, name, model, drawn, measured)
            await asyncio.to_thread(self._keep, report)
        except BaseException:
            await asyncio.to_thread(self.store.remove, name)
            raise
        return report

    async def take(self, report: ExportReport, kind: str, output: Path, *, overwrite: bool) -> ExportReport:
        """Put a candidate where the person wants it, unless it is wrong, and return the report that says so.

        Without a kind there is nothing worth taking, which is said.
        """
        await asyncio.to_thread(check_target, output, overwrite=overwrite)
        return await asyncio.to_thread(self._take, report, kind, output.absolute(), overwrite)

    def _take(self, report: ExportReport, kind: str, output: Path, overwrite: bool) -> ExportReport:
        row = next((each for each in report.candidates if each["name"] == kind), None)
        if row is None:
            report = replace(report, verdict=Verdict.FAIL, reason=advice(report.candidates))
        elif row["path"] is None or not row["right"]:
            report = replace(report, verdict=Verdict.FAIL, reason=str(row["why"]))
        else:
            folder = self.store.folder(report.id)
            told = place(Path(str(row["path"])), output, folder, overwrite=overwrite)
            warned = () if row["recommended"] else (Note("warning", f"It is not recommended: {row['why']}"),)
            report = replace(
                report, verdict=Verdict.PASS, reason=str(row["why"]), output=str(output), sha256=told,
                bytes=cast("int", row["bytes"]), nodes=cast("int", row["nodes"]), notes=(*report.notes, *warned),
            )  # fmt: skip
        keep(self.store, report)
        return report

    def _keep(self, report: ExportReport) -> None:
        self.store.finish(report.id)
        keep(self.store, report)

    async def _draw(self, model: Path, inputs: Sequence[str], folder: Path, progress: Progress) -> Mapping[str, Any]:
        arguments: dict[str, Value] = {"model": str(model), "inputs": [*inputs], "folder": str(folder)}
        return cast("Mapping[str, Any]", await self._call("draw_cases", arguments, progress))

    async def _measure(
        self, model: Path, folder: Path, cases: Sequence[str], wish: Wish, progress: Progress
    ) -> Mapping[str, Any]:
        target = folder / FOLDER
        await asyncio.to_thread(_emptied, target)
        own = [folder / CASES / each for each in cases] if wish.own_cases else []
        order: dict[str, Value] = {
            "model": str(model),
            "folder": str(target),
            "cases_folder": str(folder / CASES),
            "cases": [*cases],
            "kinds": [*wish.kinds],
            "calibration": [str(each.absolute()) for each in (*wish.calibration, *own)],
            "threads": wish.threads,
            "seconds": wish.seconds,
        }
        try:
            measured = cast("Mapping[str, Any]", await self._call("candidates", {"order": order}, progress))
        finally:
            await asyncio.to_thread(_tidied, target)
        for row in measured["rows"] if own else ():
            if row["name"] == "static-int8" and not row["error"]:
                row["notes"].append(_DRAWN)
        return measured

    async def _call(self, function: str, arguments: dict[str, Value], progress: Progress) -> Value:
        return await self.sessions.call(WorkerTask(ONNX, TOOLS, function, arguments, _LONGEST), "", progress)


def _cases(folder: Path) -> list[str]:
    return sorted(each.name for each in folder.glob("*.npz"))


def _tidied(folder: Path) -> None:
    """Remove what a worker that was ended left half done."""
    for each in (*folder.glob("*.part*"), *folder.glob(".ranges-*")):
        shutil.rmtree(each) if each.is_dir() else each.unlink(missing_ok=True)


def _emptied(folder: Path) -> None:
    """Remove the candidates of an earlier time: their rows are about to go."""
    try:
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
    except OSError as error:
        raise OutsideError(f"Nothing can be written to {folder}: {error.strerror or error}.") from error


def _report(name: str, model: Path, drawn: Mapping[str, Any], measured: Mapping[str, Any]) -> ExportReport:
    notes = [
        Note("warning", f"The values of “{each}” are not known: 0 and 1 were drawn. Say --inputs "
             f"'{each}=int64[…]{{0..N}}'.")
        for each in drawn["guessed"]
    ]  # fmt: skip
    original = measured["original"]
    return ExportReport(
        id=name,
        created=datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z"),
        verdict=Verdict.CANNOT_TELL,
        reason="It was compared with candidates of its own only, not with the framework that it came from.",
        model={"kind": "onnx", "path": str(model), "sha256": digest(model)},
        exporter=ONNX,
        toolchain=ONNX,
        inputs=tuple(tensor_of(each) for each in drawn["inputs"]),
        opset=original["opset"],
        nodes=original["nodes"],
        bytes=original["bytes"],
        notes=tuple(notes),
        versions={"rankzero": __version__, **measured["versions"]},
        candidates=tuple(rows_of(measured)),
    )
