"""What the frame, the palette and Settings say; without Qt."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import RunStatus, ToolchainSpec, WheelBuild
from desktop_app.presenters.palette import Entry, fit_letters, search
from desktop_app.presenters.palette_words import KEYWORDS
from desktop_app.presenters.settings import (
    checked_text,
    plugin_python,
    toolchain_row,
    toolchain_summary,
    users,
)
from desktop_app.presenters.shell import RunWatch, notice_for
from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.toolchains import Toolchain
from tests.helpers.snapshots import snapshot

TITLES = ("New job", "Open folder", "Open file", "Settings", "Plugins", "Validate this file", "Show crash reports")


def found(typed: str, titles: tuple[str, ...] = TITLES, recent: tuple[str, ...] = ()) -> list[str]:
    return [each.entry.title for each in search([Entry(title, title) for title in titles], typed, recent)]


def test_nothing_typed_shows_all_those_used_last_first() -> None:
    assert found("") == list(TITLES)
    assert found("", recent=("Plugins", "Settings"))[:2] == ["Plugins", "Settings"]


@pytest.mark.parametrize(
    ("typed", "first"),
    [("op", "Open file"), ("of", "Open file"), ("file", "Open file"), ("NEW", "New job"), ("nj", "New job"),
     ("crash", "Show crash reports"), ("set", "Settings"), ("folder open", "Open folder"),
     ("vtf", "Validate this file")],
)  # fmt: skip
def test_a_few_letters_are_enough(typed: str, first: str) -> None:
    assert found(typed)[0] == first


def test_letters_that_are_not_there_find_nothing() -> None:
    assert found("xyz") == []
    assert found("open xyz") == []


def test_a_detail_is_searched_too_and_counts_less() -> None:
    entries = [Entry("a", "job.yml", detail="/home/ada/digits"), Entry("b", "digits")]
    assert [each.entry.key for each in search(entries, "digits")] == ["b", "a"]


ACTIONS = tuple(
    Entry(name, title, words=KEYWORDS.get(name, ""))
    for name, title in (
        ("file.sample", "Open the sample project"), ("view.theme.dark", "Appearance: dark"),
        ("view.theme.system", "Appearance: follow the desktop"), ("job.new", "New job"), ("view.settings", "Settings"),
        ("runs.cancel", "Cancel the open run"), ("help.shortcuts", "Show keyboard shortcuts"), ("app.quit", "Quit"),
        ("view.notifications", "Switch notifications on or off"),
    )
)  # fmt: skip


@pytest.mark.parametrize(
    ("typed", "first"),
    [("theme", "view.theme.dark"), ("stop", "runs.cancel"), ("wizard", "job.new"), ("toolchain", "view.settings"),
     ("shortcut", "help.shortcuts"), ("mute", "view.notifications"), ("exit", "app.quit"), ("pref", "view.settings"),
     ("new job", "job.new"), ("theme dark", "view.theme.dark")],
)  # fmt: skip
def test_other_words_find_an_action(typed: str, first: str) -> None:
    assert next(each.entry.key for each in search(ACTIONS, typed)) == first


@pytest.mark.parametrize(("typed", "not_found"), [("theme", "file.sample"), ("stop", "view.theme.system")])
def test_scattered_letters_find_nothing(typed: str, not_found: str) -> None:
    assert not_found not in [each.entry.key for each in search(ACTIONS, typed)]


@pytest.mark.parametrize(
    ("typed", "found"),
    [("opfo", True), ("ofo", True), ("ofe", False), ("older", True), ("ld", False), ("pen", True), ("fop", False)],
)
def test_letters_begin_words_or_go_on(typed: str, found: bool) -> None:
    assert (fit_letters("Open folder", typed) is not None) is found


def test_the_start_of_a_titles_word_beats_another_word_for_it_and_that_beats_the_middle() -> None:
    entries = [Entry("middle", "Restart"), Entry("word", "Run", words="start"), Entry("title", "Start here")]
    assert [each.entry.key for each in search(entries, "start")] == ["title", "word", "middle"]


def test_a_file_is_found_by_its_path() -> None:
    entries = [Entry("a", "train.py", "file", detail="src"), Entry("b", "train.py", "file", detail="old/src2")]
    assert [each.entry.key for each in search(entries, "src/train")] == ["a"]
    assert [each.entry.key for each in search(entries, "train.py")] == ["a", "b"]


def test_the_marked_letters_are_those_that_were_typed() -> None:
    fit = fit_letters("Show crash reports", "cr")
    assert fit is not None
    assert fit[1] == (5, 6)


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=5))
def test_whatever_is_typed_marks_letters_of_the_title(title: str, word: str) -> None:
    fit = fit_letters(title, word.casefold())
    if fit is not None:
        assert all(0 <= place < len(title) for place in fit[1])
        assert list(fit[1]) == sorted(set(fit[1]))


@pytest.mark.parametrize(
    ("states", "text", "live"),
    [
        ([], "Nothing running", 0),
        ([RunStatus.RUNNING, RunStatus.PREPARING, RunStatus.QUEUED], "2 running, 1 queued", 3),
        ([RunStatus.QUEUED], "1 queued", 1),
        ([RunStatus.COMPLETED, RunStatus.UNKNOWN], "Nothing running", 0),
    ],
)
def test_runs_are_counted(states: list[RunStatus], text: str, live: int) -> None:
    watch, runs = RunWatch(), [snapshot(str(number), status) for number, status in enumerate(states)]
    watch.look({each.handle: each for each in runs})
    assert (watch.counts.text, watch.counts.live) == (text, live)


def test_only_what_changed_is_looked_at() -> None:
    watch, runs = RunWatch(), {each.handle: each for each in (snapshot("a"), snapshot("b"))}
    watch.look(runs)
    runs |= {each.handle: each for each in (snapshot("a", RunStatus.COMPLETED), snapshot("b", RunStatus.FAILED))}
    assert [each.handle for each in watch.look(runs, ["local://a"])] == ["local://a"]
    assert watch.counts.running == 1
    del runs["local://b"]
    assert watch.look(runs, ["local://b", "local://never-was"]) == []
    assert watch.counts.live == 0


def test_only_a_run_that_was_seen_alive_is_announced_and_once() -> None:
    watch = RunWatch()
    old, new = snapshot("old", RunStatus.COMPLETED), snapshot("new")
    assert watch.look({"local://old": old, "local://new": new}) == []
    unknown = replace(new, status=RunStatus.UNKNOWN)
    assert watch.look({"local://new": unknown}) == []
    ended = replace(new, status=RunStatus.COMPLETED)
    assert [each.title for each in watch.look({"local://new": ended})] == ["run new completed"]
    assert watch.look({"local://new": ended}) == []


def test_a_run_that_is_gone_is_forgotten() -> None:
    watch = RunWatch()
    watch.look({"local://a": snapshot("a")})
    assert watch.look({}) == []
    assert watch.look({"local://a": snapshot("a", RunStatus.FAILED)}) == []


def test_a_notice_says_why_or_how_well() -> None:
    failed = replace(snapshot("a", RunStatus.FAILED), reason="Rank 3 fell first.")
    assert notice_for(failed).text == "Rank 3 fell first."
    done = replace(snapshot("a", RunStatus.COMPLETED), metrics={"loss": (0.12345, 3), "accuracy": (0.97, 3)})
    assert notice_for(done).text == "accuracy 0.97, loss 0.1235"


def info(**changes: Any) -> PluginInfo:
    base = PluginInfo(id="acme", name="Acme", version="1.0", contributes={"wizards": ("a", "b"), "exporters": ("c",)})
    return replace(base, **changes)


TOOLCHAIN = Toolchain("pytorch", "PyTorch", Path("/c/bin/python"), "made", "ready", packages={"torch": "2.13.0+cpu"})
SPEC = ToolchainSpec("pytorch", "PyTorch", "acme", ("torch==2.13.0",), size_mb=800)


def test_a_toolchain_that_is_ready() -> None:
    row = toolchain_row(replace(TOOLCHAIN, size=812_000_000))
    assert (row.word, row.create, row.can_check, row.can_remove) == ("Ready", "", True, True)
    assert row.facts == "torch 2.13.0+cpu · /c/bin/python · 812 MB"


def test_one_that_is_missing_says_what_making_it_takes() -> None:
    row = toolchain_row(replace(TOOLCHAIN, state="missing", packages={}), SPEC)
    assert (row.create, row.can_check, row.can_remove) == ("Create", False, False)
    assert row.facts == "torch 2.13.0 · about 800 MB"


def test_one_of_the_persons_own_is_neither_made_nor_removed() -> None:
    row = toolchain_row(replace(TOOLCHAIN, origin="chosen", state="broken", reason="gone"))
    assert (row.create, row.can_check, row.can_remove) == ("", True, False)


def test_a_toolchain_that_is_built_says_so_and_what_it_costs() -> None:
    build = WheelBuild("horovod==0.28.1")
    spec = replace(SPEC, requires=("cffi==2", "torch==2.13.0"), alone=("tf_keras==2.21",), builds=(build,), minutes=4)
    row = toolchain_row(replace(TOOLCHAIN, state="missing", packages={}), spec)
    assert row.facts == "torch 2.13.0, tf-keras 2.21 · horovod 0.28.1, built here · about 4 minutes, 800 MB"


def test_the_status_bar_names_the_toolchain() -> None:
    assert toolchain_summary([TOOLCHAIN]) == "PyTorch 2.13 toolchain"
    assert toolchain_summary([TOOLCHAIN, TOOLCHAIN]) == "2 toolchains"
    assert toolchain_summary([replace(TOOLCHAIN, title="PyTorch 2.13 (CPU)")]) == "PyTorch 2.13 (CPU) toolchain"
    assert toolchain_summary([replace(TOOLCHAIN, state="missing")]) == "No toolchain yet"
    assert toolchain_summary([]) == ""


def test_a_check_is_said_in_one_sentence() -> None:
    assert checked_text(TOOLCHAIN) == ("info", "The toolchain PyTorch works.", "torch 2.13.0+cpu")
    assert checked_text(replace(TOOLCHAIN, state="broken", reason="no torch"))[2] == "no torch"


def test_where_a_plugins_jobs_run() -> None:
    plugin = info(toolchains=(SPEC,))
    assert users([plugin, info(), info(toolchains=(SPEC,), state=PluginState.DISABLED)]) == [plugin]
    assert plugin_python(plugin, [TOOLCHAIN]) == ("the toolchain PyTorch", False)
    several = info(toolchains=(SPEC, replace(SPEC, name="deepspeed"), replace(SPEC, name="ray")))
    assert plugin_python(several, []) == ("the one that fits: pytorch, deepspeed or ray", False)
    assert plugin_python(plugin, [replace(TOOLCHAIN, origin="chosen")]) == ("/c/bin/python", True)
