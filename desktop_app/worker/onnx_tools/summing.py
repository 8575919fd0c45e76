"""The verdict in one word and one sentence, and the figures behind it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

from .checking import Check, told_case
from .evidence import Evidence
from .parity import Seen

_FIRST = ("structure", "session", "names", "parity", "sizes", "agreement", "dependence")
"""Of several failed checks the sentence is that of the first of these."""


def verdict(checks: Sequence[Check], told: Mapping[str, Any]) -> tuple[str, str]:
    """Return pass, fail or cannot-tell, and why."""
    ordered = sorted(checks, key=lambda each: _FIRST.index(each.name))
    for state in ("fail", "cannot-tell"):
        found = next((each for each in ordered if each.state == state), None)
        if found is not None:
            return state, found.text
    found = next(each for each in ordered if each.name == "parity")
    if found.state != "pass":
        return "cannot-tell", "There was no case to compare."
    return "pass", found.text


def parity(evidence: Evidence) -> dict[str, Any]:
    """Return the figures of all outputs."""
    floats = [each for each in evidence.seen if each.distance is not None and not each.label]
    names = dict.fromkeys(each.output for each in evidence.seen)
    return {
        "max_abs_error": number(max((each.distance.error for each in floats if each.distance), default=0.0)),
        "max_rel_error": number(max((each.distance.relative for each in floats if each.distance), default=0.0)),
        "cases": len(evidence.ran),
        "sizes": evidence.sizes,
        "worst_case": max(evidence.seen, key=lambda each: (bool(each.wrong), each.excess)).case if evidence.seen else 0,
        "outputs": [_output(evidence, name) for name in names],
    }


def number(value: float) -> float | None:
    """Return what JSON can hold."""
    return float(value) if math.isfinite(value) else None


def _output(evidence: Evidence, name: str) -> dict[str, Any]:
    seen = [each for each in evidence.seen if each.output == name]
    worst = max(seen, key=lambda each: (bool(each.wrong), each.excess))
    plain = max((each for each in seen if not each.label), key=lambda each: each.excess)
    counts = evidence.agreement.get(name)
    return {
        "name": name,
        "dtype": plain.dtype,
        **_figures(plain),
        "argmax_agreement": None if not counts or not counts[1] else counts[0] / counts[1],
        "worst_case": worst.case,
        "worst_case_title": told_case(evidence, worst.case),
        "worst_view": worst.label,
        "wrong": worst.wrong or ("The difference is larger than rounding explains" if worst.excess > 1 else ""),
        "signal": number(evidence.signals.get((name, ""), math.nan)),
    }


def _figures(seen: Seen) -> dict[str, Any]:
    if seen.distance is None:
        blank = ("scale", "noise", "max_abs_error", "max_rel_error", "error_in_noise", "tolerance")
        return {**dict.fromkeys(blank), "noise_from": ""}
    found = seen.distance
    return {
        "scale": number(found.scale),
        "noise": number(seen.noise),
        "noise_from": "moved" if seen.estimated else "float64" if found.noise is not None else "",
        "max_abs_error": number(found.error),
        "max_rel_error": number(found.relative),
        "error_in_noise": number(found.error / seen.noise) if seen.noise else None,
        "tolerance": number(seen.allowed),
    }
