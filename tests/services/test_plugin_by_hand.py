"""What was installed and then changed by hand, moved to another Python or machine, or broken in its own folder."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.places import Places
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.installing.keeping.built_for import Built, built_in, here, why_unfit
from desktop_app.services.plugins.installing.keeping.registry import Registry
from tests.helpers.plugin_folders import HOOKS, preset_hooks, write_plugin
from tests.helpers.plugin_managers import Desk, OpenDesk, desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel

MORE = HOOKS + "\n\n@hookimpl\ndef check_job(job):\n    raise ValueError('it was asked')\n"


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


def hooks_file(desk: Desk) -> Path:
    return desk.manager.installed()[0].folder / "hooks.py"


async def test_a_hook_that_was_added_by_hand_is_called_once_the_change_is_accepted(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    hooks_file(desk).write_text(MORE.replace("{id}", "acme"))
    desk.host.discover()
    assert desk.host.plugins[0].problem == "changed"
    await desk.manager.switch("acme", on=True)
    assert desk.manager.installed()[0].hooks == ("check_job", "environment_presets")
    assert desk.host._found["acme"].hooks == frozenset({"check_job", "environment_presets"})
    assert desk.seen() == {"acme": ("1.0", PluginState.OK)}
    assert await desk.manager.verify("acme") == ()


async def test_a_change_by_hand_that_breaks_a_plugin_is_not_accepted(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    for broken in ("import nosuch\n", None):
        if broken:
            hooks_file(desk).write_text(broken)
        else:
            (hooks_file(desk).parent / "plugin.toml").write_text("nothing")
        desk.host.discover()
        with pytest.raises(UserError, match=r"(?i)acme was changed and was not enabled: "):
            await desk.manager.switch("acme", on=True)
        assert desk.host.plugins[0].state is PluginState.FAILED
        assert await desk.manager.verify("acme"), "nothing was recorded"


def test_what_is_compiled_is_bound_to_a_python_and_a_machine(tmp_path: Path) -> None:
    now = here()
    for number, (tag, built) in enumerate({
        "py3-none-any": Built(), "cp311-cp311-manylinux_2_17_x86_64": now,
        "cp39-abi3-win_amd64": Built("", now.machine), "py3-none-macosx_11_0_arm64": Built("", now.machine),
    }.items()):  # fmt: skip
        info = tmp_path / str(number) / "thing-1.0.dist-info"
        info.mkdir(parents=True)
        (info / "METADATA").write_text("Metadata-Version: 2.1\nName: thing\nVersion: 1.0\n")
        (info / "WHEEL").write_text(f"Wheel-Version: 1.0\nTag: {tag}\n")
        assert built_in(info.parent) == built, tag
    assert why_unfit(Built()) == why_unfit(now) == ""
    assert why_unfit(Built("3.2")).startswith("It was installed for Python 3.2, and this is Python 3.")
    assert "another kind of machine (plan9-vax; this is" in why_unfit(Built("", "plan9-vax"))


async def test_a_plugin_that_was_compiled_for_another_python_says_so_and_is_mended_by_installing_it_again(
    desk: Desk, tmp_path: Path
) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    await desk.install(wheel)
    registry = Registry(desk.root)
    state = registry.read()
    old = dataclasses.replace(state.plugins["acme"], python="3.2")
    registry.write(dataclasses.replace(state, plugins={"acme": old}))
    assert registry.read().plugins["acme"] == old
    desk.host.discover()
    (info,) = desk.host.plugins
    assert (info.state, info.problem) == (PluginState.FAILED, "python")
    assert "installed for Python 3.2" in info.reason
    assert desk.presets() == [], "nothing of it is imported"
    await desk.install(wheel)
    assert desk.presets() == ["acme"]


async def test_a_version_that_is_refused_leaves_the_plugin_as_it_was_and_says_so(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    with pytest.raises(UserError, match=r"Acme was not updated to 2\.0, and stays at 1\.0: .*Oops"):
        await desk.install(write_plugin_wheel(tmp_path, "acme", "2.0", "raise ValueError('Oops')"))
    own = write_plugin(tmp_path, "bolt")
    await desk.install(own)
    (own / "hooks.py").write_text("import nosuch\n")
    with pytest.raises(UserError, match="Bolt was not installed again, and stays as it was: ") as caught:
        await desk.install(own)
    assert caught.value.hint == "Mend it in its folder, and try again."
    assert desk.versions() == {"acme": "1.0", "bolt": "1.0"}


async def test_a_plugin_that_is_used_from_its_own_folder_can_not_be_pinned(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin(tmp_path, "acme", preset_hooks()))
    for version in ("", "0.9"):
        with pytest.raises(UserError, match="Acme can't be pinned: it is used as it is in") as caught:
            await desk.manager.pin("acme", version)
        assert "no update changes that" in caught.value.hint
    assert len(desk.manager.history()) == 1
    await desk.manager.remove("acme", quiet)
