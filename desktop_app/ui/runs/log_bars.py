"""What a log's scroll bars say: rows while all of them are held, bytes of all logs otherwise."""

from __future__ import annotations

from PySide6.QtGui import QWheelEvent
from PySide6.QtWidgets import QAbstractSlider, QScrollBar

from desktop_app.presenters.log_merge import LogPage
from desktop_app.services.logs.search import Match
from desktop_app.ui.runs.log_painter import LogPainter
from desktop_app.ui.theme import Space

STEPS = 1_000_000
"""Positions of a scroll bar that counts bytes."""


def shown_bytes(page: LogPage, top: int, rows: int) -> int:
    """Return how many bytes of the logs are seen."""
    return sum(each.size for each in page.rows[top : top + rows])


def sync_down(bar: QScrollBar, page: LogPage, top: int, rows: int) -> None:
    """Let the vertical bar say where one is."""
    last = max(0, len(page.rows) - rows)
    if page.is_whole:
        bar.setRange(0, last)
        bar.setPageStep(rows)
        bar.setValue(top)
        return
    shown = shown_bytes(page, top, rows)
    bar.setRange(0, STEPS)
    bar.setPageStep(max(STEPS // 50, int(STEPS * shown / max(1, page.total))))
    at_end = page.at_end and top >= last
    place = STEPS if at_end else int(STEPS * page.place_of(top) / max(1, page.total - shown))
    bar.setValue(max(0, min(STEPS, place)))


def sync_across(bar: QScrollBar, page: LogPage, top: int, rows: int, painter: LogPainter, width: int) -> None:  # noqa: PLR0913, PLR0917 - what it depends on
    """Let the horizontal bar reach the end of the longest line that is seen."""
    widest = max((painter.width_of(each) for each in page.rows[top : top + rows + 1]), default=0.0)
    room = width - painter.text_left - Space.M
    bar.setRange(0, max(bar.value(), int(widest - room), 0))
    bar.setPageStep(max(1, room))
    bar.setSingleStep(round(4 * painter.char))


def show_column(bar: QScrollBar, match: Match, painter: LogPainter, width: int) -> None:
    """Let the horizontal bar go where a match is seen."""
    room = width - painter.text_left - 4 * painter.char
    left, right = match.column * painter.char, (match.column + match.length) * painter.char
    if left < bar.value() or right > bar.value() + room:
        bar.setMaximum(max(bar.maximum(), int(right)))
        bar.setValue(max(0, int(min(left - room / 4, right))) if right > room else 0)


def rows_of(action: int, rows: int) -> int | None:
    """Return by how many rows what the person did with the vertical bar moves; None where its place counts."""
    return {
        QAbstractSlider.SliderAction.SliderSingleStepAdd: 1,
        QAbstractSlider.SliderAction.SliderSingleStepSub: -1,
        QAbstractSlider.SliderAction.SliderPageStepAdd: rows - 1,
        QAbstractSlider.SliderAction.SliderPageStepSub: 1 - rows,
    }.get(QAbstractSlider.SliderAction(action))


class Wheel:
    """Three rows a notch, or as many pixels as a touch pad says; what is less than a row is kept for the next time."""

    def __init__(self) -> None:
        self._owed = 0.0

    def rows(self, event: QWheelEvent, height: int) -> int:
        """Return by how many rows to move."""
        pixels = event.pixelDelta().y()
        self._owed -= pixels / height if pixels else event.angleDelta().y() / 40
        rows = int(self._owed)
        self._owed -= rows
        return rows


def place_at(position: int, page: LogPage, top: int, rows: int) -> int:
    """Return the byte that a position of the vertical bar means."""
    return int(position / STEPS * max(0, page.total - shown_bytes(page, top, rows)))
