"""A model in its framework and in ONNX Runtime, measured in turns: the rows of the table, and a sentence."""

from __future__ import annotations

import statistics
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop_app.api import Value
from desktop_app.core.exports.turns import at_least, middle, ratio_text, speed
from desktop_app.core.words import size_text


@dataclass(frozen=True, slots=True)
class Side:
    """What one side answered, a document for each turn: `seconds`, `threads`, `peak_bytes`."""

    name: str
    title: str
    turns: tuple[Mapping[str, Any], ...]

    @property
    def seconds(self) -> list[float]:
        """All runs."""
        return [each for turn in self.turns for each in turn["seconds"]]

    @property
    def medians(self) -> list[float]:
        """The median of each turn."""
        return [statistics.median(turn["seconds"]) for turn in self.turns]


def bench_rows(framework: Side, onnx: Side, sizes: Mapping[str, Value]) -> list[dict[str, Value]]:
    """Return the table: the framework, then ONNX Runtime with how many times as fast it is."""
    found = speed(framework.medians, onnx.medians)
    rows = [_row(framework, sizes), _row(onnx, sizes)]
    rows[0] |= {"speed_ratio": 1.0, "speed": "same"}
    rows[1] |= {
        "speed_ratio": found.ratio,
        "speed_bound": found.bound,
        "speed_low": found.low,
        "speed_high": found.high,
        "speed": found.word,
    }
    return rows


def bench_sentence(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return in one sentence what came out; empty without rows."""
    if len(rows) < 2:
        return ""
    before, after = rows[0], rows[1]
    words = {"same": "as fast as", "unclear": "too uneven to compare with"}
    found = words.get(after["speed"])
    bound = after.get("speed_bound")
    ratio = ratio_text(after["speed_ratio"]) if bound is None else at_least(bound)
    fast = f"is {found} {before['title']}" if found else _with_name(ratio, before["title"])
    memory = f" and holds {size_text(after['peak_bytes'])} instead of {size_text(before['peak_bytes'])}"
    return f"ONNX Runtime {fast}{memory if before['peak_bytes'] and after['peak_bytes'] else ''}."


def _with_name(ratio: str, title: str) -> str:
    return f"is {ratio} as {title}" if ratio.endswith("as fast") else f"{ratio} as {title}"


def _row(side: Side, sizes: Mapping[str, Value]) -> dict[str, Value]:
    median, spread = middle(side.seconds)
    return {
        "name": side.name,
        "title": side.title,
        "median_ms": median,
        "iqr_ms": spread,
        "runs": len(side.seconds),
        "threads": side.turns[-1]["threads"],
        "peak_bytes": max(turn.get("peak_bytes") or 0 for turn in side.turns),
        "timed_with": dict(sizes),
    }
