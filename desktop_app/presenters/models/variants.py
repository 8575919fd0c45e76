"""Smaller and faster variants of a model, and its speed beside the framework, as the report page shows them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from desktop_app.core.exports import benches, scores, tables
from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models.report import Grid
from desktop_app.presenters.models.words import for_window, text_of

KINDS_SAY: Mapping[str, tuple[str, str]] = {
    "optimised": ("Optimised", "the same numbers, with operations put together"),
    "dynamic-int8": ("8 bits, dynamic", "a quarter of the size; the right one for transformers, as a rule"),
    "static-int8": ("8 bits, static", "for convolutional networks; needs real inputs to be set by"),
    "fp16": ("16 bits", "half the size; slower on most processors, meant for GPUs"),
}
"""What a variant is for, by its kind."""
NEEDS_DATA = "static-int8"
"""The kind that can't be made without real inputs."""


def candidates(report: ExportReport) -> Grid:
    """Return the table of variants, the original first."""
    return Grid(tables.CANDIDATES, tuple(map(tables.candidate_cells, report.candidates)), right=(1, 2, 3, 4, 5))


def advice(report: ExportReport) -> str:
    """Return in a sentence which variant to take."""
    return scores.advice(report.candidates)


def whys(report: ExportReport) -> list[tuple[str, str]]:
    """Return what is thought of each variant."""
    rows = [each for each in report.candidates if each.get("name") != "original"]
    return [(text_of(each.get("title")), for_window(text_of(each.get("why")))) for each in rows]


def made(report: ExportReport) -> list[tuple[str, Path, str]]:
    """Return the variants that can be saved: title, file, and why one would rather not, if so; the best first."""
    best = scores.best(report.candidates)
    rows = [each for each in report.candidates if each.get("name") != "original" and each.get("path")]
    ordered = sorted(rows, key=lambda each: (each["name"] != best, not each.get("recommended")))
    return [
        (text_of(each.get("title")), Path(text_of(each["path"])),
         "" if each.get("recommended") else for_window(text_of(each.get("why"))))
        for each in ordered
    ]  # fmt: skip


def benchmark(report: ExportReport) -> Grid:
    """Return the times of the original and of the file."""
    return Grid(tables.BENCHMARK, tuple(map(tables.bench_cells, report.benchmark)), right=(1, 2, 3, 4))


CANDIDATES_SAY = " ".join(f"{name} is {told}." for name, told in tables.CANDIDATES_SAY.items())
"""What the columns of the variants' table mean."""
BENCHMARK_SAY = "Time is the median of one run, ± half the range of the middle half."


def bench_sentence(report: ExportReport) -> str:
    """Return in a sentence which of both is faster."""
    return benches.bench_sentence(report.benchmark)
