"""An author's contract suite has the real program take the plugin in, and give it back."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.api.testing import program
from desktop_app.services.plugins.rehearsal import rehearse
from desktop_app.services.plugins.templates import new_plugin
from tests.helpers.plugin_folders import HOOKS, preset_hooks, write_plugin

PIDS = preset_hooks(before="import os\nfrom desktop_app.api import EnvironmentPreset", body=(
    "return [EnvironmentPreset('a', f'In process {os.getpid()}', 'azureml:a@latest')]"
))  # fmt: skip


def test_a_project_is_installed_as_a_person_would(tmp_path: Path) -> None:
    package = new_plugin("acme", tmp_path) / "rankzero_acme"
    assert rehearse(package) == []
    assert not list(package.rglob("*.pyc"))


def test_a_bare_folder_is_taken_in(tmp_path: Path) -> None:
    assert rehearse(write_plugin(tmp_path, "a", HOOKS)) == []


@pytest.mark.parametrize("package", ["yaml", "desktop_app.core"])
def test_what_only_the_program_can_import_is_said(package: str, tmp_path: Path) -> None:
    (problem,) = rehearse(write_plugin(tmp_path, "a", f"import {package}\n{HOOKS}"))
    assert problem.startswith("in the program it is failed: Its import failed: ModuleNotFoundError:")
    assert package in problem


def test_an_answer_that_hangs_on_its_process_is_said(tmp_path: Path) -> None:
    found = rehearse(write_plugin(tmp_path, "a", PIDS))
    assert found == ["once it is switched on again, the environments are others than before"]


@pytest.mark.parametrize(
    ("body", "said"),
    [("1 / 0", "ZeroDivisionError"), ("import os; os._exit(3)", "ended its process"), ("return 3", "is int")],
)
def test_a_hook_that_fails_is_said(body: str, said: str, tmp_path: Path) -> None:
    (problem,) = rehearse(write_plugin(tmp_path, "a", preset_hooks(body=body)))
    assert said in problem


def test_a_plugin_that_is_not_taken_is_said(tmp_path: Path) -> None:
    project = new_plugin("acme", tmp_path)
    toml = project / "pyproject.toml"
    toml.write_text(toml.read_text("utf-8").replace("dependencies = []", "dependencies = 3"), "utf-8")
    told = program.in_the_program(project / "rankzero_acme")
    assert [each.partition(":")[0] for each in told.problems] == ["the program does not take it"]


def test_where_the_program_is_not_it_is_skipped(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda _name: None)
    assert program.in_the_program(tmp_path).skipped == "The program is not installed beside the test kit."


def test_the_verb_for_it_says_json_and_nothing_else(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "desktop_app.services.plugins.rehearsal", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert "There is no plugin.toml" in json.loads(done.stdout)["problems"][0]
