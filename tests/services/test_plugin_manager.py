"""Plugins are installed, updated, removed, pinned and taken back as a person asks for it."""

from __future__ import annotations

import dataclasses
import os
import shutil
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.places import Places, shipped
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.installing.models import Act, Change, SourceKind
from tests.helpers.plugin_folders import HOOKS, TOML, write_plugin
from tests.helpers.plugin_index import PluginIndex, plugin_index, send
from tests.helpers.plugin_managers import Desk, OpenDesk, desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.wheels import write_wheel

OK, DISABLED = PluginState.OK, PluginState.DISABLED


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


@pytest.fixture
def desk(open_desk: OpenDesk) -> Desk:
    return open_desk()


async def test_a_wheel_is_installed_found_and_removed(desk: Desk, tmp_path: Path) -> None:
    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme"))
    assert [(each.id, each.title, each.before, each.after) for each in plan.items] == [("acme", "Acme", "", "1.0")]
    (change,) = await desk.manager.apply(plan, quiet, agreed=True)
    assert (change.act, change.id, change.after, change.can_undo) == (Act.INSTALL, "acme", "1.0", True)
    (found,) = desk.manager.installed()
    assert found.source.kind is SourceKind.WHEEL
    assert found.hooks == ("environment_presets",)
    assert desk.seen() == {"acme": ("1.0", OK)}
    assert desk.presets() == ["acme"]
    assert (await desk.manager.remove("acme", quiet)).act is Act.REMOVE
    assert desk.seen() == {}
    assert desk.versions() == {}


async def test_nothing_is_done_before_it_is_agreed_to_and_a_source_is_asked_about_once(
    desk: Desk, tmp_path: Path
) -> None:
    wheel = write_plugin_wheel(tmp_path, "acme")
    plan = await desk.plan(wheel)
    assert "code that runs as you" in plan.questions[0]
    with pytest.raises(UserError, match="agreed"):
        await desk.manager.apply(plan, quiet)
    assert desk.versions() == {}
    await desk.manager.apply(plan, quiet, agreed=True)
    assert (await desk.plan(wheel)).questions == ()


async def test_a_plugin_that_runs_is_replaced_by_its_new_version(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    assert desk.presets() == ["acme"]
    change = await desk.install(write_plugin_wheel(tmp_path, "acme", "2.0", HOOKS.replace("{id}", "acme-two")))
    assert (change.act, change.before, change.after) == (Act.UPDATE, "1.0", "2.0")
    assert desk.seen() == {"acme": ("2.0", OK)}
    assert desk.presets() == ["acme-two"]


async def test_nothing_of_a_version_stays_once_it_can_not_come_back(desk: Desk, tmp_path: Path) -> None:
    for version in ("1.0", "2.0", "3.0"):
        await desk.install(write_plugin_wheel(tmp_path, "acme", version))
        assert desk.presets() == ["acme"]
    assert sorted(each.partition("-")[0] for each in desk.folders()) == ["acme@2.0", "acme@3.0"]
    compiled = [each.parent for each in (desk.places.cache / "plugin-bytecode").rglob("lib")]
    assert sorted(each.name.partition("-")[0] for each in compiled) == ["acme@2.0", "acme@3.0"]


async def test_a_plugin_that_is_off_stays_so_when_it_is_updated(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    await desk.manager.switch("acme", on=False)
    await desk.install(write_plugin_wheel(tmp_path, "acme", "2.0"))
    assert desk.seen() == {"acme": ("2.0", DISABLED)}
    await desk.manager.remove("acme", quiet)
    await desk.install(write_plugin_wheel(tmp_path, "acme", "2.0"))
    assert desk.seen() == {"acme": ("2.0", OK)}


async def test_each_kind_of_change_is_taken_back_and_that_again(desk: Desk, tmp_path: Path) -> None:
    one, two = write_plugin_wheel(tmp_path, "acme"), write_plugin_wheel(tmp_path, "acme", "2.0")
    seen = [desk.seen()]
    changes: tuple[Callable[[], Awaitable[Change]], ...] = (
        lambda: desk.install(one),
        lambda: desk.install(two),
        lambda: desk.manager.pin("acme", ""),
        lambda: desk.manager.switch("acme", on=False),
        lambda: desk.manager.switch("acme", on=True),
        lambda: desk.manager.switch("acme", on=False),
        lambda: desk.manager.remove("acme", quiet),
    )
    for change in changes:
        before = _whole(desk)
        done = await change()
        after = _whole(desk)
        assert after != before
        undone = await desk.undo()
        assert (undone.act, undone.id, undone.title) == (Act.UNDO, "acme", "Acme")
        assert _whole(desk) == before, done.act
        await desk.undo()
        assert _whole(desk) == after, done.act
        seen.append(desk.seen())
    assert seen[-2] == {"acme": ("2.0", DISABLED)}
    await desk.undo()
    assert desk.seen() == {"acme": ("2.0", DISABLED)}, "it comes back as it was: switched off"


def _whole(desk: Desk) -> object:
    return desk.seen(), [(each.version, each.pinned, each.folder) for each in desk.manager.installed()]


async def test_the_history_says_what_was_done_and_what_was_taken_back(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    await desk.install(write_plugin_wheel(tmp_path, "bolt"))
    await desk.undo()
    told = [(each.act, each.id, each.undone, each.can_undo) for each in desk.manager.history()]
    assert told == [
        (Act.UNDO, "bolt", False, True),
        (Act.INSTALL, "bolt", True, False),
        (Act.INSTALL, "acme", False, False),
    ]
    await desk.undo()
    assert [(each.undone, each.can_undo) for each in desk.manager.history()] == [
        (False, True),
        (True, False),
        (False, False),
        (False, False),
    ]
    assert desk.versions() == {"acme": "1.0", "bolt": "1.0"}


async def test_several_are_done_and_taken_back_together(desk: Desk, tmp_path: Path) -> None:
    plans = [await desk.plan(write_plugin_wheel(tmp_path, each)) for each in ("acme", "bolt")]
    both = dataclasses.replace(plans[0], items=(*plans[0].items, *plans[1].items))
    assert [each.id for each in await desk.manager.apply(both, quiet, agreed=True)] == ["acme", "bolt"]
    assert [each.can_undo for each in desk.manager.history()] == [True, True]
    assert (await desk.undo()).title == "Acme and Bolt"
    assert desk.versions() == {}


async def test_a_named_change_is_taken_back_or_none(desk: Desk, tmp_path: Path) -> None:
    plans = [await desk.plan(write_plugin_wheel(tmp_path, each)) for each in ("acme", "bolt")]
    (first,) = await desk.manager.apply(plans[0], quiet, agreed=True)
    await desk.manager.apply(dataclasses.replace(plans[1], generation=1), quiet, agreed=True)
    with pytest.raises(UserError, match="Nothing was taken back: the last change is another one now, of Bolt"):
        await desk.manager.undo(quiet, first.number)
    assert desk.versions() == {"acme": "1.0", "bolt": "1.0"}
    await desk.manager.undo(quiet, desk.manager.history()[0].number)
    assert desk.versions() == {"acme": "1.0"}


async def test_with_no_change_there_is_nothing_to_take_back(desk: Desk) -> None:
    with pytest.raises(UserError, match="nothing to take back"):
        await desk.undo()


async def test_two_plugins_have_two_versions_of_one_library(desk: Desk, tmp_path: Path) -> None:
    house = tmp_path / "house"
    for version in ("1.0", "2.0"):
        write_wheel(house, "lib_of_both", version)
    body = "import lib_of_both\n" + HOOKS.replace('"{id}"', '"{id}-" + lib_of_both.VERSION')
    for name, version in (("acme", "1.0"), ("bolt", "2.0")):
        write_plugin_wheel(house, name, hooks=body, requires=[f"lib_of_both=={version}", "rankzero>=0.1", "pluggy"])
        await desk.install(f"rankzero-{name}", house)
    assert desk.presets() == ["acme-1.0", "bolt-2.0"]
    found = {each.id: each for each in desk.manager.installed()}
    assert found["acme"].requires == ("lib_of_both==1.0",)
    assert found["bolt"].requires == ("lib_of_both==2.0",)
    assert found["acme"].source.kind is SourceKind.WHEEL


async def test_what_cannot_be_had_is_said_in_one_sentence(desk: Desk, tmp_path: Path) -> None:
    house = tmp_path / "house"
    write_wheel(house, "thing", "1.0")
    write_plugin_wheel(house, "acme", requires=["thing>=3"])
    plan = await desk.plan("acme", house)
    with pytest.raises(UserError) as caught:
        await desk.manager.apply(plan, quiet, agreed=True)
    assert caught.value.message == "Acme needs thing>=3, which can't be had: only thing==1.0 is available."
    assert desk.folders() == set()
    assert desk.manager.history() == ()


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginIndex]:
    for name in [each for each in os.environ if each.upper().startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    with plugin_index() as made:
        for name, value in made.environment().items():
            monkeypatch.setenv(name, value)
        yield made


async def test_a_name_comes_from_the_index_with_what_it_needs_and_is_updated_from_there(
    desk: Desk, tmp_path: Path, index: PluginIndex
) -> None:
    index.add(write_wheel(tmp_path, "lib_of_acme"))
    index.add(write_plugin_wheel(tmp_path, "acme", requires=["lib-of-acme", "nosuch; python_version < '3'"]))
    plan = await desk.plan("acme")
    (item,) = plan.items
    assert (item.offer.source.kind, item.requires) == (SourceKind.INDEX, ("lib-of-acme",))
    assert "package index" in plan.questions[1]
    assert desk.folders() == set(), "a plan changes nothing"
    await desk.manager.apply(plan, quiet, agreed=True)
    assert desk.manager.facts("acme").requires == ("lib_of_acme==1.0",)
    assert desk.presets() == ["acme"]
    assert (await desk.manager.plan_update((), quiet)).items == ()
    index.add(write_plugin_wheel(tmp_path, "acme", "1.1"))
    plan = await desk.manager.plan_update((), quiet)
    assert [(each.before, each.after) for each in plan.items] == [("1.0", "1.1")]
    assert plan.questions == (), "this index was agreed to"
    await desk.manager.apply(plan, quiet)
    assert desk.versions() == {"acme": "1.1"}
    assert not list((desk.places.cache / "plugin-wheels").rglob("*.whl")), "what was fetched is not kept twice"
    index.faults["/simple"] = lambda request: send(request, 500)
    with pytest.raises(OutsideError):
        await desk.install("bolt")


async def test_what_a_plugin_needs_comes_from_nowhere_that_was_not_agreed_to(
    desk: Desk, tmp_path: Path, index: PluginIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    with plugin_index() as other:
        other.add(write_wheel(tmp_path, "lib_of_acme"))
        (tmp_path / "pyproject.toml").write_text(f'[[tool.uv.index]]\nurl = "{other.url}/simple"\ndefault = true\n')
        monkeypatch.chdir(tmp_path)
        for name in ("UV_INDEX", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL"):
            monkeypatch.setenv(name, f"{other.url}/simple")
        monkeypatch.setenv("UV_FIND_LINKS", str(tmp_path))
        wheel = write_plugin_wheel(tmp_path / "acme", "acme", requires=["lib-of-acme"])
        with pytest.raises(UserError, match="lib-of-acme is not in the package index"):
            await desk.install(wheel)
        assert other.paths == []
    assert any("lib-of-acme" in each for each in index.paths)


async def test_folders_that_pip_looks_into_are_asked_about(
    desk: Desk, tmp_path: Path, index: PluginIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    house = tmp_path / "a house, with wheels"
    write_wheel(house, "lib_of_acme")
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    wheel = write_plugin_wheel(tmp_path, "acme", requires=["lib-of-acme"])
    monkeypatch.setenv("PIP_FIND_LINKS", house.as_uri())
    plan = await desk.plan(wheel)
    assert "(lib-of-acme) comes from the folder of wheels " + str(house) in plan.questions[-1]
    assert not any("index" in each for each in plan.questions)
    await desk.manager.apply(plan, quiet, agreed=True)
    assert desk.manager.facts("acme").requires == ("lib_of_acme==1.0",)
    assert index.paths == []
    assert {(each.kind, each.where) for each in desk.manager.sources()} == {
        ("file", str(wheel)),
        ("wheelhouse", str(house)),
    }
    assert (await desk.plan(wheel)).questions == ()


async def test_an_index_without_what_a_plugin_needs_is_said(desk: Desk, tmp_path: Path, index: PluginIndex) -> None:
    index.add(write_plugin_wheel(tmp_path, "acme", requires=["nosuch-thing>=2"]))
    plan = await desk.plan("acme")
    with pytest.raises(UserError, match="nosuch-thing is not in the package index"):
        await desk.manager.apply(plan, quiet, agreed=True)


async def test_what_came_from_a_wheelhouse_is_updated_from_there(desk: Desk, tmp_path: Path) -> None:
    house = tmp_path / "house"
    write_plugin_wheel(house, "acme")
    await desk.install("acme", house)
    assert (await desk.manager.plan_update((), quiet)).items == ()
    write_plugin_wheel(house, "acme", "1.5")
    (change,) = await desk.update()
    assert (change.act, change.before, change.after) == (Act.UPDATE, "1.0", "1.5")
    await desk.manager.pin("acme", "")
    write_plugin_wheel(house, "acme", "2.0")
    plan = await desk.manager.plan_update((), quiet)
    assert plan.items == ()
    assert "pinned" in plan.notes[0]
    await desk.manager.pin("acme", "1.0")
    (change,) = await desk.update("acme")
    assert (change.before, change.after) == ("1.5", "1.0")
    assert desk.manager.facts("acme").pinned == "1.0"
    await desk.manager.pin("acme", None)
    assert [each.after for each in await desk.update()] == ["2.0"]


async def test_one_that_can_not_be_updated_keeps_no_other_back(desk: Desk, tmp_path: Path) -> None:
    house, project = tmp_path / "house", tmp_path / "project"
    write_plugin(project, "mine", folder="mine_plugin")
    await desk.install(project)
    for name in ("acme", "bolt"):
        write_plugin_wheel(house, name)
        await desk.install(name, house)
    shutil.rmtree(project)
    write_plugin_wheel(house, "bolt", "2.0")
    write_plugin_wheel(house, "acme", "2.0", files={"json.py": ""})
    plan = await desk.manager.plan_update((), quiet)
    assert [each.id for each in plan.items] == ["bolt"]
    assert ["acme stays at 1.0" in each or "mine stays at 1.0" in each for each in plan.notes] == [True, True]


async def test_a_source_folder_is_used_as_its_author_edits_it(desk: Desk, tmp_path: Path) -> None:
    project = tmp_path / "project"
    write_plugin(project / "src", "acme", folder="acme_plugin")
    (project / "pyproject.toml").write_text('[project]\nname = "rankzero-acme"\nversion = "1.0"\n', "utf-8")
    await desk.install(project)
    facts = desk.manager.facts("acme")
    assert (facts.editable, facts.source.kind) == (True, SourceKind.FOLDER)
    assert desk.presets() == ["acme"]
    (project / "src/acme_plugin/hooks.py").write_text(HOOKS.replace("{id}", "edited"), "utf-8")
    (project / "src/acme_plugin/plugin.toml").write_text(_toml("acme").replace('"1.0"', '"1.1"'), "utf-8")
    desk.host.discover()
    assert desk.presets() == ["edited"]
    assert desk.seen() == {"acme": ("1.1", OK)}
    assert [each.after for each in await desk.update("acme")] == ["1.1"]
    await desk.manager.remove("acme", quiet)
    assert (project / "src/acme_plugin/hooks.py").is_file()


def _toml(plugin_id: str) -> str:
    return TOML.replace("{id}", plugin_id).replace("{name}", plugin_id.title()).replace("{api}", "1")


async def test_edited_files_are_noticed(desk: Desk, tmp_path: Path) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    assert await desk.manager.verify("acme") == ()
    (found,) = desk.manager.installed()
    (found.folder / "hooks.py").write_text("x = 1\n", "utf-8")
    assert await desk.manager.verify("acme") == ("rankzero_acme/hooks.py",)
    assert desk.manager.facts("acme").changed == ("rankzero_acme/hooks.py",)


async def test_edited_files_keep_a_plugin_off_until_they_are_accepted(
    desk: Desk, open_desk: OpenDesk, tmp_path: Path
) -> None:
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    (found,) = desk.manager.installed()
    (found.folder / "hooks.py").write_text(HOOKS.replace("{id}", "edited"), "utf-8")
    later = open_desk()
    assert later.host.plugins[0].problem == "changed"
    assert later.presets() == []
    await later.manager.switch("acme", on=True)
    assert later.presets() == ["edited"]
    assert await later.manager.verify("acme") == ()


async def test_what_another_window_did_is_taken_over(desk: Desk, open_desk: OpenDesk, tmp_path: Path) -> None:
    other = open_desk()
    assert not await other.manager.look_again()
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    told: list[bool] = []
    other.manager.changed.connect(lambda: told.append(True))
    assert await other.manager.look_again()
    assert other.presets() == ["acme"]
    await desk.manager.switch("acme", on=False)
    assert await other.manager.look_again()
    assert other.seen() == {"acme": ("1.0", DISABLED)}
    assert not await other.manager.look_again()
    assert told == [True, True]


async def test_facts_are_known_of_each_plugin(desk: Desk, tmp_path: Path, places: Places) -> None:
    write_plugin(places.plugins, "mine")
    desk.host.discover()
    assert desk.manager.facts("mine").source.kind is SourceKind.FOLDER
    wheel = write_plugin_wheel(tmp_path, "acme")
    await desk.install(wheel)
    facts = desk.manager.facts("acme")
    assert facts.source.where == str(wheel)
    assert facts.trust == "From a file on this machine"
    assert 500 < facts.size < 5000
    assert len(facts.sha256) == 64
    with pytest.raises(UserError, match="no plugin"):
        desk.manager.facts("nosuch")


async def test_a_wheel_that_changed_since_the_plan_is_not_installed(desk: Desk, tmp_path: Path) -> None:
    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme"))
    write_plugin_wheel(tmp_path, "acme", hooks="raise SystemExit\n")
    with pytest.raises(UserError, match="changed after this was planned"):
        await desk.manager.apply(plan, quiet, agreed=True)
    assert desk.folders() == set()


async def test_a_plan_for_another_state_is_not_followed(desk: Desk, open_desk: OpenDesk, tmp_path: Path) -> None:
    plan = await desk.plan(write_plugin_wheel(tmp_path, "acme"))
    await open_desk().install(write_plugin_wheel(tmp_path, "acme", "2.0"))
    with pytest.raises(UserError, match="changed after this was planned"):
        await desk.manager.apply(plan, quiet, agreed=True)
    assert desk.versions() == {"acme": "2.0"}


async def test_what_ships_can_not_be_replaced_or_removed(places: Places, tmp_path: Path) -> None:
    with desks(places, shipped("plugins")) as opened:
        desk = opened()
        with pytest.raises(UserError, match="ships with the program"):
            await desk.plan(write_plugin_wheel(tmp_path, "rankzero-pytorch"))
        with pytest.raises(UserError, match="easily taken for"):
            await desk.plan(write_plugin_wheel(tmp_path, "rankzero-pyt0rch"))
        with pytest.raises(UserError, match="ships with the program and can't be removed") as caught:
            await desk.manager.remove("rankzero-pytorch", quiet)
        assert "switched off" in caught.value.hint
        with pytest.raises(UserError, match="can't be pinned"):
            await desk.manager.pin("rankzero-pytorch", "")
        await desk.manager.switch("rankzero-pytorch", on=False)
        assert desk.seen()["rankzero-pytorch"][1] is DISABLED
        await desk.undo()
        assert desk.seen()["rankzero-pytorch"][1] is OK


async def test_an_id_belongs_to_who_has_it(desk: Desk, tmp_path: Path, places: Places) -> None:
    write_plugin(places.plugins, "mine")
    desk.host.discover()
    with pytest.raises(UserError, match="is taken by"):
        await desk.plan(write_plugin_wheel(tmp_path, "mine"))
    with pytest.raises(UserError, match="your own folder"):
        await desk.manager.remove("mine", quiet)
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    project = tmp_path / "project"
    write_plugin(project, "acme", folder="other")
    (project / "pyproject.toml").write_text('[project]\nname = "evil-acme"\n', "utf-8")
    with pytest.raises(UserError, match=r"belongs to rankzero-acme 1\.0"):
        await desk.plan(project)
