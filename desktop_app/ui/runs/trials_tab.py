"""The Trials tab of a sweep: its primary metric as curves of all trials, and a row for each."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QSplitter, QStackedLayout, QVBoxLayout, QWidget

from desktop_app.api import JobBackend, RunSnapshot, UserError
from desktop_app.core.rank_words import RankName
from desktop_app.presenters.trials import OTHERS, Trials, reading_key, stale
from desktop_app.services.run_store import RunStore
from desktop_app.ui.runs.trials_view import TrialsModel, TrialsView
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import EmptyState, InlineMessage

if TYPE_CHECKING:
    from desktop_app.ui.runs.plots import PlotView

PACE = 250
"""Milliseconds in which what became of trials is gathered before it is shown."""
_SECOND = 1000
_LIVE_AGAIN = 10
"""Seconds after which the metrics of live trials are read again, whatever their snapshots say."""
_AT_ONCE = 10
"""Trials whose metrics are read before they are drawn."""


class TrialsTab(QWidget):
    """`opened` carries the handle of the trial to show, `changed` says that the headline says something else."""

    opened = Signal(str)
    changed = Signal()

    def __init__(self, store: RunStore, backend_of: Callable[[str], JobBackend]) -> None:
        super().__init__()
        self._store, self._backend_of = store, backend_of
        self.trials: Trials | None = None
        self.view = TrialsView()
        self.plot: PlotView | None = None
        self.message = InlineMessage()
        self.empty = EmptyState("mdi6.tune-variant", "", "")
        self._picked: int | None = None
        self._by_trial = False
        self._read: dict[str, object] = {}
        self._task: asyncio.Task[None] | None = None
        self._ticks = 0
        self._has_unread = False
        self._soon = QTimer(self, interval=PACE, singleShot=True)
        self._second = QTimer(self, interval=_SECOND)
        self._plot_place = QWidget()
        self._split = QSplitter(Qt.Orientation.Vertical)
        self._stack = QStackedLayout()
        self._build()
        self._soon.timeout.connect(self._refresh)
        self._second.timeout.connect(self._tick)
        self.stop_following = store.changed.connect(self._follow)

    def show_run(self, run: RunSnapshot) -> None:
        """Show another sweep, or what became of the same one; of a run that is no sweep, nothing."""
        if run.sweep is None:
            self.trials = None
            return
        if self.trials is None or self.trials.sweep.handle != run.handle:
            self._begin(run)
        elif self.trials.sweep != run:
            self.trials.sweep = run
            self._soon.start()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: metrics are read, and time passes, where it is seen."""
        super().showEvent(event)
        self._second.start()
        self._refresh()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._second.stop()

    def close_down(self) -> None:
        """Listen to nothing any longer, and read no more."""
        self.stop_following()
        self._soon.stop()
        self._second.stop()
        if self._task is not None:
            self._task.cancel()

    # ----- the rest

    def _begin(self, run: RunSnapshot) -> None:
        self.trials = Trials(run)
        self.trials.take(self._store.runs.values())
        self.trials.arrange()
        self._picked, self._read = None, {}
        self._drop_plot()
        self.view.show_model(TrialsModel(self.trials, self.view))
        self.message.hide()
        self._show()
        self._begin_reading()

    def _follow(self, handles: frozenset[str]) -> None:
        """Take in what became of trials; shown is it a moment later, with all that comes meanwhile."""
        if self.trials is None:
            return
        runs = [(each, self._store.get(each)) for each in handles]
        gone = [each for each, run in runs if run is None and each in self.trials.runs]
        for each in gone:
            self.trials.forget(each)
        if (self.trials.take(run for _handle, run in runs if run is not None) or gone) and not self._soon.isActive():
            self._soon.start()

    def _tick(self) -> None:
        model = self.view.model()
        if self.trials is None or self.trials.sweep.is_over or not isinstance(model, TrialsModel):
            return
        model.tick()
        self._ticks += 1
        if self._ticks % _LIVE_AGAIN == 0:
            for handle, run in self.trials.runs.items():
                if not run.is_over:
                    self._read.pop(handle, None)
            self._begin_reading()

    def _refresh(self) -> None:
        if self.trials is not None:
            self.trials.arrange()
            self._show()
            self._begin_reading()

    def _show(self) -> None:
        model, trials = self.view.model(), self.trials
        if trials is None or not isinstance(model, TrialsModel):
            return
        model.refresh()
        self._stack.setCurrentIndex(1 if trials.rows else 0)
        over = trials.sweep.is_over
        self.empty.heading.setText(self.tr("No trials") if over else self.tr("No trials so far"))
        begins = self.tr("A trial is one run of the job with values of its own. They appear here as they begin.")
        self.empty.text.setText(self.tr("The sweep ended before one began.") if over else begins)
        self._draw()
        self.changed.emit()

    def _begin_reading(self) -> None:
        if self.trials is not None and self._task is None and self.isVisible() and stale(self.trials, self._read):
            self._task = spawn(self._read_metrics(self.trials), "read metrics of trials")

    async def _read_metrics(self, trials: Trials) -> None:
        """Read what trials logged since; a few at a time, so that curves come while others are still read."""
        unread: UserError | None = None
        try:
            wanted = stale(trials, self._read)
            for place, handle in enumerate(wanted):
                run = trials.runs.get(handle)
                if run is None or trials is not self.trials:
                    continue
                self._read[handle] = reading_key(trials, run)
                try:
                    trials.read(handle, await self._backend_of(handle).metrics(handle))
                except UserError as error:  # of one trial: those of the others are read all the same
                    unread = error
                if (place + 1) % _AT_ONCE == 0 or place + 1 == len(wanted):
                    trials.arrange()
                    if trials is self.trials:
                        self._show()
        finally:
            self._task = None
        self._say_unread(unread)
        if trials is not self.trials or stale(trials, self._read):
            self._soon.start()

    def _say_unread(self, error: UserError | None) -> None:
        if error is not None:
            self.message.show_error(error)
        elif self._has_unread:
            self.message.hide()
        self._has_unread = error is not None

    def _draw(self) -> None:
        trials = self.trials
        if trials is None or not self.isVisible():
            return
        plot = trials.plot(self._picked)
        self._plot_place.setVisible(bool(plot.curves))
        if not plot.curves:
            return
        if self.plot is None or self._by_trial != trials.is_by_trial:
            self._make_plot(trials)
        assert self.plot is not None
        numbers = [each for each in plot.curves if each is not None]
        self.plot.names = {each: RankName(self.tr("trial {}").format(each), str(each), "trial") for each in numbers}
        self.plot.show_plot(plot, log=False, smooth=0.0)

    def _make_plot(self, trials: Trials) -> None:
        from desktop_app.ui.runs.plots import PlotView  # pyqtgraph and numpy come in here

        self._drop_plot()
        self._by_trial = trials.is_by_trial
        x_name = "trial" if self._by_trial else "step"
        self.plot = PlotView(trials.state.primary_metric, x_name=x_name, looks=trials.looks, unread=OTHERS)
        self.plot.failed.connect(self.message.show_error)
        layout = self._plot_place.layout()
        assert layout is not None
        layout.addWidget(self.plot)

    def _drop_plot(self) -> None:
        if self.plot is not None:
            self.plot.hide()
            self.plot.deleteLater()
            self.plot = None

    def _pick(self, number: int | None) -> None:
        self._picked = number
        self._draw()

    def _build(self) -> None:
        inner = QVBoxLayout(self._plot_place)
        inner.setContentsMargins(Space.L, Space.M, Space.L, Space.S)
        self._plot_place.hide()
        self._split.addWidget(self._plot_place)
        self._split.addWidget(self.view)
        self._split.setStretchFactor(0, 2)
        self._split.setStretchFactor(1, 3)
        self._split.setChildrenCollapsible(False)
        self._split.setHandleWidth(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        column.addLayout(self._stack, 1)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._split)
        self.view.opened.connect(self.opened)
        self.view.picked.connect(self._pick)
