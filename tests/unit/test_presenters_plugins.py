"""What the Plugins page says: cards and ways, plans, what was found, history, what was dropped; without Qt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from desktop_app.api import ToolchainSpec
from desktop_app.presenters.plugins import page
from desktop_app.presenters.plugins.cards import badge, card, cards, headline
from desktop_app.presenters.plugins.entering import Entering, entering
from desktop_app.presenters.plugins.found import found, looks_in, order_for
from desktop_app.presenters.plugins.history import done_text, lines, said_of
from desktop_app.presenters.plugins.plans import nothing_to_do, words_of
from desktop_app.presenters.plugins.ways import Do, ways
from desktop_app.presenters.plugins.words import hash_text
from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.info import Failure
from desktop_app.services.plugins.installing.models import (
    Act,
    Change,
    Choice,
    Order,
    Plan,
    PluginFacts,
    SearchResult,
    Source,
    SourceKind,
)
from desktop_app.services.plugins.words import source_text, version_change
from tests.helpers.told_plugins import AT, INDEX, held, item, offer

FILE = Source(SourceKind.WHEEL, "/home/ada/rankzero_acme-1.0-py3-none-any.whl")


def info(**changes: Any) -> PluginInfo:
    base = PluginInfo(id="acme", name="Acme", version="1.0", contributes={"wizards": ("a", "b"), "exporters": ("c",)})
    return replace(base, **changes)


def dos(*arguments: Any) -> list[Do]:
    return [each.do for each in ways(*arguments)]


def test_a_card_of_a_plugin_that_works() -> None:
    made = card(info(source="bundled"))
    assert (made.word, made.button, made.contributes) == ("On", "Disable", "2 wizards · 1 exporter")
    assert made.origin == "1.0 · bundled"
    assert made.icon == "mdi6.puzzle-outline"


def test_a_card_of_one_that_is_off() -> None:
    made = card(info(state=PluginState.DISABLED, reason="It is switched off."))
    assert (made.word, made.button, made.reason) == ("Off", "Enable", "It is switched off.")


def test_a_card_of_one_that_was_switched_off_for_failing_is_marked() -> None:
    off = info(state=PluginState.DISABLED, problem="three-starts", reason="It failed in three starts in a row.")
    assert (card(off).word, card(off).tone, card(off).button) == ("Off", "canceled", "Try again")
    assert badge([off], {}) == 1


def test_a_card_of_one_that_failed_says_that_the_rest_works() -> None:
    made = card(info(state=PluginState.FAILED, reason="Its import failed: x", details="Traceback"))
    assert (made.word, made.button) == ("Failed", "Try again")
    assert made.reason == "Its import failed: x. The rest works."
    assert made.to_copy == "Acme (acme) 1.0 · from a folder\nIts import failed: x. The rest works.\n\nTraceback\n"


def test_a_card_of_one_with_an_update_shows_both_versions_and_that_it_is_kept() -> None:
    made = card(info(source="index"), held("acme", "1.0", pinned="1.0"), item("acme", "Acme", "1.0", "2.0"))
    assert (made.word, made.button) == ("Update", "Update")
    assert made.origin == "1.0 → 2.0 · from the package index · kept at 1.0"


def test_cards_stand_in_the_order_of_names() -> None:
    assert [each.name for each in cards([info(name="b"), info(name="A"), info(name="c")])] == ["A", "b", "c"]


def test_the_headline_counts() -> None:
    assert headline([info(), info(state=PluginState.FAILED), info(state=PluginState.DISABLED)]) == "1 of 3 on, 1 failed"


def test_the_badge_counts_each_plugin_once() -> None:
    plugins = [info(id="a", state=PluginState.FAILED), info(id="b"), info(id="c", state=PluginState.INCOMPATIBLE)]
    assert badge(plugins, {}) == 1
    assert badge(plugins, {"a": item("a"), "b": item("b")}) == 2


def test_what_ships_is_switched_and_never_removed() -> None:
    assert dos(info(source="bundled", folder=Path("/p"))) == [Do.DISABLE, Do.OPEN]


@pytest.mark.parametrize("state", [PluginState.OK, PluginState.DISABLED, PluginState.FAILED])
@pytest.mark.parametrize("source", [INDEX, FILE, Source(SourceKind.WHEEL, "/wheels")])
def test_each_that_was_installed_can_be_kept_as_it_is(state: PluginState, source: Source) -> None:
    assert Do.PIN in dos(info(state=state), held("acme", source=source))
    assert Do.UNPIN in dos(info(state=state), held("acme", source=source, pinned="1.0"))
    assert Do.PIN not in dos(info(state=state), held("acme", source=source, editable=True))
    assert Do.PIN not in dos(info(state=state))


def test_what_was_installed_from_the_index_can_be_renewed_kept_and_removed() -> None:
    assert dos(info(source="index", folder=Path("/p")), held("acme")) == [
        Do.DISABLE, Do.OPEN, Do.LOOK, Do.REINSTALL, Do.PIN, Do.FOLDER, Do.REMOVE
    ]  # fmt: skip
    assert Do.UNPIN in dos(info(), held("acme", pinned="0.3.2"))
    assert dos(info(), held("acme"), item("acme"))[0] is Do.UPDATE


@pytest.mark.parametrize(
    ("state", "problem", "installed", "first"),
    [
        (PluginState.FAILED, "import", held("acme"), Do.ENABLE),
        (PluginState.FAILED, "hang", None, Do.ENABLE),
        (PluginState.FAILED, "changed", held("acme"), Do.REINSTALL),
        (PluginState.DISABLED, "changed", held("acme"), Do.REINSTALL),
        (PluginState.DISABLED, "three-starts", held("acme"), Do.ENABLE),
        (PluginState.INCOMPATIBLE, "api", held("acme"), Do.LOOK),
        (PluginState.INCOMPATIBLE, "api", held("acme", source=FILE), Do.REMOVE),
        (PluginState.FAILED, "blocked", held("acme"), Do.LOOK),
        (PluginState.DISABLED, "blocked", held("acme", source=FILE), Do.REMOVE),
        (PluginState.FAILED, "manifest", held("acme"), Do.REINSTALL),
        (PluginState.FAILED, "import", held("acme", source=FILE), Do.ENABLE),
        (PluginState.INCOMPATIBLE, "api", None, Do.OPEN),
        (PluginState.DISABLED, "", held("acme"), Do.ENABLE),
    ],
)  # fmt: skip
def test_what_does_not_work_has_a_way_out(state: PluginState, problem: str, installed: Any, first: Do) -> None:
    assert dos(info(state=state, problem=problem), installed)[0] is first


def test_what_is_blocked_cannot_be_enabled() -> None:
    for state in (PluginState.FAILED, PluginState.DISABLED):
        assert Do.ENABLE not in dos(info(state=state, problem="blocked"), held("acme"))


def test_for_an_incompatible_one_another_version_is_looked_for() -> None:
    assert ways(info(state=PluginState.INCOMPATIBLE, problem="api"), held("acme"))[0].word == "Look for one that fits"


def test_a_changed_one_can_be_enabled_anyway() -> None:
    found = ways(info(state=PluginState.FAILED, problem="changed"), held("acme"))
    assert [each.word for each in found[:2]] == ["Reinstall", "Enable anyway"]


def test_mnemonics_of_a_plugins_ways_differ() -> None:
    for state in PluginState:
        for pinned in ("", "1.0"):
            found = ways(info(state=state, source="index", folder=Path("/p")), held("acme", pinned=pinned))
            letters = [each.text[each.text.index("&") + 1].lower() for each in found]
            assert len(letters) == len(set(letters)), found


@pytest.mark.parametrize(
    ("source", "text"),
    [
        (Source(SourceKind.BUNDLED), "Rank Zero itself"),
        (INDEX, "the package index at packages.example"),
        (Source(SourceKind.INDEX, "https://ada:secret@localhost:3141/simple"), "the package index at localhost:3141"),
        (Source(SourceKind.INDEX), "the package index that pip is configured for"),
        (FILE, f"the file {FILE.where}"),
        (Source(SourceKind.WHEEL, "/mnt/usb"), "the folder of wheels /mnt/usb"),
        (Source(SourceKind.FOLDER, "/home/ada/x"), "the folder /home/ada/x"),
    ],
)
def test_sources_in_plain_words(source: Source, text: str) -> None:
    assert source_text(source) == text


def test_of_a_folder_that_is_used_as_it_is_that_is_said() -> None:
    said = source_text(Source(SourceKind.FOLDER, "/src/acme"), editable=True)
    assert said == "the folder /src/acme, used as it is: what you edit there holds"


def test_versions_and_hashes_in_words() -> None:
    assert (version_change("1", "2"), version_change("", "2"), version_change("1", "")) == ("1 → 2", "2", "1")
    assert hash_text("ab" * 32) == f"{'ab' * 16}\n{'ab' * 16}"
    assert hash_text("") == ""


def test_a_plan_says_what_will_be_done() -> None:
    words = words_of(Plan((item("slurm", "Slurm backend", "0.3.2"),), ("Do you trust it?",), ("0.5 does not fit.",)))
    assert (words.title, words.yes) == ("Update Slurm backend?", "Update")
    assert (words.questions, words.notes) == (("Do you trust it?",), ("0.5 does not fit.",))
    (change,) = words.changes
    assert change.change == "0.3.2 → 0.4.0"
    facts = dict(change.facts)
    assert facts["From"] == "the package index at packages.example"
    assert facts["Brings along"] == "submitit 1.5.3, cloudpickle 3.1.2"
    assert facts["Size"] == "48 kB"
    assert "Toolchains" not in facts


@pytest.mark.parametrize(
    ("items", "title"),
    [
        ((item(),), "Install Slurm backend?"),
        ((item(before="0.4.0"),), "Reinstall Slurm backend?"),
        ((item(before="0.3"), item("ray", "Ray", "1")), "Update 2 plugins?"),
        ((item(), item("ray", "Ray", "1")), "Install 2 plugins?"),
    ],
)
def test_a_plans_title(items: Any, title: str) -> None:
    assert words_of(Plan(items)).title == title


def test_a_plan_that_changes_nothing_says_why() -> None:
    assert nothing_to_do(Plan((), notes=("0.5 does not fit.",))) == "0.5 does not fit."
    assert nothing_to_do(Plan(())) == "Everything is up to date."


def test_what_was_found_says_what_fits_and_what_is_here() -> None:
    unfit = offer(version="0.5.0", why_not="0.5.0 needs Python 3.13.")
    result = SearchResult((Choice(offer(), (unfit,)), Choice(replace(unfit, distribution="rankzero-tpu"))))
    slurm, tpu = found(result, [held("slurm")])
    assert slurm.unfit == "0.5.0 is newer and does not fit: it needs Python 3.13."
    assert (slurm.has, slurm.can_install) == ("0.3.2 is installed", True)
    assert slurm.facts == "Ada Example · MIT · 48 kB"
    assert (tpu.unfit, tpu.can_install, tpu.id) == ("0.5.0 needs Python 3.13.", False, "")
    assert slurm.id == "slurm"
    (same, _tpu) = found(result, [held("slurm", "0.4.0", distribution="RankZero_Slurm")])
    assert (same.has, same.can_install) == ("Installed", False)
    assert order_for(slurm, Path("/w")) == Order("rankzero-slurm==0.4.0", Path("/w"))
    assert order_for(slurm, None, pre=True) == Order("rankzero-slurm", None, pre=True)


def test_where_is_looked_is_said() -> None:
    assert "rankzero-" in looks_in(None)
    assert looks_in(Path("/w")) == "Looks among the wheels in /w; no network is asked."


def change(act: Act = Act.UPDATE, **more: Any) -> Change:
    return replace(Change(1, AT, act, "slurm", "Slurm", "0.3", "0.4", INDEX, can_undo=True), **more)


@pytest.mark.parametrize(
    ("made", "text"),
    [
        (change(), "Updated Slurm 0.3 → 0.4"),
        (change(Act.INSTALL, before=""), "Installed Slurm 0.4"),
        (change(before="0.4"), "Reinstalled Slurm 0.4"),
        (change(Act.REMOVE), "Removed Slurm"),
        (change(Act.ENABLE), "Enabled Slurm"),
        (change(Act.DISABLE, title=""), "Disabled slurm"),
        (change(Act.PIN), "Kept Slurm at 0.4"),
        (change(Act.PIN, after=""), "Let Slurm be updated again"),
        (change(Act.UNDO), "Took back a change of Slurm"),
    ],
)
def test_changes_in_words(made: Change, text: str) -> None:
    assert said_of(made) == text


def test_the_history_names_sources_and_what_can_be_taken_back() -> None:
    first, second = lines([change(), change(undone=True)])
    assert (first.source, first.can_undo) == ("from the package index at packages.example", True)
    assert (second.undone, second.can_undo) == (True, False)
    assert lines([change()], "other") == []
    assert done_text([change(), change(Act.REMOVE)]) == "Updated Slurm 0.3 → 0.4. Removed Slurm."


def test_a_plugins_page_names_what_it_adds() -> None:
    spec = ToolchainSpec("slurm", "Slurm tools", "acme", ("submitit==1",), python=">=3.11")
    told = page.about(info(toolchains=(spec,), author="Ada", license="MIT", api="1"), None)
    assert dict(told.adds) == {"Wizards": "a, b", "Exporters": "c", "Toolchains": "Slurm tools"}
    assert ("Made by", "Ada") in told.facts
    facts = PluginFacts("acme", INDEX, "You agreed to it.", 2_300_000, requires=("a==1",), hooks=("check_job",))
    told = page.about(info(), facts)
    assert "runs as you" in told.trust
    assert {"Size": "2.3 MB", "Brought along": "a 1", "Hooks": "check_job"}.items() <= dict(told.facts).items()
    bundled = page.about(info(source="bundled"), None)
    assert ("Comes from", "Rank Zero itself") in bundled.facts
    assert bundled.trust == ""
    beside = page.about(info(), PluginFacts("acme", Source(SourceKind.WHEEL, "/lib/acme")))
    assert ("Comes from", "the program's own Python, where pip put it") in beside.facts
    installed = page.about(info(), replace(facts, installed=AT, trust=""), lambda at: f"{at:%d.%m.%Y}")
    assert ("Installed", "22.11.2026") in installed.facts
    assert "runs as you" in page.about(info(), None).trust


@pytest.mark.parametrize(
    ("address", "opens"),
    [("https://ada.example/x", True), ("http://ada.example", True), ("file:///etc/passwd", False), ("", False),
     ("javascript:alert(1)", False), ("https://", False), ("https://[x", False)],
)  # fmt: skip
def test_only_web_addresses_open(address: str, opens: bool) -> None:
    assert bool(page.homepage(info(homepage=address))) is opens


def test_what_a_path_means(tmp_path: Path) -> None:
    wheels, plain, project, flat = (tmp_path / each for each in ("wheels", "plain", "project", "flat"))
    for each in (wheels, plain, project / "src" / "pkg", flat / "pkg"):
        each.mkdir(parents=True)
    (wheels / "a-1-py3-none-any.whl").touch()
    (project / "pyproject.toml").touch()
    (project / "src" / "pkg" / "plugin.toml").touch()
    (flat / "pkg" / "plugin.toml").touch()
    assert entering(wheels / "a-1-py3-none-any.whl") is Entering.INSTALL
    assert entering(wheels) is Entering.WHEELHOUSE
    assert entering(project) is Entering.INSTALL
    assert entering(flat) is None
    (flat / "pyproject.toml").touch()
    assert entering(flat) is Entering.INSTALL
    assert entering(flat / "pkg") is Entering.INSTALL
    assert entering(plain) is None
    assert entering(tmp_path / "gone") is None


def test_a_plugin_that_was_switched_off_for_failing_says_how_it_failed_last() -> None:
    last = Failure("Its import failed: No module named 'acme'.", "import", "Traceback …")
    reason = "It failed in three starts in a row and was switched off; enabling it tries again."
    info = PluginInfo("acme", "Acme", "1.0", last_failure=last).off(PluginState.DISABLED, reason, "", "three-starts")
    shown = card(info)
    assert shown.reason == f"{reason} It failed last like this: {last.reason}"
    assert shown.details == "Traceback …"
    by_hand = card(PluginInfo("acme", "Acme", "1.0", last_failure=last).off(PluginState.DISABLED, "It is off."))
    assert (by_hand.reason, by_hand.details) == ("It is off.", "")
