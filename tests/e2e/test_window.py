"""The real window, a process of its own: a run is started, watched and canceled; the window is killed and reopened."""

from __future__ import annotations

import json
import os
import random
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_app.places import Places
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.program import ROOT, Program

WAITS_FOR_FILE = "for i in $(seq 1 4000); do test -e {gate} && break; echo $RANK waits; sleep 0.05; done"


class Window:
    """A window process that acts out a scenario and says its steps."""

    def __init__(self, scenario: str, places: Places, folder: Path, display: str | None = None) -> None:
        where = {"DISPLAY": display, "QT_QPA_PLATFORM": "xcb"} if display else {"QT_QPA_PLATFORM": "offscreen"}
        command = [sys.executable, "-m", "tests.helpers.window_driver", scenario, str(places.home), str(folder)]
        self.process = subprocess.Popen(
            command, cwd=ROOT, env={**os.environ, **where}, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )

    def step(self, name: str, **facts: object) -> dict[str, Any]:
        """Return the next step of that name (and with those facts), passing over the others."""
        assert self.process.stdout is not None
        for line in self.process.stdout:
            step: dict[str, Any] = json.loads(line)
            assert step["step"] != "bug", step["report"]
            if step["step"] == name and facts.items() <= step.items():
                return step
        raise AssertionError(f"the window ended without saying {name}:\n{self.process.communicate()[1]}")

    def kill(self) -> None:
        """End the process as a crash would."""
        self.process.kill()
        self.process.communicate()

    def end(self) -> None:
        """Wait for the window to close by itself, with no bug reported."""
        out, err = self.process.communicate(timeout=120)
        assert self.process.returncode == 0, f"{out}\n{err}"


@pytest.fixture
def open_window(no_orphans: Places) -> Iterator[Callable[..., Window]]:
    """Return what opens windows over one home; those that are left are ended."""
    Settings(no_orphans.settings).set(CHOSEN, {"rankzero-pytorch": sys.executable})
    opened: list[Window] = []

    def open_one(scenario: str, folder: Path, display: str | None = None) -> Window:
        opened.append(Window(scenario, no_orphans, folder, display))
        return opened[-1]

    yield open_one
    for each in opened:
        each.kill()


@pytest.fixture
def display() -> Iterator[str]:
    """Return a real X display that nobody sees."""
    server = shutil.which("Xvfb")
    if server is None:
        pytest.fail("Xvfb is missing: `python3 installer/bootstrap.py test` says how to get it")
    read, write = os.pipe()
    command = [server, "-displayfd", str(write), "-screen", "0", "1280x800x24", "-nolisten", "tcp"]
    process = subprocess.Popen(command, pass_fds=(write,), stderr=subprocess.DEVNULL)
    os.close(write)
    with os.fdopen(read) as numbers:
        number = numbers.readline().strip()
    yield f":{number}"
    process.terminate()
    process.wait()


def test_a_run_is_started_reviewed_and_watched_to_its_end(
    open_window: Callable[..., Window], make_job: Callable[..., Path]
) -> None:
    window = open_window("run", make_job("echo hello from $RANK").parent)
    assert window.step("submitted")["handle"].startswith("local://r-")
    over = window.step("over")
    assert over["status"] == "Completed"
    assert Path(over["outputs"]).is_dir()
    window.end()


def test_a_window_killed_at_any_moment_leaves_the_run_alone(
    open_window: Callable[..., Window], make_job: Callable[..., Path], no_orphans: Places, tmp_path: Path
) -> None:
    gate = tmp_path / "go on"
    folder = make_job(WAITS_FOR_FILE.format(gate=f"'{gate}'")).parent
    first = open_window("run", folder)
    handle = first.step("submitted")["handle"]
    first.kill()
    for moment in random.Random(11).sample(["services", "a run", "the run's page"], 2):
        again = open_window("watch", folder)
        if moment == "the run's page":
            again.step("status", status="Running")
        else:
            again.step("saw", what=moment)
        again.kill()
    gate.touch()
    last = open_window("watch", folder)
    assert last.step("over")["status"] == "Completed"
    last.end()
    listed = Program(no_orphans.home, tmp_path, {})("runs", "list", "--json").json
    assert [(each["run"], each["status"]) for each in listed["runs"]] == [
        (handle.removeprefix("local://"), "Completed")
    ]


def test_a_run_is_canceled_from_the_window(
    open_window: Callable[..., Window], make_job: Callable[..., Path], tmp_path: Path
) -> None:
    folder = make_job(WAITS_FOR_FILE.format(gate=f"'{tmp_path / 'never'}'")).parent
    first = open_window("run", folder)
    first.step("status", status="Running")
    first.kill()
    window = open_window("cancel", folder)
    assert window.step("over")["status"] == "Canceled"
    window.end()


@pytest.mark.torch
@pytest.mark.xvfb
def test_the_sample_trains_on_a_real_display(
    open_window: Callable[..., Window], no_orphans: Places, torch_toolchain: Path, display: str, tmp_path: Path
) -> None:
    Settings(no_orphans.settings).set(CHOSEN, {"rankzero-pytorch": str(torch_toolchain)})
    project = tmp_path / "my digits"
    shutil.copytree(ROOT / "resources" / "samples" / "digits", project)
    window = open_window("run", project, display)
    over = window.step("over")
    assert over["status"] == "Completed", over
    assert Path(over["outputs"], "model.pt").stat().st_size > 50_000
    window.end()
