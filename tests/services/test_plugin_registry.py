"""The list of installed plugins outlives hand-made damage, other versions of the program, and a move of the home."""

from __future__ import annotations

import asyncio
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import UserError
from desktop_app.places import Places
from desktop_app.services.files import locked
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.installing.keeping.registry import COPY, FILE, Former, Registry, State
from desktop_app.services.plugins.installing.keeping.shapes import Line
from desktop_app.services.plugins.installing.models import Act, Change, Installed, Source, SourceKind
from tests.helpers.plugin_managers import Desk, OpenDesk, desks, quiet
from tests.helpers.plugin_wheels import write_plugin_wheel

NOW = datetime(2026, 11, 22, 7, 0, tzinfo=UTC)


@pytest.fixture
def open_desk(places: Places) -> Iterator[OpenDesk]:
    with desks(places) as opened:
        yield opened


def installed(root: Path, plugin_id: str, version: str = "1.0") -> Installed:
    lib = root / f"{plugin_id}@{version}-00000000" / "lib"
    source = Source(SourceKind.INDEX, "https://packages.example/simple")
    return Installed(
        plugin_id, version, f"rankzero-{plugin_id}", source, lib / plugin_id, lib, plugin_id, "ab" * 32, 12, NOW, "1.0",
        ("check_job",), ("x==1",),
    )  # fmt: skip


def test_what_is_written_is_read(tmp_path: Path) -> None:
    registry = Registry(tmp_path)
    one, own = installed(tmp_path, "acme"), Path("/else/where").absolute()
    other = replace(installed(tmp_path, "mine"), folder=own, lib=None, editable=True)
    line = Line(Change(3, NOW, Act.UNDO, "acme", "Acme", "1.0", "2.0", one.source, undone=True), 2, 1)
    state = State(4, {"acme": one, "mine": other}, (line,), {"acme": Former(one, off=True), "new": Former()})
    registry.write(state)
    assert registry.read() == state


def test_an_empty_folder_is_an_empty_list(tmp_path: Path) -> None:
    assert Registry(tmp_path / "nosuch").read() == State()
    assert Registry(tmp_path).mend() == ""
    assert list(tmp_path.iterdir()) == []


async def broken_desk(open_desk: OpenDesk, tmp_path: Path) -> Desk:
    desk = open_desk()
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    await desk.install(write_plugin_wheel(tmp_path, "bolt"))
    await desk.manager.pin("acme", "")
    await desk.manager.remove("bolt", quiet)
    return desk


@pytest.mark.parametrize(
    "damage", ["{", "[]", '{"format": 1}', "\x00\x01", '{"format": 1, "generation": 1, "plugins": [7]}', ""]
)
async def test_a_damaged_list_is_kept_aside_and_made_anew(open_desk: OpenDesk, tmp_path: Path, damage: str) -> None:
    desk = await broken_desk(open_desk, tmp_path)
    (desk.root / FILE).write_text(damage, "utf-8")
    later = open_desk()
    assert later.seen() == {"acme": ("1.0", PluginState.OK)}, "a start that only reads does without it"
    assert [each.pinned for each in later.manager.installed()] == ["1.0"]
    (notice,) = later.manager.notices
    (kept,) = desk.root.glob("*.damaged-*")
    assert f"was damaged (it is kept as {kept.name})" in notice.message
    assert kept.read_text("utf-8") == damage
    assert (await later.undo()).id == "bolt"
    assert later.versions() == {"acme": "1.0", "bolt": "1.0"}


async def test_without_list_and_copy_the_generations_say_what_is_installed(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = await broken_desk(open_desk, tmp_path)
    (desk.root / FILE).write_text("?", "utf-8")
    (desk.root / COPY).unlink()
    later = open_desk()
    assert later.versions() == {"acme": "1.0"}, "the one that was removed, and is kept for undo, stays removed"
    assert later.presets() == ["acme"]
    with pytest.raises(UserError, match="nothing to take back"):
        await later.undo()
    (desk.root / FILE).unlink()
    assert open_desk().versions() == {"acme": "1.0"}


OUTSIDE = [
    {"lib": "acme@1.0-x/../../lib", "folder": "acme@1.0-x/../../lib/acme"},
    {"lib": "../lib", "folder": "../lib/acme"},
    {"lib": "lib", "folder": "lib/acme"},
    {"lib": "/tmp/lib", "folder": "/tmp/lib/acme"},
    {"lib": "a/b/lib", "folder": "a/b/lib/acme"},
    {"folder": "/"},
    {"folder": "acme@1.0-x/lib/../../../acme"},
    {"lib": None},
    {"size": float("inf")},
]


@pytest.mark.parametrize("wrong", OUTSIDE, ids=str)
async def test_a_list_that_points_elsewhere_is_damaged(
    open_desk: OpenDesk, tmp_path: Path, wrong: dict[str, Any]
) -> None:
    desk = open_desk()
    await desk.install(write_plugin_wheel(tmp_path, "acme"))
    data = json.loads((desk.root / FILE).read_text("utf-8"))
    data["plugins"][0] |= wrong
    (desk.root / FILE).write_text(json.dumps(data), "utf-8")
    later = open_desk()
    assert later.seen() == {"acme": ("1.0", PluginState.OK)}
    assert later.versions() == {"acme": "1.0"}
    assert "was damaged" in later.manager.notices[0].message


async def test_a_copy_whose_generations_are_gone_is_not_believed(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = await broken_desk(open_desk, tmp_path)
    data = json.loads((desk.root / COPY).read_text("utf-8"))
    data["plugins"][0] |= {"lib": "acme@9-x/lib", "folder": "acme@9-x/lib/rankzero_acme"}
    (desk.root / COPY).write_text(json.dumps(data), "utf-8")
    (desk.root / FILE).unlink()
    assert open_desk().seen() == {"acme": ("1.0", PluginState.OK)}


async def test_a_list_of_a_newer_program_is_read_and_left_alone(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = await broken_desk(open_desk, tmp_path)
    data = json.loads((desk.root / FILE).read_text("utf-8"))
    data |= {"format": 2, "history": "elsewhere", "plugins": [*data["plugins"], {"id": "odd"}]}
    (desk.root / FILE).write_text(json.dumps(data), "utf-8")
    later = open_desk()
    assert later.seen() == {"acme": ("1.0", PluginState.OK)}
    plan = await later.plan(write_plugin_wheel(tmp_path, "more"))
    for change in (later.manager.apply(plan, quiet, agreed=True), later.manager.remove("acme", quiet), later.undo()):
        with pytest.raises(UserError, match="written by a newer Rank Zero") as caught:
            await change
        assert caught.value.hint
    assert json.loads((desk.root / FILE).read_text("utf-8")) == data
    assert len(desk.folders()) == 2, "nothing of it is taken for rubbish"


async def test_a_home_may_be_moved(open_desk: OpenDesk, tmp_path: Path, places: Places) -> None:
    await broken_desk(open_desk, tmp_path)
    shutil.move(places.home, tmp_path / "moved")
    with desks(Places(tmp_path / "moved", places.cache)) as opened:
        desk = opened()
        assert desk.presets() == ["acme"]
        assert await desk.manager.verify("acme") == ()
        await desk.undo()
        assert desk.presets() == ["acme", "bolt"]


async def test_files_that_somebody_deleted_are_said(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = await broken_desk(open_desk, tmp_path)
    for each in desk.folders():
        shutil.rmtree(desk.root / each)
    later = open_desk()
    (info,) = later.host.plugins
    assert (info.state, info.reason) == (PluginState.FAILED, "Its files are gone; install it again.")
    with pytest.raises(UserError, match=r"the files of bolt 1\.0 are gone"):
        await later.undo()
    await later.install(write_plugin_wheel(tmp_path, "acme"))
    assert later.presets() == ["acme"]


async def test_what_a_killed_change_left_is_cleared_away_at_the_next_start(open_desk: OpenDesk, tmp_path: Path) -> None:
    desk = await broken_desk(open_desk, tmp_path)
    whole = desk.folders()
    (desk.root / "bolt@3.0-12345678" / "lib").mkdir(parents=True)
    (desk.root / ".rankzero-1234.tmp").write_text("{", "utf-8")
    with locked(desk.root / "lock"):
        open_desk().versions()
        assert len(desk.folders()) == 3, "while a change goes on nobody clears up"
    open_desk().versions()
    assert desk.folders() == whole
    assert not (desk.root / ".rankzero-1234.tmp").exists()


@pytest.fixture(scope="session")
def factory(tmp_path_factory: pytest.TempPathFactory) -> pytest.TempPathFactory:
    return tmp_path_factory


@given(data=st.data())
def test_whatever_is_in_the_file_reading_it_ends_well(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    root = tmp_path_factory.mktemp("root")
    registry = Registry(root)
    registry.write(State(4, {"acme": installed(root, "acme")}, (), {"acme": Former(installed(root, "acme"))}))
    (root / COPY).unlink()
    shape = json.loads((root / FILE).read_text("utf-8"))
    _spoil(shape, data)
    (root / FILE).write_text(json.dumps(shape), "utf-8")
    state = registry.read()
    assert all(each.folder.is_absolute() for each in state.plugins.values())
    registry.mend()
    assert registry.read().plugins == state.plugins


def _spoil(shape: Any, data: st.DataObject) -> None:
    """Put something else into a place of the file."""
    place: Any = shape
    while True:
        keys = list(place) if isinstance(place, dict) else list(range(len(place)))
        key = data.draw(st.sampled_from(keys))
        inner = place[key]
        if not isinstance(inner, dict | list) or len(inner) == 0 or data.draw(st.booleans()):
            place[key] = data.draw(st.none() | st.booleans() | st.integers(-1, 9) | st.text(max_size=3) | st.just([]))
            return
        place = inner


def test_reading_goes_on_while_others_write(tmp_path: Path) -> None:
    registry = Registry(tmp_path)

    async def both() -> None:
        states = [State(n, {"acme": installed(tmp_path, "acme", f"{n}.0")}) for n in range(1, 30)]
        writing = asyncio.gather(*(asyncio.to_thread(registry.write, each) for each in states))
        while not writing.done():
            state = await asyncio.to_thread(registry.read)
            assert state.generation == 0 or state.plugins["acme"].version == f"{state.generation}.0"
        await writing

    asyncio.run(both())
