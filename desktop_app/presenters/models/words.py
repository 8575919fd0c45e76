"""Verdicts, states of checks and figures as a person reads them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Value
from desktop_app.core.exports.report import ExportReport, Verdict


@dataclass(frozen=True, slots=True)
class Mark:
    """A state as icon, colour role and word, never one of them alone."""

    icon: str
    role: str
    word: str


PASS = Mark("mdi6.check-circle-outline", "completed", "Pass")
FAIL = Mark("mdi6.close-circle-outline", "failed", "Fail")
CANNOT_TELL = Mark("mdi6.help-circle-outline", "canceled", "Cannot tell")
SKIPPED = Mark("mdi6.minus-circle-outline", "muted", "Skipped")
WARNING = Mark("mdi6.alert-outline", "canceled", "Warning")
NOTE = Mark("mdi6.information-outline", "accent", "Note")

MEASURED = Mark("mdi6.speedometer", "muted", "Measured")
"""Of an ONNX file that was compared with variants of its own only: there was nothing to judge."""
CHANGED = Mark("mdi6.file-alert-outline", "canceled", "Changed")
GONE = Mark("mdi6.file-remove-outline", "canceled", "Gone")
"""What was checked is not what is there now."""

VERDICTS: Mapping[Verdict, Mark] = {Verdict.PASS: PASS, Verdict.FAIL: FAIL, Verdict.CANNOT_TELL: CANNOT_TELL}
CHECKS: Mapping[str, Mark] = {"pass": PASS, "fail": FAIL, "cannot-tell": CANNOT_TELL, "skipped": SKIPPED}

NONE = "–"
"""Stands where there is no figure."""


def figure(number: object) -> str:
    """Return a small number with two digits that count: `0`, `1.9e-06`, `0.35`, `8.2`, `1,924`."""
    if not isinstance(number, int | float) or isinstance(number, bool):
        return NONE
    if number and (abs(number) < 0.001 or abs(number) >= 1e6):
        return f"{number:.1e}"
    return f"{number:,.0f}" if abs(number) >= 100 else f"{number:.2g}"


MUCH = 1000
"""Times of rounding from which on the exact number says nothing more."""


def in_noise(number: object) -> str:
    """Return an error as a multiple of what rounding makes: `0.6 × rounding`, or `over 1,000 ×`."""
    if figure(number) == NONE:
        return NONE
    return f"{figure(number)} × rounding" if float(str(number)) <= MUCH else f"over {MUCH:,} ×"


def worst_in_noise(report: ExportReport) -> float | None:
    """Return the largest error of an output as a multiple of rounding, None where it was not measured."""
    found = [each.get("error_in_noise") for each in outputs_of(report)]
    numbers = [float(each) for each in found if isinstance(each, int | float)]
    return max(numbers, default=None)


def outputs_of(report: ExportReport) -> list[Mapping[str, Value]]:
    """Return the judge's figures of each output."""
    rows = report.parity.get("outputs")
    return [each for each in rows if isinstance(each, Mapping)] if isinstance(rows, list | tuple) else []


def model_name(report: ExportReport) -> str:
    """Return what was exported, as short as it can be told: `digits.pt`, `zoo.py:build`."""
    path, called = text_of(report.model.get("path")), text_of(report.model.get("callable"))
    name = Path(path).name if path else report.id
    return f"{name}:{called}" if called else name


def short_path(path: str | Path, home: Path | None = None) -> str:
    """Return a path with `~` for the person's own folder."""
    given, base = Path(path), home or Path.home()
    return f"~/{given.relative_to(base).as_posix()}" if given != base and given.is_relative_to(base) else str(given)


def text_of(value: object) -> str:
    """Return a text as it is, anything else as none."""
    return value if isinstance(value, str) else ""


def listed(parts: Iterable[str]) -> str:
    """Return `a`, `a and b`, `a, b and c`."""
    found = [each for each in parts if each]
    return " and ".join(filter(None, (", ".join(found[:-1]), *found[-1:])))


def is_measured(report: ExportReport) -> bool:
    """Whether a report is of an ONNX file that was only measured, with no framework to compare it with."""
    return report.verdict is Verdict.CANNOT_TELL and report.model.get("kind") == "onnx" and not report.output


_FOR_WINDOW = (
    (r" \(the verb's --calibration\)", ""),
    (r"Say what the model takes with --inputs, or give real inputs with --calibration\.",
     "Say what the model takes under Inputs, or choose real inputs (.npz)."),
    (r"Say --inputs '([^']*)'\.", r"Say under Inputs what is right: \1."),
    (r"Give --calibration with (an \.npz of )?real inputs\.", "Choose real inputs (.npz)."),
    (r"Give an \.npz of some hundred real inputs as calibration data\.", "Choose some hundred real inputs (.npz)."),
    (r"give real data to be surer", "choose real inputs to be surer"),
    (r"`?--overwrite`? replaces it", "Replacing it on purpose puts the new one in its place"),
)  # fmt: skip
"""How the command line says things, and how the window does."""


def for_window(said: str) -> str:
    """Return what was said to the command line in words for the window."""
    for pattern, words in _FOR_WINDOW:
        said = re.sub(pattern, words, said)
    return said
