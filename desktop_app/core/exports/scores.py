"""Whether a smaller or faster candidate of a model is worth taking: the rows of the table, and a sentence.

A candidate is *right* where its outputs differ from the original's by at most MOST_ERROR of how much they vary
(NRMSE, the root mean square error over the standard deviation) and its highest value is the original's in at least
LEAST_AGREEMENT of all rows. It is *recommended* where it is right, not slower, and either faster or clearly smaller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from desktop_app.api import Value
from desktop_app.core.exports.turns import Speed, middle, speed

MOST_ERROR: Mapping[str, float] = {"optimised": 1e-4}
"""Errors up to which outputs count as right; of what is not named here, MOST_ERROR_OF_OTHERS."""
MOST_ERROR_OF_OTHERS = 0.1
LEAST_AGREEMENT = 0.99
SMALLER = 0.9
"""The part of the bytes below which a candidate is worth having for its size alone."""
_FEW_ROWS = 50
_UNEVEN = "its times are too few or too uneven to compare: try again while the machine is at rest"
_WORDS = {"same": "as fast as the original", "unclear": "no faster for certain"}


@dataclass(frozen=True, slots=True)
class Judgement:
    """What is thought of a candidate."""

    right: bool
    recommended: bool
    why: str


def rows_of(measured: Mapping[str, Any]) -> list[dict[str, Value]]:
    """Return the table of what the worker measured: the original first, then each candidate, judged."""
    original = measured["original"]
    told = [_original_row(original, measured)]
    return told + [_row(each, original["bytes"], measured["threads"]) for each in measured["rows"]]


def advice(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return in one sentence what to take."""
    name = best(rows)
    if not name:
        return _keep(rows[1:]) if len(rows) > 1 else ""
    why = next(str(each["why"]) for each in rows if each["name"] == name)
    return f"Take {name}: {why[:1].lower()}{why[1:]}"


def _keep(rows: Sequence[Mapping[str, Any]]) -> str:
    if any(each.get("right") and each.get("speed") == "unclear" for each in rows):
        return "Keep the original for now: times were too uneven to say what is faster. Try again on a quiet machine."
    return "Keep the original: no candidate is both right and at least as fast."


def best(rows: Sequence[Mapping[str, Any]]) -> str:
    """Return the name of the fastest candidate that is recommended; empty where none is."""
    good = [each for each in rows if each.get("recommended")]
    if not good:
        return ""
    return str(max(good, key=lambda each: (each["speed"] == "faster", each["speed_ratio"] or 0))["name"])


def _original_row(original: Mapping[str, Any], measured: Mapping[str, Any]) -> dict[str, Value]:
    timed = [each for row in measured["rows"] for each in row.get("original_seconds", ())]
    median, spread = middle(timed) if timed else (None, None)
    framework = original["framework"]
    return {
        **{each: original[each] for each in ("name", "title", "path", "bytes")},
        "ratio_bytes": 1.0,
        "median_ms": median,
        "iqr_ms": spread,
        "speed_ratio": 1.0,
        "speed": "same",
        "nrmse": None,
        "argmax_agreement": None,
        "nrmse_to_framework": framework["nrmse"],
        "rows": framework["rows"],
        "timed_with": original["timed_with"],
        "threads": measured["threads"],
        "nodes": original["nodes"],
        "right": True,
        "recommended": False,
        "why": "What the others are compared with.",
        "error": None,
    }


def _row(measured: Mapping[str, Any], bytes_before: int, threads: int) -> dict[str, Value]:
    row: dict[str, Value] = {each: measured.get(each) for each in ("name", "title", "path", "bytes", "error")}
    row["nodes"] = measured.get("nodes")
    empty = ("ratio_bytes", "median_ms", "iqr_ms", "speed_ratio", "speed", "nrmse", "argmax_agreement")
    row |= {"threads": threads, **dict.fromkeys(empty), "right": False, "recommended": False}
    if measured.get("error"):
        return {**row, "bytes": None, "why": f"{measured['error']} {measured.get('hint', '')}".strip()}
    found, error = speed(measured["original_seconds"], measured["seconds"]), measured["error_to_original"]
    median, spread = middle(measured["seconds"])
    judgement = judged(measured, found, measured["bytes"] / bytes_before)
    return row | {
        "ratio_bytes": measured["bytes"] / bytes_before,
        "median_ms": median,
        "iqr_ms": spread,
        "original_ms": middle(measured["original_seconds"])[0],
        "speed_ratio": found.ratio,
        "speed_bound": found.bound,
        "speed_low": found.low,
        "speed_high": found.high,
        "rounds": found.rounds,
        "speed": found.word,
        "nrmse": error["nrmse"],
        "argmax_agreement": error["argmax_agreement"],
        "cosine": error["cosine"],
        "rows": error["rows"],
        "nrmse_to_framework": measured["error_to_framework"]["nrmse"],
        "right": judgement.right,
        "recommended": judgement.recommended,
        "why": judgement.why,
        "notes": list(measured.get("notes", ())),
    }


def judged(measured: Mapping[str, Any], found: Speed, size: float) -> Judgement:
    """Return what is thought of a candidate, `size` being its part of the original's bytes."""
    wrong = what_is_wrong(measured)
    gains = found.word == "faster" or size <= SMALLER
    parts = f"{_speed_text(found)}, {_size_text(size)}"
    if wrong:
        return Judgement(False, False, _sentence(f"{parts}, but less right: {wrong}"))
    if found.word == "slower":
        return Judgement(True, False, _sentence(f"{parts}; right, but not worth its time on this processor"))
    if found.word == "unclear":
        return Judgement(True, False, _sentence(f"{parts}; right, but {_UNEVEN}"))
    if not gains:
        return Judgement(True, False, _sentence(f"{parts}: nothing is gained"))
    few = measured["error_to_original"]["rows"]
    hint = f" (judged by {few} rows only: give real data to be surer)" if few and few < _FEW_ROWS else ""
    return Judgement(True, True, _sentence(f"{parts}, and its answers agree{hint}"))


def what_is_wrong(measured: Mapping[str, Any]) -> str:
    """Return why a candidate's outputs are not those of the original; empty where they are."""
    error = measured["error_to_original"]
    if measured.get("overflowing"):
        names = ", ".join(measured["overflowing"][:3])
        return f"values beyond what 16 bits hold ({names}) become infinite on a GPU"
    if not error["finite"]:
        return "its outputs are no numbers, or of another shape"
    agreement = error["argmax_agreement"]
    if agreement is not None and agreement < LEAST_AGREEMENT:
        return f"in {_part_text(1 - agreement)} of {error['rows']} rows another value is the highest"
    most = MOST_ERROR.get(measured["name"], MOST_ERROR_OF_OTHERS)
    if error["nrmse"] is not None and error["nrmse"] > most:
        return f"its outputs are off by {_part_text(error['nrmse'])} of how much they vary"
    return ""


def _speed_text(found: Speed) -> str:
    if found.word in _WORDS:
        return _WORDS[found.word]
    return found.text


def _size_text(size: float) -> str:
    return f"{_part_text(size)} of the size" if abs(size - 1) > 0.02 else "of the same size"


def _part_text(part: float) -> str:
    return f"{part:.0%}" if part >= 0.095 else f"{part:.1%}" if part >= 0.0095 else f"{part:.2g}"


def _sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}."
