"""Whatever lies where plugins are looked for: the bad one is shown as failed, and the others and the program go on."""

from __future__ import annotations

import asyncio
import json
import os
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.installing.keeping.registry import FILE
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_managers import OpenDesk, desks
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.rights import obeys_modes

NOWHERE = ["/a\0b", "/\ud800", "/" + "x" * 300]
"""Folders that can't even be asked about, as on a mount that was dropped."""


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


@pytest.mark.parametrize("folder", NOWHERE, ids=["nul", "surrogate", "too long"])
async def test_a_registered_folder_that_cannot_be_asked_about_hides_no_other(
    open_desk: OpenDesk, tmp_path: Path, folder: str
) -> None:
    desk = open_desk()
    await desk.install(write_plugin(tmp_path / "mine", "mine"))
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    data = json.loads((desk.root / FILE).read_text("utf-8"))
    next(each for each in data["plugins"] if each["id"] == "mine")["folder"] = folder
    (desk.root / FILE).write_text(json.dumps(data), "utf-8")
    seen = {key: state for key, (_, state) in open_desk().seen().items()}
    assert seen == {"acme": PluginState.OK, "mine": PluginState.FAILED}


def test_a_folder_of_plugins_with_one_that_cannot_be_asked_about(
    open_desk: OpenDesk, places: Places, monkeypatch: pytest.MonkeyPatch
) -> None:
    for each in ("bad", "good"):
        write_plugin(places.plugins, each)
    asked = Path.stat

    def dropped(path: Path, *, follow_symlinks: bool = True) -> os.stat_result:
        if "bad" in path.parts:
            raise OSError(107, "Transport endpoint is not connected")
        return asked(path, follow_symlinks=follow_symlinks)

    monkeypatch.setattr(Path, "stat", dropped)
    desk = open_desk()
    assert {key: state for key, (_, state) in desk.seen().items()} == {
        "bad": PluginState.FAILED,
        "good": PluginState.OK,
    }


@pytest.mark.skipif(sys.platform == "win32", reason="there are no named pipes in folders")
def test_a_manifest_that_is_a_pipe_is_not_waited_for(open_desk: OpenDesk, places: Places) -> None:
    made = write_plugin(places.plugins, "odd")
    (made / "plugin.toml").unlink()
    os.mkfifo(made / "plugin.toml")
    (one,) = open_desk().host.plugins
    assert (one.state, one.reason) == (PluginState.FAILED, "plugin.toml is no ordinary file.")


@obeys_modes
def test_a_folder_below_that_may_not_be_read_counts_as_changed(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = open_desk()
    asyncio.run(desk.install(write_plugin_wheel(tmp_path, "acme", files={"rankzero_acme/deep/x.py": ""})))
    (found,) = desk.manager.installed()
    deep = found.folder / "deep"
    deep.chmod(0)
    try:
        (one,) = open_desk().host.plugins
        assert (one.state, one.problem) == (PluginState.FAILED, "changed")
        assert desk.manager.facts("acme").changed == ("rankzero_acme/deep/x.py",)
    finally:
        deep.chmod(0o700)
