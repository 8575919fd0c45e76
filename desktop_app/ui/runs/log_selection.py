"""A selection of characters in a log, held by the lines' keys: it stays where it is while lines come and go."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from PySide6.QtCore import QObject, QPoint, QTimer

from desktop_app.presenters.logs.folding import Row, RowKey
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.text import HEAD, whole_text
from desktop_app.ui.runs.log_painter import stamp

Place = tuple[RowKey, int]
"""A row's key and a character of it."""

WHOLE = 1 << 30
"""A column beyond every line's end."""


class Selection:
    """From `anchor` (where it began) to `head` (where it is now)."""

    def __init__(self) -> None:
        self.anchor: Place | None = None
        self.head: Place | None = None

    @property
    def is_empty(self) -> bool:
        """Whether nothing is selected."""
        return self.anchor is None or self.head is None or self.anchor == self.head

    def clear(self) -> None:
        """Select nothing."""
        self.anchor = self.head = None

    def begin(self, place: Place) -> None:
        """Begin anew."""
        self.anchor = self.head = place

    def extend(self, place: Place) -> None:
        """Move the end that moves."""
        if self.anchor is None:
            self.anchor = place
        self.head = place

    def press(self, place: Place, *, further: bool, whole: bool) -> None:
        """Begin at a place, or with `further` move the end there; with `whole` take the line."""
        if further:
            self.extend(place)
        else:
            self.begin((place[0], 0) if whole else place)
            self.extend((place[0], WHOLE) if whole else place)

    def take_word(self, row: Row, column: int) -> None:
        """Select the word at a column."""
        start, end = word_at(row.line.text, column)
        self.begin((row.key, start))
        self.extend((row.key, end))

    def columns(self, row: Row) -> tuple[int, int] | None:
        """Return the selected characters of a row, None if there are none; beyond its length means its end too."""
        if self.is_empty:
            return None
        assert self.anchor is not None
        assert self.head is not None
        (first, start), (last, end) = sorted((self.anchor, self.head))
        key = row.key
        if key < first or key > last:
            return None
        begin = start if key == first else 0
        stop = end if key == last else len(row.line.text) + 1
        return (begin, min(stop, len(row.line.text) + 1)) if stop > begin else None

    def text(self, rows: Sequence[Row], sources: Sequence[LogSource] = (), *, with_columns: bool = False) -> str:
        """Return what is selected of `rows`; with times and ranks of the lines as columns before it, if asked.

        A line that is cut on the screen is read whole from its log, if that is among the `sources`.
        """
        return "".join(self._texts(rows, sources, with_columns=with_columns)).removesuffix("\n")

    def _texts(self, rows: Sequence[Row], sources: Sequence[LogSource], *, with_columns: bool) -> Iterator[str]:
        for row in rows:
            columns = self.columns(row)
            if columns is not None:
                before = f"{stamp(row.line.time)}\t{row.span({})}\t" if with_columns else ""
                cut = columns[0] == 0 and columns[1] > len(row.line.text) and row.line.size > HEAD
                whole = _whole(row, sources) if cut else None
                yield before + (whole or row.line.text[columns[0] : columns[1]] + "\n")


def _whole(row: Row, sources: Sequence[LogSource]) -> str | None:
    """Return all of a line, and its end if it has one: parts of an endless line follow each other."""
    source = next((each for each in sources if each.rank == row.line.rank), None)
    if source is None:
        return None
    file = LogFile(source.log)
    data = file.read(row.line.offset, row.line.size)
    return whole_text(data, file.encoding) + ("\n" if data.endswith(file.newline) else "")


class Dragging(QObject):
    """Scrolls on while the mouse is dragged beyond the upper or lower edge; the farther, the faster."""

    def __init__(self, parent: QObject, scroll: Callable[[int], object], extend: Callable[[QPoint], object]) -> None:
        super().__init__(parent)
        self._scroll, self._extend = scroll, extend
        self._at, self._height = QPoint(), 0
        self._timer = QTimer(self, interval=30)
        self._timer.timeout.connect(self._on)

    def move(self, at: QPoint, height: int) -> None:
        """Take where the mouse is, in a view of some height."""
        self._at, self._height = at, height
        if 0 <= at.y() <= height:
            self._timer.stop()
        elif not self._timer.isActive():
            self._timer.start()

    def stop(self) -> None:
        """The button was released."""
        self._timer.stop()

    def _on(self) -> None:
        beyond = self._at.y() if self._at.y() < 0 else self._at.y() - self._height
        self._scroll(beyond // 20 if beyond < 0 else 1 + beyond // 20)
        self._extend(self._at)


def word_at(text: str, column: int) -> tuple[int, int]:
    """Return where the word at a column begins and ends; paths and numbers are words."""

    def belongs(index: int) -> bool:
        return text[index].isalnum() or text[index] in "_-./\\:"

    column = min(column, len(text) - 1)
    if column < 0 or not belongs(column):
        return max(0, column), max(0, column) + 1
    start, end = column, column
    while start > 0 and belongs(start - 1):
        start -= 1
    while end < len(text) and belongs(end):
        end += 1
    return start, end
