"""Switching a plugin on and off are mirror images: whatever the one adds, the other takes away, wholly."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.compose import open_workbench
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.plugins.plugin_settings import set_plugin_setting
from desktop_app.services.settings import Settings
from desktop_app.services.workbench import Workbench
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.waiting import wait_until
from tests.helpers.whole_plugin import ID, left, offered, write_project, write_whole


@pytest.fixture
def bench(places: Places) -> Iterator[Workbench]:
    write_plugin(places.plugins, "other")  # what all plugins share stands already
    made = open_workbench(places.home)
    yield made
    made.plugins.close()


def test_switching_off_is_the_mirror_image_of_switching_on(bench: Workbench, tmp_path: Path) -> None:
    job_file = write_project(tmp_path / "project")
    absent = offered(bench, job_file)
    folder = write_whole(bench.places.plugins)
    bench.settings.set("plugins.disabled", [ID])
    bench.plugins.discover()
    off, held = offered(bench, job_file), left(bench.places)
    assert {name for name in off if off[name] != absent[name]} == {"plugins", "file", "settings"}
    assert "`rankzero plugins enable whole` switches it on." in str(off["file"])

    bench.plugins.enable(ID)
    on = offered(bench, job_file)
    assert [each.reason for each in bench.plugins.plugins if each.state is not PluginState.OK] == []
    assert [name for name in on if on[name] == off[name]] == [], "each kind of thing is there to be seen"
    bench.settings.set("language", "de")
    assert offered(bench, job_file)["says"] == ["Die Grenze ist 60 min."]
    bench.settings.set("language", None)
    set_plugin_setting(bench.plugins, bench.settings, ID, ["limit=5"])
    assert offered(bench, job_file)["says"] == ["The limit is 5 min."]
    set_plugin_setting(bench.plugins, bench.settings, ID, ["limit="])
    assert offered(bench, job_file) == on
    assert left(bench.places)["children"] != held["children"]

    bench.plugins.disable(ID)
    assert offered(bench, job_file) == off
    wait_until(lambda: left(bench.places) == held)

    shutil.rmtree(folder)
    bench.settings.set("plugins.disabled", None)
    bench.plugins.discover()
    assert offered(bench, job_file) == absent


@pytest.mark.parametrize("source", ["bundled", "folder"])
def test_again_and_again_leaves_no_more_than_once(places: Places, tmp_path: Path, source: str) -> None:
    """Where a plugin is bundled it lives in this process: its modules go, too."""
    bundled = tmp_path / "bundled"
    write_whole(bundled if source == "bundled" else places.plugins)
    host = PluginHost(places, Settings(places.settings), bundled=bundled, installed=tuple)
    host.discover()
    host.disable(ID)
    assert host.environment_presets() == ()
    before = left(places)
    for _ in range(3):
        host.enable(ID)
        assert [each.name for each in host.environment_presets()] == ["whole-env"]
        host.disable(ID)
        assert host.environment_presets() == ()
    wait_until(lambda: {**left(places), "children": 0, "threads": 0} == {**before, "children": 0, "threads": 0})
    host.close()
    wait_until(lambda: left(places) == before)
