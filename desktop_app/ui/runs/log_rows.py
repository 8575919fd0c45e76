"""The row of a log that keys act on: where one clicked or stepped to, as long as it is seen."""

from __future__ import annotations

from desktop_app.presenters.log_merge import LogPage
from desktop_app.presenters.logs.folding import Row


class Cursor:
    """Held by its line, so that it stays where it is while lines come and go."""

    def __init__(self) -> None:
        self._at: tuple[int, int] | None = None

    def put(self, row: Row | None) -> None:
        """Be at a row."""
        self._at = None if row is None else (row.line.rank, row.line.offset)

    def is_at(self, row: Row) -> bool:
        """Whether keys act on this row, and that would do anything."""
        return self._at == (row.line.rank, row.line.offset) and (row.lines > 1 or row.part > 0)

    def index(self, page: LogPage, top: int, rows: int) -> int | None:
        """Return the row that keys act on: the one it was put at, if it is seen and can be opened or closed."""
        found = None if self._at is None else page.index_of(*self._at)
        if found is None or not top <= found < top + rows or not self.is_at(page.rows[found]):
            return None
        return found

    def step(self, page: LogPage, by: int, top: int, rows: int) -> int | None:
        """Go to the next row that can be opened (1), or the one before (-1); None where there is none."""
        at = self.index(page, top, rows)
        begin = at + by if at is not None else top if by > 0 else top + rows - 1
        places = range(begin, len(page.rows)) if by > 0 else range(min(begin, len(page.rows) - 1), -1, -1)
        found = next((each for each in places if page.rows[each].lines > 1), None)
        if found is not None:
            self.put(page.rows[found])
        return found
