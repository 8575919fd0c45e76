"""How soon the window shows why a run in the cloud failed: its page is open while the service says that it failed.

    xvfb-run python tests/bench/bench_azure_cause.py [--runs 12] [--ranks 8] [--megabytes 1] [--latency 0.05] [--open 0]

Goal: the cause is on the screen less than 5 seconds after the service's status turned to Failed. The runs pretend to
run, at the emulator, and have not told anything new for hours, so that the workspace is asked as seldom as it ever is;
each fails at a moment of its own. Also: how long a run that failed earlier, of which nothing is here, takes to show its
cause when it is opened, and how many requests a minute are made for a run that somebody looks at.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import RunSnapshot, RunStatus  # noqa: E402
from desktop_app.backends.azureml.backend import AzureBackend  # noqa: E402
from desktop_app.backends.azureml.client import routes  # noqa: E402
from desktop_app.backends.azureml.runs.monitoring import SLOWEST  # noqa: E402
from desktop_app.places import find_places  # noqa: E402
from tests.helpers.azure_benches import azureml_python, emulated, requests_since, spread  # noqa: E402
from tests.helpers.emulators import Emulator  # noqa: E402
from tests.helpers.made_toolchains import lend  # noqa: E402
from tests.helpers.window_benches import OpenWindow, until  # noqa: E402

GOAL = 5.0
_SECONDS = "seconds"
LINE = "2026-11-22T07:00:11 epoch 3 step 1200 loss 0.4711 lr 0.001 samples/s 5120.3 of a run that goes on\n"
RAISED = """Traceback (most recent call last):
  File "train.py", line 41, in train
    logits = model(batch)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)
"""
ECHOED = "[rank{0}]: RuntimeError: [pair.cc:534] Connection closed by peer [10.0.0.4]:4187{0}\n"
REASON = (
    "Execution failed. User process 'python' exited with status code 1. Please check log file "
    "'{0}' for error details. Error: RuntimeError: mat1 and mat2 shapes cannot be "
    "multiplied (32x63 and 64x128)"
)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--runs", type=int, default=12)
    parser.add_argument("--ranks", type=int, default=8)
    parser.add_argument("--megabytes", type=float, default=1.0, help="of each rank's log")
    parser.add_argument("--latency", type=float, default=0.05, help="seconds by which every answer comes later")
    parser.add_argument("--open", type=float, default=0, help="seconds that the page is open before requests count")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, emulated(Path(name)) as emulator:
        os.environ["RANKZERO_CACHE"] = f"{name}/cache"
        emulator.control("faults", {"kind": "delay", "seconds": options.latency})
        Measurement(Path(name) / "home", emulator, options).run()


class Measurement:
    """A window, and runs of a workspace that fail while it looks."""

    def __init__(self, home: Path, emulator: Emulator, options: argparse.Namespace) -> None:
        self._emulator, self._options = emulator, options
        lend(find_places(home), "azureml", azureml_python())
        self._open = OpenWindow(home)
        self._bench = self._open.bench
        self._workspace = self._bench.cloud.add(self._bench.cloud.read_config(emulator.config))
        self._rates: list[Counter[str]] = []
        self._random = random.Random(8)

    def run(self) -> None:
        """Measure and print."""
        self._open.run(self._measure)

    async def _measure(self) -> None:
        self._open.watch_runs()
        shown = [await self._fails(number) for number in range(self._options.runs)]
        opened = [await self._opened(number) for number in range(self._options.runs)]
        print(f"cause shown after the service said Failed: {spread(shown)}")
        print(f"cause shown after one that failed earlier was opened: {spread(opened)}")
        for kind in sorted({kind for each in self._rates for kind in each} - {_SECONDS}):
            print(f"requests a minute for a run that is looked at, {kind}: {self._per_minute(kind):.0f}")
        print(f"goal {GOAL:g} s: {'met' if max(*shown, *opened) < GOAL else 'missed'}")

    def _per_minute(self, kind: str) -> float:
        return 60 * sum(each[kind] for each in self._rates) / sum(each[_SECONDS] for each in self._rates)

    async def _fails(self, number: int) -> float:
        """Return the seconds from the service's Failed to the cause on the screen."""
        handle = await self._pretend(f"live-{number:02d}")
        await self._bench.cloud.open(handle)
        await until(lambda: self._is(handle, RunStatus.RUNNING))
        self._open.window.show_run(handle)
        run = self._bench.store.get(handle)
        assert run is not None
        await until(lambda: self._is_followed(run))
        self._settle()
        await self._wait_a_while()
        failed = await asyncio.to_thread(self._fail, run.run, number % self._options.ranks)
        await until(lambda: self._shows_cause(handle))
        took = time.monotonic() - failed
        page = self._open.run_page
        print(f"{took:.2f} s: {page.failure.heading.text()}: {page.failure.text.text()}", flush=True)
        assert "mat1 and mat2" in page.failure.text.text()
        return took

    async def _opened(self, number: int) -> float:
        """Return the seconds from a click on a run that failed earlier, of which nothing is here, to its cause."""
        handle = await self._pretend(f"old-{number:02d}")
        await asyncio.to_thread(self._fail, handle.rpartition("/")[2], number % self._options.ranks)
        await self._bench.cloud.open(handle)
        await until(lambda: self._is(handle, RunStatus.FAILED))
        began = time.monotonic()
        self._open.window.show_run(handle)
        await until(lambda: self._shows_cause(handle))
        return time.monotonic() - began

    async def _pretend(self, prefix: str) -> str:
        """Let a job run that has written all of its logs but the end."""
        asked = {"prefix": prefix, "count": 1, "live": 1, "seconds": 36_000, "nodes": 2}
        asked["processes"] = self._options.ranks // 2
        await asyncio.to_thread(self._emulator.control, "jobs/pretend", asked)
        name = f"{prefix}-00000"
        await asyncio.to_thread(self._write, name, LINE, int(self._options.megabytes * 1e6 / len(LINE)))
        return routes.handle_of(self._workspace, name)

    def _write(self, name: str, text: str, times: int) -> None:
        for rank in range(self._options.ranks):
            asked = {"job": name, "log": self._log(rank), "text": text, "times": times}
            self._emulator.control("jobs/log", asked)

    def _log(self, rank: int) -> str:
        """Return a rank's log as the service names it, as wide as the greatest number."""
        return f"user_logs/std_log_process_{rank:0{len(str(self._options.ranks - 1))}}.txt"

    def _fail(self, name: str, guilty: int) -> float:
        """Let one rank raise and the others fall after it; return when the service said so."""
        for rank in range(self._options.ranks):
            text = RAISED if rank == guilty else ECHOED.format(rank)
            log = self._log(rank)
            self._emulator.control("jobs/log", {"job": name, "log": log, "text": text})
        at = time.monotonic()
        self._emulator.control(
            "jobs/end", {"job": name, "status": "Failed", "message": REASON.format(self._log(guilty))}
        )
        return at

    def _settle(self) -> None:
        """Let the workspace be asked as seldom as after hours without news."""
        backend: Any = self._bench.backends["azureml"]
        assert isinstance(backend, AzureBackend)
        place = backend._monitoring._place(self._workspace.key)
        place.gap, place.due = SLOWEST, time.monotonic() + SLOWEST * self._random.random()

    async def _wait_a_while(self) -> None:
        await asyncio.sleep(self._options.open)
        before, began = len(self._emulator.log()), time.monotonic()
        await asyncio.sleep(3 + 3 * self._random.random())
        made = Counter(_kind(each) for each in requests_since(self._emulator, before))
        made[_SECONDS] = round(time.monotonic() - began)
        self._rates.append(made)

    def _is(self, handle: str, status: RunStatus) -> bool:
        run = self._bench.store.get(handle)
        return run is not None and run.status is status

    def _is_followed(self, run: RunSnapshot) -> bool:
        logs = list((Path(run.folder) / "user_logs").glob("*.txt"))
        size = int(self._options.megabytes * 1e6 / len(LINE)) * len(LINE)
        return len(logs) == self._options.ranks and all(each.stat().st_size == size for each in logs)

    def _shows_cause(self, handle: str) -> bool:
        page = self._open.run_page
        return page.handle == handle and page.failure.isVisible() and page.failure.cause.isVisible()


def _kind(request: dict[str, Any]) -> str:
    if "blob" in request["host"]:
        return "its logs"
    return "its state" if request["path"].endswith("/batchrundata") else "others"


if __name__ == "__main__":
    main()
