"""The window while 200 runs live and write: how long its loop stalls, and how soon a written line is on the screen.

    xvfb-run python tests/bench/bench_gui_stalls.py [--runs 200] [--lines 10000] [--seconds 20]

Goals: stalls p99.9 under 16.7 ms; a line that was written is painted in under 100 ms. One process writes for all
runs: their logs, clock marks, metrics, resources, and each run's state once a second. The window shows the page of
one of them, following its logs, merged. Prints the same figures for an empty loop, to tell the machine's own noise.
"""

from __future__ import annotations

import argparse
import asyncio
import re
import struct
import subprocess
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QTimer

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import MetricPoint, ResourcePoint, RunStatus  # noqa: E402
from desktop_app.ui.runs.log_view import LogView  # noqa: E402
from desktop_app.ui.runs.run_page import LOGS  # noqa: E402
from tests.helpers.run_folders import FolderOfRun, make_run  # noqa: E402
from tests.helpers.waiting import wait_until  # noqa: E402
from tests.helpers.window_benches import FRAME, Heartbeat, OpenWindow, quantile, say  # noqa: E402

_STAMP = re.compile(r"@(\d+)@")


def main() -> None:
    """Write, or measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=200)
    parser.add_argument("--lines", type=int, default=10_000, help="in all, per second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--tab", type=int, default=LOGS, help="of the run's page")
    parser.add_argument("--write-to", type=Path, help="(the writer's own)")
    options = parser.parse_args()
    if options.write_to:
        Writer(options.write_to, options.runs, options.lines).run(options.seconds + 40)
        return
    with tempfile.TemporaryDirectory() as name:
        Measurement(Path(name), options).run()


class Writer:
    """All runs' supervisors and ranks in one process."""

    def __init__(self, runs: Path, count: int, lines: int) -> None:
        runs.mkdir(parents=True, exist_ok=True)
        self._runs = [make_run(runs, f"r-bench-{index:04}", RunStatus.RUNNING) for index in range(count)]
        self._logs = [[each.log(rank).open("ab") for rank in range(2)] for each in self._runs]
        self._sizes = [[0, 0] for _ in self._runs]
        self._clocks = [[(each.path / "clock" / f"{rank}.bin").open("ab") for rank in range(2)] for each in self._runs]
        self._per_turn = max(1, lines // (25 * count * 2))
        (runs.parent / "ready").touch()

    def run(self, seconds: float) -> None:
        """Write 25 times a second, the runs spread over each 40 ms; states once a second, metrics too."""
        end, turn = time.monotonic() + seconds, 0
        while time.monotonic() < end:
            began = time.monotonic()
            for index, made in enumerate(self._runs):
                for rank in range(2):
                    self._write(index, rank, turn)
                if index % 25 == turn % 25:
                    self._write_state(made, turn)
                if index % 20 == 19:
                    time.sleep(max(0.0, began + 0.04 * (index + 1) / len(self._runs) - time.monotonic()))
            turn += 1
            time.sleep(max(0.0, began + 0.04 - time.monotonic()))

    def _write(self, index: int, rank: int, turn: int) -> None:
        stamp = time.monotonic_ns()
        text = b"".join(
            b"turn %d line %d loss 0.123456 rank %d @%d@\n" % (turn, line, rank, stamp)
            for line in range(self._per_turn)
        )
        log, clock = self._logs[index][rank], self._clocks[index][rank]
        log.write(text)
        log.flush()
        self._sizes[index][rank] += len(text)
        clock.write(struct.pack("<dQ", time.time(), self._sizes[index][rank]))
        clock.flush()

    @staticmethod
    def _write_state(made: FolderOfRun, turn: int) -> None:
        made.write_state(replace(made.snapshot, metrics={"loss": (1.0 / (turn + 1), turn)}))
        made.add_metrics([MetricPoint("loss", 1.0 / (turn + 1), turn, time.time())])
        made.add_resources([ResourcePoint(rank, time.time(), 90.0, 1 << 29) for rank in range(2)])


class PaintWatch(QObject):
    """Notes, right after each paint of a log, how old the newest line on it is."""

    def __init__(self, view: LogView) -> None:
        super().__init__()
        self.ages: list[float] = []
        self._view = view
        self._seen = 0
        view.viewport().installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt before the paint; what is painted is in the view's rows by then."""
        if event.type() == QEvent.Type.Paint:
            for row in self._view.page.rows[-3:]:
                found = _STAMP.search(row.line.text)
                if found and int(found[1]) > self._seen:
                    self._seen = int(found[1])
                    QTimer.singleShot(0, self._note)
        return False

    def _note(self) -> None:
        self.ages.append((time.monotonic_ns() - self._seen) / 1e6)


class Measurement:
    """The window at work on a home that a writer fills."""

    def __init__(self, home: Path, options: argparse.Namespace) -> None:
        self._home, self._options = home, options
        self._open = OpenWindow(home)
        self._beat = Heartbeat()

    def run(self) -> None:
        """Measure and print."""
        self._open.run(self._measure)

    async def _measure(self) -> None:
        await asyncio.sleep(2)
        await self._listen("stalls of an idle window", self._options.seconds / 2)
        writer = await asyncio.to_thread(self._start_writer)
        self._open.watch_runs()
        try:
            await self._live()
        finally:
            writer.kill()
            await asyncio.to_thread(writer.wait)

    async def _live(self) -> None:
        await asyncio.sleep(4)
        await self._listen("stalls, the table shown", self._options.seconds / 2)
        self._open.window.show_run("local://r-bench-0007")
        page = self._open.run_page
        page.tabs.show_tab(self._options.tab)
        await asyncio.sleep(3)
        paints = PaintWatch(page.logs.view)
        late = await self._listen("stalls, a run's page following", self._options.seconds)
        say("a line from written to painted", paints.ages)
        print(f"goal {FRAME} ms: {'met' if late < FRAME else 'missed'}; ", end="")
        print(f"goal 100 ms: {'met' if paints.ages and max(paints.ages) < 100 else 'missed'}")

    async def _listen(self, title: str, seconds: float) -> float:
        self._beat.start()
        await asyncio.sleep(seconds)
        self._beat.stop()
        say(title, self._beat.late)
        return quantile(self._beat.late, 0.999)

    def _start_writer(self) -> subprocess.Popen[bytes]:
        command = [sys.executable, __file__, "--write-to", str(self._home / "runs"), "--runs", str(self._options.runs)]
        command += ["--lines", str(self._options.lines), "--seconds", str(self._options.seconds)]
        writer = subprocess.Popen(command, cwd=ROOT)
        wait_until((self._home / "ready").exists)
        return writer


if __name__ == "__main__":
    main()
