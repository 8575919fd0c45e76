"""Searching indexes and folders of wheels for plugins."""

from __future__ import annotations

import os
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest

from desktop_app.services.plugins.installing.finding import listing
from desktop_app.services.plugins.installing.finding.fitting import Fit
from desktop_app.services.plugins.installing.finding.index import Sources, sources
from desktop_app.services.plugins.installing.finding.listing import Effort, close_names, ranked, words_of
from desktop_app.services.plugins.installing.finding.searching import search
from desktop_app.services.plugins.installing.models import SearchResult
from tests.helpers.plugin_index import JSON_PAGE, PluginIndex, plugin_index, plugin_wheel, send

FIT = Fit(python="3.11.9", tags={"py3-none-any": 1}, api="1")
NAMES = ("rankzero-slurm", "rankzero-acme", "rankzero-acme-jax", "rankzero-ray", "numpy", "rankzerox")


def quiet(_what: str, _part: float | None) -> None:
    """Say nothing."""


@pytest.fixture
def index(tmp_path: Path) -> Iterator[PluginIndex]:
    with plugin_index() as made:
        for name in NAMES:
            made.add(plugin_wheel(tmp_path / "wheels", name, "0.2.0", plugin=name.removeprefix("rankzero-")))
        yield made


async def searched(index: PluginIndex, folder: Path, text: str = "", **more: Any) -> SearchResult:
    """Search an index alone."""
    where = more.pop("where", sources(environ=index.environment()))
    return await search(text, folder / "lists", quiet, fit=FIT, where=where, **more)


def found(result: SearchResult) -> list[str]:
    """Return the names that were found."""
    return [each.best.distribution for each in result.found]


@pytest.mark.parametrize("speaks_json", [True, False], ids=["json", "html"])
async def test_names_are_found_and_no_wheel_is_fetched(index: PluginIndex, tmp_path: Path, speaks_json: bool) -> None:
    index.speaks_json = speaks_json
    result = await searched(index, tmp_path, "acme")
    assert found(result) == ["rankzero-acme", "rankzero-acme-jax"]
    assert result.found[0].best.summary == "acme at work"
    assert result.complaints == ()
    assert not [each for each in index.paths if each.endswith(".whl")]


async def test_an_empty_text_finds_all_plugins_and_nothing_else(index: PluginIndex, tmp_path: Path) -> None:
    assert found(await searched(index, tmp_path)) == [
        "rankzero-acme", "rankzero-acme-jax", "rankzero-ray", "rankzero-slurm",
    ]  # fmt: skip


async def test_the_list_of_names_is_asked_for_once_a_day_and_then_only_if_it_changed(
    index: PluginIndex, tmp_path: Path
) -> None:
    await searched(index, tmp_path)
    await searched(index, tmp_path)
    assert index.paths.count("/simple/") == 1
    (kept,) = (tmp_path / "lists").iterdir()
    told = kept.read_text()
    kept.write_text(told.replace('"at": ', '"at": -'))
    assert len(found(await searched(index, tmp_path))) == 4
    assert index.paths.count("/simple/") == 2
    (conditional,) = [headers for path, headers in index.asked if path == "/simple/" and "If-None-Match" in headers]
    assert conditional["If-None-Match"] == index.etag


async def test_words_of_the_summary_find_it_too_and_a_slip_finds_the_nearest(
    index: PluginIndex, tmp_path: Path
) -> None:
    assert "rankzero-ray" in found(await searched(index, tmp_path, "at work"))
    assert found(await searched(index, tmp_path, "slrum")) == ["rankzero-slurm"]
    assert found(await searched(index, tmp_path, "blender")) == []


async def test_what_does_not_fit_is_shown_with_the_reason(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path / "wheels", "rankzero-ray", "0.3.0", api="2"))
    index.add(plugin_wheel(tmp_path / "wheels", "rankzero-new", "1.0", api="2"))
    (ray,), (new,) = (await searched(index, tmp_path, "ray")).found, (await searched(index, tmp_path, "new")).found
    assert ray.best.version == "0.2.0"
    assert [each.why_not for each in ray.unfit] == ["0.3.0 is made for plugin API 2; this program has 1."]
    assert new.best.why_not == "1.0 is made for plugin API 2; this program has 1."


async def test_a_folder_of_wheels_is_searched_alone(index: PluginIndex, tmp_path: Path) -> None:
    plugin_wheel(tmp_path / "house", "rankzero-house")
    plugin_wheel(tmp_path / "house", "other-name", plugin="other")
    plugin_wheel(tmp_path / "house", "numpy", keywords="", manifest=False)
    (tmp_path / "house" / "damaged-1.0-py3-none-any.whl").write_text("no wheel")
    result = await search("", tmp_path / "lists", quiet, wheelhouse=tmp_path / "house", fit=FIT)
    assert found(result) == ["other-name", "rankzero-house"]
    assert index.paths == []
    none = sources(environ={"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"})
    nobody = await searched(index, tmp_path, where=none)
    assert nobody.complaints[0].startswith("pip is set to ask no package index here")


async def test_a_source_that_is_away_keeps_no_other_back(index: PluginIndex, tmp_path: Path) -> None:
    index.faults["/broken/"] = lambda request: send(request, 500, b"oh")
    where = Sources(
        indexes=(f"{index.url}/broken", f"{index.url}/simple", "http://127.0.0.1:9/simple"),
        links=(str(tmp_path / "nowhere"),),
    )
    result = await searched(index, tmp_path, "slurm", where=where)
    assert found(result) == ["rankzero-slurm"]
    assert set(result.complaints) == {
        f"The folder of packages {tmp_path}/nowhere is not there.",
        "http://127.0.0.1:9/simple can't be reached.",
        f"{index.url}/broken is in trouble (status 500).",
    }


def endless(request: BaseHTTPRequestHandler) -> None:
    request.send_response(200)
    request.send_header("Content-Type", JSON_PAGE)
    request.end_headers()
    while True:
        request.wfile.write(b'{"name": "numpy"}, ' * 1000)


NO_LISTS: dict[str, tuple[Any, str]] = {
    "no list": (lambda request: send(request, 200, b"Welcome"), "did not send its list of names to the end."),
    "truncated": (
        lambda request: send(request, 200, b'{"projects": [{"name": "rankzero-ac', JSON_PAGE),
        "did not send its list of names to the end.",
    ),
    "a picture": (
        lambda request: send(request, 200, b"GIF89a", "image/gif"),
        "answers with “image/gif”, which no package index does.",
    ),
    "endless": (endless, "sends more than 1 MB; that is too much."),
    "empty": (lambda request: send(request, 200, b"", JSON_PAGE), "did not send its list of names to the end."),
}


@pytest.mark.parametrize("fault", NO_LISTS)
async def test_an_index_without_a_list_of_names(
    index: PluginIndex, tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    answer, sentence = NO_LISTS[fault]
    index.faults["/simple/"] = answer
    monkeypatch.setattr(listing, "WHATEVER", Effort(most=1_000_000))
    result = await searched(index, tmp_path)
    assert result == SearchResult(complaints=(f"{index.url}/simple {sentence}",))
    assert not (tmp_path / "lists").exists()


async def test_an_index_that_is_away_is_known_from_before(index: PluginIndex, tmp_path: Path) -> None:
    await searched(index, tmp_path)
    (kept,) = (tmp_path / "lists").iterdir()
    kept.write_text(kept.read_text().replace('"at": ', '"at": -'))

    def away(request: BaseHTTPRequestHandler) -> None:
        if request.path == "/simple/":
            send(request, 500)
        else:
            index.speak(request)

    index.faults["/simple/"] = away
    result = await searched(index, tmp_path)
    assert len(result.found) == 4
    assert result.complaints == (f"{index.url}/simple is in trouble (status 500). What it had before is shown.",)


@pytest.mark.parametrize("damage", ["", "[]", '{"names": [1], "at": 1.0}', '{"at": "now", "names": []}'])
async def test_a_list_that_was_kept_badly_is_asked_for_anew(index: PluginIndex, tmp_path: Path, damage: str) -> None:
    await searched(index, tmp_path, "ray")
    (kept,) = (tmp_path / "lists").iterdir()
    kept.write_text(damage)
    assert found(await searched(index, tmp_path, "ray")) == ["rankzero-ray"]
    assert index.paths.count("/simple/") == 2


async def test_of_many_the_first_twenty_are_told_of(tmp_path: Path) -> None:
    house = tmp_path / "house"
    for number in range(23):
        plugin_wheel(house, f"rankzero-p{number:02}")
    result = await search("", tmp_path / "lists", quiet, wheelhouse=house, fit=FIT)
    assert len(result.found) == 20
    assert result.more == ("rankzero-p20", "rankzero-p21", "rankzero-p22")


def test_what_was_asked_for_comes_first() -> None:
    names = ["rankzero-my-acme", "rankzero-acme-jax", "rankzero-acme", "rankzero-ray"]
    assert words_of("rankzero Acme_JAX") == ["acme-jax"]
    assert ranked([], names) == sorted(names)
    assert ranked(["acme"], names) == ["rankzero-acme", "rankzero-acme-jax", "rankzero-my-acme"]
    assert ranked(["acme", "jax"], names) == ["rankzero-acme-jax"]
    assert close_names("acne", names) == ["rankzero-acme"]
