"""The toolchains that tests are lent: named by a variable, and found by the program under their normal path."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains import Toolchains
from tests.helpers import made_toolchains
from tests.helpers.made_toolchains import NAMED, lend, spec_of, toolchain_or_skip


def test_a_lent_toolchain_is_found_where_it_would_be_made(places: Places) -> None:
    python = lend(places, "pytorch", Path(sys.executable))
    toolchains = Toolchains(places, Settings(places.settings), lambda: [spec_of("pytorch")])
    found = toolchains.get("pytorch")
    assert (found.state, found.origin, found.python) == ("ready", "made", python)
    asked = (str(python), "-c", "import sys, pytest; print(sys.prefix)")
    said = subprocess.run(asked, capture_output=True, text=True, check=True).stdout
    assert said.strip() == str(python.parent.parent)
    toolchains.remove("pytorch")
    assert toolchains.get("pytorch").state == "missing"
    assert Path(sys.executable).exists()


@pytest.mark.parametrize("how", ["json", "paths", "single"])
def test_a_variable_names_the_python_of_a_toolchain(how: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "pytorch-0123456789ab" / "bin" / "python"
    other = tmp_path / "ray-0123456789ab" / "bin" / "python"
    python.parent.mkdir(parents=True)
    python.touch()
    monkeypatch.delenv("RANKZERO_TEST_TOOLCHAIN", raising=False)
    monkeypatch.delenv(NAMED, raising=False)
    values = {
        "json": (NAMED, json.dumps({"pytorch": str(python), "ray": str(other)})),
        "paths": (NAMED, os.pathsep.join([str(other), str(python)])),
        "single": ("RANKZERO_TEST_TOOLCHAIN", str(python)),
    }
    monkeypatch.setenv(*values[how])
    assert toolchain_or_skip("pytorch") == python


def test_one_that_is_missing_is_skipped_by_hand_and_fails_in_ci(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(made_toolchains, "_cached", dict)
    monkeypatch.delenv(NAMED, raising=False)
    monkeypatch.delenv("CI", raising=False)
    with pytest.raises(pytest.skip.Exception, match="bootstrap"):
        toolchain_or_skip("ray")
    monkeypatch.setenv("CI", "1")
    with pytest.raises(pytest.fail.Exception, match="bootstrap"):
        toolchain_or_skip("ray")
