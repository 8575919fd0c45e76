"""A command on a leash: its exit code is passed on, and it ends with whoever holds the leash."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from tests.helpers.waiting import wait_until

LEASH = Path(__file__).resolve().parents[2] / "desktop_app" / "worker" / "leash.py"
SLEEPER = "import os, subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'])"
SAYS = "; print(os.getpid(), p.pid, flush=True); p.wait()"

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="process groups are POSIX's")


def leash(*command: str) -> subprocess.Popen[str]:
    words = [sys.executable, "-I", str(LEASH), *command]
    return subprocess.Popen(
        words,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )


@pytest.mark.parametrize(("ends", "code"), [("exit 0", 0), ("exit 7", 7), ("kill -9 $$", 137)])
def test_the_exit_code_is_the_commands(ends: str, code: int) -> None:
    with leash("/bin/sh", "-c", f"echo said; {ends}") as held:
        assert held.stdout is not None
        assert held.stdout.read() == "said\n"
        assert held.wait(60) == code


def test_letting_go_of_the_leash_ends_all_of_it() -> None:
    with leash(sys.executable, "-c", SLEEPER + SAYS) as held:
        assert held.stdin is not None
        assert held.stdout is not None
        pids = [int(each) for each in held.stdout.readline().split()]
        assert all(psutil.pid_exists(each) for each in pids)
        held.stdin.close()
        wait_until(lambda: not any(map(psutil.pid_exists, pids)), what="the command and its child to end")
        assert held.wait(60) == -signal.SIGKILL


def test_the_command_itself_reads_nothing() -> None:
    with leash(sys.executable, "-c", "import sys; print(repr(sys.stdin.read()))") as held:
        assert held.stdout is not None
        assert held.stdout.read() == "''\n"
    assert os.getpgrp() != held.pid
