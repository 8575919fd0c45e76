"""Which installed plugins have newer versions, each where it came from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_app.services.plugins.installing.finding.fitting import Fit
from desktop_app.services.plugins.installing.finding.index import Sources, sources
from desktop_app.services.plugins.installing.finding.updates import Updates, look_for_updates
from desktop_app.services.plugins.installing.models import Installed, Source, SourceKind
from tests.helpers.plugin_index import PluginIndex, plugin_index, plugin_wheel

FIT = Fit(python="3.11.9", tags={"py3-none-any": 1}, api="1")


def quiet(_what: str, _part: float | None) -> None:
    """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PluginIndex]:
    with plugin_index() as made:
        for version in ("0.1.0", "0.2.0", "0.3.0rc1"):
            made.add(plugin_wheel(tmp_path / "wheels", "rankzero-acme", version))
        made.add(plugin_wheel(tmp_path / "wheels", "rankzero-ray", "0.1.0"))
        made.add(plugin_wheel(tmp_path / "wheels", "rankzero-ray", "0.2.0", api="2"))
        yield made


def installed(index: PluginIndex, name: str = "acme", version: str = "0.1.0", **more: Any) -> Installed:
    """Return a plugin that came from an index, or from `where`."""
    where = more.pop("where", f"{index.url}/simple")
    source = Source(more.pop("kind", SourceKind.INDEX), where)
    return Installed(name, version, f"rankzero-{name}", source, Path("/nowhere"), **more)


async def looked(index: PluginIndex, folder: Path, *plugins: Installed, where: Sources | None = None) -> Updates:
    """Look for newer versions."""
    where = where or sources(environ=index.environment())
    return await look_for_updates(plugins, folder / "looked", quiet, fit=FIT, where=where)


async def test_newer_versions_are_found_and_what_does_not_fit_is_said(index: PluginIndex, tmp_path: Path) -> None:
    ray = installed(index, "ray")
    result = await looked(index, tmp_path, installed(index), ray)
    ((update,), notes) = (result.found, result.notes)
    assert (update.installed.id, update.choice.best.version) == ("acme", "0.2.0")
    assert notes == ("ray stays at 0.1.0: 0.2.0 is made for plugin API 2; this program has 1.",)
    assert result.complaints == ()
    assert not [each for each in index.paths if each.endswith(".whl")]


async def test_who_has_a_pre_release_is_offered_the_next(index: PluginIndex, tmp_path: Path) -> None:
    result = await looked(index, tmp_path, installed(index, version="0.3.0b1"))
    assert [each.choice.best.version for each in result.found] == ["0.3.0rc1"]


async def test_pinned_plugins_are_left_out_and_nothing_is_asked(index: PluginIndex, tmp_path: Path) -> None:
    result = await looked(index, tmp_path, installed(index, pinned="0.1.0"))
    assert result == Updates(notes=("acme stays at 0.1.0: it is pinned.",))
    assert index.paths == []


async def test_no_other_source_gives_a_newer_version(index: PluginIndex, tmp_path: Path) -> None:
    with plugin_index() as other:
        other.add(plugin_wheel(tmp_path / "others", "rankzero-acme", "9.9"))
        where = sources(environ=index.environment(PIP_EXTRA_INDEX_URL=f"{other.url}/simple"))
        result = await looked(index, tmp_path, installed(index), where=where)
        assert [each.choice.best.version for each in result.found] == ["0.2.0"]
        assert other.paths == []
    gone = await looked(index, tmp_path, installed(index, where="https://gone.invalid/simple"))
    assert gone.notes == ("acme came from https://gone.invalid/simple, and pip is not set to look there any more.",)


async def test_wheels_and_folders(index: PluginIndex, tmp_path: Path) -> None:
    house = tmp_path / "house"
    wheel = plugin_wheel(house, "rankzero-acme", "0.1.0")
    plugin_wheel(house, "rankzero-acme", "0.5.0")
    of_wheel = installed(index, where=str(wheel), kind=SourceKind.WHEEL)
    of_house = installed(index, "acme", where=str(house), kind=SourceKind.WHEEL)
    gone = installed(index, "ray", where=str(tmp_path / "gone" / "x.whl"), kind=SourceKind.WHEEL)
    folder = installed(index, "mine", where=str(tmp_path), kind=SourceKind.FOLDER)
    result = await looked(index, tmp_path, of_wheel, of_house, gone, folder)
    assert [each.choice.best.version for each in result.found] == ["0.5.0", "0.5.0"]
    assert result.notes == (f"ray came from {tmp_path}/gone/x.whl, which is not there any more.",)
    assert index.paths == []


async def test_a_source_that_is_away_is_said_once_and_keeps_no_other_back(index: PluginIndex, tmp_path: Path) -> None:
    where = sources(environ=index.environment(PIP_EXTRA_INDEX_URL="http://127.0.0.1:9/simple"))
    away = [installed(index, each, where="http://127.0.0.1:9/simple") for each in ("ray", "slurm")]
    result = await looked(index, tmp_path, *away, installed(index), where=where)
    assert [each.choice.best.version for each in result.found] == ["0.2.0"]
    assert result.complaints == ("http://127.0.0.1:9/simple can't be reached.",)


async def test_what_is_newest_already_is_not_mentioned(index: PluginIndex, tmp_path: Path) -> None:
    assert await looked(index, tmp_path, installed(index, version="0.3.0")) == Updates()
