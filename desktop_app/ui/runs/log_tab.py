"""The Logs tab: which rank, find, first error, follow; and the log itself."""

from __future__ import annotations

import asyncio
import bisect
import contextlib
from collections.abc import Sequence
from pathlib import Path

from PySide6.QtCore import QEvent, QPoint, QSize, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QComboBox,
    QFileDialog,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QToolButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import FirstFailure, RunSnapshot, UserError
from desktop_app.presenters.run_page import log_sources
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.saving import save_log
from desktop_app.services.logs.search import ERRORS, Match, Query, search
from desktop_app.services.logs.search_worker import compiled
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.log_view import LogView
from desktop_app.ui.runs.words import count_words
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, InlineMessage, button, tool_button
from desktop_app.ui.widgets.giving_way import Words

ALL = -1
"""What stands for all ranks, merged by time."""


class LogTools(QWidget):
    """The controls above the log."""

    def __init__(self) -> None:
        super().__init__()
        self.ranks = QComboBox()
        self.field = QLineEdit(placeholderText=self.tr("Find in all ranks"))
        self.count = ElidedLabel("", "muted")
        self.case = self._toggle("mdi6.format-letter-case", self.tr("Capitals count"))
        self.regex = self._toggle("mdi6.regex", self.tr("Regular expression"))
        self.back = tool_button("mdi6.chevron-up", self.tr("Previous match  Shift+F3"))
        self.forth = tool_button("mdi6.chevron-down", self.tr("Next match  F3"))
        self.first_error = button(self.tr("First &error"), "mdi6.flag-outline", tip=self.tr("Go to the first error"))
        self.follow = button(self.tr("&Follow"), "mdi6.arrow-collapse-down", tip=self.tr("Stay at the end of the log"))
        self._build()
        self._words = Words(self, (self.first_error, self.follow))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: the room that all controls like to have."""
        return self._words.full(super().sizeHint())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: in less room buttons are icons only, and the field is short."""
        return self._words.least(super().minimumSizeHint())

    def event(self, event: QEvent) -> bool:
        """Called by Qt: another width, or something that comes or goes, may leave no room for words."""
        done = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._words.fit()
        return done

    def _build(self) -> None:
        self.ranks.setAccessibleName(self.tr("Rank"))
        self.ranks.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToContents)
        self.ranks.setMaxVisibleItems(16)
        self.field.setAccessibleName(self.tr("Find in the log"))
        self.field.setToolTip(self.tr("Find in the log  Ctrl+F"))
        self.field.setClearButtonEnabled(True)
        self.field.setMinimumWidth(self.field.fontMetrics().averageCharWidth() * 12)
        self.field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.count.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.follow.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        for each in (self.ranks, self.field, self.count, self.back, self.forth, self.case, self.regex):
            row.addWidget(each)
        row.addSpacing(Space.XS)
        row.addWidget(self.first_error)
        row.addWidget(self.follow)
        self.show_searching(active=False)

    def show_searching(self, *, active: bool) -> None:
        """Show the controls that belong to a search while there is one."""
        for each in (self.count, self.back, self.forth):
            each.setVisible(active)
        self.updateGeometry()

    @staticmethod
    def _toggle(picture: str, name: str) -> QToolButton:
        made = tool_button(picture, name)
        made.setCheckable(True)
        return made


class LogTab(QWidget):
    """A run's logs. `rank_chosen` carries the rank that is shown alone, ALL for all of them."""

    rank_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.tools = LogTools()
        self.view = LogView()
        self.message = InlineMessage()
        self._sources: tuple[LogSource, ...] = ()
        self._failure: FirstFailure | None = None
        self._cause: tuple[int, int] | None = None  # the rank and the byte where the log tells of it
        self._waiting = ""
        self._live, self._size = True, 0
        self._rank, self._run_id = ALL, ""
        self._found: list[Match] = []
        self._at = -1
        self._total, self._done = 0, True
        self._search: asyncio.Task[None] | None = None
        self._typing = QTimer(self, interval=200, singleShot=True)
        self._build()
        self._connect()

    def show_run(self, run: RunSnapshot) -> None:
        """Show another run's logs, or what became of the same run's."""
        sources = log_sources(run)
        self._failure, self._run_id = run.first_failure, run.run
        self.view.set_live(not run.is_over)
        if sources != self._sources:
            self._sources = sources
            self._cause, self._waiting = None, ""
            self._live = not run.is_over
            self.message.hide()
            self._fill_ranks()
            self.show_rank(ALL if len(sources) != 1 else sources[0].rank)
        elif self._live and run.is_over:
            self._live = False
            self.view.set_nothing(self._nothing())
        self.tools.follow.setEnabled(not run.is_over)

    def show_rank(self, rank: int) -> None:
        """Show one rank's log, or all of them merged."""
        self._rank = rank
        index = self.tools.ranks.findData(rank)
        self.tools.ranks.blockSignals(True)
        self.tools.ranks.setCurrentIndex(max(0, index))
        self.tools.ranks.blockSignals(False)
        place = self.tr("Find in all ranks") if rank == ALL else self.tr("Find in {}").format(self._called(rank))
        self.tools.field.setPlaceholderText(place)
        self.view.set_nothing(self._nothing())
        self.view.setAccessibleName(
            self.tr("Log of all ranks") if rank == ALL else self.tr("Log of {}").format(self._called(rank))
        )
        self._size = _size_of(self._shown())
        self.view.show_sources(self._shown(), follow=self._live, live=self._live)
        self.rank_chosen.emit(rank)
        if self.tools.field.text():
            self.start_search()

    def reload(self) -> None:
        """Show what came meanwhile of logs that were said to grow no more."""
        if self._size != (size := _size_of(self._shown())):
            self._size = size
            self.view.show_sources(self._shown(), follow=self._live, live=self._live)

    def set_waiting(self, text: str) -> None:
        """Say what stands there while nothing was written yet."""
        if text != self._waiting:
            self._waiting = text
            self.view.set_nothing(self._nothing())

    @property
    def knows_cause(self) -> bool:
        """Whether the cause's line is known."""
        return self._cause is not None

    def show_cause(self, rank: int, offset: int) -> None:
        """Show the line that tells of the cause, now and whenever the failure is asked for."""
        self._cause = rank, offset
        self.show_failure()

    def show_failure(self) -> None:
        """Show the cause's line, or that the first rank to fall ended on, where it is known, else the first error."""
        fallen = self._failure
        if self._cause is not None:
            self._go_to_offset(*self._cause)
            return
        source = next((each for each in self._sources if fallen and each.rank == fallen.rank), None)
        if fallen is None or source is None or fallen.log_line is None:
            self.go_to_first_error(None if fallen is None else fallen.rank)
        else:
            spawn(self._go_to_line(source, fallen.log_line), "go to a log's line")

    def go_to_first_error(self, rank: int | None = None) -> None:
        """Look for the first line that tells of an error, in one rank or in all, and show it."""
        sources = [each for each in self._shown() if rank in (None, each.rank)]
        spawn(self._first_error(sources), "look for the first error", self.message.show_error)

    def start_search(self) -> None:
        """Search for what is typed, in the ranks that are shown."""
        self._typing.stop()
        self.stop_search()
        text = self.tools.field.text()
        self._found, self._at, self._total, self._done = [], -1, 0, not text
        self.view.set_pattern(None)
        self.tools.show_searching(active=bool(text))
        self._say_count()
        if text:
            query = Query(text, regex=self.tools.regex.isChecked(), case=self.tools.case.isChecked())
            if not query.regex:
                self.view.set_pattern(compiled(text, regex=False, case=query.case))
            self._search = spawn(self._run_search(query), "search the logs", self._search_failed)

    def stop_search(self) -> None:
        """End a search that goes on."""
        if self._search is not None:
            self._search.cancel()
            self._search = None

    def step(self, by: int) -> None:
        """Go to the next match (1) or the one before (-1); beyond the last the first comes again."""
        if not self._found:
            return
        if self._at < 0:
            key = self.view.seen_key
            places = [(each.time, each.rank, each.offset) for each in self._found]
            index = bisect.bisect_left(places, key) if key else 0
            self._at = index if by > 0 else index - 1
        else:
            self._at += by
        self._at %= len(self._found)
        self.view.show_match(self._found[self._at])
        self._say_count()

    def close_down(self) -> None:
        """End the search and the reading."""
        self.stop_search()
        self.view.close_feed()

    def leave_search(self) -> bool:
        """Forget the search and go back to the log; return whether there was any."""
        if not (self.tools.field.text() or self.tools.field.hasFocus()):
            return False
        self.tools.field.clear()
        self.start_search()
        self.view.setFocus()
        return True

    def _nothing(self) -> str:
        """Return what stands where there is no line."""
        if self._live:
            return self._waiting or self.tr("Nothing was written yet.")
        return self.tr("No rank wrote anything.") if self._rank == ALL else self.tr("This rank wrote nothing.")

    def _called(self, rank: int) -> str:
        """Return what a rank, or a launcher, is called in a sentence."""
        name = next((each.name for each in self._sources if each.rank == rank), "")
        return name or self.tr("rank {}").format(rank)

    def _shown(self) -> tuple[LogSource, ...]:
        return tuple(each for each in self._sources if self._rank in (ALL, each.rank))

    def _fill_ranks(self) -> None:
        ranks = self.tools.ranks
        ranks.blockSignals(True)
        ranks.clear()
        if len(self._sources) != 1:
            ranks.addItem(self.tr("All ranks"), ALL)
        for each in self._sources:
            ranks.addItem(each.name or self.tr("Rank {}").format(each.rank), each.rank)
        ranks.blockSignals(False)

    async def _run_search(self, query: Query) -> None:
        async with contextlib.aclosing(search(self._shown(), query)) as parts:
            async for part in parts:
                for each in part.matches:
                    bisect.insort(self._found, each)
                if query.regex:
                    self.view.add_matches(part.matches)
                self._total, self._done = part.count, part.done
                self._say_count()

    def _search_failed(self, error: UserError) -> None:
        self._done = True
        self.tools.count.setText(error.message)

    def _say_count(self) -> None:
        if not self.tools.field.text():
            return
        total = count_words(self._total) + ("" if self._done else "…")
        if self._at >= 0:
            text = self.tr("{} of {}").format(count_words(self._at + 1), total)
        else:
            text = self.tr("no match") if self._done and not self._total else total
        self.tools.count.setText(text)
        for each in (self.tools.back, self.tools.forth):
            each.setEnabled(bool(self._found))

    async def _go_to_line(self, source: LogSource, line: int) -> None:
        self._go_to_offset(source.rank, await asyncio.to_thread(LogFile(source.log).offset_of_line, line))

    def _go_to_offset(self, rank: int, offset: int) -> None:
        if self._rank not in (ALL, rank):
            self.show_rank(ALL)
        self.view.go_to_offset(rank, offset)
        self.view.setFocus()

    async def _first_error(self, sources: Sequence[LogSource]) -> None:
        first: list[Match] = []
        for each in sources:
            async with contextlib.aclosing(search([each], ERRORS, limit=1)) as parts:
                async for part in parts:
                    first += part.matches
                    if part.matches:
                        break
        if first:
            found = min(first)
            self.view.go_to((found.time, found.rank, found.offset))
            self.view.setFocus()
        else:
            self.message.show_text("info", self._no_error(sources))

    def _no_error(self, sources: Sequence[LogSource]) -> str:
        """Return that no line tells of an error; of the first rank to fall alone, what the others' red lines are."""
        fallen, looked_at = self._failure, [each.rank for each in sources]
        if fallen is None or looked_at != [fallen.rank] or len(self._shown()) == 1:
            return self.tr("No line tells of an error.")
        name = self._called(fallen.rank)
        name = name[:1].upper() + name[1:] if name.startswith(self.tr("rank")) else name
        return self.tr("{} wrote no error; red lines are other ranks' echoes.").format(name)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        column.addWidget(self.view, 1)

    def _connect(self) -> None:
        tools = self.tools
        tools.ranks.activated.connect(lambda _index: self.show_rank(tools.ranks.currentData()))
        tools.field.textChanged.connect(self._typing.start)
        tools.field.returnPressed.connect(self._enter)
        self._typing.timeout.connect(self.start_search)
        tools.case.toggled.connect(self.start_search)
        tools.regex.toggled.connect(self.start_search)
        tools.back.clicked.connect(lambda: self.step(-1))
        tools.forth.clicked.connect(lambda: self.step(1))
        tools.first_error.clicked.connect(self.to_first_error)
        tools.follow.clicked.connect(self.view.set_following)
        self.view.followed.connect(tools.follow.setChecked)
        tools.follow.setChecked(True)
        self.view.menu_asked.connect(self._menu)

    def search_key(self, event: QKeyEvent) -> None:
        """Do what a key of a search asks for."""
        if event.matches(QKeySequence.StandardKey.Find):
            self.tools.field.setFocus()
            self.tools.field.selectAll()
        else:
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)

    def _enter(self) -> None:
        if self._typing.isActive():
            self.start_search()
        else:
            self.step(1)

    def to_first_error(self) -> None:
        """Show what made the run fail, else the first line that tells of an error."""
        if self._failure is not None:
            self.show_failure()
        else:
            self.go_to_first_error()

    def _menu(self, at: QPoint, rank: int) -> None:
        menu = self.menu_for(rank)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def ask_file(self) -> None:
        """Ask for a file name, and save what is shown there: one rank's log, or all of them merged."""
        shown = self._shown()
        name = shown[0].log.name if len(shown) == 1 else f"{self._run_id}-all-ranks.txt"
        dialog = QFileDialog(self, self.tr("Save the log"), str(Path.home()))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(name)
        dialog.fileSelected.connect(lambda path: self.save_to(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def save_to(self, target: Path) -> None:
        """Save what is shown to a file."""
        spawn(self._save(self._shown(), target), "save a log", self.message.show_error)

    async def _save(self, sources: Sequence[LogSource], target: Path) -> None:
        await asyncio.to_thread(save_log, sources, target)
        self.message.show_passing(self.tr("The log was saved to {}.").format(target))

    def menu_for(self, rank: int) -> QMenu:
        """Return what can be done at a line of a rank."""
        menu = QMenu(self)
        copy = menu.addAction(icon("mdi6.content-copy"), self.tr("&Copy"), self.view.copy)
        more = menu.addAction(self.tr("Copy with &times and ranks"), lambda: self.view.copy(with_columns=True))
        for each in (copy, more):
            each.setEnabled(not self.view.selection.is_empty)
        menu.addAction(self.tr("Select &all that is loaded"), self.view.select_all)
        save = menu.addAction(icon("mdi6.content-save-outline"), self.tr("&Save as…"), self.ask_file)
        save.setEnabled(bool(self._sources))
        menu.addSeparator()
        if self._rank == ALL and rank >= 0:
            menu.addAction(self.tr("&Only rank {}").format(rank), lambda: self.show_rank(rank))
        elif self._rank != ALL and len(self._sources) > 1:
            menu.addAction(self.tr("All &ranks"), lambda: self.show_rank(ALL))
        return menu


def is_search_key(event: QKeyEvent) -> bool:
    """Whether a key is Ctrl+F, F3 or Shift+F3.

    The Files page has these keys for the whole window; a page that wants them for itself claims them as they come.
    """
    return event.matches(QKeySequence.StandardKey.Find) or event.key() == Qt.Key.Key_F3


def _size_of(sources: Sequence[LogSource]) -> int:
    """Return how many bytes the logs have; a log that is not there has none."""
    size = 0
    for each in sources:
        with contextlib.suppress(OSError):
            size += each.log.stat().st_size
    return size
