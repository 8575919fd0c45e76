"""Puts findings at the place in the text that a person would look at: a key, a value, or a word within it."""

from __future__ import annotations

import dataclasses
import re

from desktop_app.api import Diagnostic
from desktop_app.core.rules.notes import Note
from desktop_app.documents.yaml_text import Extent, Parsed, Position

_OF_KEY = frozenset({
    "spark-conf", "missing-environment",
    "unknown-key", "duplicate-key", "preview-syntax", "missing-key", "v1-key", "v1-process-count", "default-output",
    "mpi-process-count", "step-name",
})  # fmt: skip
_LONGEST = 500
_NAMED = re.compile(r"\$\{\{[^{}]*\}\}|[\w./-]+\.py\b")


def placed(note: Note, parsed: Parsed) -> Diagnostic:
    """Return a finding in one line of bearable length, with its place filled in unless it knows it."""
    finding = _in_one_line(note.diagnostic)
    if finding.line is not None:
        return finding
    line, column, end_line, end_column = _within(note, parsed) or _place(finding, parsed)
    return dataclasses.replace(finding, line=line, column=column, end_line=end_line, end_column=end_column)


def _in_one_line(finding: Diagnostic) -> Diagnostic:
    message = " ".join(finding.message.split())
    if len(message) > _LONGEST:
        message = f"{message[: _LONGEST - 1]}…"
    return finding if message == finding.message else dataclasses.replace(finding, message=message)


def _place(finding: Diagnostic, parsed: Parsed) -> Position:
    found = parsed.position(finding.path, of_key=finding.code in _OF_KEY) if finding.path else None
    return found or Position(1, 1, 1, 1)


def _within(note: Note, parsed: Parsed) -> Position | None:
    """Return where the word stands that a finding is about; of a finding about a command, the word it quotes."""
    finding = note.diagnostic
    words = [note.word.text] if note.word.text else []
    if not words and finding.path.endswith("command"):
        words = _NAMED.findall(finding.message)
    extent = parsed.extent(finding.path) if words else None
    if extent is None:
        return None
    return next((found for word in words if (found := _word(word, note.word.nth, extent, parsed))), None)


def _word(word: str, nth: int, extent: Extent, parsed: Parsed) -> Position | None:
    """Return where the nth of a word stands; line ends may part it where the text was folded."""
    pattern = r"\s+".join(re.escape(each) for each in word.split())
    for count, found in enumerate(re.compile(pattern).finditer(parsed.text, extent.start, extent.end)):
        if count == nth:
            return parsed.between(found.start(), found.end())
    return None
