"""What is installed is what was looked at, from where it was agreed to, in a folder of its own."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from packaging.version import InvalidVersion, Version

from desktop_app.api import OutsideError, UserError
from desktop_app.api._plugins import ManifestError, read_manifest
from desktop_app.places import Places
from desktop_app.services.plugins.installing.changing import applying, staging
from desktop_app.services.plugins.installing.looking.wheel_archives import RefusedError
from desktop_app.services.plugins.installing.looking.wheels import WheelFacts, inspect_wheel
from desktop_app.services.plugins.installing.models import Order
from tests.helpers.plugin_folders import TOML, write_plugin
from tests.helpers.plugin_index import plugin_index
from tests.helpers.plugin_managers import Desk, OpenDesk, desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.wheels import write_wheel


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


async def test_what_is_unpacked_is_what_was_looked_at(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    plan = await desk.plan(wheel)

    def looked_and_swapped(path: Path) -> WheelFacts:
        facts = inspect_wheel(path)
        write_plugin_wheel(tmp_path, "acme", files={"rankzero_acme/other.py": "EVIL = 1\n"})
        return facts

    monkeypatch.setattr(applying, "inspect_wheel", looked_and_swapped)
    await desk.manager.apply(plan, quiet, agreed=True)
    (found,) = desk.manager.installed()
    assert not (found.folder / "other.py").exists()
    assert found.lib is not None
    assert sorted(each.name for each in found.lib.parent.iterdir()) == ["files.json", "installed.json", "lib"]


@pytest.mark.parametrize("gone", [False, True])
async def test_a_wheel_that_changed_after_it_was_planned(desk: Desk, tmp_path: Path, gone: bool) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    plan = await desk.plan(wheel)
    wheel.unlink() if gone else write_plugin_wheel(tmp_path, "acme", files={"rankzero_acme/other.py": ""})
    with pytest.raises(UserError, match="changed after this was planned"):
        await desk.manager.apply(plan, quiet, agreed=True)
    assert desk.folders() == set()


async def test_a_refusal_while_unpacking_is_said_in_a_sentence(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(wheel: Path, library: Path) -> None:
        raise RefusedError("its archive is none that can be read; build it again")

    monkeypatch.setattr(staging, "unpack", refuse)
    with pytest.raises(UserError, match="can't be installed: its archive is none that can be read"):
        await desk.install(write_plugin_wheel(tmp_path, "acme"))


def test_a_file_many_folders_deep_is_refused(tmp_path: Path) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme", files={"rankzero_acme/" + "a/" * 1500 + "x.py": ""})
    with pytest.raises(UserError, match="lies more than 64 folders deep"):
        inspect_wheel(wheel)


@pytest.mark.parametrize("version", ["../../../outside", "1/2", "..", "dev", "1.0 beta", "1.0+../x", "1" * 65, "１.0"])
def test_a_version_that_is_none_is_refused(tmp_path: Path, version: str) -> None:
    folder = write_plugin(tmp_path, "acme", toml=TOML.replace('"1.0"', f'"{version}"'))
    with pytest.raises(ManifestError, match=r"is no version; write it as 1\.0"):
        read_manifest(folder)


VERSIONS = (
    *("1", "1.0", "v1.0", "2026.11.22", "1!2.0", "1.0a1", "1.0-alpha.1", "1.0rc", "1.0.post1", "1.0-1", "1.0.dev3"),
    *("1.0a1.post2.dev3+local.1", "1.0+AB-c_d", "1.", "a", "1.0x", "1.0+", "1.0--1", "1.0 .1", "!1", "1.0+a+b"),
)


@pytest.mark.parametrize("version", VERSIONS)
def test_versions_are_those_that_can_be_compared(tmp_path: Path, version: str) -> None:
    folder = write_plugin(tmp_path, "acme", toml=TOML.replace('"1.0"', f'"{version}"'))
    try:
        Version(version)
    except InvalidVersion:
        with pytest.raises(ManifestError):
            read_manifest(folder)
    else:
        assert read_manifest(folder).version == version


def test_a_generation_is_one_folder_below_the_others(tmp_path: Path) -> None:
    for version in ("../../../outside", "1/2", "..", "a\0b", "x" * 300):
        made = staging.new_generation(tmp_path, "acme", version)
        assert made.parent == tmp_path
        assert made.resolve().parent == tmp_path.resolve()
        made.mkdir()


async def test_a_plan_is_looked_at_again_where_something_else_was_installed_meanwhile(
    open_desk: OpenDesk, tmp_path: Path
) -> None:
    one, other = open_desk(), open_desk()
    plan = await one.plan(write_plugin_wheel(tmp_path, "turbine"))
    await other.install(write_plugin_wheel(tmp_path, "turb1ne"))
    with pytest.raises(UserError, match="Turbine can't be installed"):
        await one.manager.apply(plan, quiet, agreed=True)
    assert open_desk().versions() == {"turb1ne": "1.0"}
    plan = await one.plan(write_plugin_wheel(tmp_path, "acme"))
    await other.install(write_plugin_wheel(tmp_path, "bolt"))
    await one.manager.apply(plan, quiet, agreed=True)
    assert sorted(open_desk().versions()) == ["acme", "bolt", "turb1ne"]


async def test_a_source_folder_that_needs_another_version_now_is_updated(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    house, project = tmp_path / "house", tmp_path / "project"
    for version in ("1.0", "2.0"):
        write_wheel(house, "lib_of_acme", version)
    monkeypatch.setenv("PIP_FIND_LINKS", str(house))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    write_plugin(project, "acme", folder="acme_plugin")
    toml = '[project]\nname = "rankzero-acme"\nversion = "1.0"\ndependencies = ["lib-of-acme{}"]\n'
    (project / "pyproject.toml").write_text(toml.format("<2"), "utf-8")
    await desk.install(project)
    assert desk.manager.facts("acme").requires == ("lib_of_acme==1.0",)
    assert (await desk.manager.plan_update((), quiet)).items == ()
    (project / "pyproject.toml").write_text(toml.format(">=2"), "utf-8")
    await desk.update("acme")
    assert desk.manager.facts("acme").requires == ("lib_of_acme==2.0",)


async def test_what_goes_wrong_after_the_change_does_not_deny_it(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full() -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme"))
    monkeypatch.setattr(desk.host, "rediscover", full)
    with pytest.raises(OutsideError, match="The disk is full; the change was made all the same"):
        await desk.manager.apply(plan, quiet, agreed=True)
    assert desk.versions() == {"acme": "1.0"}


async def test_a_fetched_wheel_that_stays_fails_no_change(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unlink = Path.unlink

    def stay(path: Path, missing_ok: bool = False) -> None:
        if "plugin-wheels" in path.parts:
            raise PermissionError(errno.EACCES, "It is open elsewhere")
        unlink(path, missing_ok)

    with plugin_index() as index:
        for name, value in index.environment().items():
            monkeypatch.setenv(name, value)
        index.add(write_plugin_wheel(tmp_path, "acme"))
        monkeypatch.setattr(Path, "unlink", stay)
        assert (await desk.install("acme")).id == "acme"
        monkeypatch.setattr(Path, "unlink", unlink)


async def test_one_that_is_pinned_to_another_version_comes_from_where_it_came(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plugin_index() as first, plugin_index() as second:
        for name in [each for each in os.environ if each.upper().startswith(("PIP_", "UV_"))]:
            monkeypatch.delenv(name)
        for name, value in first.environment(PIP_EXTRA_INDEX_URL=f"{second.url}/simple").items():
            monkeypatch.setenv(name, value)
        for version in ("1.0", "1.1"):
            first.add(write_plugin_wheel(tmp_path, "acme", version))
        await desk.install("acme==1.0")
        second.add(write_plugin_wheel(tmp_path / "more", "acme", "1.2"))
        (now,) = desk.manager.installed()
        asked = len(second.asked)
        await desk.manager.pin("acme", "1.2")
        plan = await desk.manager.plan_update((), quiet)
        assert plan.items == ()
        assert "acme stays at 1.0" in plan.notes[0]
        await desk.manager.pin("acme", "1.1")
        assert [each.after for each in await desk.update()] == ["1.1"]
        again = await desk.manager.plan_install(Order("rankzero-acme==1.1", source=now.source), quiet)
        assert again.items[0].offer.source == now.source
        assert len(second.asked) == asked, "an index that it did not come from is not asked"
        monkeypatch.setenv("PIP_INDEX_URL", f"{second.url}/simple")
        monkeypatch.delenv("PIP_EXTRA_INDEX_URL")
        with pytest.raises(UserError, match="not there or not asked any more"):
            await desk.manager.plan_install(Order("rankzero-acme==1.1", source=now.source), quiet)
