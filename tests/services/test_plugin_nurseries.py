"""Where plugins' processes come from: nurseries that die, stop or can't end a child, and what there is without one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from desktop_app.services.plugins.processes import crew, nursery
from desktop_app.services.plugins.processes.calls import Limit
from tests.helpers.plugin_folders import HOOKS, preset_hooks, write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts
from tests.helpers.plugin_processes import nurseries, plugin_processes

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make
    assert nurseries() == []


def info_of(host: PluginHost, plugin_id: str) -> PluginInfo:
    return next(each for each in host.plugins if each.id == plugin_id)


def names(host: PluginHost) -> list[str]:
    return [each.name for each in host.environment_presets()]


def test_without_a_nursery_too_it_is_said_where_who_hangs_or_crashes_was(
    places: Places, host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "HOOK", Limit(0.5, 20.0))
    write_plugin(places.plugins, "hangs", preset_hooks(body="import time; time.sleep(1000)"))
    write_plugin(places.plugins, "segfaults", preset_hooks(body="import ctypes; ctypes.string_at(0)"))
    made = host()
    made._cradles._left = 0
    assert names(made) == []
    for name, reason in (("hangs", "did not answer for 0.5 s"), ("segfaults", "signal 11, SIGSEGV")):
        assert reason in info_of(made, name).reason
        assert "in environment_presets" in info_of(made, name).details
    assert plugin_processes() == []


def test_a_nursery_that_is_killed_is_replaced_and_no_plugin_is_blamed(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha")
    write_plugin(places.plugins, "beta")
    made = host()
    for _ in range(4):  # more often than a nursery is tried: each plugin then gets a Python of its own
        assert names(made) == ["alpha", "beta"]
        for each in nurseries():
            each.kill()
            each.wait()
    assert names(made) == ["alpha", "beta"]
    assert len(plugin_processes()) == 2
    assert nurseries() == []
    assert [each.state for each in made.plugins] == [PluginState.OK, PluginState.OK]
    made.disable("alpha")
    assert len(plugin_processes()) == 1


def test_a_nursery_that_does_not_answer_is_replaced_and_who_hangs_is_named_all_the_same(
    places: Places, host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "HOOK", Limit(0.5, 20.0))
    monkeypatch.setattr(nursery, "_END", 0.2)
    write_plugin(places.plugins, "alpha", preset_hooks(body="import time; time.sleep(1000)"))
    write_plugin(places.plugins, "beta")
    made = host()
    made.load()
    (stopped,) = nurseries()
    stopped.suspend()
    assert names(made) == ["beta"]
    assert info_of(made, "alpha").reason == "Its hook environment_presets did not answer for 0.5 s and was cut off."
    assert not stopped.is_running(), "nobody waits for it any more"
    assert names(made) == ["beta"]
    assert info_of(made, "beta").state is PluginState.OK


UNKILLABLE = """
import os, socket, sys, time

from desktop_app.api._plugins import nursery

child = os.fork()
if not child:
    time.sleep(1000)
nursery._kill, nursery._WAIT, kill = lambda pid, number: None, 0.05, nursery._kill
nursery._Nursery(socket.socket(), (0, 0))._sweep()
nursery._kill, nursery._WAIT = kill, 30.0
nursery._Nursery(socket.socket(), (0, 0))._sweep()
try:
    os.kill(child, 0)
except ProcessLookupError:
    print("ended")
"""


def test_a_child_that_the_nursery_may_not_kill_is_not_waited_for() -> None:
    words = [sys.executable, "-c", UNKILLABLE]
    done = subprocess.run(words, check=False, cwd=ROOT, capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("ended\n", "")


def test_on_windows_the_python_behind_a_virtual_environment_is_started(
    places: Places, host: MakeHost, monkeypatch: pytest.MonkeyPatch
) -> None:
    usual, behind = nursery.python("linux"), nursery.python("win32")
    assert usual == sys.executable
    assert behind == sys._base_executable  # type: ignore[attr-defined]
    monkeypatch.setattr(nursery, "python", lambda _platform: behind)
    before = "import pluggy, sys\nassert sys.prefix == sys.base_prefix"
    write_plugin(places.plugins, "alpha", f"{before}\n{HOOKS}")
    assert names(host()) == ["alpha"]
