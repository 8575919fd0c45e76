"""What `rankzero plugins new` makes: a project that installs, passes its own tests and shows up."""

from __future__ import annotations

import ast
import json
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

from desktop_app.api import Job, UserError
from desktop_app.api._plugins import read_manifest
from desktop_app.places import Places, shipped
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.plugins.templates import new_plugin
from tests.helpers.plugin_hosts import plugin_hosts

ROOT = Path(__file__).resolve().parents[2]
TEMPLATE = shipped("resources") / "templates" / "plugin"


@pytest.fixture(scope="module")
def acme(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project as it is made; no test changes it."""
    return new_plugin("acme-jobs", tmp_path_factory.mktemp("made"))


def run(project: Path, *words: str) -> str:
    """Run a module of Python in a project, as its author does, and return what it said."""
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "PYTHONDONTWRITEBYTECODE": "1", "PYTEST_ADDOPTS": ""}
    command = [sys.executable, "-m", *words]
    done = subprocess.run(command, cwd=project, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def files(folder: Path) -> list[Path]:
    """Return the files of a folder, without what Python keeps there."""
    found = (each for each in sorted(folder.rglob("*")) if each.is_file())
    return [each for each in found if not {"__pycache__", ".pytest_cache"} & set(each.parts)]


def test_it_bears_its_own_name_everywhere(acme: Path) -> None:
    assert (acme / ".github/workflows/tests.yml").is_file()
    assert (acme / ".gitignore").is_file()
    assert len(files(acme)) == len(files(TEMPLATE))
    for path in files(acme):
        text = f"{path.relative_to(acme)}\n{path.read_text('utf-8')}"
        assert not re.search(r"my[-_ ]plugin|dot-", text, re.IGNORECASE), path


@pytest.mark.parametrize("name", ["a", "a" * 40, "my-plugin", "x-1-y2", "class", "plugin", "rank", "json"])
def test_every_name_that_is_taken_makes_files_that_can_be_read(name: str, tmp_path: Path) -> None:
    project = new_plugin(name, tmp_path)
    package = project / f"rankzero_{name.replace('-', '_')}"
    manifest = read_manifest(package)
    assert (manifest.id, manifest.toolchains[0].name) == (name, name)
    points = tomllib.loads((project / "pyproject.toml").read_text("utf-8"))["project"]["entry-points"]
    assert points == {"rankzero.plugins": {name: package.name}}
    for path in files(project):
        if path.suffix == ".py":
            ast.parse(path.read_text("utf-8"))
    json.loads((package / "translations" / "de.json").read_text("utf-8"))


def test_nothing_in_it_is_fetched_from_a_named_host_or_by_a_tag_that_moves(acme: Path) -> None:
    for path in files(acme):
        assert "://" not in path.read_text("utf-8"), path
    used = re.findall(r"uses: (\S+)", (acme / ".github/workflows/tests.yml").read_text("utf-8"))
    assert used
    assert all(re.fullmatch(r"actions/[a-z-]+@[0-9a-f]{40}", each) for each in used)


def test_its_own_tests_pass(acme: Path) -> None:
    assert " passed" in run(acme, "pytest", "-q", "-p", "no:cacheprovider")


def test_its_wheel_has_what_the_program_and_an_index_look_for(acme: Path, tmp_path: Path) -> None:
    run(acme, "build", "--wheel", "--no-isolation", "--outdir", str(tmp_path))
    with zipfile.ZipFile(tmp_path / "rankzero_acme_jobs-0.1.0-py3-none-any.whl") as wheel:
        names = wheel.namelist()
        about = wheel.read("rankzero_acme_jobs-0.1.0.dist-info/METADATA").decode()
        points = wheel.read("rankzero_acme_jobs-0.1.0.dist-info/entry_points.txt").decode()
    assert {"rankzero_acme_jobs/plugin.toml", "rankzero_acme_jobs/worker_tasks.py"} <= set(names)
    assert not [each for each in names if each.startswith("tests/")]
    assert "[rankzero.plugins]\nacme-jobs = rankzero_acme_jobs" in points
    assert re.search(r"^Keywords: .*rankzero-api-1.*rankzero-plugin", about, re.MULTILINE)


def test_it_shows_up_in_the_program(places: Places) -> None:
    project = new_plugin("acme", places.home / "mine")
    places.plugins.mkdir(parents=True)
    (project / "rankzero_acme").rename(places.plugins / "acme")
    with plugin_hosts(places) as make:
        seen(make())


def seen(host: PluginHost) -> None:
    """Look at everything that the plugin adds."""
    (info,) = host.plugins
    assert (info.state, info.reason, info.name) == (PluginState.OK, "", "Acme")
    assert [wizard.title for _, wizard in host.wizards()] == ["Acme: a training job"]
    assert [each.name for each in host.environment_presets()] == ["acme-training"]
    assert [each.code for each in host.check_job(Job("python train.py"))] == ["acme-timeout"]
    assert [each.id for _, each in host.onnx_exporters()] == ["acme"]
    assert [each.name for each in host.toolchain_specs()] == ["acme"]
    assert info.contributes["checks"] == ("acme-timeout",)
    assert info.contributes["settings"] == ("hours", "compute")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("", "letter first"),
        ("  ", "letter first"),
        ("Acme", "“acme” would do"),
        ("acme jobs", "“acme-jobs” would do"),
        ("acme_jobs", "“acme-jobs” would do"),
        ("../acme", "“acme” would do"),
        ("/tmp/acme", "“tmp-acme” would do"),
        ("ácme", "letter first"),
        ("акме", "letter first"),
        ("2acme", "letter first"),
        ("-acme", "“acme” would do"),
        ("acme\n", "“acme” would do"),
        ("a" * 41, "letter first"),
        ("rankzero-acme", "rankzero-NAME"),
        ("rankzero", "rankzero-NAME"),
        ("pytorch", "another name"),
        ("sdk-v1", "another name"),
        ("py-torch", "another name"),
        ("con", "another name"),
    ],
)
def test_a_bad_name_is_refused_with_what_would_do(name: str, hint: str, tmp_path: Path) -> None:
    with pytest.raises(UserError) as caught:
        new_plugin(name, tmp_path)
    assert hint in caught.value.hint
    assert not list(tmp_path.iterdir())


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("folder", "file", "link"):
        with pytest.raises(UserError, match="there already"):
            new_plugin(name, tmp_path)
    assert sorted(each.name for each in tmp_path.iterdir()) == ["file", "folder", "link"]
    assert not list((tmp_path / "folder").iterdir())


def test_a_folder_that_can_not_be_written_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(UserError, match="The project can't be made"):
        new_plugin("acme", tmp_path / "file")
    assert [each.name for each in tmp_path.iterdir()] == ["file"]
