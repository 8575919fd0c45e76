"""Following a cloud run's log for a day: how many bytes that takes against what the log has. Time is compressed.

    python tests/bench/bench_azure_logs.py [--hours 24] [--megabytes 50]

Goal: at most 1.1 times the log's bytes. The follower sleeps in a time of its own, which passes at once, and the
emulator's clock goes along: the log grows by that time, a block every ten seconds, links live for an hour of it, and
each hour all that were handed out expire. Bodies are counted by the emulator.
"""

from __future__ import annotations

import argparse
import asyncio
import math
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.backends.azureml.runs import logs  # noqa: E402
from tests.helpers.azure_benches import backend_over, emulated, requests_since  # noqa: E402
from tests.helpers.emulators import Emulator  # noqa: E402

BLOCK_EVERY = 10.0
LINK = 3600.0
LINE = b"epoch %09d  step 000123  loss 0.123456  accuracy 0.987654  42.1 ms/step\n"


class Hours:
    """Time that passes when somebody sleeps, to the next quarter second at which there is something to do."""

    def __init__(self, next_at: Callable[[], float], each: Callable[[], Awaitable[None]]) -> None:
        self.now = 0.0
        self._next_at = next_at
        self._each = each

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        self.now = max(self.now + seconds, math.floor(4 * min(self._next_at(), self.now + 60)) / 4)
        await self._each()
        await asyncio.sleep(0)

    def __getattr__(self, name: str) -> Any:
        return getattr(asyncio, name)


class Log:
    """The log in the cloud, an append blob of a job that pretends to run."""

    def __init__(self, emulator: Emulator, rate: float) -> None:
        self.size = 0
        self._emulator, self._rate = emulator, rate
        self._grown = 0.0
        emulator.control("links", {"lifetime": LINK})
        store = emulator.ask("GET", "{ws}/datastores/workspaceartifactstore?api-version=2024-10-01-preview").json
        account, box = store["properties"]["accountName"], store["properties"]["containerName"]
        name = "ExperimentRun/dcid.pretend-00000/user_logs/std_log.txt"
        self._url = f"https://{account}.blob.core.windows.net/{box}/{name}"
        self._renewed = 0.0
        self._sign_in()
        made = emulator.ask("PUT", self._url, **self._sent, **{"x-ms-blob-type": "AppendBlob"})
        assert made.status == 201, made.body

    def _sign_in(self) -> None:
        token = self._emulator.token("https://storage.azure.com/.default")
        self._sent = {"Authorization": f"Bearer {token}", "x-ms-version": "2021-08-06"}

    @property
    def due(self) -> float:
        """When it grows next."""
        return self._grown + BLOCK_EVERY

    def grow(self, now: float) -> None:
        """Append what is due, and let the service have the follower's time."""
        self._emulator.control("clock", {"skew": now})
        if now - self._renewed >= LINK:
            self._renewed = now
            self._sign_in()
            self._emulator.control("links", {"expire": True})
        block = LINE % int(now)
        block *= max(1, round((now - self._grown) * self._rate / len(block)))
        self._grown = now
        told = self._emulator.ask("PUT", f"{self._url}?comp=appendblock", block, **self._sent)
        assert told.status == 201, told.body
        self.size += len(block)


async def _follow(folder: Path, emulator: Emulator, hours: float, megabytes: float) -> None:
    emulator.control("jobs/pretend", {"count": 1, "live": 1, "seconds": 90_000})
    log = Log(emulator, megabytes * 1e6 / (hours * 3600))
    async with backend_over(folder / "home", emulator) as (backend, workspace):
        began, before = time.perf_counter(), len(emulator.log())

        async def passed() -> None:
            if clock.now >= log.due:
                await asyncio.to_thread(log.grow, clock.now)

        def next_at() -> float:
            return min([log.due, *(each.due for each in run._logs.values())])

        clock = Hours(next_at, passed)
        setattr(logs, "asyncio", clock)  # noqa: B010 - its sleeps alone
        run = logs.RunLogs(
            backend.asking, workspace, "pretend-00000", folder / "run", lambda _details: None,
            expected=lambda: 1, clock=lambda: clock.now,
        )  # fmt: skip
        run.look(forever=True)
        run.follow(lambda: clock.now >= hours * 3600)
        assert run._task is not None
        await run._task
        setattr(logs, "asyncio", asyncio)  # noqa: B010
        await run.catch_up()
    here = (folder / "run" / "user_logs" / "std_log.txt").stat().st_size
    assert here == log.size, f"{here} of {log.size} bytes came"
    took = time.perf_counter() - began
    print(f"{hours:g} h of a log of {log.size / 1e6:.1f} MB, all of it here; {took:.0f} s")
    _say(requests_since(emulator, before), log)


def _say(requests: list[dict[str, Any]], log: Log) -> None:
    size, count = Counter[str](), Counter[str]()
    for each in requests:
        if each["method"] == "GET" and each["host"] != "127.0.0.1":
            kind = "details" if each["path"].endswith("/details") else str(urlsplit(f"//{each['host']}").hostname)
            kind = "log" if "blob" in kind else kind
            size[kind] += each["sent"]
            count[f"{kind} {each['status']}"] += 1
    print(f"answers: {dict(count)}; links renewed {count['log 403']} times")
    print(", ".join(f"{kind}: {each / 1e6:.2f} MB" for kind, each in size.items()))
    ratio, whole = size["log"] / log.size, (size["log"] + size["details"]) / log.size
    print(f"log bodies {ratio:.3f} times its bytes, with the run's details {whole:.3f}; goal 1.1: ", end="")
    print("met" if whole <= 1.1 else "missed")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--hours", type=float, default=24)
    parser.add_argument("--megabytes", type=float, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, emulated(Path(name)) as emulator:
        asyncio.run(_follow(Path(name), emulator, options.hours, options.megabytes))


if __name__ == "__main__":
    main()
