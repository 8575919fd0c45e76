"""The ten minutes of the plugin author's guide, done as they stand: each command is run, each file compared."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.api.testing import PluginContract
from desktop_app.places import Places, shipped
from desktop_app.services.plugins.templates import new_plugin

ROOT = Path(__file__).resolve().parents[2]
GUIDE = (ROOT / "docs" / "plugins.md").read_text("utf-8")
MINUTES = GUIDE.partition("\n## Ten minutes\n")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"```(\w+)\n(.*?)```", MINUTES, re.DOTALL)
CHOSEN = "Read all plugins anew"
PROGRAMS = {"rankzero": [sys.executable, "-m", "desktop_app"], "python": [sys.executable]}


class Reader:
    """Somebody who follows the guide to the letter, in a folder of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def follow(self, kind: str, text: str) -> None:
        """Do what a block says."""
        if kind == "console":
            for part in text.split("$ ")[1:]:
                command, _, said = part.partition("\n")
                self.run(command, said)
        else:
            first, _, rest = text.partition("\n")
            self.write(first.removeprefix("# "), rest if "/" in first else text)

    def run(self, command: str, said: str) -> None:
        """Type a command, and compare what it says; `…` is anything."""
        words = shlex.split(command)
        if words[0] == "cd":
            self.folder /= words[1]
            return
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "COLUMNS": "200", "LANG": "C.UTF-8", "PYTEST_ADDOPTS": ""}
        whole = [*PROGRAMS[words[0]], *words[1:]]
        done = subprocess.run(
            whole,
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            check=False,
        )
        wanted = ".*".join(re.escape(each) for each in said.rstrip("\n").split("…"))
        everything = done.stdout + done.stderr
        assert re.search(wanted, everything, re.DOTALL), f"$ {command}\n{everything}\nis not\n{said}"

    def write(self, name: str, text: str) -> None:
        """Write a file, or find it as it is shown."""
        path = self.folder / name.removesuffix(", changed")
        if path.exists() and not name.endswith(", changed"):
            assert path.read_text("utf-8") == text, f"{name} is not what the guide shows"
        path.write_text(text, "utf-8")


def mend(package: Path) -> None:
    """Do what step 5 says in its last sentence."""
    toml, german, tags = re.findall(r"`([^`]+)`", MINUTES.partition("\nSo say ")[2])[0:5:2]
    one = package / "plugin.toml"
    one.write_text(re.sub(r"^checks = .*$", toml, one.read_text("utf-8"), flags=re.MULTILINE), "utf-8")
    other = package / "translations" / "de.json"
    other.write_text(other.read_text("utf-8").replace("{", "{" + german, 1), "utf-8")
    wizard = package / "wizard.py"
    wizard.write_text(wizard.read_text("utf-8").replace("return Job(", "return Job(" + tags, 1), "utf-8")


@pytest.mark.timeout(300)
def test_the_ten_minutes_are_true(places: Places, tmp_path: Path) -> None:
    reader = Reader(tmp_path / "work")
    reader.folder.mkdir()
    for kind, text in BLOCKS:
        if text.endswith("… passed…\n"):
            mend(reader.folder / "rankzero_acme")
        reader.follow(kind, text)
    assert (places.home / "plugins").is_dir()
    assert (tmp_path / "work" / "acme" / "dist").is_dir()


def test_every_file_of_a_project_is_named(tmp_path: Path) -> None:
    project = new_plugin("acme", tmp_path)
    table = MINUTES.partition("| file | |\n")[2].partition("\n\n")[0]
    named = {each for row in table.splitlines() for each in re.findall(r"`([^`]+)`", row.split(" | ")[0])}
    assert named == {str(each.relative_to(project)) for each in project.rglob("*") if each.is_file()}


def test_every_test_of_the_contract_is_named() -> None:
    table = GUIDE.partition("\n| test | |\n")[2].partition("\n\n")[0]
    assert re.findall(r"^\| `(\w+)`", table, re.MULTILINE) == [n for n in vars(PluginContract) if n.startswith("test_")]


def test_what_is_to_be_chosen_in_the_window_is_there() -> None:
    header = (ROOT / "desktop_app" / "ui" / "plugins" / "header.py").read_text("utf-8").replace("&", "")
    readme = (shipped("resources") / "templates" / "plugin" / "README.md").read_text("utf-8")
    for text in (MINUTES, readme):
        assert f'"{CHOSEN}"' in header
        assert f"*{CHOSEN}*" in " ".join(text.split())
