"""Runs whose folders are not as they should be: read one by one, removed where nobody lives, in nobody's way."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import RunStatus, UserError
from desktop_app.backends.local import reading, removing, submitting
from desktop_app.backends.local.backend import LocalBackend
from desktop_app.backends.local.reading import RunReader
from desktop_app.places import Places
from desktop_app.processes import end_child
from desktop_app.worker.supervisor import holding, processes
from tests.helpers import local_runs
from tests.helpers.local_ports import FakePorts
from tests.helpers.waiting import wait_until


@pytest.fixture
def backend(places: Places) -> Iterator[LocalBackend]:
    """A backend from whose runs no process may be left."""
    yield LocalBackend(places, FakePorts())
    local_runs.assert_nothing_left(places.runs)


def make(places: Places, **changes: Any) -> str:
    """Make the folder of a run, which this test submits and nobody starts; return its handle."""
    places.runs.mkdir(parents=True, exist_ok=True)
    folder = submitting.make_folder(local_runs.shell_plan(places.runs, ["true"]), places.runs)
    local_runs.write_state(folder, {**local_runs.state(folder), **changes})
    return f"local://{folder.name}"


def folder_of(places: Places, handle: str) -> Path:
    """Return the run's folder."""
    return places.runs / handle.removeprefix("local://")


ODD: list[dict[str, Any]] = [
    {"supervisor": None}, {"supervisor": 3}, {"supervisor": {"pid": "x", "started": ""}}, {"submitter": {}},
    {"status": []}, {"created": 7}, {"created": "2026-11-21T10:00:00"}, {"ranks": 7}, {"ranks": [7]},
    {"metrics": {"loss": 0.1}}, {"metrics": {"loss": ["much", 1]}}, {"metrics": 5}, {"phases": {}}, {"tags": 7},
    {"display_name": None}, {"first_failure": 7}, {"nodes": "two"}, {"host": 3},
]  # fmt: skip


@pytest.mark.parametrize("changes", ODD, ids=str)
def test_an_odd_run_disturbs_no_other(places: Places, changes: dict[str, Any]) -> None:
    odd, good = make(places, **changes), make(places)
    reader = RunReader(places.runs)
    for _ in range(2):
        found = reader.read([odd, good])
        assert found[good].status is RunStatus.NOT_STARTED
        assert found[odd].status in (RunStatus.UNKNOWN, RunStatus.NOT_STARTED)


@pytest.mark.parametrize("text", ["", "null", "[]", "[" * 20_000, "{", '{"status": "Running"}'])
def test_what_is_no_state_at_all(places: Places, text: str) -> None:
    handle = make(places)
    (folder_of(places, handle) / "run.json").write_text(text)
    found = RunReader(places.runs).read([handle])[handle]
    assert (found.status, found.run) == (RunStatus.UNKNOWN, handle.removeprefix("local://"))
    assert "can't be read" in found.reason


def test_a_run_that_cannot_be_closed_is_unknown(places: Places) -> None:
    gone = {"pid": 1, "started": "never"}
    handle = make(places, status="Running", supervisor=gone, guardian=gone, boot="another", phases=[{}])
    found = RunReader(places.runs).read([handle])[handle]
    assert found.status is RunStatus.UNKNOWN


async def test_a_damaged_run_can_be_removed_and_not_canceled(backend: LocalBackend, places: Places) -> None:
    handle = make(places)
    (folder_of(places, handle) / "run.json").write_text("{")
    with pytest.raises(UserError, match="Nobody sees to"):
        await backend.cancel(handle)
    await backend.remove(handle)
    assert list(places.runs.iterdir()) == []


async def test_a_damaged_run_that_goes_on_is_not_removed(backend: LocalBackend, places: Places) -> None:
    places.runs.mkdir(parents=True)
    folder = local_runs.start(places.runs, ["echo up; sleep 600"])
    local_runs.wait_for_log(folder, "up")
    handle = f"local://{folder.name}"
    (folder / "run.json").write_text("{")
    with pytest.raises(UserError, match="is not over"):
        await backend.remove(handle)
    await backend.cancel(handle)
    await asyncio.to_thread(wait_until, lambda: not local_runs.left_of(folder))
    await backend.remove(handle)
    assert not folder.exists()


async def test_a_run_of_which_a_process_is_left_is_not_removed(backend: LocalBackend, places: Places) -> None:
    handle = make(places, created=7)
    folder = folder_of(places, handle)
    mark = local_runs.state(folder)["mark"]
    environment = {**os.environ, processes.MARK: mark}
    left = await asyncio.create_subprocess_exec("sleep", "600", env=environment)
    try:
        with pytest.raises(UserError, match=f"still there: {left.pid}"):
            await backend.remove(handle)
    finally:
        await end_child(left)
    await backend.remove(handle)


async def test_a_run_of_another_computer_is_not_removed(backend: LocalBackend, places: Places) -> None:
    handle = make(places, host="elsewhere")
    with pytest.raises(UserError, match="belongs to elsewhere"):
        await backend.remove(handle)
    await backend.cancel(handle)
    assert (folder_of(places, handle) / "requests" / "cancel").exists(), "its supervisor may well see it"


def test_while_one_run_is_being_closed_the_others_are_read(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = {"pid": 1, "started": "never"}
    slow, good = make(places, status="Running", supervisor=gone, guardian=gone), make(places)
    reader = RunReader(places.runs)
    monkeypatch.setattr(reading, "_close", lambda folder: None)
    assert reader.read([slow])[slow].status is RunStatus.RUNNING
    with reader._places[slow].lock:
        found = reader.read([slow, good])
    assert (found[slow].status, found[good].status) == (RunStatus.RUNNING, RunStatus.NOT_STARTED)


async def test_what_a_killed_program_left_in_the_trash_is_collected(backend: LocalBackend, places: Places) -> None:
    (places.runs / ".r-1.trash" / "code").mkdir(parents=True)
    (places.runs / ".r-1.trash" / "code").chmod(0o500)
    assert await backend.discover() == ()
    await asyncio.to_thread(wait_until, lambda: not any(places.runs.iterdir()))


def test_a_run_is_gone_before_its_files_are(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = folder_of(places, make(places))

    def killed(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(shutil, "rmtree", killed)
    with pytest.raises(KeyboardInterrupt):
        removing.delete(folder)
    assert not folder.exists()
    monkeypatch.undo()
    removing.collect(places.runs)
    assert list(places.runs.iterdir()) == []


async def test_who_cancels_a_submission_cancels_the_run(
    backend: LocalBackend, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = local_runs.shell_plan(places.runs, ["echo up; sleep 600"])
    started = asyncio.Event()

    def progress(message: str, _part: float | None) -> None:
        if "supervisor" in message:
            started.set()

    task = asyncio.create_task(backend.submit(plan, progress))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    run = await asyncio.to_thread(local_runs.end_of, places.runs / plan.run)
    assert run["status"] == "Canceled"


def test_json_of_a_run_with_a_lock_held_elsewhere(places: Places) -> None:
    handle = make(places, submitter={"pid": 1, "started": "never"})
    folder = folder_of(places, handle)
    os.utime(folder / "run.json", (1, 1))
    with holding.held(folder):
        assert RunReader(places.runs).read([handle])[handle].status is RunStatus.NOT_STARTED
    assert json.loads((folder / "run.json").read_text())["status"] == "NotStarted"


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone can't be set here")
def test_what_a_person_reads_is_in_the_time_of_this_computer(places: Places, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    try:
        deed = "rank 1 was killed at 07:00:00 UTC"
        first = {"rank": 1, "at": "2026-11-21T07:00:01Z", "exit_code": -9, "drill": deed}
        over = {"status": "Failed", "ended": "2026-11-21T07:00:02Z"}
        handle = make(places, reason=f"Drilled before: {deed}.", first_failure=first, **over)
        found = RunReader(places.runs).read([handle])[handle]
    finally:
        monkeypatch.undo()
        time.tzset()
    assert found.reason == "Drilled before: rank 1 was killed at 16:00:00 JST."
    assert found.first_failure is not None
    assert found.first_failure.drill == "rank 1 was killed at 16:00:00 JST"
