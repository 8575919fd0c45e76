"""Children of the program end with what started them, and how they ended is known."""

from __future__ import annotations

import asyncio
import sys

import psutil
import pytest

from desktop_app.processes import end_child, end_group, exited, group_options
from tests.helpers.waiting import wait_until

PIPE = asyncio.subprocess.PIPE
KILLED = -9 if sys.platform != "win32" else 1
NO_END = "import sys, time; print('up', flush=True); time.sleep(600)"


async def python(code: str) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(sys.executable, "-S", "-c", code, stdin=PIPE, stdout=PIPE)


async def test_a_child_that_would_not_end_is_ended() -> None:
    child = await python(NO_END)
    await end_child(child)
    assert child.returncode == KILLED
    assert not psutil.pid_exists(child.pid)


async def test_a_child_that_has_ended_keeps_its_exit_code() -> None:
    child = await python("raise SystemExit(7)")
    await exited(child)
    await end_child(child)
    assert child.returncode == 7


async def test_a_second_cancel_loses_no_child() -> None:
    child = await python(NO_END)
    ending = asyncio.create_task(end_child(child))
    await asyncio.sleep(0)
    ending.cancel()
    with pytest.raises(asyncio.CancelledError):
        await ending
    assert await child.wait() == KILLED


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no watcher of children")
async def test_a_child_that_dies_while_it_is_ended_is_known_to_asyncio() -> None:
    # A look whether it has ended, as `Process.kill` has one, reaps about one of twenty behind asyncio's back:
    # "Unknown child process", which `no_stray_log` hears, and 255 for an exit code.
    codes = []
    for _ in range(300):
        child = await asyncio.create_subprocess_exec("cat", stdin=PIPE, stdout=PIPE)
        assert child.stdin is not None
        assert child.stdout is not None
        child.stdin.close()
        await child.stdout.read()  # its output ends a moment before it does
        await end_child(child)
        codes.append(child.returncode)
    assert set(codes) <= {0, KILLED}


@pytest.mark.skipif(sys.platform == "win32", reason="made of a shell's words")
@pytest.mark.parametrize("words", ["sleep 600 & echo $!; wait", "trap '' TERM; sleep 600 & echo $!; wait; wait"])
async def test_a_group_ends_as_one(words: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("desktop_app.processes._GRACE", 0.2)
    leader = await asyncio.create_subprocess_exec("bash", "-c", words, stdout=PIPE, **group_options())
    assert leader.stdout is not None
    grandchild = int(await leader.stdout.readline())
    await end_group(leader)
    assert leader.returncode in {-9, -15}
    await asyncio.to_thread(wait_until, lambda: not psutil.pid_exists(grandchild))
