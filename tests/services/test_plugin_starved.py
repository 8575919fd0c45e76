"""A plugin that the machine leaves no time is waited for; one that sleeps is not, however busy the machine is."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator

import pytest

from desktop_app.places import Places
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.processes import crew
from desktop_app.services.plugins.processes.calls import Limit
from tests.helpers.plugin_folders import preset_hooks, write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux says who is ready to run")

_LIMIT = Limit(0.5, 60.0)
_SPIN = "import os, sys; os.sched_setaffinity(0, {int(sys.argv[1])}); print(flush=True)\nwhile True: pass"
_LAST = "os.sched_setaffinity(0, {{{processor}}}); os.nice(19)"
# What they do until 0.7 s are over: it is more than the limit, and beside three others less than half of it is theirs.
_WORKS = "until = time.monotonic() + 0.7\nwhile time.monotonic() < until: pass"
_RETURNS = "from desktop_app.api import EnvironmentPreset\nreturn [EnvironmentPreset('done', 't', 'r')]"


@pytest.fixture
def host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


@pytest.fixture
def busy() -> Iterator[int]:
    """A processor that three others want, each in a session of its own: Linux shares time between sessions first."""
    processor = min(os.sched_getaffinity(0))
    words = [sys.executable, "-S", "-c", _SPIN, str(processor)]
    spinners = [subprocess.Popen(words, stdout=subprocess.PIPE, start_new_session=True) for _ in range(3)]
    try:
        for each in spinners:
            assert each.stdout is not None
            each.stdout.readline()
        yield processor
    finally:
        for each in spinners:
            each.kill()
            each.communicate()


def test_who_is_starved_is_waited_for_and_who_sleeps_beside_it_is_not(
    places: Places, host: MakeHost, busy: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(crew, "HOOK", _LIMIT)
    begin = _LAST.format(processor=busy)
    for name, does in (("starved", _WORKS), ("asleep", "time.sleep(1000)")):
        write_plugin(places.plugins, name, preset_hooks(before="import os, time", body=f"{begin}\n{does}\n{_RETURNS}"))
    made = host()
    made.load()
    assert [each.name for each in made.environment_presets()] == ["done"]
    asleep, starved = made.plugins
    assert starved.state is PluginState.OK, starved.reason
    assert (asleep.state, asleep.problem) == (PluginState.FAILED, "hang")
