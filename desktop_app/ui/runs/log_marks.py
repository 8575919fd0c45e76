"""What is marked in a log: matches of a search, the match one is at, the line one came for."""

from __future__ import annotations

import re
from collections.abc import Iterable

from desktop_app.presenters.log_merge import Row
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

    def look(self, row: Row, selected: tuple[int, int] | None) -> RowLook:
        """Return how a row is to be drawn."""
        at = self.current
        here = at is not None and (at.rank, at.offset) in row.members
        focused = self.focus is not None and (self.focus[1], self.focus[2]) in row.members
        current = (at.column, at.length) if at is not None and here else None
        return RowLook(selected, self._found_in(row), current, focused and not here)

    def _found_in(self, row: Row) -> list[tuple[int, int]]:
        if self._pattern is not None:
            return [(each.start(), each.end() - each.start()) for each in self._pattern.finditer(row.line.text)]
        return next((self._matches[each] for each in row.members if each in self._matches), [])
