"""Which version of a plugin is chosen, and what is said of those that are newer and don't fit."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import UserError
from desktop_app.services.plugins.installing.finding.choosing import choose
from desktop_app.services.plugins.installing.finding.fitting import Fit
from desktop_app.services.plugins.installing.finding.index import Sources, fetch, sources
from desktop_app.services.plugins.installing.models import Choice, Offer, Order, SourceKind
from tests.helpers.plugin_index import PluginIndex, plugin_index, plugin_wheel

FIT = Fit(python="3.11.9", tags={"cp311-cp311-manylinux_2_28_x86_64": 0, "py3-none-any": 1}, api="1")


def quiet(_what: str, _part: float | None) -> None:
    """Say nothing."""


@pytest.fixture
def index() -> Iterator[PluginIndex]:
    with plugin_index() as made:
        yield made


async def chosen(index: PluginIndex, folder: Path, target: str = "acme", **more: Any) -> Choice:
    """Choose from an index alone."""
    order = Order(target, pre=more.pop("pre", False))
    where = more.pop("where", sources(environ=index.environment()))
    return await choose(order, folder / "looked", quiet, fit=FIT, where=where, **more)


async def test_a_wheelhouse_gives_the_newest_and_nothing_is_asked(tmp_path: Path) -> None:
    for version in ("0.1.0", "0.10.0", "0.9.0"):
        plugin_wheel(tmp_path / "house", version=version)
    order = Order("acme", wheelhouse=tmp_path / "house")
    choice = await choose(order, tmp_path / "looked", quiet, fit=FIT)
    assert (choice.best.distribution, choice.best.version) == ("rankzero-acme", "0.10.0")
    assert choice.best.source.kind is SourceKind.WHEEL
    assert choice.best.source.where == str(tmp_path / "house")
    path = await fetch(choice.best, tmp_path / "had", quiet, where=Sources())
    assert path.parent == tmp_path / "had"
    assert path.read_bytes() == (tmp_path / "house" / path.name).read_bytes()


@pytest.mark.parametrize("speaks_json", [True, False], ids=["json", "html"])
async def test_an_index_gives_the_newest_that_fits(index: PluginIndex, tmp_path: Path, speaks_json: bool) -> None:
    index.speaks_json = speaks_json
    index.add(plugin_wheel(tmp_path, version="0.3.0"))
    index.add(plugin_wheel(tmp_path, version="0.4.0"))
    index.add(plugin_wheel(tmp_path, version="0.5.0"), said={"requires_python": ">=3.13"})
    index.add(plugin_wheel(tmp_path, version="0.6.0", api="2"))
    index.add(plugin_wheel(tmp_path, version="0.7.0"), said={"yanked": "eats disks"})
    index.add(plugin_wheel(tmp_path, version="0.8.0", tag="cp312-cp312-win_amd64"))
    choice = await chosen(index, tmp_path)
    assert choice.best.version == "0.4.0"
    assert [each.why_not for each in choice.unfit] == [
        "0.8.0 has no wheel for this machine and Python; there are some for win_amd64.",
        "0.7.0 was withdrawn by its author: eats disks.",
        "0.6.0 is made for plugin API 2; this program has 1.",
        "0.5.0 needs Python 3.13 or newer; this is 3.11.9.",
    ]
    best = choice.best
    assert (best.source.kind, best.source.where) == (SourceKind.INDEX, f"{index.url}/simple")
    assert (best.author, best.license, best.homepage) == ("Ann", "MIT", "https://example.org/acme")
    assert not [each for each in index.paths if each.endswith(".whl")]
    path = await fetch(best, tmp_path / "had", quiet, where=sources(environ=index.environment()))
    assert path.name == "rankzero_acme-0.4.0-py3-none-any.whl"
    assert path.read_bytes() == (tmp_path / path.name).read_bytes()


LARGE = {"acme/data.bin": os.urandom(6_000_000)}


@pytest.mark.parametrize("metadata", [True, False])
async def test_without_keywords_the_manifest_counts(index: PluginIndex, tmp_path: Path, metadata: bool) -> None:
    index.add(plugin_wheel(tmp_path, version="0.3.0", keywords=""), metadata=metadata)
    index.add(plugin_wheel(tmp_path, version="0.4.0", api="2", keywords=""), metadata=metadata)
    choice = await chosen(index, tmp_path)
    assert (choice.best.version, choice.best.plugin, choice.best.api) == ("0.3.0", "acme", "1")
    assert [each.why_not for each in choice.unfit] == ["0.4.0 is made for plugin API 2; this program has 1."]
    assert choice.best.file is not None
    assert choice.best.file.parent == tmp_path / "looked"


@pytest.mark.parametrize("metadata", [True, False])
async def test_a_large_wheel_is_looked_into_without_fetching_it(
    index: PluginIndex, tmp_path: Path, metadata: bool
) -> None:
    index.add(plugin_wheel(tmp_path, keywords="", files=LARGE), metadata=metadata)
    choice = await chosen(index, tmp_path)
    assert (choice.best.plugin, choice.best.file) == ("acme", None)
    assert index.sent < 200_000


@pytest.mark.parametrize(
    ("gives_parts", "why"),
    [
        (True, "there is no plugin.toml in it."),
        (False, "nothing it says of itself names it one, and with 6 MB it is too large to be fetched only to look"),
    ],
)
async def test_an_ordinary_package_is_no_plugin_and_not_fetched_to_see_it(
    index: PluginIndex, tmp_path: Path, gives_parts: bool, why: str
) -> None:
    index.gives_parts = gives_parts
    index.add(plugin_wheel(tmp_path, "numpy", "2.4.6", keywords="", manifest=False, files=LARGE))
    with pytest.raises(UserError, match=f"numpy is no plugin of Rank Zero: {why}") as caught:
        await chosen(index, tmp_path, "numpy")
    assert caught.value.exit_code == 1
    assert index.sent < 200_000


async def test_a_package_of_the_name_that_is_no_plugin_does_not_hide_one(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, "acme", "7.0", keywords="", manifest=False))
    index.add(plugin_wheel(tmp_path, "rankzero-acme", "0.1.0"))
    assert (await chosen(index, tmp_path)).best.distribution == "rankzero-acme"


async def test_a_package_of_the_name_that_has_no_wheel_does_not_hide_one(index: PluginIndex, tmp_path: Path) -> None:
    source = tmp_path / "acme-7.0.tar.gz"
    source.write_bytes(b"source")
    index.add(source)
    index.add(plugin_wheel(tmp_path, "rankzero-acme", "0.1.0"))
    assert (await chosen(index, tmp_path)).best.distribution == "rankzero-acme"


async def test_a_plugin_that_does_not_fit_is_not_replaced_by_another(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, "acme", "7.0", api="2"))
    index.add(plugin_wheel(tmp_path, "rankzero-acme", "0.1.0"))
    with pytest.raises(UserError, match="No version of acme fits"):
        await chosen(index, tmp_path)


async def test_where_there_are_pre_releases_alone_it_is_said_how_to_get_them(
    index: PluginIndex, tmp_path: Path
) -> None:
    index.add(plugin_wheel(tmp_path, version="0.1.0a1"))
    with pytest.raises(UserError, match="is a pre-release") as caught:
        await chosen(index, tmp_path)
    assert caught.value.hint == "Ask for it with --pre."


async def test_a_plugin_may_be_called_as_it_likes(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, "Acme.Tools", "7.0", plugin="acme-helpers", keywords=""))
    index.add(plugin_wheel(tmp_path, "rankzero-acme-tools", "8.0"))
    best = (await chosen(index, tmp_path, "acme_tools")).best
    assert (best.distribution, best.plugin) == ("acme-tools", "acme-helpers")


async def test_a_name_that_is_nowhere(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, "rankzero-acme"))
    index.add(plugin_wheel(tmp_path, "rankzero-slurm"))
    with pytest.raises(UserError, match="Nothing called “acne” or “rankzero-acne” is there") as caught:
        await chosen(index, tmp_path, "acne", lists=tmp_path / "lists")
    assert caught.value.exit_code == 1
    assert caught.value.hint == "Did you mean “rankzero-acme”?"
    with pytest.raises(UserError, match="Nothing called") as caught:
        await chosen(index, tmp_path, "blender", lists=tmp_path / "lists")
    assert "plugins search" in caught.value.hint


async def test_a_name_that_is_not_in_a_wheelhouse(tmp_path: Path) -> None:
    plugin_wheel(tmp_path / "house")
    order = Order("slurm", wheelhouse=tmp_path / "house")
    with pytest.raises(UserError, match=r"There is no wheel of “slurm” or “rankzero-slurm” in .*house"):
        await choose(order, tmp_path, quiet, fit=FIT)
    with pytest.raises(UserError, match=r"The folder of wheels .*nowhere is not there"):
        await choose(Order("slurm", wheelhouse=tmp_path / "nowhere"), tmp_path, quiet, fit=FIT)


@pytest.mark.parametrize(
    "target", ["", "acme acme", "acme[x]", "acme @ https://x.invalid/a.whl", "../acme", "a" * 200 + "!"]
)
async def test_what_is_no_name(tmp_path: Path, target: str) -> None:
    with pytest.raises(UserError, match=r"is no name of a plugin|says more than a name and versions") as caught:
        await choose(Order(target), tmp_path, quiet, fit=FIT, where=Sources())
    assert caught.value.hint == "Write NAME or NAME==1.2."


async def test_pre_releases_are_taken_only_when_they_are_asked_for(index: PluginIndex, tmp_path: Path) -> None:
    for version in ("0.1.0", "0.2.0rc1"):
        index.add(plugin_wheel(tmp_path, version=version))
    choice = await chosen(index, tmp_path)
    assert choice.best.version == "0.1.0"
    assert [each.why_not for each in choice.unfit] == [
        "0.2.0rc1 is a pre-release, and those are taken only when they are asked for."
    ]
    assert (await chosen(index, tmp_path, pre=True)).best.version == "0.2.0rc1"
    assert (await chosen(index, tmp_path, "acme==0.2.0rc1")).best.version == "0.2.0rc1"


async def test_versions_that_are_asked_for(index: PluginIndex, tmp_path: Path) -> None:
    for version in ("0.1.0", "0.2.0", "0.3.0"):
        index.add(plugin_wheel(tmp_path, version=version), said={"yanked": ""} if version == "0.3.0" else {})
    assert (await chosen(index, tmp_path, "acme==0.1.0")).best.version == "0.1.0"
    assert (await chosen(index, tmp_path, "acme<0.2")).unfit == ()
    assert (await chosen(index, tmp_path)).unfit[0].why_not == "0.3.0 was withdrawn by its author."
    assert (await chosen(index, tmp_path, "acme==0.3.0")).best.version == "0.3.0"
    with pytest.raises(UserError, match=r"There is no rankzero-acme ==0\.9") as caught:
        await chosen(index, tmp_path, "acme==0.9")
    assert caught.value.hint == "The newest version is 0.3.0."


async def test_what_is_blocked_is_passed_over_and_said(index: PluginIndex, tmp_path: Path) -> None:
    for version in ("0.1.0", "0.2.0"):
        index.add(plugin_wheel(tmp_path, version=version))

    def blocked(offer: Offer) -> str:
        return "It is on the list of blocked plugins: it sends keys away." if offer.version == "0.2.0" else ""

    choice = await chosen(index, tmp_path, blocked=blocked)
    assert choice.best.version == "0.1.0"
    assert choice.unfit[0].why_not == "0.2.0 is on the list of blocked plugins: it sends keys away."


async def test_no_version_fits(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, version="0.1.0", api="7"))
    index.add(plugin_wheel(tmp_path, version="0.2.0", requires_python=">=3.13"))
    source = tmp_path / "rankzero_acme-0.3.0.tar.gz"
    source.write_bytes(b"source")
    index.add(source)
    with pytest.raises(
        UserError, match=r"No version of rankzero-acme fits: 0\.3\.0 has no wheel, only source\."
    ) as caught:
        await chosen(index, tmp_path)
    assert caught.value.details.splitlines() == [
        "0.3.0 has no wheel, only source.",
        "0.2.0 needs Python 3.13 or newer; this is 3.11.9.",
        "0.1.0 is made for plugin API 7; this program has 1.",
    ]


async def test_no_more_than_twenty_versions_are_looked_into(index: PluginIndex, tmp_path: Path) -> None:
    for number in range(23):
        index.add(plugin_wheel(tmp_path, version=f"0.{number}.0", api="2"))
    with pytest.raises(
        UserError, match=r"No version of rankzero-acme fits: 0\.22\.0 is made for plugin API 2"
    ) as caught:
        await chosen(index, tmp_path)
    assert len(caught.value.details.splitlines()) == 20


async def test_a_damaged_wheel_is_passed_over_and_said(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, version="0.1.0"))
    damaged = plugin_wheel(tmp_path, version="0.2.0")
    damaged.write_bytes(damaged.read_bytes()[:-30])
    index.add(damaged, metadata=False, said={"metadata": None})
    choice = await chosen(index, tmp_path)
    assert choice.best.version == "0.1.0"
    assert choice.unfit[0].why_not.startswith(
        "0.2.0 can't be had: rankzero_acme-0.2.0-py3-none-any.whl can't be opened"
    )


async def test_two_indexes_that_have_the_name_are_said(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, version="0.1.0"))
    with plugin_index() as other:
        other.add(plugin_wheel(tmp_path, version="9.9"))
        where = sources(environ=index.environment(PIP_EXTRA_INDEX_URL=f"{other.url}/simple"))
        choice = await chosen(index, tmp_path, where=where)
    assert choice.best.version == "9.9"
    assert choice.complaints == (
        f"rankzero-acme 9.9 comes from {other.url}/simple; {index.url}/simple has that name as well.",
    )


async def test_a_withdrawn_version_that_is_asked_for_says_so(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, version="0.3.0"), said={"yanked": "eats disks"})
    choice = await chosen(index, tmp_path, "acme==0.3.0")
    assert choice.complaints == ("0.3.0 was withdrawn by its author: eats disks.",)


async def test_what_only_the_metadata_say_counts_too(index: PluginIndex, tmp_path: Path) -> None:
    index.add(plugin_wheel(tmp_path, version="0.1.0", requires=["rankzero>=0.0.1", "numpy>=99", "what is this"]))
    index.add(plugin_wheel(tmp_path, version="0.2.0", requires_python=">=3.12"))
    index.add(plugin_wheel(tmp_path, version="0.3.0", requires=["rankzero (>=7)", 'rankzero<0; os_name == "x"']))
    choice = await chosen(index, tmp_path)
    assert choice.best.version == "0.1.0"
    assert [each.why_not for each in choice.unfit] == [
        f"0.3.0 needs Rank Zero 7 or newer; this is {FIT.program}.",
        "0.2.0 needs Python 3.12 or newer; this is 3.11.9.",
    ]


async def test_where_there_is_nobody_to_ask(tmp_path: Path) -> None:
    where = sources(environ={"PIP_CONFIG_FILE": os.devnull, "PIP_NO_INDEX": "1"})
    with pytest.raises(UserError, match="pip is set to ask no package index here") as caught:
        await choose(Order("acme"), tmp_path, quiet, where=where)
    assert "--wheelhouse" in caught.value.hint


async def test_the_best_wheel_of_a_version(index: PluginIndex, tmp_path: Path) -> None:
    for tag in ("py3-none-any", "cp311-cp311-manylinux_2_28_x86_64", "cp312-cp312-win_amd64"):
        index.add(plugin_wheel(tmp_path, tag=tag))
    assert "manylinux" in (await chosen(index, tmp_path)).best.url


@pytest.mark.parametrize(
    ("wanted", "words"),
    [
        (">=3.13", "3.13 or newer"), (">3.11.9", "newer than 3.11.9"), ("<3.11", "older than 3.11"),
        ("<=3.10", "3.10 or older"), ("!=3.11.*", "other than 3.11"), ("==3.9.*", "3.9"), ("~=3.12.0", "3.12.0"),
        (">=3.8,<3.11", "older than 3.11"),
    ],
)  # fmt: skip
def test_what_a_python_is_needed_in_words(wanted: str, words: str) -> None:
    assert FIT.why_no_python("1.0", wanted) == f"1.0 needs Python {words}; this is 3.11.9."


@pytest.mark.parametrize("wanted", ["", ">=3.11", ">=3.8,<4", "some Python", ">=3.11.*"])
def test_what_this_python_is_good_for(wanted: str) -> None:
    assert FIT.why_no_python("1.0", wanted) == ""


def test_by_itself_it_has_to_fit_this_very_program() -> None:
    here = Fit()
    assert here.api == "1"
    assert here.why_no_python("1", f"=={here.python}") == ""
    assert "py3-none-any" in here.tags
