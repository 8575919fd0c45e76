"""A run of very many ranks in the window: how long its thread is held, and what following the logs costs.

    xvfb-run python tests/bench/bench_many_ranks.py [--ranks 10000] [--lines 30] [--failed]

Goal: no single step holds the window's thread for more than 50 ms. A small run's page is shown first, so that the
page is there; then the large run is opened, one rank of it is picked and all again, every rank writes, and the ranks'
states change. Given are the longest steps as they passed and as processor time of the window's thread, which tells
them from what else the machine does; of those, Python's collections of garbage. At last the thread that reads is
measured without a window: what it costs that one rank writes, that a hundred do and that all do.
"""

from __future__ import annotations

import argparse
import asyncio
import gc
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import RunStatus  # noqa: E402
from desktop_app.services.logs.feed import LogFeed, Update  # noqa: E402
from desktop_app.services.logs.sources import log_sources  # noqa: E402
from desktop_app.ui.runs.log_tab import ALL  # noqa: E402
from tests.helpers.run_folders import FolderOfRun, fail, make_run  # noqa: E402
from tests.helpers.window_benches import Heartbeat, OpenWindow, until  # noqa: E402

GOAL = 50.0
NODE = 8


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ranks", type=int, default=10_000)
    parser.add_argument("--lines", type=int, default=30, help="that each rank has written before")
    parser.add_argument("--failed", action="store_true", help="the run is over: one rank fell, and all others with it")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        Measurement(Path(name), options).run()


def stamped(begin: float, steps: Iterable[int]) -> bytes:
    """Return lines as a training logs them, one a second."""
    times = ((each, time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(begin + each))) for each in steps)
    return b"".join(f"{said} INFO step {each} loss {1 / (1 + each):.6f}\n".encode() for each, said in times)


class Measurement:
    """A window, and a large run in it."""

    def __init__(self, home: Path, options: argparse.Namespace) -> None:
        self._ranks, self._began = options.ranks, time.time() - options.lines
        status = RunStatus.FAILED if options.failed else RunStatus.RUNNING
        self._small = make_run(home / "runs", "r-few")
        self._made = make_run(home / "runs", "r-many", status, nodes=self._ranks // NODE, processes=NODE)
        for rank in range(self._ranks):
            self._made.append(rank, stamped(self._began, range(options.lines)), self._began + options.lines)
        if options.failed:
            self._made = fail(self._made, self._ranks // 3)
        self._open = OpenWindow(home)
        self._beat, self._collected, self._since = Heartbeat(), [0.0], 0.0
        gc.callbacks.append(self._note)

    def run(self) -> None:
        """Measure and print."""
        self._open.run(self._measure)
        if not self._made.snapshot.is_over:
            follow(self._made, self._began)

    def _note(self, phase: str, _info: object) -> None:
        if phase == "start":
            self._since = time.thread_time()
        else:
            self._collected.append(1000 * (time.thread_time() - self._since))

    async def _measure(self) -> None:
        open_ = self._open
        await self._held("the run is found", open_.watch_runs, lambda: len(open_.bench.store.runs) == 2)
        open_.window.show_run(self._small.snapshot.handle)
        await asyncio.sleep(2)
        handle = self._made.snapshot.handle
        await self._held("its page is opened", lambda: open_.window.show_run(handle), self._is_read)
        logs = open_.run_page.logs
        await self._held("one rank is picked", lambda: logs.show_rank(5), lambda: bool(logs.view.page.rows))
        await self._held("all ranks are picked", lambda: logs.show_rank(ALL), self._is_read)
        await self._held("the list of ranks is opened", logs.tools.ranks.showPopup, lambda: True)
        logs.tools.ranks.hidePopup()
        if not self._made.snapshot.is_over:
            await self._held("every rank writes", lambda: None, asyncio.create_task(self._write()).done)
            await self._held("states change", lambda: None, asyncio.create_task(self._change()).done)

    def _is_read(self) -> bool:
        view = self._open.run_page.logs.view
        return len(view.sources) == self._ranks and bool(view.page.rows)

    async def _write(self) -> None:
        for step in range(3):
            data = stamped(time.time() - step, [step])
            await asyncio.to_thread(self._write_all, data)
            await asyncio.sleep(3)

    def _write_all(self, data: bytes) -> None:
        for rank in range(self._ranks):
            write(self._made, rank, data)

    async def _change(self) -> None:
        run = self._made.snapshot
        for turn in range(4):
            ranks = tuple(replace(each, exit_code=turn) if each.rank % 100 == turn else each for each in run.ranks)
            await asyncio.to_thread(self._made.write_state, replace(run, ranks=ranks))
            await asyncio.sleep(1.5)

    async def _held(self, title: str, begin: Callable[[], object], is_done: Callable[[], bool]) -> None:
        """Say how long single steps took from something on until it is done, and a second more."""
        self._collected = [0.0]
        self._beat.start()
        began = time.perf_counter()
        begin()
        await until(is_done, 120)
        took = time.perf_counter() - began
        await asyncio.sleep(1)
        self._beat.stop()
        work = max(self._beat.busy)
        print(
            f"{title}: {took:.2f} s; the longest step works {work:.0f} ms ({'met' if work <= GOAL else 'missed'}), "
            f"passes in {max(self._beat.late):.0f} ms; garbage {max(self._collected):.0f} ms at most",
            flush=True,
        )


def write(made: FolderOfRun, rank: int, data: bytes) -> None:
    """Append to a rank's log."""
    with made.log(rank).open("ab") as file:
        file.write(data)


def follow(made: FolderOfRun, began: float) -> None:
    """Say what following costs, in processor time for each time that it was written."""
    updates: list[Update] = []
    sources = tuple(log_sources(made.snapshot))
    used, passed = time.process_time(), time.perf_counter()
    feed = LogFeed(sources, updates.append)
    feed.show_end(12_400, follow=True)
    wait(lambda: updates)
    print(f"their ends are read in {time.perf_counter() - passed:.2f} s, {time.process_time() - used:.2f} s of work")
    every = range(len(sources))
    for title, ranks, lines in (
        ("one rank writes a line", every[:1], 1),
        ("a hundred ranks write 10 KB each", every[:: len(every) // 100], 220),
        ("every rank writes a line", every, 1),
    ):
        print(f"{title}: {sum(turn(made, feed, updates, ranks, lines) for _ in range(3)) / 3:.2f} s of work")
    feed.close()


def turn(made: FolderOfRun, feed: LogFeed, updates: list[Update], ranks: Sequence[int], lines: int) -> float:
    """Let ranks write once; return the seconds of work until that was taken in."""
    feed.pause(True)
    for rank in ranks:
        write(made, rank, stamped(time.time() - lines, range(lines)))
    total = sum(made.log(each).stat().st_size for each in range(len(made.snapshot.ranks)))
    used = time.process_time()
    feed.pause(False)
    wait(lambda: updates[-1].total == total)
    return time.process_time() - used


def wait(condition: Callable[[], object]) -> None:
    """Rest until something holds."""
    while not condition():
        time.sleep(0.02)


if __name__ == "__main__":
    main()
