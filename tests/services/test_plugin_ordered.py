"""What is ordered: a bare name with a folder of wheels is a name, a folder's needs come from there alone."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.places import Places
from desktop_app.services.plugins.installing.models import Order
from desktop_app.services.plugins.installing.ordered import is_path
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.plugin_index import PluginIndex, plugin_index
from tests.helpers.plugin_managers import Desk, desks
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.wheels import write_wheel


@pytest.fixture
def desk(places: Places) -> Iterator[Desk]:
    with desks(places) as opened:
        yield opened()


@pytest.fixture
def index(monkeypatch: pytest.MonkeyPatch) -> Iterator[PluginIndex]:
    with plugin_index() as index:
        monkeypatch.setenv("PIP_INDEX_URL", index.url)
        yield index


def _project(parent: Path) -> Path:
    project = write_plugin(parent, "walrus")
    text = '[project]\nname = "rankzero-walrus"\nversion = "1.0"\ndependencies = ["lib-of-walrus"]\n'
    (project / "pyproject.toml").write_text(text)
    return project


@pytest.mark.parametrize("as_wheel", [False, True])
async def test_what_a_path_needs_comes_from_the_wheelhouse_alone(
    desk: Desk, tmp_path: Path, index: PluginIndex, as_wheel: bool
) -> None:
    house = tmp_path / "house"
    write_wheel(house, "lib_of_walrus")
    index.add(write_wheel(tmp_path / "elsewhere", "lib_of_walrus", "2.0"))
    wheel = write_plugin_wheel(tmp_path, "walrus", requires=["lib-of-walrus"])
    target = wheel if as_wheel else _project(tmp_path)
    plan = await desk.plan(target, house)
    assert f"folder of wheels {house}" in plan.questions[-1]
    assert not any("package index" in each for each in plan.questions)
    await desk.install(target, house)
    assert desk.manager.facts("walrus").requires == ("lib_of_walrus==1.0",)
    assert index.paths == [], "nobody else was asked"
    with pytest.raises(UserError, match=r"folder of wheels .* is not there"):
        await desk.plan(target, tmp_path / "none")


async def test_a_bare_name_with_a_wheelhouse_is_a_name(
    desk: Desk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _project(tmp_path)
    write_plugin_wheel(tmp_path / "house", "walrus", "3.0")
    monkeypatch.chdir(tmp_path)
    assert (await desk.plan("walrus", tmp_path / "house")).items[0].after == "3.0"
    assert (await desk.plan("walrus")).items[0].after == "1.0"
    assert is_path(Order("./walrus", tmp_path / "house"))


@pytest.mark.parametrize("target", ["https://example.org/a.whl", "git+https://example.org/a", "HTTP://example.org"])
async def test_addresses_are_not_taken(desk: Desk, target: str) -> None:
    with pytest.raises(UserError, match="not installed from addresses") as refused:
        await desk.plan(target)
    assert refused.value.hint.startswith("Download it")


@pytest.mark.parametrize("target", ["pytorch", "rankzero-pytorch", "rankzero_PyTorch==2.0"])
async def test_what_ships_with_the_program_is_said_before_an_index_is_asked(
    places: Places, tmp_path: Path, index: PluginIndex, target: str
) -> None:
    write_plugin(tmp_path / "bundled", "rankzero-pytorch")
    with desks(places, tmp_path / "bundled") as opened, pytest.raises(UserError, match="ships with Rank Zero"):
        await opened().plan(target)
    assert index.paths == []
