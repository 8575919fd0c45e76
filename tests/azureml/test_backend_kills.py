"""A program that is killed while it submits: never two jobs, and never one that is lost after it was kept."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from desktop_app.backends.azureml.jobs.outbox import Outbox

ROOT = Path(__file__).resolve().parents[2]
FILES = 40
KILLS = 16


def child(folder: Path, what: str) -> subprocess.Popen[str]:
    """Start a program that submits, or sends what waits."""
    command = [sys.executable, "-m", "tests.helpers.outbox_child", str(folder), what]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def kill_after(process: subprocess.Popen[str], seconds: float) -> None:
    """Let the program work for a while, then kill it without a word."""
    time.sleep(seconds)
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert process.stdout is not None
    process.stdout.close()


def finish(folder: Path, what: str) -> float:
    """Let a program do its work to the end; return how long it took from `ready` on."""
    with child(folder, what) as process:
        began = time.monotonic()
        assert process.stdout is not None
        assert process.stdout.read() == "done\n"
        return time.monotonic() - began


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """A project of many small files, so that copying takes a while."""
    source = tmp_path / "project" / "src"
    source.mkdir(parents=True)
    for number in range(FILES):
        (source / f"file{number}.py").write_text("x = 1\n" * 2000)
    return tmp_path


@pytest.mark.parametrize("seed", range(3))
def test_killed_at_any_instant_there_is_one_job_or_none(project: Path, seed: int) -> None:
    chance = random.Random(seed)
    longest = finish(project, "submit")
    for _kill in range(KILLS // 2):
        kill_after(child(project, "submit"), chance.uniform(0, longest))
        kill_after(child(project, "send"), chance.uniform(0, longest))
    outbox = Outbox(project / "home" / "outbox", project / "home" / "cloud")
    for entry in outbox.entries():
        kept = outbox.folder_of(entry.run)
        assert len(list((kept / "code").iterdir())) == FILES + 1  # with train.py
        assert f"name: {entry.run}\n" in (kept / "job.yml").read_text()
        json.loads((kept / "plan.json").read_text())
    finish(project, "send")
    assert outbox.entries() == []
    assert list((project / "again").iterdir()) == [], "a job was sent twice"
    kept_runs = {each.name for each in (project / "home" / "cloud").iterdir() if not each.name.startswith(".")}
    assert kept_runs == {each.name for each in (project / "jobs").iterdir()}
