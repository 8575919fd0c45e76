"""Terminals, signals and full disks: what stands between the program and a person."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.helpers.program import Program
from tests.helpers.terminals import on_terminal
from tests.helpers.waiting import wait_until

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX terminals and signals")
MakeJob = Callable[..., Path]
LONG = "echo started; exec sleep 300"


def test_what_a_job_writes_colours_a_terminal_and_does_nothing_else_to_it(program: Program, make_job: MakeJob) -> None:
    job = make_job(r"printf '\033]0;OWNED\007\033[2J\033[31mred\033[0m\000 left\n'", processes=1)
    code, shown = on_terminal(program, "run", job)
    assert (code, shown) == (0, "\x1b[31mred\x1b[0m left\x1b[0m\n")
    name = program("runs", "list", "--json").json["runs"][0]["run"]
    assert on_terminal(program, "runs", "logs", name, "--rank", "0") == (0, shown)
    raw = "\x1b]0;OWNED\x07\x1b[2J\x1b[31mred\x1b[0m\x00 left\n"
    assert program("runs", "logs", name, "--rank", "0").out == raw, "a file gets every byte"


def test_a_list_of_runs_fits_its_terminal(program: Program, make_job: MakeJob) -> None:
    job = make_job("true", processes=1)
    job.write_text(job.read_text().replace("a test", "n" * 255))
    assert program("run", job).code == 0
    code, shown = on_terminal(program, "runs", "list", columns=100)
    assert code == 0
    assert [len(each) <= 100 for each in shown.splitlines()] == [True, True]
    assert "nnn…" in shown
    assert "n" * 255 in program("runs", "list").out, "a file gets it whole"


def test_sigterm_leaves_the_run_and_says_so(program: Program, make_job: MakeJob) -> None:
    following = program.start("run", make_job(LONG), "--json")
    assert following.stderr is not None
    for line in following.stderr:
        if b"started" in line:
            break
    following.send_signal(signal.SIGTERM)
    out, err = following.communicate(timeout=60)
    assert following.returncode == 143
    (run,) = program("runs", "list", "--json").json["runs"]
    assert run["status"] == "Running"
    last = err.decode().splitlines()[-1]
    assert last.startswith(f"error: This program was asked to end; the run {run['run']} goes on. ")
    assert f"`rankzero runs cancel {run['run']}`" in last
    assert run["run"] in json.loads(out)["error"]["message"]
    logs = program.start("runs", "logs", run["run"], "--follow")
    assert logs.stdout is not None
    logs.stdout.readline()
    logs.send_signal(signal.SIGTERM)
    _out, err = logs.communicate(timeout=60)
    assert (logs.returncode, f"the run {run['run']} goes on" in err.decode()) == (143, True)
    assert program("runs", "cancel", run["run"]).code == 0


def _is_gone(folder: Path) -> bool:
    """Remove the folder, which a supervisor may still be writing into."""
    shutil.rmtree(folder, ignore_errors=True)
    return not folder.exists()


def test_a_folder_removed_under_a_foreground_run(program: Program, make_job: MakeJob) -> None:
    following = program.start("run", make_job(LONG))
    assert following.stdout is not None
    following.stdout.readline()
    (folder,) = (program.home / "runs").iterdir()
    wait_until(lambda: _is_gone(folder), what="the folder to go")
    _out, err = following.communicate(timeout=60)
    assert following.returncode == 3
    assert f"The run {folder.name} can't be found any more." in err.decode()
    assert "local://" not in err.decode()
    (found,) = program("runs", "list", "--json").json["runs"]
    assert (found["run"], found["status"]) == (folder.name, "Unknown")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no /dev/full")
@pytest.mark.parametrize(
    "words", [("runs", "list", "--json"), ("new", "job", "--list"), ("runs", "show", "x", "--json")]
)
def test_a_full_disk_behind_standard_output(words: tuple[str, ...], program: Program) -> None:
    with Path("/dev/full").open("wb") as full:
        said = subprocess.run(
            program.command(*words), env=program.variables(), stdout=full, stderr=subprocess.PIPE, check=False
        )
    lines = said.stderr.decode().splitlines()
    assert said.returncode == (1 if words[1] == "show" else 3)
    assert len(lines) == 1, lines
    assert not (program.home / "crashes").exists()


@pytest.mark.skipif(sys.platform == "darwin", reason="there is always a display")
def test_a_dead_display_is_one_line(program: Program, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("WAYLAND_DISPLAY", "QT_QPA_PLATFORM"):
        monkeypatch.delenv(name, raising=False)
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))  # taken, and not listening
        number = nobody.getsockname()[1] - 6000
        for display in (f"127.0.0.1:{number}", ":7777"):
            monkeypatch.setenv("DISPLAY", display)
            said = program("open", ".")
            assert said.code == 3
            assert said.err.startswith("error: The window needs a display, and there is none here (nothing answers at ")
            assert len(said.err.splitlines()) == 1
