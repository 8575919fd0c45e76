"""The checks of a verdict, each a state and a sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from . import tolerances
from .evidence import Evidence
from .naming import Pairing, fixed_axes, listed
from .opening import Opened
from .parity import Seen

TITLES = {
    "structure": "The file is valid",
    "session": "ONNX Runtime loads it",
    "names": "Inputs and outputs are the model’s",
    "sizes": "It runs at other sizes",
    "parity": "It answers as the framework does",
    "agreement": "It chooses as the framework does",
    "dependence": "Its answer depends on the input",
}


class Stop(Exception):  # noqa: N818 - no error: nothing further can be checked
    """Nothing further can be checked."""


@dataclass(frozen=True)
class Check:
    """One of the checks; `state` is pass, fail, cannot-tell or skipped."""

    name: str
    state: str
    text: str

    def document(self) -> dict[str, Any]:
        """Return it as JSON has it."""
        return {"name": self.name, "title": TITLES[self.name], "state": self.state, "text": self.text}


def skipped(name: str) -> Check:
    """Return a check that could not be made."""
    return Check(name, "skipped", "Not looked at, since an earlier check failed.")


def names(pairing: Pairing, evidence: Evidence) -> Check:
    """Names, order, types and axes of inputs and outputs."""
    wrong = [f"{each.wrong}." for each in evidence.seen if each.kind == "type"]
    if pairing.problems or wrong:
        return Check("names", "fail", " ".join(dict.fromkeys((*pairing.problems, *wrong))))
    baked = [each for each in pairing.left_out if not evidence.varied.get(each)]
    if baked:
        text = "is not in the file, and had the same content in all cases: its value may have been baked in."
        return Check("names", "cannot-tell", f"The input {listed(baked)} {text}")
    if pairing.left_out:
        text = f"The input {listed(pairing.left_out)} is not in the file; the answers are the same without it."
        return Check("names", "pass", text)
    notes = f" By the file, {'; '.join(pairing.notes)}." if pairing.notes else ""
    return Check("names", "pass", f"Names, order, types and axes are those of the model.{notes}")


def sizes(asked: Any, opened: Opened, pairing: Pairing, evidence: Evidence) -> Check:
    """Whether every axis that was asked to vary does, shown by running."""
    wrong = _wrong_sizes(evidence, fixed_axes(opened, asked.inputs, pairing))
    if wrong:
        return Check("sizes", "fail", wrong)
    if not any(isinstance(axis, str) for spec in asked.inputs for axis in spec["shape"]):
        return Check("sizes", "pass", "Fixed shapes: the model was asked for at one size alone.")
    if evidence.sizes < 2:
        return Check("sizes", "cannot-tell", "Sizes may vary, and only one was tried: the file may know no other.")
    told = f" The file itself says otherwise: {'; '.join(evidence.declared)}." if evidence.declared else ""
    return Check("sizes", "pass", f"It ran at {evidence.sizes} different sizes.{told}")


def parity(evidence: Evidence) -> Check:
    """Whether the answers are right, against the noise of rounding."""
    if not evidence.seen:
        return Check("parity", "skipped", "No case ran, so there is no answer to compare.")
    if evidence.dice and evidence.random is False:
        return Check("parity", "fail", _dice(evidence.dice))
    unsure = bool(evidence.random or evidence.dice)
    torn = next((each for each in evidence.seen if each.kind in ("torn", "whole")), None)
    if torn is not None and not unsure:
        return Check("parity", "fail", f"{torn.wrong}, in the case {told_case(evidence, torn.case)}.")
    worst = max(evidence.seen, key=lambda each: each.excess)
    if worst.excess > 1 and not unsure:
        return Check("parity", "fail", _off(evidence, worst))
    if unsure:
        who = "The model itself" if evidence.random else f"The file, in {listed(evidence.dice)},"
        text = f"{who} draws random numbers: it answers the same question otherwise each time."
        return Check("parity", "cannot-tell", text)
    return _doubts(evidence) or Check("parity", "pass", _right(evidence))


def agreement(evidence: Evidence) -> Check:
    """Whether the largest value of each row is at the same place."""
    if not evidence.agreement:
        return Check("agreement", "skipped", "No output looks like scores to choose from.")
    if evidence.random or evidence.dice:
        return Check("agreement", "skipped", "What is drawn at random chooses otherwise each time.")
    same, clear, rows = (sum(each[place] for each in evidence.agreement.values()) for place in range(3))
    if not clear:
        text = "In every row the two largest values are equal within rounding: there is no choice to compare."
        return Check("agreement", "skipped", text)
    tied = f" {rows - clear:,} more rows are left out: two values there are equal within rounding." * (rows > clear)
    text = f"The largest value is at the same place in {same:,} of {clear:,} rows.{tied}"
    return Check("agreement", "pass" if same == clear else "fail", text)


def dependence(evidence: Evidence, pairing: Pairing) -> Check:
    """Whether there is anything to be seen at all: answers that stay the same prove nothing."""
    if not any(each.distance is not None for each in evidence.seen):
        return Check("dependence", "skipped", "There is no output of numbers to look at.")
    dead = {
        name: text for name in dict.fromkeys(each.output for each in evidence.seen) if (text := _dead(evidence, name))
    }
    alive = [each.output for each in evidence.seen if each.distance is not None and each.output not in dead]
    if dead and not alive:
        return Check("dependence", "cannot-tell", next(iter(dead.values())))
    frozen = [each for each in pairing.unused if not evidence.varied.get(each)]
    if frozen:
        text = "is read by nothing in the file, and had the same content in all cases: it may have been baked in."
        return Check("dependence", "cannot-tell", f"The input {listed(frozen)} {text}")
    return Check("dependence", "pass", _depends(evidence, [*dead]))


def told_case(evidence: Evidence, case: int) -> str:
    """Return how a case is called: its origin and its sizes."""
    known: Mapping[str, Any] = evidence.cases[case]
    told = ", ".join(f"{name}={size}" for name, size in (known.get("sizes") or {}).items())
    return (
        f"{case + 1} ({', '.join(filter(None, (known.get('origin'), told)))})"
        if told or known.get("origin")
        else f"{case + 1}"
    )


def percent(part: float) -> str:
    """Return a part in words that a person reads at a glance."""
    if part >= 1e-3:
        return f"{_two_digits(100 * part)} %"
    return f"{_two_digits(part * 1e6)} millionths" if part >= 1e-9 else f"{part:.1g}"


def _two_digits(value: float) -> str:
    return f"{float(f'{value:.2g}'):,.12g}"


def _wrong_sizes(evidence: Evidence, fixed: list[str]) -> str:
    wrong = next((each for each in evidence.seen if each.kind == "shape"), None)
    if evidence.failures:
        return _failure(evidence, fixed)
    if wrong is not None:
        return f"{wrong.wrong}, in the case {told_case(evidence, wrong.case)}."
    return f"Other sizes were asked for, and {'; '.join(fixed)}." if fixed else ""


def _failure(evidence: Evidence, fixed: list[str]) -> str:
    case, text = next(iter(evidence.failures.items()))
    if fixed and evidence.ran:
        return f"It does not run at other sizes: {'; '.join(fixed)}."
    if evidence.stuck and evidence.ran:
        other = f"runs in the case {told_case(evidence, evidence.ran[0])}, but not with another size of"
        return f"It {other} {listed(evidence.stuck)}: that size was frozen. ONNX Runtime says: {text}"
    ran = f", though it did in the case {told_case(evidence, evidence.ran[0])}" if evidence.ran else ""
    return f"It does not run in the case {told_case(evidence, case)}{ran}: {text}"


def _off(evidence: Evidence, worst: Seen) -> str:
    assert worst.distance is not None
    what = f"the {worst.label} of “{worst.output}”" if worst.label else f"“{worst.output}”"
    times = worst.distance.error / max(worst.noise, tolerances.floor(worst.dtype, worst.distance.scale), 1e-300)
    return (
        f"It answers something else than the framework: {what} is off by {percent(worst.distance.relative)} of its "
        f"size in the case {told_case(evidence, worst.case)}, {times:,.0f} times what rounding explains."
    )


def _dice(nodes: list[str]) -> str:
    return (
        f"The file draws random numbers in {listed(nodes)}, though the model does not: dropout was left on, or noise "
        "that belongs to training."
    )


def _doubts(evidence: Evidence) -> Check | None:
    jumping = next((each for each in evidence.seen if each.kind == "jumping"), None)
    if jumping is not None:
        text = f"“{jumping.output}” jumps between whole numbers by rounding alone, so that nothing can be said of it."
        return Check("parity", "cannot-tell", text)
    beyond = next((each for each in evidence.seen if each.beyond and not each.label), None)
    if beyond is None or beyond.distance is None:
        return None
    off = percent(beyond.distance.relative)
    text = f"“{beyond.output}” is off by {off} of its size, but rounding alone moves it as far"
    return Check("parity", "cannot-tell", f"{text}: this model magnifies rounding too much for a judgement.")


def _right(evidence: Evidence) -> str:
    floats = [each.distance for each in evidence.seen if each.distance is not None and not each.label]
    told = f"{len(evidence.ran)} case{'s' * (len(evidence.ran) != 1)}"
    tied = f" Places of {listed(evidence.tied)} differ where values are equal within rounding." * bool(evidence.tied)
    both = sum(each.both for each in floats)
    blank = f" In {both:,} places both have the same NaN or infinity." * bool(both)
    if not floats:
        return f"It answers as the framework does: all values are equal in {told}.{tied}"
    worst = max(each.relative for each in floats)
    off = f"the greatest difference is {percent(worst)} of the output’s size, no more than rounding"
    return f"It answers as the framework does: in {told} {off if worst else 'there is no difference'}.{tied}{blank}"


def _dead(evidence: Evidence, name: str) -> str:
    """Return why an output proves nothing, or nothing."""
    seen = [each for each in evidence.seen if each.output == name and each.distance is not None and not each.label]
    found = [each.distance for each in seen if each.distance is not None]
    scale = max((each.scale for each in found), default=0.0)
    signal = evidence.signals.get((name, ""))
    if found and all(each.size == each.both for each in found):
        return f"“{name}” is empty, or NaN and infinity all over, in every case: that proves nothing."
    if found and scale < tolerances.VANISHED and seen[0].dtype != "float64":
        return (
            f"“{name}” is never larger than {scale:.0e}: every signal dies on its way, so equal answers prove nothing."
        )
    if not found or signal is None:
        return ""
    if not signal:
        return f"“{name}” was the same whatever the input: equal answers prove nothing."
    hidden = max(each.error for each in found) > tolerances.SIGNAL_PART * signal
    return f"“{name}” hardly depends on the input, by no more than rounding: equal answers prove nothing." * hidden


def _depends(evidence: Evidence, dead: list[str]) -> str:
    still = [name for name, varied in evidence.varied.items() if not varied]
    told = "With other inputs the answers are others."
    told += f" {listed(dead)} stayed the same, and proves nothing." * bool(dead)
    return told + f" {listed(still)} had the same content in all cases." * bool(still)
