"""A change of plugins is done wholly or not at all, whoever is killed, refuses, or changes something meanwhile."""

from __future__ import annotations

import asyncio
import dataclasses
import errno
import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.api import Job, OutsideError, UserError
from desktop_app.places import Places
from desktop_app.services.files import locked
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.installing.changing import applying, staging, transactions
from desktop_app.services.plugins.installing.keeping.registry import Registry, State
from desktop_app.services.plugins.installing.models import Order
from desktop_app.services.plugins.processes import crew
from desktop_app.services.plugins.processes.calls import Limit
from tests.helpers import plugin_changes
from tests.helpers.plugin_folders import preset_hooks
from tests.helpers.plugin_managers import Desk, OpenDesk, desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.rights import obeys_modes
from tests.helpers.waiting import wait_until_async

KILLS = 15


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


@pytest.fixture
def wheels(tmp_path: Path) -> Path:
    plugin_changes.make_wheels(tmp_path / "wheels")
    return tmp_path / "wheels"


def run(places: Places, wheels: Path, what: str, step: int) -> list[str]:
    process = plugin_changes.start(places, wheels, what, step)
    return process.communicate()[0].decode().split("\n")[:-1]


def places_of(root: Path, places: Places) -> Places:
    """Return a home of its own in the cache of the test: what uv has unpacked is there."""
    return Places(root / "home", places.cache)


def test_killed_at_any_step_the_old_or_the_new_state_is_whole(places: Places, wheels: Path, tmp_path: Path) -> None:
    (count,) = run(places_of(tmp_path / "0", places), wheels, "count", 0)
    assert int(count) > 60
    spread = [1 + each * int(count) // KILLS for each in range(KILLS)]
    found = []
    for step in spread:
        home = tmp_path / "homes" / str(step)
        process = plugin_changes.start(Places(home, places.cache), wheels, "kill", step)
        process.communicate()
        assert process.returncode == -9
        found.append(plugin_changes.check_whole(Places(home, places.cache)))
    assert len([each for each in plugin_changes.WHOLE if each in found]) >= 3, "the kills were spread over the changes"


def test_a_full_disk_at_any_write_changes_nothing(places: Places, wheels: Path, tmp_path: Path) -> None:
    (count,) = run(places_of(tmp_path / "0", places), wheels, "count", 0)
    for step in random.Random(7).sample(range(1, int(count)), 5):
        home = tmp_path / "homes" / str(step)
        said, *_ = run(Places(home, places.cache), wheels, "full", step)
        assert "disk is full" in said or "No space left" in said or said.isdigit(), said
        plugin_changes.check_whole(Places(home, places.cache))


@obeys_modes
def test_a_home_that_may_not_be_written_is_said(tmp_path: Path, places: Places) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    places.home.mkdir()
    places.home.chmod(0o500)
    with desks(places) as opened:
        desk = opened()
        plan = asyncio.run(desk.plan(wheel))
        with pytest.raises(OutsideError, match="Nothing was changed") as caught:
            asyncio.run(desk.manager.apply(plan, quiet, agreed=True))
        assert "may write" in caught.value.hint
        assert desk.versions() == {}
    places.home.chmod(0o700)


def test_two_programs_change_the_same_plugins_at_once(places: Places, wheels: Path) -> None:
    both = [plugin_changes.start(places, wheels, "count", 0) for _ in range(2)]
    said = [each.communicate()[0].decode().split("\n")[0] for each in both]
    assert [each.returncode for each in both] == [0, 0]
    assert all(each.isdigit() or "changed after" in each or "no plugin" in each for each in said), said
    plugin_changes.check_whole(places, among=None)  # one may take back what the other did


async def test_two_windows_install_different_plugins_at_once(open_desk: OpenDesk, tmp_path: Path) -> None:
    one, two = open_desk(), open_desk()
    await asyncio.gather(
        one.install(write_plugin_wheel(tmp_path, "acme")), two.install(write_plugin_wheel(tmp_path, "bolt"))
    )
    assert one.versions() == two.versions() == {"acme": "1.0", "bolt": "1.0"}
    assert sorted(open_desk().seen()) == ["acme", "bolt"]


async def test_two_windows_install_the_same_plugin_at_once(open_desk: OpenDesk, tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    one, two = open_desk(), open_desk()
    done = await asyncio.gather(one.install(wheel), two.install(wheel), return_exceptions=True)
    refused = [each for each in done if isinstance(each, UserError)]
    assert len(refused) == 1
    assert "changed after this was planned" in refused[0].message
    assert open_desk().seen().keys() == {"acme"}
    assert len(one.folders()) == 1


async def test_who_waits_for_another_window_says_so_and_may_be_cancelled(desk: Desk, tmp_path: Path) -> None:
    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme"))
    said: list[str] = []
    waits = asyncio.Event()

    def progress(message: str, part: float | None) -> None:
        said.append(message)
        waits.set()

    with locked(desk.root / "lock"):
        task = asyncio.create_task(desk.manager.apply(plan, progress, agreed=True))
        await waits.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
    assert said == ["Waiting for another window that changes plugins"]
    await desk.manager.apply(plan, quiet, agreed=True)


@pytest.mark.parametrize("at", ["add_needs", "unpack", "record_files", "_switch", "clean"])
async def test_cancelled_at_any_step_nothing_is_half_done(
    desk: Desk, wheels: Path, at: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = await desk.plan("bolt", wheels)
    task = asyncio.create_task(desk.manager.apply(plan, quiet, agreed=True))
    _at(monkeypatch, at, asyncio.get_running_loop(), task)
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.versions() == ({"bolt": "1.0"} if at in {"_switch", "clean"} else {})
    assert len(desk.folders()) == len(desk.versions())
    monkeypatch.undo()
    await desk.install("bolt", wheels)


def _at(monkeypatch: pytest.MonkeyPatch, at: str, loop: asyncio.AbstractEventLoop, task: asyncio.Task[object]) -> None:
    """Have the task cancelled when a step begins."""
    owners: dict[str, object] = {
        "add_needs": staging,
        "unpack": staging,
        "record_files": applying,
        "_switch": transactions.Transaction,
        "clean": Registry,
    }
    original: Callable[..., object] = getattr(owners[at], at)

    def cancels(*arguments: object, **options: object) -> object:
        if not (at == "clean" and not _is_switched(arguments[1])):
            loop.call_soon_threadsafe(task.cancel)
        return original(*arguments, **options)

    monkeypatch.setattr(owners[at], at, cancels)


def _is_switched(state: object) -> bool:
    return isinstance(state, State) and bool(state.plugins)


SLOW = """
from desktop_app.api import hookimpl


@hookimpl
def explain_failure(report):
    return []


@hookimpl
def check_job(job):
    BODY
    return []
"""

REFUSED = {
    "raises": (preset_hooks(before="1 / 0"), "ZeroDivisionError"),
    "exits": (preset_hooks(before="import sys; sys.exit(3)"), "SystemExit"),
    "ends its process": (preset_hooks(before="import os; os._exit(3)"), "exit code 3"),
    "prints": (preset_hooks(before="print('hello')"), "prints (“hello”)"),
    "starts threads": (
        preset_hooks(before="import threading\nthreading.Thread(target=threading.Event().wait, daemon=True).start()"),
        "thread",
    ),
    "misses a module": (preset_hooks(before="import nosuchmodule"), "nosuchmodule"),
    "has an unknown hook": (preset_hooks() + "\n\n@hookimpl\ndef nosuch_hook():\n    return []\n", "nosuch_hook"),
    "has wrong parameters": ("from desktop_app.api import hookimpl\n\n\n@hookimpl\ndef check_job(jobb): ...\n", "jobb"),
    "returns nonsense": (preset_hooks(body="return 'abc'"), "not a list or tuple"),
    "raises in a hook": (preset_hooks(body="return {}['x']"), "KeyError"),
    "does not parse": ("def (:\n", "SyntaxError"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
async def test_what_breaks_is_refused_and_the_old_version_stays(desk: Desk, tmp_path: Path, name: str) -> None:
    hooks, reason = REFUSED[name]
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme", "2.0", hooks))
    with pytest.raises(UserError) as caught:
        await desk.manager.apply(plan, quiet, agreed=True)
    assert "Acme was not updated to 2.0, and stays at 1.0: " in caught.value.message
    assert reason in caught.value.message
    assert desk.versions() == {"acme": "1.0"}
    assert desk.presets() == ["acme"]
    assert len(desk.folders()) == 1


async def test_an_import_that_hangs_is_cut_off(desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crew, "IMPORT", Limit(0.5, 30.0))
    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme", hooks="import threading\nthreading.Event().wait()\n"))
    with pytest.raises(UserError, match=r"Its import .+ 0\.5 s and was cut off"):
        await desk.manager.apply(plan, quiet, agreed=True)
    assert desk.folders() == set()


async def test_a_cancel_ends_the_process_of_the_check(desk: Desk, tmp_path: Path) -> None:
    began = tmp_path / "began"
    hooks = f"import pathlib, threading\npathlib.Path({str(began)!r}).touch()\nthreading.Event().wait()\n"
    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme", hooks=hooks))
    task = asyncio.create_task(desk.manager.apply(plan, quiet, agreed=True))
    await wait_until_async(lambda: asyncio.to_thread(began.exists))
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert desk.folders() == set()


async def test_a_plugin_is_removed_while_its_hook_runs(desk: Desk, tmp_path: Path) -> None:
    began = tmp_path / "began"
    body = f"import pathlib, threading\npathlib.Path({str(began)!r}).touch()\nthreading.Event().wait()"
    await desk.install(write_plugin_wheel(tmp_path, "acme", hooks=SLOW.replace("BODY", body.replace("\n", "\n    "))))
    asking = asyncio.create_task(asyncio.to_thread(desk.host.check_job, Job("x")))
    await wait_until_async(lambda: asyncio.to_thread(began.exists))
    await desk.manager.remove("acme", quiet)
    assert await asking == ()
    assert desk.seen() == {}


async def test_what_can_not_be_written_down_is_not_switched(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))

    def full(_registry: Registry, _state: State) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(Registry, "write", full)
    changes = (desk.manager.switch("acme", on=False), desk.manager.remove("acme", quiet), desk.undo())
    for change in changes:
        with pytest.raises(OutsideError, match="The disk is full; nothing was changed"):
            await change
        assert {name: state for name, (_, state) in desk.seen().items()} == {"acme": PluginState.OK}
        assert desk.settings.get("plugins.disabled") is None
    assert desk.presets() == ["acme"]


async def test_of_several_one_that_breaks_keeps_all_from_being_changed(desk: Desk, tmp_path: Path) -> None:
    good, bad = write_plugin_wheel(tmp_path, "good"), write_plugin_wheel(tmp_path, "worse", hooks="1 / 0\n")
    plans = [await desk.manager.plan_install(Order(str(each)), quiet) for each in (good, bad)]
    both = dataclasses.replace(plans[0], items=(*plans[0].items, *plans[1].items))
    with pytest.raises(UserError, match="Worse was not installed"):
        await desk.manager.apply(both, quiet, agreed=True)
    assert desk.versions() == {}
    assert desk.folders() == set()
