"""The real window is killed while somebody types: what was typed comes back, and no process of it is left."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import psutil

from desktop_app.places import Places
from tests.helpers.program import ROOT
from tests.helpers.waiting import wait_until
from tests.ui.files_bench import project

_LOST = 2.0  # seconds of typing, at most
_SLOW = 2.0  # more, where a machine under load is late with everything


def _window(scenario: str, home: Path, folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-m", "tests.helpers.window_driver", scenario, str(home), str(folder)]
    where = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    return subprocess.Popen(command, cwd=ROOT, env=where, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def _steps(window: subprocess.Popen[str], name: str, last: float | None = None) -> list[dict[str, object]]:
    """Return the steps of a name, up to the first, or those of `last` seconds."""
    assert window.stdout is not None
    found: list[dict[str, object]] = []
    for line in window.stdout:
        step = json.loads(line)
        assert step["step"] != "bug", step
        if step["step"] == name:
            found.append(step)
            if last is None or float(step["at"]) - float(str(found[0]["at"])) > last:
                return found
    raise AssertionError(window.communicate()[1])


def test_what_was_typed_before_a_kill_comes_back(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path / "digits")
    before = (folder / "job.yml").read_bytes()
    typing = _window("type", places.home, folder)
    typed = _steps(typing, "typed", last=5.0)
    killed = time.time()
    typing.kill()
    typing.communicate()
    assert (folder / "job.yml").read_bytes() == before
    reading = _window("read", places.home, folder)
    step = _steps(reading, "text")[0]
    kept = str(step["text"])
    safe = [each for each in typed if float(str(each["at"])) < killed - _LOST - _SLOW]
    assert len(safe) > 5, "enough was typed to tell"
    missing = [each["number"] for each in safe if f"# line {each['number']}\n" not in f"{kept}\n"]
    assert missing == []
    out, err = reading.communicate(timeout=120)
    assert reading.returncode == 0, f"{out}\n{err}"


def test_the_check_of_the_folder_ends_with_a_window_that_is_killed(places: Places, tmp_path: Path) -> None:
    folder = project(tmp_path / "digits")
    window = _window("read", places.home, folder)
    (pid,) = list(_steps(window, "text")[0]["pids"])  # type: ignore[call-overload]
    window.kill()
    window.communicate()
    wait_until(lambda: not psutil.pid_exists(pid), what="the end of the check")
