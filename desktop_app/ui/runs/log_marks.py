"""What is marked in a log: matches of a search, the match one is at, the line one came for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from desktop_app.presenters.logs.folding import Row
from desktop_app.services.logs.merge import Key
from desktop_app.services.logs.search import Match
from desktop_app.ui.runs.log_painter import RowLook


class Marks:
    """Matches of plain text are found anew in the lines that are seen; those of an expression come from the search.

    An expression may take for ever on some lines, so it never runs on the window's thread.
    """

    def __init__(self) -> None:
        self.focus: Key | None = None
        self.current: Match | None = None
        self._pattern: re.Pattern[str] | None = None
        self._matches: dict[tuple[int, int], list[tuple[int, int]]] = {}

    def set_pattern(self, pattern: re.Pattern[str] | None) -> None:
        """Mark this plain text from now on, and forget what was marked before."""
        self._pattern, self._matches, self.current = pattern, {}, None

    def add(self, matches: Iterable[Match]) -> None:
        """Mark what a search found."""
        for each in matches:
            self._matches.setdefault((each.rank, each.offset), []).append((each.column, each.length))

    def look(self, row: Row, selected: tuple[int, int] | None, *, at: bool = False) -> RowLook:
        """Return how a row is to be drawn."""
        match = self.current
        here = match is not None and row.holds([(match.rank, match.offset)])
        focused = self.focus is not None and row.holds([(self.focus[1], self.focus[2])])
        current = (match.column, match.length) if match is not None and here else None
        return RowLook(selected, self._found_in(row), current, focused and not here, at)

    def _found_in(self, row: Row) -> list[tuple[int, int]]:
        if self._pattern is not None:
            return [(each.start(), each.end() - each.start()) for each in self._pattern.finditer(row.line.text)]
        if not self._matches:
            return []
        places = ((each.rank, each.offset) for each in row.written)
        return next((self._matches[each] for each in places if each in self._matches), [])
