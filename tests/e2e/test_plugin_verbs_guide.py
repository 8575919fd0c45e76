"""The guide docs/installing-plugins.md: its commands do what it says, in its order, and it leaves out none."""

from __future__ import annotations

import json
import re
import shlex
from argparse import ArgumentParser
from dataclasses import replace
from pathlib import Path

import pytest

from desktop_app.cli import plugins
from tests.helpers.fork_server import WarmVerbs
from tests.helpers.plugin_index import plugin_index
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.helpers.program import ROOT, Program

GUIDE = (ROOT / "docs" / "installing-plugins.md").read_text("utf-8")
BLOCKED = {"as_of": "2099-01-01", "source": "us", "items": [{"name": "rankzero-bad", "reason": "It sends files away."}]}


@pytest.fixture
def program(program: Program, warm: WarmVerbs | None) -> Program:
    return replace(program, warm=warm)


def commands() -> list[list[str]]:
    """Return what the guide has one type, word by word, without the program's name."""
    blocks = re.findall(r"^```console\n(.*?)^```", GUIDE, re.DOTALL | re.MULTILINE)
    lines = [line.removeprefix("$ ") for block in blocks for line in block.splitlines()]
    return [shlex.split(line)[1:] for line in lines]


def test_its_commands_work_as_they_stand(program: Program, tmp_path: Path) -> None:
    write_plugin_wheel(tmp_path, "notes")
    write_plugin_wheel(tmp_path / "wheels", "tools")
    (tmp_path / "list.json").write_text(json.dumps(BLOCKED))
    with plugin_index() as index:
        for version in ("1.0", "2.0"):
            index.add(write_plugin_wheel(tmp_path / "made", "acme", version))
        online = replace(program, environment={**program.environment, **index.environment()})
        for words in commands():
            asks = {"install", "update"} & {*words} and "--check" not in words
            said = online(*words, *(["--yes"] if asks else []))
            assert said.code == 0 or words == ["doctor"], (words, said.err)
            if "update" in words or "--updates" in words:
                assert "2.0" in said.out + said.err, words
    acts = [each["act"] for each in program("plugins", "history", "--json").json["changes"]]
    assert acts[:3] == ["remove", "enable", "disable"]
    installed = {each["name"] for each in program("plugins", "list", "--json").json["plugins"]}
    assert {"notes", "tools", "my-checks"} <= installed


def test_it_has_every_verb() -> None:
    parser = ArgumentParser()
    plugins.configure(parser)
    (verbs,) = [action.choices for action in parser._actions if isinstance(action.choices, dict)]
    shown = {words[words.index("plugins") + 1] for words in commands() if "plugins" in words}
    assert shown == set(verbs)
