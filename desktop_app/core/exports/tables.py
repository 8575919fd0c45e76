"""The tables of candidates and of a benchmark as texts, the same on the command line, in the window and on the page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.core.words import size_text

CANDIDATES = ("Candidate", "Size", "Time", "Speed", "Error", "Agrees", "Verdict")
CANDIDATES_SAY = {
    "Time": "the median of one run, ± half the range of the middle half; in brackets the original’s in the same turns",
    "Speed": "how many times as fast as the original it is; a difference within the noise is “same”",
    "Error": "the root mean square error as a part of how much the original’s outputs vary",
    "Agrees": "the share of rows in which the highest value is at the original’s place",
}
BENCHMARK = ("Runs in", "Time", "Speed", "Memory", "Threads")


def candidate_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a candidate's row."""
    if row.get("error"):
        return (row["title"], "", "", "", "", "", "not made")
    is_original = row["name"] == "original"
    size = size_text(row["bytes"]) if is_original else f"{size_text(row['bytes'])} ({row['ratio_bytes']:.0%})"
    verdict = "" if is_original else "recommended" if row["recommended"] else "not recommended"
    return (
        row["title"],
        size,
        time_text(row["median_ms"], row["iqr_ms"], row.get("original_ms")),
        speed_cell(row),
        "" if is_original else error_text(row["nrmse"]),
        "" if is_original else agreement_text(row["argmax_agreement"]),
        verdict,
    )


def bench_cells(row: Mapping[str, Any]) -> tuple[str, ...]:
    """Return a benchmark's row."""
    memory = size_text(row["peak_bytes"]) if row.get("peak_bytes") else ""
    return (row["title"], time_text(row["median_ms"], row["iqr_ms"]), speed_cell(row), memory, str(row["threads"]))


def speed_cell(row: Mapping[str, Any]) -> str:
    """Return a speed: `1.83×`, `≥ 7.1×` of a wide interval, `same` within the noise, `0.8× ?` where nobody knows."""
    ratio = row.get("speed_ratio")
    if ratio is None:
        return ""
    if row["name"] in ("original", "framework"):
        return "1×"
    bound = row.get("speed_bound")
    told = f"{ratio:.2f}×" if bound is None else f"{'≥' if bound > 1 else '≤'} {bound:.2g}×"
    return {"same": "same", "unclear": f"{told} ?"}.get(row["speed"], told)


def time_text(median: float | None, spread: float | None, beside: float | None = None) -> str:
    """Return milliseconds with half of their spread: `12.3 ± 0.4 ms`, or `45.1 ± 0.2 µs (60.2)` beside another."""
    if median is None:
        return ""
    unit, factor = ("ms", 1.0) if median >= 0.1 else ("µs", 1000.0)
    shown, half = median * factor, (spread or 0.0) * factor / 2
    digits = 0 if shown >= 100 else 1 if shown >= 10 else 2
    other = "" if beside is None else f" ({beside * factor:.{digits}f})"
    return f"{shown:.{digits}f} ± {half:.{digits}f} {unit}{other}"


def error_text(error: float | None) -> str:
    """Return a relative error: `0.021`, `4e-07`; a dash where there is none to tell."""
    if error is None:
        return "–"
    return f"{error:.0e}" if error < 5e-4 else f"{error:.2g}"


def agreement_text(part: float | None) -> str:
    """Return a share of rows, never rounded up to all of them."""
    if part is None:
        return "–"
    return f"{min(part, 1.0):.0%}" if part in (0.0, 1.0) else f"{min(max(part, 0.001), 0.999):.1%}"
