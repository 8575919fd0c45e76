"""Fault drills on real ranks: what was ordered is done, told and kept, and a run ends all the same."""

from __future__ import annotations

import asyncio
import json
import signal
import sys
from functools import partial
from pathlib import Path
from typing import Any

import psutil
import pytest

from desktop_app.api import Drill, DrillKind, DrillOrder, UserError
from desktop_app.backends.local import drilling
from desktop_app.worker.supervisor import processes
from tests.helpers import local_runs
from tests.helpers.local_runs import end_of, events, start, state
from tests.helpers.waiting import wait_until

LINUX_ONLY = pytest.mark.skipif(sys.platform != "linux", reason="limits of other processes are Linux's")
COUNTING = f"""exec {sys.executable} -u -c "
import itertools, time
for step in itertools.count():
    print('step', step)
    time.sleep(0.02)"
"""
SAVING = f"""exec {sys.executable} -u -c "
import signal, sys, time
def save(*_):
    print('saved')
    sys.exit(0)
signal.signal(signal.SIGTERM, save)
print('up')
time.sleep(600)"
"""


def drill(folder: Path, kind: str, **options: Any) -> Drill:
    """Order it and wait for the answer."""
    return asyncio.run(drilling.ask(folder, DrillOrder(DrillKind(kind), **options)))


def begun(runs: Path, commands: list[str], **options: Any) -> Path:
    """Start a run and wait until each rank wrote something."""
    folder = start(runs, commands, **options)
    for rank in range(len(commands)):
        wait_until(partial(local_runs.log, folder, rank), what=f"a word of rank {rank}")
    return folder


def test_kill(runs: Path) -> None:
    folder = begun(runs, [COUNTING, f"{COUNTING.removeprefix('exec ')}; echo never"])
    done = drill(folder, "kill", rank=1)
    assert (done.kind, done.rank, done.ranks, done.text) == ("kill", 1, (1,), "rank 1 was killed")
    run = end_of(folder)
    assert run["first_failure"]["rank"] == 1
    assert run["first_failure"]["exit_code"] == -9
    assert run["first_failure"]["drill"].startswith("rank 1 was killed at ")
    assert run["reason"].startswith("Rank 1 was ended by SIGKILL. Drilled before: rank 1 was killed at ")
    assert [each["text"] for each in run["drills"]] == ["rank 1 was killed"]
    assert [each["rank"] for each in events(folder) if each["event"] == "drilled"] == [1]
    assert "never" not in local_runs.log(folder, 1)
