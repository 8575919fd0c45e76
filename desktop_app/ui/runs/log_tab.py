"""The Logs tab: which rank, find, first error, follow; and the log itself."""

from __future__ import annotations

import asyncio
import bisect
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QFileDialog, QMenu, QVBoxLayout, QWidget

from desktop_app.api import FirstFailure, RunSnapshot, UserError
from desktop_app.presenters.logs.picking import ranks_in
from desktop_app.presenters.run_page import log_sources, logs_told
from desktop_app.presenters.run_words import rank_span
from desktop_app.services.logs.errors import Errors, places_of
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.saving import save_log
from desktop_app.services.logs.search import ERRORS, Match, Query, search, smart
from desktop_app.services.logs.search_worker import compiled
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.log_counts import LogCounts
from desktop_app.ui.runs.log_tools import LogTools
from desktop_app.ui.runs.log_view import LogView
from desktop_app.ui.runs.words import count_words
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import InlineMessage

ALL = -1
"""What stands for all ranks, merged by time."""
_AT_ONCE = 512
"""Ranks; saying where the logs of more are takes longer than a frame."""


class LogTab(QWidget):
    """A run's logs. `rank_chosen` carries the rank that is shown alone, ALL for all of them."""

    rank_chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.tools = LogTools()
        self.view = LogView()
        self.message, self.counts = InlineMessage(), LogCounts()
        self._sources: tuple[LogSource, ...] = ()
        self._logs: tuple[object, ...] = ()
        self._wishes: list[Callable[[], None]] | None = None
        self._is_reading = False  # of many logs, which takes a while: that no line is there tells nothing yet
        self._failure: FirstFailure | None = None
        self._cause: tuple[int, int] | None = None  # the rank and the byte where the log tells of it
        self._waiting = ""
        self._live, self._errors = True, Errors()
        self._ranks: tuple[int, ...] = ()  # those that are shown, none for all
        self._run_id = ""
        self._found: list[Match] = []
        self._at = -1
        self._total, self._done = 0, True
        self._search: asyncio.Task[None] | None = None
        self._typing = QTimer(self, interval=200, singleShot=True)
        self._build()
        self._connect()

    def show_run(self, run: RunSnapshot) -> None:
        """Show another run's logs, or what became of the same run's."""
        logs = logs_told(run)
        self._failure, self._run_id = run.first_failure, run.run
        self.view.set_live(not run.is_over)
        if logs != self._logs:
            self._logs = logs
            self._cause, self._waiting = None, ""
            self._live = not run.is_over
            self.message.hide()
            self._open(run)
        elif self._live and run.is_over:
            self._live = False
            self.view.set_nothing(self._nothing())
        self.tools.follow.setEnabled(not run.is_over)

    def _open(self, run: RunSnapshot) -> None:
        """Show the logs of a run; of very many as soon as a thread has said where they are."""
        if len(run.ranks) <= _AT_ONCE:
            self._show_sources(log_sources(run))
            return
        self._show_sources(())
        self._wishes = []
        self.view.set_nothing(self._nothing())
        spawn(self._open_soon(run, self._logs), "say where many logs are")

    async def _open_soon(self, run: RunSnapshot, logs: tuple[object, ...]) -> None:
        sources = await asyncio.to_thread(log_sources, run)
        if logs is self._logs:
            wishes = self._wishes or ()
            self._show_sources(sources)
            for each in wishes:
                each()

    def _show_sources(self, sources: tuple[LogSource, ...]) -> None:
        self._sources, self._wishes = sources, None
        self._fill_ranks()
        self.show_rank(ALL if len(sources) != 1 else sources[0].rank)

    def _later(self, wish: Callable[[], None]) -> bool:
        """Whether it is not known yet where the logs are; then this is done as soon as it is."""
        if self._wishes is not None:
            self._wishes.append(wish)
        return self._wishes is not None

    def show_rank(self, rank: int) -> None:
        """Show one rank's log, or all of them merged."""
        self.show_ranks(() if rank == ALL else (rank,))

    def show_ranks(self, ranks: Sequence[int]) -> None:
        """Show the logs of some ranks merged, of all where none is named."""
        if self._later(lambda: self.show_ranks(ranks)):
            return
        self._ranks = tuple(ranks)
        self._is_reading = len(self._shown()) > _AT_ONCE
        box, only = self.tools.ranks, self._only
        box.choose(only)
        if len(ranks) > 1:
            box.setEditText(self._called(*ranks))
        place = self.tr("Find in all ranks") if not ranks else self.tr("Find in {}").format(self._called(*ranks))
        self.tools.field.setPlaceholderText(place)
        self.view.set_nothing(self._nothing())
        self.view.setAccessibleName(
            self.tr("Log of all ranks") if not ranks else self.tr("Log of {}").format(self._called(*ranks))
        )
        self.view.show_sources(self._shown(), follow=self._live, live=self._live)
        self.rank_chosen.emit(only)
        if self.tools.field.text():
            self.start_search()

    @property
    def _only(self) -> int:
        """The rank that is shown alone, else ALL."""
        return self._ranks[0] if len(self._ranks) == 1 else ALL

    def _rank_chosen(self) -> None:
        """Called when one is chosen from the box of ranks."""
        rank = self.tools.ranks.number
        self.show_rank(ALL if rank is None else rank)

    def _ranks_typed(self) -> None:
        """Called when Enter ends what was typed into the box of ranks."""
        names = {each.rank: each.name for each in self._sources if each.name}
        text = self.tools.ranks.currentText()
        if self.tools.ranks.findText(text) >= 0:
            return  # it was chosen, which has been seen to
        meant = ranks_in(text, [each.rank for each in self._sources], names)
        if meant is None and text.strip():
            self.message.show_text("warning", self.tr("There is no such rank: {}").format(text.strip()))
        self.show_ranks(meant or ())
        self.view.setFocus()

    def reload(self) -> None:
        """Show what came meanwhile of logs that were said to grow no more."""
        spawn(self._reload(self._shown()), "look whether logs grew")

    async def _reload(self, shown: Sequence[LogSource]) -> None:
        size = await asyncio.to_thread(_size_of, shown)
        if size != self.view.page.total and shown == self._shown():
            self.view.show_sources(shown, follow=self._live, live=self._live)

    def _has_read(self) -> None:
        """Called when lines have come, or that there are none."""
        if self._is_reading:
            self._is_reading = False
            self.view.set_nothing(self._nothing())

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
        if self._later(self.show_failure):
            return
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
        if self._later(lambda: self.go_to_first_error(rank)):
            return
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
        self.tools.count.setToolTip("")
        self.counts.hide()
        self._say_count()
        if text:
            query = smart(text, regex=self.tools.regex.isChecked(), case=self.tools.case.isChecked())
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
        self._logs = ()  # what a thread says from now on of where logs are is said to nobody
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
        if self._is_reading or self._wishes is not None:
            return self.tr("Reading the logs…")
        if self._live:
            return self._waiting or self.tr("Nothing was written yet.")
        return self.tr("This rank wrote nothing.") if len(self._ranks) == 1 else self.tr("No rank wrote anything.")

    def _called(self, *ranks: int) -> str:
        """Return what ranks, or a launcher, are called in a sentence."""
        names = {each.rank: each.name for each in self._sources if each.name}
        if len(ranks) > 1:
            return self.tr("ranks {}").format(rank_span(ranks, names))
        return names.get(ranks[0]) or self.tr("rank {}").format(ranks[0])

    def _shown(self) -> tuple[LogSource, ...]:
        chosen = frozenset(self._ranks)
        return tuple(each for each in self._sources if not chosen or each.rank in chosen)

    def _fill_ranks(self) -> None:
        rank, several = self.tr("Rank {}"), len(self._sources) != 1
        names = [each.name or rank.format(each.rank) for each in self._sources]
        numbers = [each.rank for each in self._sources]
        self.tools.ranks.fill([ALL] * several + numbers, [self.tr("All ranks")] * several + names)

    async def _run_search(self, query: Query) -> None:
        async with contextlib.aclosing(search(self._shown(), query)) as parts:
            async for part in parts:
                for each in part.matches:
                    bisect.insort(self._found, each)
                if query.regex:
                    self.view.add_matches(part.matches)
                self._total, self._done = part.count, part.done
                self._say_count()
                names = {each.rank: each.name for each in self._sources if each.name}
                self.counts.show_counts(part.counts, names, filtered=bool(self._ranks))

    def _search_failed(self, error: UserError) -> None:
        self._done = True
        self.tools.count.setText(error.message)
        self.tools.count.setToolTip(f"{error.message} {error.hint}".strip())

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
        if self._ranks and rank not in self._ranks:
            self.show_rank(ALL)
        self.view.go_to_offset(rank, offset)
        self.view.setFocus()

    async def _first_error(self, sources: Sequence[LogSource]) -> None:
        found = await places_of(sources, replace(ERRORS, first=True))
        if found:
            self.view.go_to(min(found))
            self.view.setFocus()
        else:
            self.message.show_text("info", self._no_error(sources))

    def step_error(self, by: int) -> None:
        """Go to the next line that tells of an error (1), or the one before (-1), in the ranks that are shown."""
        if not self._later(lambda: self.step_error(by)):
            spawn(self._step_error(by), "look for an error", self.message.show_error)

    async def _step_error(self, by: int) -> None:
        places = await self._errors.places(self._shown())
        key = self.view.seen_key
        if not places or key is None:
            self.message.show_text("info", self._no_error(self._shown()))
            return
        index = bisect.bisect_right(places, key) if by > 0 else bisect.bisect_left(places, key) - 1
        self.view.go_to(places[index % len(places)])
        self.view.setFocus()

    def _no_error(self, sources: Sequence[LogSource]) -> str:
        """Return that no line tells of an error; of one rank among others, what the others' red lines are."""
        if self._failure is None or len(sources) != 1 or len(self._shown()) == 1:
            return self.tr("No line tells of an error.")
        name = self._called(sources[0].rank)
        name = name[:1].upper() + name[1:] if name.startswith(self.tr("rank")) else name
        return self.tr("{} wrote no error; red lines are other ranks' echoes.").format(name)

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        column.addWidget(self.counts)
        column.addWidget(self.view, 1)

    def _connect(self) -> None:
        tools = self.tools
        tools.ranks.activated.connect(self._rank_chosen)
        line = tools.ranks.lineEdit()
        assert line is not None
        line.returnPressed.connect(self._ranks_typed)
        self.counts.picked.connect(self.show_ranks)
        tools.fold.toggled.connect(self.view.set_folded)
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
        self.view.arrived.connect(self._has_read)

    def search_key(self, event: QKeyEvent) -> None:
        """Do what a key of a search asks for."""
        if event.matches(QKeySequence.StandardKey.Find):
            self.tools.field.setFocus()
            self.tools.field.selectAll()
        elif event.key() == Qt.Key.Key_F8:
            self.step_error(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
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
        menu.addAction(self.tr("&Next error\tF8"), lambda: self.step_error(1))
        menu.addAction(self.tr("&Previous error\tShift+F8"), lambda: self.step_error(-1))
        menu.addSeparator()
        others = [each.rank for each in self._shown() if each.rank != rank]
        if len(self._ranks) != 1 and others and rank >= 0:
            menu.addAction(self.tr("&Only {}").format(self._called(rank)), lambda: self.show_rank(rank))
            menu.addAction(self.tr("&Without {}").format(self._called(rank)), lambda: self.show_ranks(others))
        if self._ranks and len(self._sources) > 1:
            menu.addAction(self.tr("All &ranks"), lambda: self.show_rank(ALL))
        return menu


def is_search_key(event: QKeyEvent) -> bool:
    """Whether a key is Ctrl+F, F3, F8, or the latter with Shift.

    The Files page has these keys for the whole window; a page that wants them for itself claims them as they come.
    """
    return event.matches(QKeySequence.StandardKey.Find) or event.key() in (Qt.Key.Key_F3, Qt.Key.Key_F8)


def _size_of(sources: Sequence[LogSource]) -> int:
    """Return how many bytes the logs have; a log that is not there has none."""
    size = 0
    for each in sources:
        with contextlib.suppress(OSError):
            size += each.log.stat().st_size
    return size
