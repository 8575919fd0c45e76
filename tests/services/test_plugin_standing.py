"""Installed plugins that were edited by hand or are blocked take no part, and the list says why and how to go on."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.installing.keeping.block_list import FILE
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_managers import Desk, OpenDesk, desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


def info(desk: Desk, plugin_id: str) -> PluginInfo:
    desk.host.discover()
    return next(each for each in desk.host.plugins if each.id == plugin_id)


def block(places: Places, name: str, versions: str = "") -> None:
    item = {"name": name, "versions": versions, "reason": "It deletes runs."}
    told = {"as_of": "2026-12-01", "source": "Acme", "items": [item]}
    places.plugins.mkdir(parents=True, exist_ok=True)
    (places.plugins / FILE).write_text(json.dumps(told), "utf-8")


async def test_an_edited_plugin_is_off_until_it_is_accepted(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    (found,) = desk.manager.installed()
    hooks = found.folder / "hooks.py"
    hooks.write_text(hooks.read_text("utf-8").replace('"acme"', '"edited"'), "utf-8")
    seen = info(desk, "acme")
    assert (seen.state, seen.problem) == (PluginState.FAILED, "changed")
    assert "Its files are not as they were installed" in seen.reason
    assert (seen.name, seen.version) == ("Acme", "1.0")
    assert desk.presets() == []
    assert len(await desk.manager.verify("acme")) == 1
    await desk.manager.switch("acme", on=True)
    assert info(desk, "acme").state is PluginState.OK
    assert desk.presets() == ["edited"]
    assert await desk.manager.verify("acme") == ()


async def test_an_edited_plugin_is_well_again_when_it_is_installed_anew(desk: Desk, tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    await desk.install(wheel)
    (found,) = desk.manager.installed()
    (found.folder / "hooks.py").write_text("raise RuntimeError")
    assert info(desk, "acme").problem == "changed"
    await desk.install(wheel)
    assert info(desk, "acme").state is PluginState.OK


async def test_a_blocked_plugin_is_off_at_once_and_comes_back_with_the_list(
    desk: Desk, places: Places, tmp_path: Path
) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    assert desk.presets() == ["acme"]
    block(places, "rankzero-acme", "<2")
    seen = info(desk, "acme")
    assert (seen.state, seen.problem) == (PluginState.FAILED, "blocked")
    assert (
        seen.reason
        == "It is on the list of blocked plugins: It deletes runs (Acme, 2026-12-01). Update it or remove it."
    )
    assert desk.presets() == []
    await desk.install(write_plugin_wheel(tmp_path, "acme", "2.0"))
    assert info(desk, "acme").state is PluginState.OK
    assert desk.presets() == ["acme"]
    await desk.manager.remove("acme", quiet)


def test_a_plugin_made_by_hand_is_blocked_by_its_id(desk: Desk, places: Places) -> None:
    write_plugin(places.plugins, "beta")
    assert info(desk, "beta").state is PluginState.OK
    block(places, "beta")
    assert info(desk, "beta").problem == "blocked"
    block(places, "beta", ">1.0")
    assert info(desk, "beta").state is PluginState.OK


def test_a_damaged_list_blocks_nobody_and_breaks_nothing(desk: Desk, places: Places) -> None:
    write_plugin(places.plugins, "beta")
    (places.plugins / FILE).write_text("{")
    assert info(desk, "beta").state is PluginState.OK
