"""The lists that plugins are kept in, by verbs: damaged ones, the sources that were agreed to, settings that stayed."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from tests.helpers.fork_server import WarmVerbs
from tests.helpers.plugin_index import plugin_wheel
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.program import Program


@pytest.fixture
def program(program: Program, warm: WarmVerbs | None) -> Program:
    return replace(program, warm=warm)


def test_damaged_lists_are_said_wherever_plugins_are_looked_at(program: Program, tmp_path: Path) -> None:
    assert program("plugins", "install", write_plugin_wheel(tmp_path, "acme"), "--yes").code == 0
    blocked, registry = program.home / "plugins" / "blocked.json", program.home / "plugins/.installed/registry.json"
    blocked.write_text("{")
    registry.write_text("{")
    said = program("plugins", "list")
    assert "warning: The list of installed plugins was damaged (it is kept as registry" in said.err
    assert f"warning: The list of blocked plugins {blocked} can't be used: it is no JSON." in said.err
    assert "acme" in said.out
    again = program("plugins", "list", "--json")
    (warning,) = again.json["warnings"]
    assert "blocked.json can't be used" in warning, "the other list was mended"
    assert len(program("plugins", "history", "--json").json["warnings"]) == 1
    registry.write_text("{")
    examined = program("doctor", "--json")
    found = [(each["status"], each["found"]) for each in examined.json["checks"] if each["name"] == "Lists of plugins"]
    assert [each[0] for each in found] == ["missing", "optional"]
    assert "blocked.json" in found[0][1]
    blocked.unlink()
    assert "warning" not in program("plugins", "history").err


def test_a_source_that_was_agreed_to_is_listed_and_forgotten(program: Program, tmp_path: Path) -> None:
    assert "You agreed to no source yet" in program("plugins", "sources").err
    wheel = write_plugin_wheel(tmp_path, "acme")
    house = tmp_path / "house"
    write_plugin_wheel(house, "bolt")
    program("plugins", "install", wheel, "--yes")
    program("plugins", "install", "rankzero-bolt", "--wheelhouse", house, "--yes")
    held = program("plugins", "sources", "--json").json["sources"]
    assert [(each["kind"], each["where"]) for each in held] == [("file", str(wheel)), ("wheelhouse", str(house))]
    assert str(house) in program("plugins", "sources").out
    wrong = program("plugins", "sources", "--forget", f"{house}x")
    assert (wrong.code, f"Did you mean “{house}”?" in wrong.err) == (1, True)
    gone = program("plugins", "sources", "--forget", str(house), "--json")
    assert [each["kind"] for each in gone.json["sources"]] == ["file"]
    assert f"You will be asked about {house} again. What is installed from there stays." in gone.err
    assert "bolt" in program("plugins", "list").out
    asked = program("plugins", "install", "rankzero-bolt", "--wheelhouse", house)
    assert asked.code == 1
    assert "whoever can write there decides" in asked.err


def test_settings_that_stayed_are_deleted_after_the_plugin_is_gone(program: Program, tmp_path: Path) -> None:
    settings = program.home / "settings.json"
    program("plugins", "install", write_plugin_wheel(tmp_path, "acme"), "--yes")
    told = json.loads(settings.read_text()) if settings.exists() else {}
    settings.write_text(json.dumps({**told, "plugins.settings.acme": {"hours": 4}}))
    removed = program("plugins", "remove", "acme")
    assert "`rankzero plugins remove acme --forget-settings` deletes them." in removed.err
    assert "plugins.settings.acme" in settings.read_text()
    gone = program("plugins", "remove", "acme", "--forget-settings")
    assert (gone.code, "acme is not installed; its settings" in gone.err) == (0, True)
    assert "plugins.settings.acme" not in settings.read_text()
    assert program("plugins", "remove", "acme", "--forget-settings").code == 1


def test_names_that_are_merely_near_are_said_to_be(program: Program, tmp_path: Path) -> None:
    plugin_wheel(tmp_path / "house", "rankzero-slurm")
    asked = ("plugins", "search", "rankzero-slrum", "--wheelhouse", tmp_path / "house")
    said = program(*asked)
    assert "Nothing was found for “rankzero-slrum”. What is called nearly so:" in said.err
    assert "rankzero-slurm" in said.out
    assert program(*asked, "--json").json["near"] is True
    assert program("plugins", "search", "slurm", "--wheelhouse", tmp_path / "house", "--json").json["near"] is False
