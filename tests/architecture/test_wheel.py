"""An installed wheel works as a clone does: the plugins and the data files come along and are found."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the wheel."""
    target = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(target), str(ROOT)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    (built,) = target.glob("*.whl")
    return built


def test_plugins_resources_and_the_script_are_in_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        entry_points = next(each for each in names if each.endswith("entry_points.txt"))
        assert b"rankzero = desktop_app.__main__:main" in archive.read(entry_points)
    for needed in (
        "plugins/pytorch/plugin.toml",
        "plugins/pytorch/hooks.py",
        "resources/catalogues/vm_sizes.json",
        "resources/samples/digits/job.yml",
        "resources/templates/plugin/pyproject.toml",
        "resources/templates/plugin/dot-github/workflows/tests.yml",
    ):
        assert f"desktop_app/_shipped/{needed}" in names
    assert not [each for each in names if each.endswith(".pyc") or each.startswith(("tests/", "installer/"))]


def test_what_is_installed_finds_its_plugins(wheel: Path, tmp_path: Path) -> None:
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
    environment = {**os.environ, "PYTHONPATH": str(tmp_path / "site"), "RANKZERO_HOME": str(tmp_path / "home")}
    command = [sys.executable, "-m", "desktop_app", "plugins", "list", "--json"]
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)["plugins"]
    assert len(found) == len(list(ROOT.glob("plugins/*/plugin.toml")))
    assert {(each["status"], each["source"]) for each in found} == {("ok", "bundled")}
    assert "rankzero-pytorch" in {each["name"] for each in found}
