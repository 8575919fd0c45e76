"""Ten thousand requests with random faults of line and service: no crash, no lost run, the right states in the end.

    python tests/bench/bench_azure_faults.py [--requests 10000] [--runs 300] [--sent 12] [--limit 300]

Runs that pretend are watched, looked at and listed all at once; some jobs are really sent (and wait for nodes), half of
them are canceled. Afterwards the faults end, and what the program says of every run is compared with what there is.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.api import JobSource, OutsideError, SubmissionPlan, UserError, Workspace  # noqa: E402
from desktop_app.backends.azureml.backend import AzureBackend  # noqa: E402
from desktop_app.documents.job_document import read_job  # noqa: E402
from tests.helpers.azure_backends import quiet  # noqa: E402
from tests.helpers.azure_benches import (  # noqa: E402
    backend_over,
    digits,
    emulated,
    make_cluster,
    write_records,
)
from tests.helpers.emulators import Emulator  # noqa: E402

FAULTS = (
    {"kind": "error", "status": 500, "probability": 0.04},
    {"kind": "error", "status": 503, "probability": 0.04},
    {"kind": "throttle", "seconds": 1, "probability": 0.03},
    {"kind": "reset", "probability": 0.04},
    {"kind": "lost-answer", "probability": 0.03},
    {"kind": "delay", "seconds": 0.3, "probability": 0.04},
    {"kind": "cut", "probability": 0.03},
    {"kind": "short", "probability": 0.02},
)
PLANES = ("arm", "api", "blob", "login")
AT_ONCE = 24


class Storm:
    """The backend at work while everything around it fails now and then."""

    def __init__(self, emulator: Emulator, backend: AzureBackend, workspace: Workspace, handles: list[str]) -> None:
        self.emulator, self.backend, self.workspace, self.handles = emulator, backend, workspace, handles
        self.told: Counter[str] = Counter()
        self.crashes: Counter[str] = Counter()
        self._lots = random.Random(7)

    async def blow(self, jobs: Path, count: int, sent: int, limit: float) -> int:
        """Ask until so many requests were answered, or the time is over; return how many were."""
        end = time.monotonic() + limit
        workers = [asyncio.create_task(self._work()) for _ in range(AT_ONCE)]
        workers.append(asyncio.create_task(self._watch()))
        sending = asyncio.create_task(self._send(jobs, sent))
        done = 0
        while done < count and time.monotonic() < end:
            await asyncio.sleep(2)
            done = await asyncio.to_thread(self._answered)
        await asyncio.wait([sending], timeout=max(1.0, end - time.monotonic()))
        for each in (*workers, sending):
            each.cancel()
        await asyncio.gather(*workers, sending, return_exceptions=True)
        return done

    async def _watch(self) -> None:
        while True:
            await self._try("watch", self._look)
            await asyncio.sleep(0.25)

    async def _look(self) -> object:
        return await self.backend.snapshots(await self.backend.discover())

    async def _work(self) -> None:
        while True:
            name, asked = self._lots.choice((
                ("logs", self.backend.log_files),
                ("artifacts", self.backend.fetching.artifacts),
                ("metrics", self.backend.metrics),
            ))  # fmt: skip
            await self._try(name, partial(asked, self._lots.choice(self.handles)))
            await asyncio.sleep(0)

    async def _send(self, path: Path, count: int) -> None:
        """Send jobs, and cancel every other one."""
        text = path.read_text("utf-8")
        job = read_job(text, path).job
        assert job is not None
        for number in range(count):
            plan = await self.backend.plan(job, JobSource(path, path.parent, text))
            handles: list[str] = []
            await self._try("submit", partial(self._submit, plan, handles))
            self.told["sent"] += len(handles)
            if handles and number % 2:
                await self._try("cancel", partial(self.backend.cancel, handles[0]))

    async def _submit(self, plan: SubmissionPlan, handles: list[str]) -> None:
        handles.append(await self.backend.submit(plan, quiet))

    async def _try(self, name: str, asked: Callable[[], Awaitable[object]]) -> None:
        try:
            await asked()
            self.told[f"{name} good"] += 1
        except (OutsideError, UserError) as fault:
            kind = getattr(fault, "kind", "refused")
            self.told[f"{name} {kind}"] += 1
            if name in ("submit", "cancel") and kind in ("bad-request", "refused", "conflict"):
                print(f"{name}: {fault} {fault.details}"[:1000], flush=True)
        except Exception as error:  # noqa: BLE001 - what nobody expects is a crash
            self.crashes[f"{name}: {type(error).__name__} {error}"[:200]] += 1

    def _answered(self) -> int:
        return len([each for each in self.emulator.log() if each["host"] != "127.0.0.1"])

    async def settle(self, limit: float) -> list[str]:
        """Without faults: wait until every run is as it is; return those that are not."""
        wrong: list[str] = []
        end = time.monotonic() + limit
        while time.monotonic() < end:
            handles = await self.backend.discover()
            for each in self.backend.outbox.entries():
                await self._try("outbox", partial(self.backend.sender.send_now, each.handle, quiet))
            runs = await self.backend.snapshots(handles)
            truth = await asyncio.to_thread(_jobs, self.emulator)
            ours = {each.run: each.status.value for each in runs.values()}
            wrong = [
                f"{name}: {ours.get(name)} for {status}" for name, status in truth.items() if ours.get(name) != status
            ]
            kept = [(name, status) for name, status in ours.items() if name not in truth]
            # One that is canceled while it waits to be sent is never sent, and so is not there.
            wrong += [f"{name}: {status}, not there" for name, status in kept if status != "Canceled"]
            if not wrong:
                return []
            await asyncio.sleep(1)
        return wrong


def _jobs(emulator: Emulator) -> dict[str, str]:
    """Return all jobs of the workspace with their states, as the service says."""
    found: dict[str, str] = {}
    url = "{ws}/jobs?api-version=2024-01-01-preview&listViewType=All"
    while url:
        page = emulator.ask("GET", url).json
        names = [each["name"] for each in page["value"]]
        assert not set(names) & set(found)
        found |= {each["name"]: each["properties"]["status"] for each in page["value"]}
        url = page.get("nextLink", "").replace("{", "{{").replace("}", "}}")
    return found


async def _measure(folder: Path, emulator: Emulator, options: argparse.Namespace) -> None:
    make_cluster(emulator)
    jobs = digits(folder / "digits")
    names = []
    for number, seconds in enumerate((5, 30, 60)):
        asked = {"prefix": f"p{number}", "count": options.runs // 3, "live": options.runs // 3, "seconds": seconds}
        emulator.control("jobs/pretend", asked)
        names += [f"p{number}-{each:05d}" for each in range(options.runs // 3)]
    async with backend_over(folder / "home", emulator) as (backend, workspace):
        handles = await asyncio.to_thread(write_records, folder / "home", workspace, names, {})
        storm = Storm(emulator, backend, workspace, handles)
        await backend.snapshots(handles)
        for plane in PLANES:
            for each in FAULTS:
                emulator.control("faults", {**each, "plane": plane})
        began = time.perf_counter()
        done = await storm.blow(jobs, options.requests, options.sent, options.limit)
        took = time.perf_counter() - began
        faults = len(emulator.control("faults/log"))
        emulator.control("faults/clear", {})
        print(f"{done} requests answered in {took:.0f} s, {faults} faults", flush=True)
        print(f"calls: {dict(sorted(storm.told.items()))}")
        wrong = await storm.settle(120)
    there = [each for each in _jobs(emulator) if each not in names]
    print(f"crashes: {dict(storm.crashes) or 'none'}")
    print(f"jobs sent: {storm.told['sent']}, there: {len(there)}")
    print(f"runs with a wrong state or lost: {wrong[:5] or 'none'} ({len(wrong)} of {len(names) + len(there)})")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--runs", type=int, default=300)
    parser.add_argument("--sent", type=int, default=12)
    parser.add_argument("--limit", type=float, default=300.0)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name, emulated(Path(name)) as emulator:
        asyncio.run(_measure(Path(name), emulator, options))


if __name__ == "__main__":
    main()
