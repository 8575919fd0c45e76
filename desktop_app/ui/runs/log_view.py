"""A log of any size on the screen: holds a window of lines, paints those that are seen, asks a thread for the rest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QContextMenuEvent,
    QGuiApplication,
    QHideEvent,
    QKeyEvent,
    QMouseEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QShowEvent,
    QWheelEvent,
)
from PySide6.QtWidgets import QAbstractScrollArea, QAbstractSlider, QFrame

from desktop_app.presenters.log_merge import LogPage, asked_for
from desktop_app.presenters.run_words import rank_span
from desktop_app.services.logs.feed import Change, LogFeed, Update
from desktop_app.services.logs.merge import Key, LogSource
from desktop_app.services.logs.search import Match
from desktop_app.ui.runs import log_bars
from desktop_app.ui.runs.log_hands import Hands
from desktop_app.ui.runs.log_keys import Deed, deed_of
from desktop_app.ui.runs.log_marks import Marks
from desktop_app.ui.runs.log_painter import LogPainter
from desktop_app.ui.runs.log_reader import PIECE, LogReader
from desktop_app.ui.runs.log_rows import Cursor
from desktop_app.ui.runs.log_selection import WHOLE, Place, Selection
from desktop_app.ui.theme import Space, theme_manager


class LogView(QAbstractScrollArea):
    """Lines of one rank, or of several merged by time. Close it when done: a thread reads for it."""

    followed = Signal(bool)
    menu_asked = Signal(QPoint, int)

    def __init__(self) -> None:
        super().__init__()
        self.page = LogPage(merged=False)
        self.selection = Selection()
        self._reader, self._marks = LogReader(), Marks()
        self.sources: tuple[LogSource, ...] = ()
        self._painter = LogPainter(theme_manager().theme)
        self._top = 0
        self._ticket = 0
        self._wanted: int | None = None
        self._owed = 0
        self._following = True
        self._live = True
        self._wheel, self._cursor = log_bars.Wheel(), Cursor()
        self._asks, self._folded = asked_for(1), True
        self._hands = Hands(self, self.selection, self._cursor, self._scroll_by)
        self._nothing = self.tr("Nothing was written yet.")
        self.destroyed.connect(self._reader.close)
        self.arrived = self._reader.arrived
        self.arrived.connect(self._take)
        self._dress()

    @property
    def _feed(self) -> LogFeed | None:
        return self._reader.feed

    # ----- what is shown

    def show_sources(self, sources: Sequence[LogSource], *, follow: bool, live: bool = True) -> None:
        """Show these logs, from their end; `live` says whether more may come."""
        self.close_feed()
        self.sources = tuple(sources)
        self.page = LogPage(merged=len(sources) > 1, ranks=len(sources))
        self.page.fold(same=self._folded)
        self._asks = asked_for(len(sources) if self._folded else 1)
        self.selection.clear()
        self._cursor.put(None)
        self._live, self._marks.focus, self._top, self._ticket = live, None, 0, 0
        self._fit_columns()
        feed = self._reader.open(sources)
        feed.pause(not self.isVisible())
        self.set_following(follow)
        if not follow:
            self._ticket = feed.show_end(self._asks, follow=False)
        self.viewport().update()

    @property
    def is_following(self) -> bool:
        """Whether new lines move into sight as they come."""
        return self._following

    def set_live(self, live: bool) -> None:
        """Say whether more may come: at the end of a log that is over there is nothing to follow."""
        self._live = live

    def set_following(self, follow: bool) -> None:
        """Follow the log's end, or stay."""
        changed = follow != self._following
        self._following = follow
        if self._feed is not None:
            if follow:
                self._ticket = self._feed.show_end(self._asks, follow=True)
                self._reader.asked.clear()
            else:
                self._feed.unfollow()
        if changed:
            self.followed.emit(follow)

    def go_to(self, key: Key) -> None:
        """Show a line, and mark it."""
        self._stop_following()
        self._marks.focus = key
        index = self.page.index_of(*key[1:])
        if index is not None:
            self._scroll_to(index - self.visible_rows // 3)
        elif self._feed is not None:
            self._ticket = self._feed.show_around(key, self._asks // 2, self._asks // 2)
            self._reader.asked.clear()

    def go_to_offset(self, rank: int, offset: int) -> None:
        """Show the line of `rank` at a byte of its log, and mark it."""
        self._stop_following()
        self._marks.focus = (-1.0, rank, offset)
        if self._feed is not None:
            self._ticket = self._feed.show_offset(rank, offset, self._asks // 2, self._asks // 2)
            self._reader.asked.clear()

    def set_folded(self, folded: bool) -> None:
        """Show what several ranks say once, or every line by itself."""
        self._folded = folded
        self._asks = asked_for(len(self.sources) if folded else 1)
        self.selection.clear()
        self._top += self.page.fold(same=folded, anchor=self._top)
        self._fit_columns()
        self._scroll_to(self._last_top() if self._following else self._top)

    def toggle(self, index: int, *, opened: bool | None = None) -> None:
        """Show the lines that a row stands for below it, or no longer."""
        row = self.page.rows[index]
        if self.page.toggle(index, opened=opened):
            self._stop_following()
            head = index - row.part
            self._cursor.put(self.page.rows[head])
            self._scroll_to(min(self._top, head))

    def set_pattern(self, pattern: re.Pattern[str] | None) -> None:
        """Mark what a plain-text search looks for, in every line there is to see."""
        self._marks.set_pattern(pattern)
        self.viewport().update()

    def add_matches(self, matches: Iterable[Match]) -> None:
        """Mark matches that a search found."""
        self._marks.add(matches)
        self.viewport().update()

    def show_match(self, match: Match) -> None:
        """Show the match one is at."""
        self._marks.current = match
        self.go_to((match.time, match.rank, match.offset))
        log_bars.show_column(self.horizontalScrollBar(), match, self._painter, self.viewport().width())
        self.viewport().update()

    @property
    def seen_key(self) -> Key | None:
        """The key of the line one looks at: the match, the marked line, or the first that is seen."""
        if self._marks.current is not None:
            return self._marks.current.time, self._marks.current.rank, self._marks.current.offset
        if self._marks.focus is not None and self._marks.focus[0] >= 0:
            return self._marks.focus
        return self.page.rows[self._top].line.key if self._top < len(self.page.rows) else None

    @property
    def visible_rows(self) -> int:
        """How many rows fit as a whole."""
        return max(1, (self.viewport().height() - Space.S) // self._painter.height)

    def copy(self, *, with_columns: bool = False) -> None:
        """Copy what is selected, as it stands; with times and ranks if asked."""
        text = self.selection.text(self.page.rows, self.sources, with_columns=with_columns)
        if text:
            QGuiApplication.clipboard().setText(text)

    def select_all(self) -> None:
        """Select every line that is held."""
        if self.page.rows:
            self.selection.begin((self.page.rows[0].key, 0))
            self.selection.extend((self.page.rows[-1].key, WHOLE))
            self.viewport().update()

    def close_feed(self) -> None:
        """End the thread that reads."""
        self._reader.close()

    def set_nothing(self, text: str) -> None:
        """Say what stands there while there is no line."""
        self._nothing = text
        self.viewport().update()

    # ----- taking in what the thread read

    def _take(self, update: Update) -> None:
        if self._feed is None or update.ticket < self._ticket:
            return
        self._reader.asked.discard(update.change)
        with self._reader.ahead():
            self._take_in(update)

    def _take_in(self, update: Update) -> None:
        seen = self.page.seen(self._top, self.visible_rows)
        moved = self.page.apply(update, self._top)
        if update.change is Change.REPLACE:
            self._ticket = max(self._ticket, update.ticket)
            self._reader.asked.clear()
            self._place(update)
        else:
            wanted = self._top + moved + self._owed
            self._top = max(0, min(wanted, self._last_top()))
            self._owed = wanted - self._top
        if self._following:
            self._top = self._last_top()
        self._look_around(self._owed)
        self._owed = self._owed if self._reader.asked else 0
        if not seen or seen != self.page.seen(self._top, self.visible_rows):
            self.viewport().update()

    def _place(self, update: Update) -> None:
        """Find the row to begin with in a window that took the place of all."""
        self._painter.shows_time = not self.page.rows or any(each.line.time for each in self.page.rows)
        if update.focus is not None:
            index = self.page.index_of(*update.focus[1:])
            self._marks.focus = self.page.rows[index].line.key if index is not None else None
            self._top = max(0, (index or 0) - self.visible_rows // 3)
        elif self._wanted is not None:
            self._top = self.page.row_at(self._wanted)
        else:
            self._top = self._last_top()
        self._top = min(self._top, self._last_top())
        self._wanted = None

    # ----- scrolling

    def _last_top(self) -> int:
        return max(0, len(self.page.rows) - self.visible_rows)

    def _scroll_to(self, top: int) -> None:
        self._top = max(0, min(top, self._last_top()))
        self._moved()

    def _move_by(self, rows: int) -> None:
        """Scroll; what is painted already moves along, so that only rows that come into sight are painted."""
        before, self._top = self._top, max(0, min(self._top + rows, self._last_top()))
        moved, area = before - self._top, self.viewport().rect()
        with self._reader.ahead():
            self._look_around(rows)
            if moved and abs(moved) < self.visible_rows:
                self.viewport().scroll(0, moved * self._painter.height, area.adjusted(0, Space.XS, 0, 0))
            elif moved:
                self.viewport().update()

    def _scroll_by(self, rows: int) -> None:
        """Move as the person asked; up stops following, down to the very end begins it again."""
        if rows < 0:
            self._stop_following()
        beyond = min(0, self._top + rows) if rows < 0 else max(0, self._top + rows - self._last_top())
        self._move_by(rows)
        self._owed = beyond if self._reader.asked else 0  # made good when the lines beyond the edge are there
        at_end = self.page.at_end and self._top >= self._last_top()
        if rows > 0 and at_end and self._live and not self._following:
            self.set_following(True)

    def _stop_following(self) -> None:
        if self._following:
            self.set_following(False)

    def _moved(self) -> None:
        self._look_around()
        self.viewport().update()

    def _look_around(self, by: int = 0) -> None:
        """Ask for the lines beyond an edge that is near, and let the bars say where one is."""
        page, top, rows = self.page, self._top, self.visible_rows
        self._reader.ask_around(page, top, rows, by=by, following=self._following)
        log_bars.sync_down(self.verticalScrollBar(), page, top, rows)
        log_bars.sync_across(self.horizontalScrollBar(), page, top, rows, self._painter, self.viewport().width())

    def _bar_used(self, action: int) -> None:
        """Called when the person uses the scroll bar: lines go by lines, the slider goes by its place."""
        bar, rows = self.verticalScrollBar(), log_bars.rows_of(action, self.visible_rows)
        if rows is not None:
            self._scroll_by(rows)
            bar.setSliderPosition(bar.value())
        elif QAbstractSlider.SliderAction(action) is QAbstractSlider.SliderAction.SliderMove:
            self._slide(bar.sliderPosition())

    def _slide(self, position: int) -> None:
        if self.page.is_whole:
            self._scroll_by(position - self._top)
            return
        if position >= log_bars.STEPS:
            self._go_end()
            return
        self._stop_following()
        place = log_bars.place_at(position, self.page, self._top, self.visible_rows)
        if self.page.holds(place, self.visible_rows):
            self._top = self.page.row_at(place)
            self._reader.ask_around(self.page, self._top, self.visible_rows, by=0, following=False)
            self.viewport().update()
        else:
            self._go_to_place(place, PIECE // 5)

    def _go_to_place(self, place: int, before: int) -> None:
        if self._feed is not None:
            self._wanted = place
            self._ticket = self._feed.show_at(place, before, PIECE // 2)
            self._reader.asked.clear()

    def _go_start(self) -> None:
        self._stop_following()
        if self.page.at_start:
            self._scroll_to(0)
        else:
            self._go_to_place(0, 0)

    def _go_end(self) -> None:
        self._marks.focus = None
        if self._live:
            self.set_following(True)
        elif self._feed is not None:
            self._ticket = self._feed.show_end(self._asks, follow=False)
            self._reader.asked.clear()

    # ----- Qt's events

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: paints the rows that are seen, or came into sight, and no others."""
        with self._reader.ahead():
            painter = QPainter(self.viewport())
            painter.fillRect(event.rect(), QColor(self._painter.theme.surface))
            if self.page.rows:
                self._paint_rows(painter, event.rect())
            else:
                painter.setPen(QColor(self._painter.theme.muted))
                painter.drawText(self.viewport().rect(), int(Qt.AlignmentFlag.AlignCenter), self._nothing)
            painter.end()  # not left to Python: a traceback may keep this frame

    def _paint_rows(self, painter: QPainter, seen: QRect) -> None:
        painter.setFont(self._painter.font)
        scrolled, focused = self.horizontalScrollBar().value(), self.hasFocus()
        for number, area in self._painter.areas(seen, self.viewport().width()):
            if self._top + number < len(self.page.rows):
                row = self.page.rows[self._top + number]
                look = self._marks.look(row, self.selection.columns(row), at=focused and self._cursor.is_at(row))
                self._painter.paint(painter, row, look, area, scrolled)

    def scrollContentsBy(self, _across: int, _down: int) -> None:  # noqa: N802 - Qt's name
        """Called by Qt when a bar moved: what is seen is moved elsewhere, and needn't be painted as a whole for it."""

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the end stays the end."""
        super().resizeEvent(event)
        if self._following:
            self._top = self._last_top()
        self._scroll_to(self._top)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: reading goes on."""
        super().showEvent(event)
        if self._feed is not None:
            self._feed.pause(False)

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: nothing is read for nobody."""
        super().hideEvent(event)
        if self._feed is not None:
            self._feed.pause(True)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: three rows a notch, or as many pixels as a touch pad says."""
        if event.angleDelta().x() and not event.angleDelta().y():
            bar = self.horizontalScrollBar()
            bar.setValue(bar.value() - event.angleDelta().x() // 2)
            return
        rows = self._wheel.rows(event, self._painter.height)
        if rows:
            self._scroll_by(rows)
        event.accept()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the keys of a text that can't be edited, and those that open rows."""
        deed = deed_of(event, self.visible_rows - 1)
        if deed is None:
            super().keyPressEvent(event)
        else:
            self._do(*deed)

    def _do(self, deed: Deed, by: int) -> None:
        across = self.horizontalScrollBar()
        at = self._cursor.index(self.page, self._top, self.visible_rows)
        if at is not None and deed in (Deed.TOGGLE, Deed.OPEN, Deed.CLOSE):
            self.toggle(at, opened={Deed.OPEN: True, Deed.CLOSE: False}.get(deed))
        elif deed in (Deed.OPEN, Deed.CLOSE):
            across.setValue(across.value() + across.singleStep() * by)
        elif deed is Deed.SCROLL or (deed is Deed.TOGGLE and by):
            self._scroll_by(by)
        elif deed in (Deed.STEP, Deed.TOGGLE):
            self._step_fold(by or 1)
        else:
            {Deed.COPY: self.copy, Deed.SELECT_ALL: self.select_all, Deed.START: self._go_start}.get(
                deed, self._go_end
            )()

    def _step_fold(self, by: int) -> None:
        """Go to the next row that can be opened, or the one before."""
        found = self._cursor.step(self.page, by, self._top, self.visible_rows)
        if found is not None and not self._top <= found < self._top + self.visible_rows:
            self._stop_following()
            self._scroll_to(found - self.visible_rows // 3)
        self.viewport().update()

    def mousePressEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        self._hands.press(event)

    def mouseMoveEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        self._hands.move(event)

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        self._hands.release()

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        self._hands.take_word(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt for the right button and the menu key."""
        place = self.place_at(event.pos())
        self.menu_asked.emit(event.globalPos(), int(place[0][1]) if place else -1)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a log wants room."""
        return QSize(round(90 * self._painter.char), 14 * self._painter.height)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a few lines are enough to be of use."""
        return QSize(round(24 * self._painter.char), 5 * self._painter.height)

    # ----- the rest

    def row_at(self, at: QPoint) -> int | None:
        """Return the row at a point, or the one nearest to it; None where there is none."""
        index = self._top + (at.y() - Space.XS) // self._painter.height
        return max(0, min(index, len(self.page.rows) - 1)) if self.page.rows else None

    def place_at(self, at: QPoint) -> Place | None:
        """Return the row and the character at a point."""
        index = self.row_at(at)
        if index is None:
            return None
        row = self.page.rows[index]
        x = at.x() - self._painter.text_left + self.horizontalScrollBar().value()
        return row.key, self._painter.column_at(row, x)

    def is_in_columns(self, at: QPoint) -> bool:
        """Whether a point is left of the text."""
        return at.x() < self._painter.text_left - 2

    def is_fold(self, at: QPoint) -> bool:
        """Whether a click at a point opens a row, or closes it."""
        index = self.row_at(at)
        area, scrolled = self.viewport().rect(), self.horizontalScrollBar().value()
        return index is not None and self._painter.is_fold(self.page.rows[index], at.x(), area, scrolled)

    def _dress(self) -> None:
        self.setFrameShape(QFrame.Shape.NoFrame)
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self.setAccessibleName(self.tr("Log"))
        self.viewport().setMouseTracking(True)
        self.viewport().setAttribute(Qt.WidgetAttribute.WA_OpaquePaintEvent)  # nothing below has to be painted
        self.verticalScrollBar().actionTriggered.connect(self._bar_used)
        self.horizontalScrollBar().valueChanged.connect(self.viewport().update)
        theme_manager().changed.connect(self._restyle)

    def _restyle(self) -> None:
        self._painter = LogPainter(theme_manager().theme)
        self._fit_columns()
        self._moved()

    def _fit_columns(self) -> None:
        ranks = [each.rank for each in self.sources if not each.name]
        self._painter.fit(self.sources, folds=self.page.is_folded)
        self.setAccessibleDescription(self.tr("Ranks {}").format(rank_span(ranks)) if ranks else "")
