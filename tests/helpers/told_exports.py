"""Exports for tests of the window: the store is real, what an export comes to is told by the test."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from desktop_app.api import Field, FormSpec, ModelFile, OnnxExporter, Progress, UserError
from desktop_app.core.exports.report import (
    Check,
    ExportReport,
    Note,
    RouteTried,
    Tensor,
    Verdict,
)
from desktop_app.services.exports.candidates import Wish
from desktop_app.services.exports.orders import Answer, Decide, ExportOrder, Question
from desktop_app.services.exports.reports.store import ExportStore
from desktop_app.services.exports.routing import Offer
from desktop_app.services.plugins import PluginInfo


class NoNetron:
    """Opens nothing."""

    async def open(self, path: Path, progress: Progress) -> str:
        """Say where it would be."""
        progress("Starting Netron", None)
        return f"http://127.0.0.1/{path.name}"


class ToldExports:
    """Implements what the window asks of `Exports`: exports ask `questions`, and end with `report` or `fault`."""

    def __init__(self, root: Path) -> None:
        self.store = ExportStore(root)
        self.reports, self.report, self.remove = self.store.reports, self.store.report, self.store.remove
        self.folder = self.store.folder
        self.netron = NoNetron()
        self.offers: list[Offer] = []
        self.orders: list[ExportOrder] = []
        self.answers: list[Answer | None] = []
        self.questions: list[Question] = []
        self.ends_with: ExportReport | UserError = report()
        self.compared: ExportReport | None = None
        self.wishes: list[Wish] = []
        self.looked_into: list[tuple[Path, tuple[str, ...]]] = []
        self.gate = asyncio.Event()
        self.gate.set()

    def exporters(self, model: ModelFile) -> list[Offer]:
        """Return those that the test gives."""
        return [pair for pair in self.offers if model.kind in pair[1].kinds]

    def form(self, exporter: OnnxExporter, model: ModelFile) -> FormSpec:
        """Return what the exporter asks."""
        return exporter.form(model)

    async def export(self, order: ExportOrder, progress: Progress, decide: Decide | None = None) -> ExportReport:
        """Tell progress, ask, wait at the gate, and end as the test wants it."""
        self.orders.append(order)
        progress("Loading the model", 0.5)
        for each in self.questions:
            answer = await decide(each) if decide is not None else None
            self.answers.append(answer)
            if answer is None:
                raise UserError(each.message, hint=each.hint)
        progress("Exporting by torch.export", None)
        await self.gate.wait()
        if isinstance(self.ends_with, UserError):
            raise self.ends_with
        keep(self.store.root, self.ends_with)
        return self.ends_with

    async def compare(self, report: ExportReport, wish: Wish, progress: Progress) -> ExportReport:
        """Keep the report that the test gives."""
        self.wishes.append(wish)
        progress("Making variants", 0.5)
        found = self.compared or report
        keep(self.store.root, found)
        return found

    async def look_into(self, model: Path, inputs: tuple[str, ...], wish: Wish, progress: Progress) -> ExportReport:
        """Keep a report of a file from elsewhere, or end as the test wants it."""
        self.looked_into.append((model, inputs))
        self.wishes.append(wish)
        progress("Draws inputs", None)
        if isinstance(self.ends_with, UserError):
            raise self.ends_with
        content = model.read_bytes()
        told = {"kind": "onnx", "path": str(model), "sha256": hashlib.sha256(content).hexdigest()}
        found = replace(report("e-20261122-ffff", Verdict.CANNOT_TELL), model=told, output="", bytes=len(content))
        keep(self.store.root, found)
        return found

    async def benchmark(self, report: ExportReport, progress: Progress) -> ExportReport:
        """Wait at the gate, and end as the test wants it."""
        progress("Times both in turns", 0.5)
        await self.gate.wait()
        if isinstance(self.ends_with, UserError):
            raise self.ends_with
        return report


def torch_offer(*fields: Field) -> Offer:
    """Return an exporter for checkpoints and code, which asks these fields."""
    info = PluginInfo("rankzero-pytorch", "PyTorch", source="bundled")
    kinds = ("torch", "python", "safetensors")
    return info, OnnxExporter("torch", "PyTorch", "pytorch", kinds, lambda _model: FormSpec(fields), Path("tasks.py"))


_PARITY: Mapping[str, Any] = {
    "max_abs_error": 1.9e-06, "max_rel_error": 2.3e-07, "cases": 3, "sizes": 2,
    "outputs": [{"name": "logits", "scale": 8.2, "noise": 3.1e-06, "max_abs_error": 1.9e-06, "error_in_noise": 0.61,
                 "argmax_agreement": 1.0, "tolerance": 3.1e-05, "worst_case": 2}],
}  # fmt: skip


def report(name: str = "e-20261122-aaaa", verdict: Verdict = Verdict.PASS, **changes: Any) -> ExportReport:
    """Return a report of the digits' model; `changes` are further parts of it."""
    parts: dict[str, Any] = {
        "created": "2026-11-22T02:40:00Z", "reason": _REASONS[verdict],
        "output": "" if verdict is Verdict.FAIL else "/home/ada/digits/outputs/digits.onnx",
        "model": {"kind": "torch", "path": "/home/ada/digits/outputs/digits.pt", "callable": "", "weights": "",
                  "run": "r-20261122-7f3k", "class": "train:build_network", "sha256": "9f2c" * 16,
                  "keys": {"stripped": ["module."], "missing": [], "unexpected": [], "tied": []}},
        "exporter": "pytorch", "toolchain": "pytorch", "opset": 20, "nodes": 12, "bytes": 102_400,
        "parameters": 25_450, "peak_bytes": 612_000_000, "seconds": {"load": 1.2, "export": 4.1, "check": 0.5},
        "inputs": (Tensor("x", "float32", ("batch", 64), "from the code", 0.0, 1.0),),
        "outputs": (Tensor("logits", "float32", ("batch", 10)),),
        "checks": _checks(verdict), "parity": _PARITY,
        "routes": (RouteTried("dynamo", "torch.export (dynamo)", ok=verdict is not Verdict.FAIL, seconds=3.1,
                              reason="It differs from the model." if verdict is Verdict.FAIL else None),),
        "notes": (Note("info", "The model was switched to evaluation: dropout and batch norm act as in use."),),
        "operators": {"Gemm": 3, "Relu": 2},
        "versions": {"rankzero": "0.1.0", "python": "3.11.9", "torch": "2.13.0", "onnxruntime": "1.31.1"},
        "isolation": (("Network", "Cut off."), ("Folder", "Its own; nothing else was written.")),
        "sha256": "" if verdict is Verdict.FAIL else "ab12" * 16,
    }  # fmt: skip
    return ExportReport(id=name, verdict=verdict, **{**parts, **changes})


_REASONS = {
    Verdict.PASS: "Its answers are those of the model.",
    Verdict.FAIL: "“logits” differs by 0.7 on values up to 8.2.",
    Verdict.CANNOT_TELL: "The outputs are the same whatever goes in, so a comparison says nothing.",
}


def _checks(verdict: Verdict) -> tuple[Check, ...]:
    last = {Verdict.PASS: "pass", Verdict.FAIL: "fail", Verdict.CANNOT_TELL: "cannot-tell"}[verdict]
    return (
        Check("structure", "The file is well-formed ONNX", "pass", "onnx.checker found nothing."),
        Check("session", "ONNX Runtime can run it", "pass", ""),
        Check("agreement", "Both give the same answers", last, _REASONS[verdict]),
        Check("dependence", "The output depends on the input", "skipped", "There was no other input."),
    )


def keep(root: Path, *reports: ExportReport) -> None:
    """Write reports where the program keeps them."""
    store = ExportStore(root)
    for each in reports:
        (root / each.id).mkdir(parents=True, exist_ok=True)
        store.write(each)


def put(report: ExportReport, folder: Path, content: bytes = b"a model") -> ExportReport:
    """Write a report's file into a folder, and return the report that is about it."""
    target = folder / Path(report.output).name
    target.write_bytes(content)
    return replace(report, output=str(target), bytes=len(content), sha256=hashlib.sha256(content).hexdigest())


def measured() -> dict[str, Any]:
    """Return what the worker measures of two variants: one that is faster, one that is not right."""
    right = {"nrmse": 0.02, "argmax_agreement": 1.0, "cosine": 0.999, "finite": True, "rows": 90}
    rows = [
        {"name": name, "title": title, "path": f"/m/{name}.onnx", "bytes": 27_000, "error": None, "overflowing": [],
         "notes": [], "original_seconds": [0.010, 0.011] * 15, "seconds": [0.005, 0.006] * 15,
         "error_to_original": error, "error_to_framework": {"nrmse": 0.02}}
        for name, title, error in (
            ("dynamic-int8", "8 bits, dynamic", right), ("fp16", "16 bits", {**right, "nrmse": 2.0}),
        )
    ]  # fmt: skip
    original = {
        "name": "original", "title": "Original", "path": "/m/m.onnx", "bytes": 102_400, "nodes": 12,
        "timed_with": {"x": [2, 64]}, "framework": {"nrmse": 1e-7, "rows": 90},
    }  # fmt: skip
    return {"threads": 2, "original": original, "rows": rows}
