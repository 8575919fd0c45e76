"""The Metrics and Resources tabs: read what is new now and then while they are seen, and draw only what grew."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Protocol

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QCheckBox, QHBoxLayout, QSlider, QStackedLayout, QVBoxLayout, QWidget

from desktop_app.api import JobBackend, MetricPoint, ResourcePoint, RunSnapshot, UserError
from desktop_app.core.rank_words import names_of
from desktop_app.core.words import clock_text
from desktop_app.presenters.clouds.run_files import is_cloud
from desktop_app.presenters.metrics import MetricPlots, Plot, ResourcePlots
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import EmptyState, InlineMessage, label, scrolled

if TYPE_CHECKING:
    from desktop_app.ui.runs.pace_section import PaceSection
    from desktop_app.ui.runs.plots import PlotGrid, PlotView

PACE = 1000
"""Milliseconds between two looks at a live run; a look that took long is followed by a longer rest."""


class Plots(Protocol):
    """What gathers points into plots."""

    plots: dict[str, Plot]

    def take(self, points: Sequence[Any]) -> bool:
        """Take in all points; return whether anything is new."""


@dataclass(frozen=True, slots=True)
class Nothing:
    """What is said where there is no curve: while the run lives, and once it is over; and of one in a cloud."""

    picture: str
    live: str
    over: str
    text: str
    after: str
    in_cloud: tuple[str, str] | None = None


class CurveTools(QWidget):
    """Logarithmic axis and smoothing."""

    def __init__(self) -> None:
        super().__init__()
        self.log = QCheckBox(self.tr("Logarith&mic"))
        self.smooth = QSlider(Qt.Orientation.Horizontal)
        self.log.setAccessibleName(self.tr("Logarithmic axis"))
        self.log.setToolTip(self.tr("For curves whose values are all above zero"))
        self.smooth.setRange(0, 99)
        self.smooth.setFixedWidth(120)
        self.smooth.setAccessibleName(self.tr("Smoothing"))
        self.smooth.setToolTip(self.tr("Moving average, as TensorBoard draws it"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self.log)
        row.addSpacing(Space.S)
        row.addWidget(label(self.tr("Smoothing"), "muted"))
        row.addWidget(self.smooth)


class CurveTab(QWidget):
    """Plots of one run. `read` asks the backend for all points; `make` makes a plot's picture."""

    def __init__(  # noqa: PLR0913 - the last two are optional keywords
        self,
        plots: Callable[[], Plots],
        read: Callable[[str], Awaitable[Sequence[Any]]],
        make: Callable[[str], PlotView],
        nothing: Nothing,
        *,
        tools: CurveTools | None = None,
        section: PaceSection | None = None,
    ) -> None:
        """Show plots of what `read` returns, below a `section` that looks at the run itself."""
        super().__init__()
        self.section = section
        self._new_plots, self._read, self._make = plots, read, make
        self.tools = tools
        self.plots = plots()
        self.views: dict[str, PlotView] = {}
        self.message = InlineMessage()
        self._grid: PlotGrid | None = None
        self._run: RunSnapshot | None = None
        self._settled = False
        self._nothing, self._has_read, self._read_failed = nothing, False, False
        self._task: asyncio.Task[None] | None = None
        self._timer = QTimer(self, interval=PACE, singleShot=True)
        self._stack = QStackedLayout()
        self._body = QWidget()
        self._area = scrolled(self._body, self.tr("Plots"), has_controls=True)
        self.empty = EmptyState(nothing.picture, "", "")
        self._build()
        self._timer.timeout.connect(self.refresh)
        if tools is not None:
            tools.log.toggled.connect(self._draw)
            tools.smooth.valueChanged.connect(self._draw)

    def show_run(self, run: RunSnapshot) -> None:
        """Show another run, or what became of the same one."""
        if self._run is None or run.handle != self._run.handle:
            self._clear()
        if self._run is None or run.is_over != self._run.is_over:
            self._settled = False
        self._run = run
        self._say_nothing()
        if self.isVisible() and self._task is None and not self._timer.isActive():
            self.refresh()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: reading begins when somebody looks."""
        super().showEvent(event)
        self.refresh()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._timer.stop()

    def refresh(self) -> None:
        """Read what is new and draw it."""
        if self._run is not None and self.section is not None and self.isVisible():
            self.section.look(self._run)
        if self._run is not None and self._task is None and not self._settled:
            self._task = spawn(self._refresh(self._run), "read curves", self._say_unread)

    def close_down(self) -> None:
        """Read no more."""
        self._timer.stop()
        if self.section is not None:
            self.section.close_down()
        if self._task is not None:
            self._task.cancel()

    async def _refresh(self, run: RunSnapshot) -> None:
        loop = asyncio.get_running_loop()
        began = loop.time()
        over = run.is_over
        try:
            points = await self._read(run.handle)
            if self._run is not None and self._run.handle == run.handle:
                self._has_read = True
                if self._read_failed:
                    self._read_failed = False
                    self.message.hide()
                self._take(points)
                self._say_nothing()
                self._settled = over and self._run.is_over
        finally:
            self._task = None
            if self.isVisible() and not self._settled:
                self._timer.start(max(PACE, int(4000 * (loop.time() - began))))

    def _say_unread(self, error: UserError) -> None:
        self._read_failed = True
        self.message.show_error(error)

    def _say_nothing(self) -> None:
        """Say why there is no curve: it is still being read, there is none yet, or there was none."""
        over = self._run is not None and self._run.is_over
        said = self._nothing
        heading, text = (said.over, said.after) if over else (said.live, said.text)
        if said.in_cloud is not None and self._run is not None and is_cloud(self._run):
            heading, text = said.in_cloud
        self.empty.heading.setText(heading if self._has_read else self.tr("Reading…"))
        self.empty.text.setText(text if self._has_read else "")

    def _take(self, points: Sequence[Any]) -> None:
        if self.plots.take(points) or (points and not self.views):
            self._draw()
        self._stack.setCurrentIndex(1 if self.plots.plots else 0)

    def _draw(self) -> None:
        log = self.tools is not None and self.tools.log.isChecked()
        smooth = self.tools.smooth.value() / 100 if self.tools is not None else 0.0
        names = names_of(self._run.ranks, self._run.framework) if self._run is not None else {}
        for name, plot in self.plots.plots.items():
            if name not in self.views:
                self.views[name] = self._make(name)
                self.views[name].failed.connect(self.message.show_error)
                self._place().add(self.views[name])
            self.views[name].names = names
            self.views[name].show_plot(plot, log=log, smooth=smooth)

    def _place(self) -> PlotGrid:
        if self._grid is None:
            from desktop_app.ui.runs.plots import PlotGrid  # pyqtgraph and numpy come in here

            self._grid = PlotGrid()
            layout = self._body.layout()
            assert layout is not None
            layout.addWidget(self._grid)
        return self._grid

    def _clear(self) -> None:
        self.plots = self._new_plots()
        self.views.clear()
        self._settled = self._has_read = False
        if self._grid is not None:
            self._grid.deleteLater()
            self._grid = None
        self._stack.setCurrentIndex(0)

    def _build(self) -> None:
        inner = QVBoxLayout(self._body)
        inner.setContentsMargins(0, 0, 0, 0)
        if self.section is not None:
            inner.addWidget(self.section)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(0)
        column.addWidget(self.message)
        column.addLayout(self._stack, 1)
        self._stack.addWidget(self.empty)
        self._stack.addWidget(self._area)


def metrics_tab(backend_of: Callable[[str], JobBackend]) -> CurveTab:
    """Return the tab with a plot for each metric."""

    async def read(handle: str) -> Sequence[MetricPoint]:
        return await backend_of(handle).metrics(handle)

    def make(name: str) -> PlotView:
        from desktop_app.ui.runs.plots import PlotView

        return PlotView(name, x_name="step")

    text = (
        "A script that calls mlflow.log_metric or writes TensorBoard event files shows its curves here,\n"
        "without any change for Rank Zero."
    )
    nothing = Nothing("mdi6.chart-line", "No metrics so far", "No metrics", text, f"This run logged none. {text}")
    return CurveTab(MetricPlots, read, make, nothing, tools=CurveTools())


def resources_tab(backend_of: Callable[[str], JobBackend]) -> CurveTab:
    """Return the tab with CPU, memory and GPU of each rank, and who is slow."""
    from desktop_app.ui.runs.pace_section import PaceSection  # logs are read in there: not before it is needed

    async def read(handle: str) -> Sequence[ResourcePoint]:
        return await backend_of(handle).resources(handle)

    def make(name: str) -> PlotView:
        from desktop_app.ui.runs.plots import PlotView

        if "emory" in name:
            return PlotView(name, form=lambda value: f"{value:.3g} GiB", x_form=clock_text, unit=1 << 30)
        return PlotView(name, form=lambda value: f"{value:.0f} %", x_form=clock_text)

    text = (
        "Azure ML samples CPU, memory and GPUs of its nodes once a minute and keeps that in Azure Monitor,\n"
        "which Rank Zero does not read. The job's page in Azure ML studio shows it under Monitoring."
    )
    nothing = Nothing(
        "mdi6.gauge", "No samples so far", "No samples",
        "Once the ranks run, CPU, memory and GPUs are sampled every second.",
        "CPU, memory and GPUs are sampled every second while ranks run; there is none of this run.",
        ("Sampled by Azure", text),
    )  # fmt: skip
    return CurveTab(ResourcePlots, read, make, nothing, section=PaceSection(backend_of))
