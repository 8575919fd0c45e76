"""What was changed from outside is noticed: the list of plugins by others, and folders that plugins are used from."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.plugins.installing.outside import Outside
from tests.helpers.plugin_folders import HOOKS, write_plugin
from tests.helpers.plugin_managers import OpenDesk, desks


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


async def test_edits_in_a_plugins_own_folder_count_without_a_restart(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    own = write_plugin(tmp_path, "acme")
    by_hand = write_plugin(desk.places.plugins, "bolt")
    await desk.install(own)
    outside = Outside(desk.places, desk.host)
    assert outside.restart_edited() == (), "that is how they are"
    assert desk.presets() == ["acme", "bolt"]
    assert outside.restart_edited() == ()
    for folder, name in ((own, "acme-two"), (by_hand, "bolt-two")):
        before = (folder / "hooks.py").stat().st_mtime_ns
        (folder / "hooks.py").write_text(HOOKS.replace("{id}", name))
        os.utime(folder / "hooks.py", ns=(before + 10**9, before + 10**9))
    assert sorted(outside.restart_edited()) == ["acme", "bolt"]
    assert desk.presets() == ["acme-two", "bolt-two"]
    (own / "__pycache__").mkdir(exist_ok=True)
    (own / "__pycache__" / "hooks.pyc").write_text("x")
    assert outside.restart_edited() == (), "what Python writes is no edit"


async def test_what_another_window_changed_is_noticed_once(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk, other = open_desk(), open_desk()
    outside = Outside(desk.places, desk.host)
    assert not outside.registry_changed()
    await other.install(write_plugin(tmp_path, "acme"))
    assert outside.registry_changed()
    assert not outside.registry_changed()
    assert await desk.manager.look_again()
    assert "acme" in desk.seen()
