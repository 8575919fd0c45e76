"""`rankzero workspace`: added by a config.json, asked of the service, signed in; and what is wrong with one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.emulators import Emulator
from tests.helpers.program import Program

DEAD = "http://127.0.0.1:9"


def test_a_workspace_is_added_by_its_file_and_asked_for(newcomer: Program, emulator: Emulator) -> None:
    added = newcomer("workspace", "add", emulator.config, "--json")
    assert added.code == 0, added.err
    (shape,) = added.json["workspaces"]
    assert shape["name"] == emulator.named["workspace_name"]
    assert shape["location"] == "westus"
    assert shape["in_use"] is True
    listed = newcomer("workspace", "list")
    assert listed.out.splitlines()[1].startswith("*  emulated")


def test_the_file_is_found_upward_and_the_label_is_said(newcomer: Program, emulator: Emulator) -> None:
    below = newcomer.cwd / "project" / "src"
    below.mkdir(parents=True)
    (below.parent / "config.json").write_bytes(emulator.config.read_bytes())
    said = Program(newcomer.home, below, newcomer.environment)("workspace", "add")
    assert said.code == 0, said.err
    assert "not yet proven against the real service" in said.err


def test_nothing_works_before_a_workspace_is_added_and_that_is_said(newcomer: Program) -> None:
    for verb in (("compute", "list"), ("models", "list"), ("endpoints", "list")):
        said = newcomer(*verb)
        assert said.code == 1
        assert "No Azure ML workspace was added yet." in said.err
        assert "rankzero workspace add config.json" in said.err


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("{", "is broken in line 1"),
        ('{"subscription_id": "s"}', "resource_group"),
        (
            '{"subscription_id": "<my-subscription-id>", "resource_group": "g", "workspace_name": "w"}',
            "<my-subscription-id>",
        ),
    ],
)
def test_a_broken_file_is_told_in_one_line(newcomer: Program, text: str, words: str) -> None:
    file = newcomer.cwd / "config.json"
    file.write_text(text)
    said = newcomer("workspace", "add", file)
    assert said.code == 1
    assert words in said.err
    assert len(said.err.strip().splitlines()) == 1
    assert newcomer("workspace", "list", "--json").json == {"workspaces": []}


def test_one_that_is_not_there_is_not_added(newcomer: Program, emulator: Emulator) -> None:
    named = emulator.named
    given = ("--subscription", named["subscription_id"], "--group", named["resource_group"], "--name", "gone")
    said = newcomer("workspace", "add", *given)
    assert said.code == 1
    assert "There is no workspace gone in the resource group emulator." in said.err
    assert newcomer("workspace", "list", "--json").json == {"workspaces": []}


def test_names_must_be_whole(newcomer: Program) -> None:
    said = newcomer("workspace", "add", "--name", "w")
    assert said.code == 2
    assert "--subscription, --group and --name together" in said.err


def test_without_a_network_it_is_added_and_the_reason_said(newcomer: Program, emulator: Emulator) -> None:
    offline = {**newcomer.environment, "HTTPS_PROXY": DEAD, "https_proxy": DEAD}
    said = Program(newcomer.home, newcomer.cwd, offline)("workspace", "add", emulator.config)
    assert said.code == 0
    assert "was added and not looked for" in said.err
    assert [each["name"] for each in newcomer("workspace", "list", "--json").json["workspaces"]] == ["emulated"]


def test_two_are_switched_and_one_is_forgotten(verbs: Program) -> None:
    other = ("--subscription", "s", "--group", "g", "--name", "other", "--no-check")
    assert verbs("workspace", "add", *other).code == 0
    assert verbs("workspace", "use", "other", "--json").json["workspaces"][0]["in_use"] is True
    wrong = verbs("workspace", "use", "ohter")
    assert wrong.code == 1
    assert "Did you mean “other”?" in wrong.err
    assert verbs("workspace", "remove", "other", "--json").json == {"removed": "s/g/other"}
    assert [each["name"] for each in verbs("workspace", "list", "--json").json["workspaces"]] == ["emulated"]


def test_signing_in_says_what_each_way_answered(verbs: Program) -> None:
    said = verbs("workspace", "sign-in", "--json")
    assert said.code == 0, said.err
    assert said.json["account"]
    assert [each["succeeded"] for each in said.json["steps"]][-1] is True


def test_nobody_signed_in_names_every_step_and_fails(verbs: Program) -> None:
    secret = {**verbs.environment, "AZURE_CLIENT_SECRET": "wrong"}
    said = Program(verbs.home, verbs.cwd, secret)("workspace", "sign-in")
    assert said.code == 3
    assert "✗ environment" in said.err
    assert "Nobody is signed in." in said.err
    assert "wrong" not in json.dumps(said.out)


def test_show_asks_the_service(verbs: Program) -> None:
    said = verbs("workspace", "show")
    assert said.code == 0, said.err
    assert "Region       westus" in said.out


def test_a_config_that_is_no_file(newcomer: Program, tmp_path: Path) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    said = newcomer("workspace", "add", empty / "nothing.json")
    assert said.code == 1
    assert "nothing.json" in said.err
