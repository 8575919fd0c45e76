"""The window over thousands of runs in the cloud: how soon the list is there, how the loop fares, what polls ask.

    xvfb-run python tests/bench/bench_azure_runs.py [--known 10000] [--live 1000] [--seconds 30]

Goals: a list of 10,000 jobs is usable in 1 s, in the window and by `runs list`; 1,000 live runs are asked for with at
most 10 requests a poll, and with faults on no stall of the loop is over 16.7 ms at p99.9 above that of an idle window;
memory stays. The runs pretend to run, at the emulator; every few seconds one of them ends, so that it is asked often.
Beside the stalls by the clock, which others on the machine cause as well, are those by the loop's own work.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

import psutil
import qasync

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import RunStatus  # noqa: E402
from desktop_app.app import keep_smooth, make_application, open_window  # noqa: E402
from desktop_app.compose import open_workbench  # noqa: E402
from desktop_app.places import find_places  # noqa: E402
from desktop_app.ui import tasks  # noqa: E402
from desktop_app.ui.garbage import Garbage  # noqa: E402
from desktop_app.ui.runs.page import RunsPage  # noqa: E402
from tests.helpers.azure_benches import azureml_python, emulated, requests_since, spread, write_records  # noqa: E402
from tests.helpers.emulators import Emulator  # noqa: E402
from tests.helpers.made_toolchains import lend  # noqa: E402
from tests.helpers.window_benches import FRAME, Heartbeat, quantile, say  # noqa: E402

ENDING = 120
"""Live runs that end while it is measured, one after the other."""
ENDS = ("Completed", "Completed", "Failed", "Canceled")
FAULTS = (
    {"kind": "error", "status": 503, "probability": 0.05},
    {"kind": "throttle", "seconds": 1, "probability": 0.03},
    {"kind": "reset", "probability": 0.03},
    {"kind": "delay", "seconds": 0.5, "probability": 0.05},
    {"kind": "cut", "probability": 0.02},
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--known", type=int, default=10_000)
    parser.add_argument("--live", type=int, default=1_000)
    parser.add_argument("--seconds", type=float, default=30.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, emulated(Path(name)) as emulator:
        os.environ["RANKZERO_CACHE"] = f"{name}/cache"
        Measurement(Path(name) / "home", emulator, options).run()


class Measurement:
    """The window at work; the first start is not timed: it takes the runs into the archive."""

    def __init__(self, home: Path, emulator: Emulator, options: argparse.Namespace) -> None:
        self._emulator, self._options, self._home = emulator, options, home
        lend(find_places(home), "azureml", azureml_python())
        self._app = make_application()
        self._beat = Heartbeat()
        self._short = min(30.0, options.seconds / 2)
        self._noise = 0.0

    def run(self) -> None:
        """Measure and print."""
        with asyncio.Runner(loop_factory=lambda: qasync.QEventLoop(self._app)) as runner:
            runner.run(self._prepare())
            self._list()
            runner.run(self._measure())

    async def _prepare(self) -> None:
        """Let there be so many jobs, known here and kept in the archive from an earlier time."""
        known, live = self._options.known, self._options.live
        asked = {"count": known - ENDING, "live": live - ENDING, "seconds": 36_000}
        await asyncio.to_thread(self._emulator.control, "jobs/pretend", asked)
        for number in range(ENDING):
            seconds = 40 + number * (self._options.seconds + 100) / ENDING
            asked = {"prefix": f"ending-{number:02d}", "count": 1, "live": 1, "seconds": seconds}
            await asyncio.to_thread(self._emulator.control, "jobs/pretend", asked)
        bench = open_workbench(self._home)
        workspace = bench.cloud.add(bench.cloud.read_config(self._emulator.config))
        names = [f"pretend-{number:05d}" for number in range(known - ENDING)]
        names += [f"ending-{number:02d}-00000" for number in range(ENDING)]
        status = {each: ENDS[number % 4] for number, each in enumerate(names[: known - live])}
        await asyncio.to_thread(write_records, self._home, workspace, names, status)
        began = time.perf_counter()
        await bench.monitor.refresh()
        print(f"taking {len(bench.store.runs)} runs into the archive, once: {time.perf_counter() - began:.2f} s")
        await bench.cloud.close()

    async def _measure(self) -> None:
        window = open_window(self._app, self._home, print)
        tasks.route(user_error=print, bug=print)
        window.resize(1280, 800)
        window.show()
        garbage = Garbage()
        await asyncio.sleep(1)
        self._noise = await self._listen("stalls of an idle window", self._short)
        began = time.perf_counter()
        bench = open_workbench(self._home)
        window.attach(bench)
        window.show_page("runs")
        page = window.pages.page("runs")
        assert isinstance(page, RunsPage)
        print(f"the window is furnished after {time.perf_counter() - began:.2f} s")
        began, worked = time.perf_counter(), time.process_time()
        watching = tasks.spawn(bench.monitor.watch(), "watch")
        await self._until_usable(bench, page, began, worked)
        keep_smooth()
        garbage.start()
        try:
            await self._live(bench)
        finally:
            watching.cancel()
            garbage.stop()
            page.close_down()
            window.finish()
            await tasks.cancel_all()
            await bench.cloud.close()

    async def _until_usable(self, bench: Any, page: RunsPage, began: float, worked: float) -> None:
        """Wait until all rows are in the table and were painted."""
        model = page.list.model
        while not model.rowCount():  # noqa: ASYNC110 - as a person looks
            await asyncio.sleep(0.002)
        page.repaint()
        print(f"the newest {model.rowCount()} jobs are in the list after {time.perf_counter() - began:.2f} s")
        while model.rowCount() < self._options.known:  # noqa: ASYNC110 - as a person looks
            await asyncio.sleep(0.002)
        page.repaint()
        took, worked = time.perf_counter() - began, time.process_time() - worked
        print(f"{model.rowCount()} jobs in the list after {took:.2f} s, {worked:.2f} s of work; ", end="")
        print(f"goal 1 s: {'met' if took < 1 else 'missed'}")
        while not self._is_polled(bench):  # noqa: ASYNC110
            await asyncio.sleep(0.05)
        print(f"the first poll's answers are there after {time.perf_counter() - began:.2f} s")

    def _is_polled(self, bench: Any) -> bool:
        if any(each.status is RunStatus.UNKNOWN for each in bench.store.runs.values()):
            return False
        return any(each["path"].endswith("/batchrundata") for each in self._emulator.log())

    async def _live(self, bench: Any) -> None:
        await asyncio.sleep(3)
        await self._listen("stalls, no faults", self._short)
        before = await asyncio.to_thread(lambda: len(self._emulator.log()))
        for each in FAULTS:
            await asyncio.to_thread(self._emulator.control, "faults", {**each, "plane": "api"})
            await asyncio.to_thread(self._emulator.control, "faults", {**each, "plane": "arm"})
        memory = [_resident()]
        sampling = tasks.spawn(_sample(memory), "memory")
        late = await self._listen("stalls, faults on", self._options.seconds)
        sampling.cancel()
        busy = quantile(self._beat.busy, 0.999)
        print(f"goal {FRAME} ms above the idle window's {self._noise:.1f}: ", end="")
        print(f"{'met' if late - self._noise < FRAME else 'missed'}; by own work {'met' if busy < FRAME else 'missed'}")
        tenth = max(1, len(memory) // 10)
        print(f"memory, MiB: {', '.join(f'{each:.1f}' for each in memory[::tenth])}")
        self._say_requests(await asyncio.to_thread(requests_since, self._emulator, before))
        faults = await asyncio.to_thread(self._emulator.control, "faults/log")
        states = Counter(each.status.value for each in bench.store.runs.values())
        print(f"{len(faults)} faults; states: {dict(states)}")

    def _say_requests(self, requests: list[dict[str, Any]]) -> None:
        """Tell how many requests a poll took: those that follow one another without a pause."""
        cloud = [each for each in requests if each["host"] != "127.0.0.1"]
        times = sorted(_seconds(each["time"]) for each in cloud)
        polls, last = [0], times[0] if times else 0.0
        for each in times:
            if each - last > 0.6:
                polls.append(0)
            polls[-1] += 1
            last = each
        print(f"{len(cloud)} requests in {len(polls)} polls, at most {max(polls)} in one, with repeats; ", end="")
        print(dict(Counter(each["status"] for each in cloud)))

    async def _listen(self, title: str, seconds: float) -> float:
        self._beat.start()
        await asyncio.sleep(seconds)
        self._beat.stop()
        say(title, self._beat.late)
        say("  of them by the loop's own work", self._beat.busy)
        return quantile(self._beat.late, 0.999)

    def _list(self) -> None:
        """Time the verb as a person waits for it: the whole process."""
        command = [sys.executable, "-m", "desktop_app", "--home", str(self._home), "runs", "list"]
        took, worked = [], []
        for _turn in range(3):
            began, before = time.perf_counter(), os.times()
            said = subprocess.run(command, capture_output=True, check=True, env={**os.environ, "PYTHONPATH": str(ROOT)})
            after = os.times()
            took.append(time.perf_counter() - began)
            worked.append(sum(after[2:4]) - sum(before[2:4]))
            assert len(said.stdout.splitlines()) > self._options.known
        print(f"`runs list`: {spread(took)}, work of it and its child {spread(worked)}")


async def _sample(memory: list[float]) -> None:
    while True:
        await asyncio.sleep(5)
        memory.append(_resident())


def _resident() -> float:
    return float(psutil.Process().memory_info().rss) / (1 << 20)


def _seconds(stamp: str) -> float:
    hours, minutes, seconds = stamp[11:].partition("+")[0].split(":")
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


if __name__ == "__main__":
    main()
