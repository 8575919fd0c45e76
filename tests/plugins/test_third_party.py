"""A plugin of somebody else's, written from the guide alone, is built, installed, used and switched off."""

from __future__ import annotations

import base64
import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.fork_server import WarmVerbs, warm_verbs
from tests.helpers.plugin_index import plugin_index
from tests.helpers.program import ROOT, Program
from tests.helpers.wheels import write_wheel

PROJECT = Path(__file__).parent / "third_party" / "rankzero-deepspeed-zero"
ANSWERS = {"script": "train.py", "nodes": 2, "gpus": 2, "micro_batch": 8, "stage": "3"}
# Stands in for the real hjson, so that no index is asked: it reads JSON alone.
HJSON = {"hjson/__init__.py": "from json import loads\n\n__all__ = ['loads']\n"}
ENGLISH = {"LANG": "C.UTF-8", "LC_ALL": "C.UTF-8"}
GERMAN = {"LANG": "de_DE.UTF-8", "LC_ALL": "de_DE.UTF-8"}
HJSON_ALONE = "test_comments_are_read_as_deepspeed_reads_them"


def run(folder: Path, *words: str, path: Path, **more: str) -> str:
    """Run a module of Python in a folder, with `path` to import from besides, and return what it said."""
    python = {"PYTHONPATH": os.pathsep.join((str(ROOT), str(path))), "PYTHONDONTWRITEBYTECODE": "1"}
    environment = {**os.environ, **python, "PYTEST_ADDOPTS": "", **more}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A copy of the project, in which its author may build and test."""
    ignored = shutil.ignore_patterns("__pycache__", ".*_cache", "dist")
    return shutil.copytree(PROJECT, tmp_path_factory.mktemp("third") / "project", ignore=ignored)


@pytest.fixture(scope="module")
def wheels(project: Path) -> Path:
    """A folder of wheels: the plugin's, as its own build tool makes it, and what it depends on."""
    folder = project.parent / "wheels"
    write_wheel(folder, "hjson", "3.1.0", HJSON)
    run(project, "build", "--wheel", "--no-isolation", "--outdir", str(folder), path=project)
    return folder


@pytest.fixture(scope="module")
def warm() -> Iterator[WarmVerbs | None]:
    """A process that has imported the program already, where one can fork."""
    if sys.platform == "win32":
        yield None
        return
    with warm_verbs() as made:
        yield made


@pytest.fixture(scope="module")
def installed(wheels: Path, warm: WarmVerbs | None) -> Path:
    """A folder with a home into which the plugin was installed, and a job that its wizard made; no test changes it."""
    folder = wheels.parent / "installed"
    folder.mkdir()
    (folder / "train.py").write_text("import deepspeed\n")
    (folder / "answers.json").write_text(json.dumps(ANSWERS))
    program = Program(folder / "home", folder, ENGLISH, warm=warm)
    done = program("plugins", "install", "deepspeed-zero", "--wheelhouse", wheels, "--yes", "--json")
    assert done.code == 0, done.out + done.err
    assert make_job(program, "job.yml") == 0
    return folder


@pytest.fixture
def program(tmp_path: Path, installed: Path, warm: WarmVerbs | None) -> Program:
    """The program over a copy of that folder."""
    folder = shutil.copytree(installed, tmp_path / "copy", symlinks=True)
    return Program(folder / "home", folder, ENGLISH, warm=warm)


def make_job(program: Program, name: str) -> int:
    """Have the wizard make a job, and return the exit code."""
    words = ("--plugin", "deepspeed-zero", "--wizard", "deepspeed-zero", "--answers", "answers.json")
    return program("new", "job", *words, "--output", name).code


def findings(program: Program) -> list[str]:
    """Return what is said of the job, by the code."""
    (file,) = program("validate", "job.yml", "--json").json["files"]
    return [each["code"] for each in file["diagnostics"]]


def names(program: Program, key: str, name: str, *words: str) -> set[str]:
    """Return the names in a list that a verb prints."""
    return {each[name] for each in program(*words, "--json").json[key]}


def configuration(text: str) -> dict[str, Any]:
    """Return DeepSpeed's configuration in a job file."""
    (word,) = (each for each in text.split() if each.startswith("eyJ"))
    says: dict[str, Any] = json.loads(base64.urlsafe_b64decode(word))
    return says


def test_its_own_tests_pass(project: Path, wheels: Path) -> None:
    folder = project.parent / "hjson"
    zipfile.ZipFile(wheels / "hjson-3.1.0-py3-none-any.whl").extractall(folder)
    words = ("pytest", "-q", "-p", "no:cacheprovider", "-k", f"not {HJSON_ALONE}")
    with plugin_index() as index:  # where the contract's program, which installs it, finds what it depends on
        index.add(wheels / "hjson-3.1.0-py3-none-any.whl")
        said = run(project, *words, path=folder, **index.environment())
    assert " passed, 1 deselected" in said


def test_its_dependency_lives_with_it_alone(program: Program) -> None:
    told = program("plugins", "show", "deepspeed-zero", "--json").json["plugin"]
    assert (told["status"], told["requires"]) == ("ok", ["hjson==3.1.0"])
    assert (Path(told["folder"]).parent / "hjson" / "__init__.py").is_file()


def test_its_wizard_makes_a_job_that_its_check_finds_right_until_it_is_changed(program: Program) -> None:
    says = configuration((program.cwd / "job.yml").read_text("utf-8"))
    assert (says["train_batch_size"], says["zero_optimization"]["stage"]) == (8 * 2 * 2, 3)
    assert findings(program) == []

    assert program("set", "job.yml", "resources.instance_count=4").code == 0
    done = program("validate", "job.yml", "--json")
    (found,) = done.json["files"][0]["diagnostics"]
    assert (done.code, found["code"]) == (0, "deepspeed-zero-batch")
    assert configuration(found["fix"]["set"]["command"])["train_batch_size"] == 8 * 2 * 4


def test_switching_it_off_takes_all_away(program: Program) -> None:
    assert program("set", "job.yml", "resources.instance_count=4").code == 0
    assert "acpt-deepspeed-zero" in names(program, "environments", "name", "environments", "list")
    assert findings(program) == ["deepspeed-zero-batch"]

    assert program("plugins", "disable", "deepspeed-zero").code == 0
    assert "deepspeed-zero" not in names(program, "wizards", "wizard", "new", "job", "--list")
    assert "acpt-deepspeed-zero" not in names(program, "environments", "name", "environments", "list")
    assert findings(program) == []


def test_it_speaks_german(program: Program) -> None:
    assert program("set", "job.yml", "resources.instance_count=4").code == 0
    german = replace(program, environment=GERMAN)
    said = german("validate", "job.yml").err
    assert "DeepSpeed lehnt einen Batch von 32 ab" in said
    assert "8 × 1 × 8 Prozesse sind 64." in said
