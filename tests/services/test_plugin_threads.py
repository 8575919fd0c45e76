"""Plugins are asked from any thread: one call at a time, and who listens is told where the loop is."""

from __future__ import annotations

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, cast

import pytest

from desktop_app.api import Job
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.plugins.processes import crew
from desktop_app.services.plugins.processes.calls import Limit
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import preset_hooks, write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts
from tests.helpers.waiting import wait_until


@pytest.fixture
def host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


async def test_a_hook_that_fails_on_a_thread_is_told_on_the_loops(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", preset_hooks(body="1 / 0"))
    made, told = host(), asyncio.Event()
    where: list[threading.Thread] = []
    made.changed.connect(lambda: where.append(threading.current_thread()))
    made.changed.connect(told.set)
    assert await asyncio.to_thread(made.environment_presets) == ()
    await asyncio.wait_for(told.wait(), 30)
    assert where == [threading.current_thread()]
    assert made.plugins[0].state is PluginState.FAILED


def test_without_a_loop_it_is_told_at_once(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", preset_hooks(body="1 / 0"))
    made, told = host(), []
    made.changed.connect(lambda: told.append(made.plugins[0].state))
    made.environment_presets()
    assert told == [PluginState.FAILED]


COUNTS = """
import threading

from desktop_app.api import Job, JobWizard, hookimpl

BUSY = threading.Lock()


def alone(*arguments):
    assert BUSY.acquire(blocking=False), "two calls at once"
    try:
        threading.Event().wait(0.002)  # other threads get their turn
        return [] if len(arguments) < 2 else Job("x")
    finally:
        BUSY.release()


@hookimpl
def check_job(job):
    return alone(job)


@hookimpl
def job_wizards():
    alone()
    return [JobWizard("w", "A wizard", "Makes jobs.", lambda answers, context: (), alone)]
"""


def test_calls_are_one_at_a_time_wizards_included(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", COUNTS)
    made = host()
    together = threading.Barrier(8)

    def ask(number: int) -> object:
        together.wait(30)
        if number % 2:
            return made.check_job(Job("ls"))
        return [wizard.build({}, cast("Any", None)) for _, wizard in made.wizards()]

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(ask, range(8)))
    assert answers == [[Job("x")], ()] * 4
    assert made.plugins[0].state is PluginState.OK, made.plugins[0].reason


def test_plugins_are_imported_once_by_many_threads(places: Places, host: MakeHost, tmp_path: Path) -> None:
    write_plugin(places.plugins, "alpha", preset_hooks(before=f"open({str(tmp_path / 'log')!r}, 'a').write('x')"))
    made = host()
    together = threading.Barrier(6)

    def load(_number: int) -> None:
        together.wait(30)
        made.load()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(load, range(6)))
    assert (tmp_path / "log").read_text() == "x"


def test_what_others_print_meanwhile_stays_where_it_belongs(
    places: Places, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    inside, said = threading.Event(), threading.Event()
    monkeypatch.setattr(sys, "inside_a_plugin", (inside, said), raising=False)
    body = "import sys\nprint('plugin')\ninside, said = sys.inside_a_plugin\ninside.set()\nsaid.wait(30)\nreturn []"
    write_plugin(tmp_path / "bundled", "alpha", preset_hooks(body=body))
    made = PluginHost(places, Settings(places.settings), bundled=tmp_path / "bundled", installed=tuple)
    made.discover()
    with ThreadPoolExecutor(1) as pool:
        asked = pool.submit(made.environment_presets)
        assert inside.wait(30)
        print("program")
        said.set()
        assert asked.result(30) == ()
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("program\n", "plugin\n")
    made.disable("alpha")


PRINTING = """
import sys, threading
from desktop_app.services.plugins.guards import Turns

turns, over = Turns(), threading.Event()

def call() -> None:
    while not over.is_set():
        with turns.quiet():
            pass

sys.setswitchinterval(1e-6)
threads = [threading.Thread(target=call) for _ in range(3)]
for each in threads:
    each.start()
for number in range(30_000):
    print(number, flush=True)
over.set()
for each in threads:
    each.join()
"""


def test_what_the_program_prints_while_plugins_are_called_arrives_and_ends_nothing() -> None:
    said = subprocess.run([sys.executable, "-c", PRINTING], capture_output=True, text=True, timeout=200, check=False)
    assert said.returncode == 0, said.stderr
    assert said.stdout.split() == [str(each) for each in range(30_000)]


WELL = """
import pathlib

from desktop_app.api import EnvironmentPreset, Job, JobWizard, hookimpl


@hookimpl
def check_job(job):
    with pathlib.Path(job.command).open("a") as log:
        log.write("x")


@hookimpl
def environment_presets():
    return [EnvironmentPreset("well", "Well", "r")]


@hookimpl
def job_wizards():
    return [JobWizard("w", "A wizard", "Makes jobs.", lambda answers, context: (), lambda answers, context: Job("x"))]
"""
HANGS = """
import pathlib, time

from desktop_app.api import hookimpl


@hookimpl
def check_job(job):
    pathlib.Path(job.command).with_suffix(".hangs").touch()
    time.sleep(1000)
"""


def test_who_hangs_holds_up_nobody_else(
    places: Places, host: MakeHost, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "HOOK", Limit(30.0, 30.0))
    write_plugin(places.plugins, "alpha", WELL)
    write_plugin(places.plugins, "hangs", HANGS)
    write_plugin(places.plugins, "zeta", WELL)
    made, log = host(), tmp_path / "log"
    log.touch()
    ((_, wizard), _other) = made.wizards()
    with ThreadPoolExecutor(2) as pool:
        asked = [pool.submit(made.check_job, Job(str(log)))]
        wait_until(log.with_suffix(".hangs").exists, what="the hook that hangs to be called")
        wait_until(lambda: log.read_text() == "xx", what="the others to be called")
        asked.append(pool.submit(made.check_job, Job(str(log))))
        wait_until(lambda: log.read_text() == "xxxx", what="the others to be called once more, by another thread")
        assert [each.name for each in made.environment_presets()] == ["well", "well"]
        assert wizard.build({}, cast("Any", None)) == Job("x")
        assert not any(each.done() for each in asked), "they wait for the one that hangs"
        made.disable("hangs")
        assert [each.result(30) for each in asked] == [(), ()]
    assert made.plugins[1].failures == 0
