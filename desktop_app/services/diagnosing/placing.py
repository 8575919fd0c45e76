"""Where the lines of a diagnosis stand in their files. Lines are counted as far as that is quick: causes first."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from desktop_app.api import Explanation
from desktop_app.core.diagnosis.model import Diagnosis, Place
from desktop_app.services.diagnosing.covering import covered
from desktop_app.services.diagnosing.excerpts import Excerpt, Piece
from desktop_app.services.diagnosing.sources import FileBytes, newlines_before, offset_of_row
from desktop_app.services.redaction import Redactor

COUNTED = 256 << 20
"""Bytes before a cause in which lines are counted; of a line further on it is said at which byte it begins."""
COUNTED_BESIDE = 16 << 20
"""Bytes before all others."""


def placed(
    known: Diagnosis,
    redactor: Redactor,
    excerpts: Mapping[int, Excerpt],
    missing: tuple[str, ...] = (),
    launcher: Excerpt | None = None,
) -> Diagnosis:
    """Return a diagnosis with the file and the number of each line, as it may leave: nothing in it is secret.

    This is where every diagnosis comes by, so that no way out of the program has to think of secrets.
    """
    counter = _Counter()
    places = tuple(_place(each, excerpts, launcher, counter) for each in known.all)
    is_read = launcher is not None or any(each.pieces for each in excerpts.values())
    known = replace(known, places=places, missing=(*known.missing, *missing), is_read=is_read)
    return covered(known, redactor)


class _Counter:
    """Counts each part of each log once, as far as that is quick."""

    def __init__(self) -> None:
        self._left = COUNTED
        self._counts: dict[tuple[str, int], int | None] = {}

    def line(self, excerpt: Excerpt, position: int) -> Place | None:
        found = excerpt.piece_of(position)
        if found is None:
            return None
        piece, number = found
        before = self._before(piece)
        offset = offset_of_row(piece.log, piece.start, number) if isinstance(piece.log, FileBytes) else None
        return Place(piece.log.name, 0 if before is None else before + number + 1, offset)

    def _before(self, piece: Piece) -> int | None:
        """Return how many lines stand before a piece; None where that took too long."""
        key = (piece.log.name, piece.start)
        if key not in self._counts:
            is_first, can = not self._counts, piece.start <= self._left
            self._counts[key] = newlines_before(piece.log, piece.start) if can else None
            self._left = COUNTED_BESIDE if is_first else self._left - (piece.start if can else 0)
        return self._counts[key]


def _place(
    explanation: Explanation, excerpts: Mapping[int, Excerpt], launcher: Excerpt | None, counter: _Counter
) -> Place | None:
    excerpt = launcher if explanation.rank is None else excerpts.get(explanation.rank)
    if excerpt is None or not explanation.line:
        return None
    position = explanation.position
    if position is None:
        position = _found(excerpt.text, explanation.line)
    return counter.line(excerpt, position) if position is not None else None


def _found(text: str, line: str) -> int | None:
    """Return the number of the last line that holds a text."""
    place = text.rfind(line)
    return text.count("\n", 0, place) if place >= 0 else None
