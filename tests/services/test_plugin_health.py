"""A plugin that fails in three starts in a row is switched off, and one good start ends the row."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.api import Job
from desktop_app.places import Places
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState
from desktop_app.services.plugins.health import Health
from desktop_app.services.plugins.info import Failure
from desktop_app.services.plugins.tracebacks import authors_part
from desktop_app.services.settings import Settings
from tests.helpers.plugin_folders import HOOKS, preset_hooks, write_plugin
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts


@pytest.fixture
def host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


def started(host: MakeHost) -> PluginHost:
    """Return a host, as a start of the program makes it, after it has asked for presets."""
    made = host()
    made.environment_presets()
    return made


def only(made: PluginHost) -> PluginInfo:
    (info,) = made.plugins
    return info


def test_three_starts_in_a_row_switch_a_plugin_off(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "alpha", preset_hooks(body="1 / 0"))
    for count in (1, 2):
        info = only(started(host))
        assert (info.state, info.problem, info.failures) == (PluginState.FAILED, "hook", count)
    info = only(started(host))
    assert (info.state, info.problem, info.failures) == (PluginState.DISABLED, "three-starts", 3)
    assert info.reason.startswith("It failed in three starts in a row and was switched off. Its hook environment_")
    assert "Traceback" in info.details
    assert Settings(places.settings).get("plugins.disabled") == ["alpha"]
    again = host()
    assert (only(again).state, only(again).problem) == (PluginState.DISABLED, "three-starts")
    assert only(again).reason == "It failed in three starts in a row and was switched off; enabling it tries again."
    (folder / "hooks.py").write_text(HOOKS)
    again.enable("alpha")
    assert len(again.environment_presets()) == 1
    assert (only(again).state, only(again).failures) == (PluginState.OK, 0)


def test_one_start_counts_once(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", preset_hooks(body="1 / 0"))
    made = started(host)
    for _ in range(4):
        made.discover()
        made.environment_presets()
    assert only(made).failures == 1


FAILS_LATE = HOOKS + '\n\n@hookimpl\ndef check_job(job):\n    raise OSError("no")\n'


def test_a_plugin_that_starts_well_and_fails_later_counts_too(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", FAILS_LATE)
    for count in (1, 2, 3):
        made = started(host)
        assert only(made).state is PluginState.OK
        made.check_job(Job("x"))
        assert only(made).failures == count
    assert only(made).state is PluginState.DISABLED


def test_a_start_without_a_failure_ends_the_row(places: Places, host: MakeHost) -> None:
    write_plugin(places.plugins, "alpha", FAILS_LATE)
    for fails in (True, True, False, True, True, False, False, True):
        made = started(host)
        if fails:
            made.check_job(Job("x"))
    assert (only(made).state, only(made).failures) == (PluginState.FAILED, 1)


def test_a_new_version_begins_anew(places: Places, host: MakeHost) -> None:
    folder = write_plugin(places.plugins, "alpha", preset_hooks(body="1 / 0"))
    for _ in range(2):
        started(host)
    toml = folder / "plugin.toml"
    toml.write_text(toml.read_text().replace('"1.0"', '"1.1"'))
    assert only(started(host)).failures == 1


def test_what_ships_with_the_program_is_counted_and_never_switched_off(places: Places, tmp_path: Path) -> None:
    write_plugin(tmp_path / "bundled", "alpha", preset_hooks(body="1 / 0"))
    for count in (1, 2, 3, 4):
        made = PluginHost(places, Settings(places.settings), bundled=tmp_path / "bundled", installed=tuple)
        made.discover()
        made.environment_presets()
        assert (only(made).state, only(made).failures) == (PluginState.FAILED, count)


@pytest.mark.parametrize("text", ["", "[]", "{", '{"alpha": 3}', '{"alpha": {"version": "1.0", "failed": "x"}}', "\0"])
def test_a_damaged_list_is_no_list(places: Places, host: MakeHost, text: str) -> None:
    write_plugin(places.plugins, "alpha", preset_hooks(body="1 / 0"))
    (places.plugins / ".health.json").write_text(text)
    assert only(started(host)).failures == 1
    assert json.loads((places.plugins / ".health.json").read_text())["alpha"]["failed"] == 1


def test_where_nothing_can_be_written_nothing_is_remembered(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    health = Health(tmp_path / "file")
    assert health.fails("alpha", "1.0") == 1
    health.does_well("alpha")
    health.forget("alpha")


def test_a_helper_of_the_program_is_no_start(places: Places, tmp_path: Path) -> None:
    write_plugin(places.plugins, "alpha", preset_hooks(body="1 / 0"))
    for _ in range(4):
        made = PluginHost(places, Settings(places.settings), bundled=tmp_path / "none", installed=tuple)
        made.be_a_helper()
        made.discover()
        made.environment_presets()
        assert (only(made).state, only(made).failures) == (PluginState.FAILED, 0)
        made.close()
    assert not (places.plugins / ".health.json").exists()


def test_two_programs_lose_nothing_of_each_other(tmp_path: Path) -> None:
    one, other = Health(tmp_path), Health(tmp_path)
    assert one.failures("alpha", "1") == other.failures("beta", "1") == 0
    one.fails("alpha", "1")
    other.fails("beta", "1")
    again = Health(tmp_path)
    assert (again.failures("alpha", "1"), again.failures("beta", "1")) == (1, 1)


def test_a_window_that_enables_a_plugin_resets_what_verbs_counted_meanwhile(tmp_path: Path) -> None:
    window, verb = Health(tmp_path), Health(tmp_path)
    assert window.failures("alpha", "1") == 0
    verb.fails("alpha", "1")
    window.forget("alpha")
    assert Health(tmp_path).failures("alpha", "1") == 0


def test_the_last_failure_is_kept_within_bounds_and_goes_when_that_hook_does_well(tmp_path: Path) -> None:
    Health(tmp_path).fails("alpha", "1", Failure("It failed. " * 500, "check_job", "line\n" * 9000))
    kept = Health(tmp_path).last("alpha", "1")
    assert kept is not None
    assert (kept.hook, kept.version, kept.at[-1:]) == ("check_job", "1", "Z")
    assert len(kept.reason) <= 1000
    assert len(kept.details) <= 8000
    assert Health(tmp_path).last("alpha", "2") is None, "it was updated"
    for _ in range(3):
        assert not Health(tmp_path).does_well("alpha", "job_wizards")
    assert Health(tmp_path).last("alpha", "1") == kept, "another hook does well: that says nothing of this one"
    assert Health(tmp_path).failures("alpha", "1") == 0
    assert Health(tmp_path).does_well("alpha", "check_job")
    assert Health(tmp_path).last("alpha", "1") is None


def test_the_lines_of_the_program_above_the_authors_are_left_out() -> None:
    ours = '  File "/x/desktop_app/api/_plugins/serving.py", line 3, in call\n    a()\n    ^^^\n'
    his = '  File "/x/alpha/hooks.py", line 3, in check_job\n    1 / 0\n'
    heading, end = "Traceback (most recent call last):\n", "ZeroDivisionError: division by zero\n"
    assert authors_part(heading + ours * 9 + his + ours + end) == heading + his + ours + end
    assert authors_part(heading + ours + end) == heading + ours + end, "all there is"
    assert authors_part("It printed: a\n") == "It printed: a\n"
