"""What the benchmarks of the window share: the real one over the real services, open in one loop, and how it fares."""

from __future__ import annotations

import asyncio
import time
from array import array
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import qasync
from PySide6.QtCore import Qt, QTimer

from desktop_app.app import keep_smooth, make_application, open_window
from desktop_app.compose import open_workbench
from desktop_app.ui import tasks
from desktop_app.ui.garbage import Garbage
from desktop_app.ui.runs.page import RunsPage
from desktop_app.ui.runs.run_page import RunPage

FRAME = 16.7
"""Milliseconds for which a picture stands, at 60 a second."""


class OpenWindow:
    """The window over a home, as `desktop_app.app` puts it together; errors are printed."""

    def __init__(self, home: Path) -> None:
        self._app = make_application()
        self.window = open_window(self._app, home, print)
        self.bench = open_workbench(home)
        self._garbage = Garbage()
        tasks.route(user_error=print, bug=print)
        self.window.resize(1280, 800)
        self.window.show()

    def run(self, measure: Callable[[], Awaitable[None]], page: str = "runs") -> None:
        """Measure in the window's loop, one of its pages shown, and close the window."""
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(self._app)) as runner:
            runner.run(self._live(measure, page))

    async def _live(self, measure: Callable[[], Awaitable[None]], page: str) -> None:
        self.window.attach(self.bench)
        self.window.show_page(page)
        keep_smooth()
        self._garbage.start()
        try:
            await measure()
        finally:
            self._garbage.stop()
            self.window.finish()
            await tasks.cancel_all()
            await self.bench.cloud.close()
            self.bench.plugins.close()

    def watch_runs(self) -> None:
        """Keep the runs up to date from now on."""
        tasks.spawn(self.bench.monitor.watch(), "watch")

    @property
    def run_page(self) -> RunPage:
        """The page of a single run, once one was shown."""
        page = self.window.pages.page("runs")
        assert isinstance(page, RunsPage)
        assert page.run_page is not None
        return page.run_page


class Heartbeat:
    """Beats every 2 ms; a beat that comes late tells that the loop stood still.

    `busy` is what this thread itself worked between two beats: others on the machine have no part in that.
    """

    def __init__(self) -> None:
        self.late, self.busy = array("f"), array("f")  # four bytes a beat: memory is measured as well
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer = QTimer(interval=2, timerType=Qt.TimerType.PreciseTimer)
        self._timer.timeout.connect(self._beat)

    def start(self) -> None:
        """Begin anew."""
        del self.late[:], self.busy[:]
        self._last, self._worked = time.perf_counter(), time.thread_time()
        self._timer.start()

    def stop(self) -> None:
        """Beat no more."""
        self._timer.stop()

    def _beat(self) -> None:
        now = time.perf_counter()
        self.late.append(max(0.0, 1000 * (now - self._last) - 2.0))
        worked = time.thread_time()
        self.busy.append(1000 * (worked - self._worked))
        self._last, self._worked = now, worked


async def until(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until something is so, looking after each turn of the loop."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise TimeoutError("what is waited for did not come")
        await asyncio.sleep(0.002)


def quantile(values: Sequence[float], part: float) -> float:
    """Return the value below which `part` of them lie."""
    return sorted(values)[min(len(values) - 1, int(part * len(values)))] if values else float("nan")


def say(title: str, values: Sequence[float], parts: Sequence[float] = (0.5, 0.99, 0.999)) -> None:
    """Print a distribution of milliseconds."""
    told = ", ".join(f"p{100 * each:g} {quantile(values, each):.1f}" for each in parts)
    over = sum(1 for each in values if each > FRAME)
    worst = max(values, default=0)
    print(f"{title}: {told}, worst {worst:.1f} ms; {over} of {len(values)} over {FRAME} ms", flush=True)
