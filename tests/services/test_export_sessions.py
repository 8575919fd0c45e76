"""Warm workers that several exports share: one task at a time, and none ends another's."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from desktop_app.api import Value, WorkerTask
from desktop_app.places import Places
from desktop_app.services.exports.isolation.sessions import Sessions
from desktop_app.services.toolchains import Toolchains
from tests.helpers.waiting import wait_until_async

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="POSIX holds workers by what is tried here")
TASKS = """
import pathlib, time
def wait(report, begun, go):
    pathlib.Path(begun).touch()
    while not pathlib.Path(go).exists():
        time.sleep(0.01)
    return "waited"
def quick(report):
    return "done"
"""


class HerePython:
    """Toolchains that are all this Python."""

    def get(self, name: str) -> SimpleNamespace:
        return SimpleNamespace(origin="chosen", state="ready", title=name, python=sys.executable, reason="")


@pytest.fixture
async def sessions(tmp_path: Path) -> AsyncIterator[Sessions]:
    """Sessions whose workers are this Python."""
    places = cast("Places", SimpleNamespace(workers=tmp_path / "workers"))
    made = Sessions(places, cast("Toolchains", HerePython()))
    yield made
    await made.close()


def begin(sessions: Sessions, folder: Path, function: str, name: str = "") -> asyncio.Task[Value]:
    """Begin a task; one that waits writes NAME.begun, and goes on when there is NAME.go."""
    module = folder / "worker_tasks.py"
    module.write_text(TASKS, "utf-8")
    arguments: dict[str, Value] = {}
    if name:
        arguments = {"begun": str(folder / f"{name}.begun"), "go": str(folder / f"{name}.go")}
    task = WorkerTask("tiny", module, function, arguments, 120.0)
    return asyncio.create_task(sessions.call(task, "", lambda _message, _part: None))


async def there(path: Path) -> None:
    async def is_there() -> bool:
        return path.exists()

    await wait_until_async(is_there)


async def test_who_cancels_ends_no_task_of_another(sessions: Sessions, tmp_path: Path) -> None:
    first = begin(sessions, tmp_path, "wait", "first")
    await there(tmp_path / "first.begun")
    second = begin(sessions, tmp_path, "quick")
    await asyncio.sleep(0)
    first.cancel()
    with pytest.raises(asyncio.CancelledError):
        await first
    assert await second == "done"


async def test_a_session_is_not_ended_in_the_middle_of_a_task(sessions: Sessions, tmp_path: Path) -> None:
    first = begin(sessions, tmp_path, "wait", "first")
    await there(tmp_path / "first.begun")
    ending = asyncio.create_task(sessions.end("tiny", ""))
    await asyncio.sleep(0)
    (tmp_path / "first.go").touch()
    assert await first == "waited"
    await ending
    assert sessions.facts("tiny", "") == ()


async def test_a_session_with_a_task_is_not_idle(
    sessions: Sessions, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("desktop_app.services.exports.isolation.sessions._IDLE", 0.05)
    first, second = (begin(sessions, tmp_path, "wait", name) for name in ("first", "second"))
    await there(tmp_path / "first.begun")
    (tmp_path / "first.go").touch()
    assert await first == "waited"
    await there(tmp_path / "second.begun")
    past = asyncio.Event()
    asyncio.get_running_loop().call_later(0.2, past.set)
    await past.wait()
    (tmp_path / "second.go").touch()
    assert await second == "waited"
