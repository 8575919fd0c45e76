"""Samples of CPU, memory and GPU, of real processes and of nvidia-smi's real tables."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from desktop_app.worker.supervisor.gpus import GpuReading, GpuWatch, parse
from desktop_app.worker.supervisor.sampling import RankTree
from tests.helpers import local_runs
from tests.helpers.waiting import wait_until

MIB = 1 << 20
BUSY = "import time\nprint('up', flush=True)\nx = bytearray(200 << 20)\nwhile True: pass"

GPUS = "GPU-aa, 97, 30211\nGPU-bb, [N/A], 5\n"
APPS = "GPU-aa, 4242, 30100\nGPU-bb, 77, 3\n"


def test_a_run_samples_every_rank_with_its_children(runs: Path, tmp_path: Path) -> None:
    script = tmp_path / "busy.py"
    script.write_text(BUSY)
    folder = local_runs.start(runs, [f"{sys.executable} busy.py; true", "sleep 600"], files=[script])
    path = folder / "resources.jsonl"
    wait_until(lambda: path.exists() and path.read_text().count("\n") >= 6)
    local_runs.request_cancel(folder)
    local_runs.end_of(folder)
    points = [json.loads(line) for line in path.read_text().splitlines()]
    busy = [each for each in points if each["rank"] == 0]
    idle = [each for each in points if each["rank"] == 1]
    assert busy[-1]["memory"] > 200 * MIB
    assert max(each["cpu"] for each in busy) > 10
    assert max(each["cpu"] for each in idle) < 10
    assert busy[1]["time"] - busy[0]["time"] > 0.9


def test_a_rank_that_ended_has_no_sample() -> None:
    with subprocess.Popen(["true"]) as process:
        process.wait()
    assert RankTree(0, 0, process.pid).sample([process.pid]) is None


def test_a_rank_that_ended_and_was_not_reaped_has_no_sample_without_memory() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        tree = RankTree(0, 0, ended.pid)
        wait_until(lambda: psutil.Process(ended.pid).status() == psutil.STATUS_ZOMBIE, what="a process that is over")
        assert tree.sample([ended.pid]) is None


def test_a_child_that_ends_between_samples_does_not_count_backwards() -> None:
    tree = RankTree(0, 0, os.getpid())
    with subprocess.Popen([sys.executable, "-c", "sum(range(10**6)); input()"], stdin=subprocess.PIPE) as child:
        tree.sample([os.getpid(), child.pid])
        child.communicate(b"\n")
    point = tree.sample([os.getpid(), child.pid])
    assert point is not None
    assert point["cpu"] >= 0


def test_a_rank_has_the_gpus_its_processes_use() -> None:
    reading = parse(GPUS, APPS)
    assert reading.of(1, [1, 4242]) == (97.0, 30100 * MIB)
    assert reading.of(0, [77]) == (None, 3 * MIB)
    assert reading.of(0, [4242, 77]) == (97.0, 30103 * MIB)


def test_where_the_driver_knows_other_pids_it_is_nobodys() -> None:
    assert parse(GPUS, APPS).of(0, [1]) == (None, None)


def test_where_the_driver_names_no_process_it_goes_by_local_rank() -> None:
    reading = parse(GPUS, "")
    assert reading.of(0, [1]) == (97.0, 30211 * MIB)
    assert reading.of(1, [1]) == (None, 5 * MIB)
    assert reading.of(2, [1]) == (None, None)


@pytest.mark.parametrize("table", ["", "No devices were found\n", "NVIDIA-SMI has failed, because, it, could, not\n"])
def test_tables_that_are_none(table: str) -> None:
    assert parse(table, table) == GpuReading()


def test_a_watch_asks_nvidia_smi(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = tmp_path / "nvidia-smi"
    program.write_text(
        '#!/bin/sh\ncase "$1" in *compute*) echo "GPU-aa, 4242, 100";; *) echo "GPU-aa, 55, 120";; esac\n'
    )
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    watch = GpuWatch()
    assert watch.of(0, [4242]) == {}
    watch.start()
    assert wait_until(lambda: watch.of(0, [4242])) == {"gpu": 55.0, "gpu_memory": 100 * MIB}
    watch.stop()


def test_without_nvidia_smi_nothing_is_asked(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    watch = GpuWatch()
    watch.start()
    assert watch.of(0, [1]) == {}
