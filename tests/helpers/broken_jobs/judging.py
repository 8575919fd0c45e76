"""Judges what is said of a case's run against the truth of it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.helpers.broken_jobs.cases import Case, Truth
from tests.helpers.broken_jobs.running import state
from tests.helpers.program import Program

_PREFIX = re.compile(r"^(?:\[\w* ?rank ?\d+\]: ?|\(\w+ pid=[^)]*\) ?|\x1b\[[\d;]*m)*", re.IGNORECASE)
"""What PyTorch and Ray put before the lines of a rank; a truth is told without."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was said: the verdict, the guilty rank, the line that was shown, and how it was explained.

    `named` are the ranks, with a line each, that symptoms and what is behind them are about; `suspects` those that are
    named where no cause is.
    """

    verdict: str
    rank: int | None
    text: str
    explanation: str
    file: str = ""
    line: int | None = None
    named: tuple[tuple[int | None, str], ...] = ()
    suspects: tuple[int, ...] = ()

    @property
    def in_words(self) -> str:
        """The answer on a line."""
        suspects = f", suspects {self.suspects}" if self.suspects else ""
        place = f"{self.file}:{self.line} {self.text[:160]!r}"
        return f"{self.verdict}, rank {self.rank}{suspects}, {place}: {self.explanation[:160]}"


def asked(program: Program, run: str) -> Answer:
    """Return what `runs diagnose` says of a run."""
    said = program("runs", "diagnose", run, "--json")
    assert said.code in (0, 1), said.err
    return read(said.json)


def read(told: Mapping[str, Any]) -> Answer:
    """Return the answer in a diagnosis as JSON, see the command line's contract."""
    cause = told["root_cause"]
    named = tuple((each["rank"], each["text"] or "") for group in ("symptoms", "others") for each in told[group])
    if cause is None:
        return Answer(told["verdict"], None, "", "", named=named, suspects=tuple(told["suspects"]))
    return Answer(
        told["verdict"], cause["rank"], cause["text"] or "", cause["explanation"], cause["file"] or "", cause["line"]
    )


def wrong(case: Case, answer: Answer, *, is_foreign: bool = False) -> str:
    """Return what is wrong with an answer; empty where it is the truth. Logs alone (`is_foreign`) tell no exit code."""
    truth = case.truth
    if answer.verdict != "cause":
        return _wrongly_open(truth, answer, is_foreign=is_foreign)
    if truth.kind == "symptoms":
        return _wrongly_named(truth, answer)
    if truth.ranks is not None and answer.rank not in truth.ranks:
        return f"rank {answer.rank} was blamed instead of {truth.ranks}"
    return _wrong_line(truth, answer)


def _wrongly_open(truth: Truth, answer: Answer, *, is_foreign: bool) -> str:
    """Judge that no cause was named: right where there is none, or as a report among what was seen."""
    if truth.ranks is not None and answer.suspects and not set(answer.suspects) & set(truth.ranks):
        return f"ranks {answer.suspects} were suspected instead of {truth.ranks}"
    if truth.kind == "symptoms" or (truth.kind == "exit" and is_foreign):
        return ""
    if truth.kind == "report" and any(_is_report(truth, *each) for each in answer.named):
        return ""
    return f"a cause is known, and none was named: {answer.verdict}"


def _is_report(truth: Truth, rank: int | None, text: str) -> bool:
    return (truth.ranks is None or rank in truth.ranks) and _has(truth.line, text)


def _wrongly_named(truth: Truth, answer: Answer) -> str:
    if truth.also and _has(truth.also, answer.text):
        return ""
    if truth.ranks is not None and answer.rank in truth.ranks and not answer.text:
        return ""
    return "the logs hold no cause, and one was named"


def _wrong_line(truth: Truth, answer: Answer) -> str:
    """Judge the line that was shown; where a rank ended without one, the words must say how it ended."""
    if truth.kind == "exit" and not answer.text:
        return "" if _has(truth.line, answer.explanation) else "it was not said how the rank ended"
    return "" if _has(truth.line, answer.text) else "another line was shown"


def not_as_meant(case: Case, run: Path) -> str:
    """Return in what a run is not the one that the case is about; empty where it is."""
    status = state(run).get("status")
    if status != "Failed" and (status, case.truth.kind) != ("Canceled", "symptoms"):  # the end of its time cancels it
        return f"it is {status}"
    logs = [each.read_text("utf-8", "replace") for each in sorted((run / "user_logs").glob("*.txt"))]
    if case.truth.kind in ("line", "report") and not any(_has(case.truth.line, each) for each in logs):
        return "the line is in none of its logs"
    return ""


def _has(line: str, log: str) -> bool:
    return any(re.search(line, _PREFIX.sub("", each)) for each in re.split(r"[\r\n]+", log))
