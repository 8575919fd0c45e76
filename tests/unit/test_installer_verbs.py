"""The two commands' surroundings: places, displays, system libraries, the clone's own environment, old Pythons."""

from __future__ import annotations

import importlib.util
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from installer import bootstrap, clone, environments, system_libraries, verbs
from installer.checks import Check, run_one
from installer.say import SetupError

ROOT = Path(__file__).resolve().parents[2]


def test_the_cache_is_the_one_that_the_program_uses(monkeypatch: pytest.MonkeyPatch) -> None:
    from desktop_app.places import find_places

    monkeypatch.delenv("RANKZERO_CACHE", raising=False)
    assert verbs.default_cache() == find_places().cache
    monkeypatch.setenv("RANKZERO_CACHE", "~/elsewhere")
    assert verbs.default_cache() == find_places().cache


@pytest.mark.skipif(sys.platform in ("win32", "darwin"), reason="there is always a display")
def test_a_display_is_seen_by_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("DISPLAY", "WAYLAND_DISPLAY"):
        monkeypatch.delenv(name, raising=False)
    assert not verbs.has_display()
    monkeypatch.setenv("WAYLAND_DISPLAY", "wayland-0")
    assert verbs.has_display()


def test_constraints_are_plain_names_and_versions() -> None:
    for name in ("app.txt", "test.txt"):
        lines = (ROOT / "installer" / "constraints" / name).read_text("utf-8").splitlines()
        pins = [each for each in lines if each and not each.startswith("#")]
        assert all(each.count("==") == 1 and "/" not in each and " " not in each for each in pins), name
        names = [each.partition("==")[0].lower() for each in pins]
        assert names == sorted(set(names)), name


def test_a_missing_library_is_named_with_its_package(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "LIBRARIES", {"libnowhere.so.9": "libnowhere9"})
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/apt-get" if name == "apt-get" else None)
    lacking = system_libraries.missing(with_xvfb=True)
    assert lacking["libnowhere.so.9"] == "libnowhere9"
    assert lacking["Xvfb"] == "xvfb"
    assert "sudo apt-get install -y libnowhere9" in system_libraries.advice(lacking)


def test_elsewhere_than_on_debian_the_libraries_are_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(system_libraries, "missing", lambda with_xvfb: {"libEGL.so.1": "libegl1"})
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    with pytest.raises(SetupError, match=r"that provide: libEGL\.so\.1"):
        system_libraries.ensure(with_xvfb=False, needed=True)


def test_what_is_not_needed_now_is_only_said(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(system_libraries, "missing", lambda with_xvfb: {"libEGL.so.1": "libegl1"})
    monkeypatch.setattr(shutil, "which", lambda _name: None)
    monkeypatch.setattr(sys, "platform", "linux")
    system_libraries.ensure(with_xvfb=False, needed=False)
    assert capsys.readouterr().err.startswith("note: Install the packages")


@pytest.mark.parametrize("name", ["clone", "a clone with spaces", "x" * 130])
def test_the_light_environment_finds_the_clone_and_runs_the_program(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / name
    (root / "desktop_app").mkdir(parents=True)
    (root / "desktop_app" / "__init__.py").write_text("")
    (root / "desktop_app" / "__main__.py").write_text("def main() -> int:\n    return 7\n")
    monkeypatch.setattr(clone, "ROOT", root)
    shared = tmp_path / "shared"
    environments.light(shared, [])
    folder = clone.ensure([shared], tmp_path / "cache")
    assert folder == root / ".venv"
    assert subprocess.run([environments.python_of(folder).parent / "rankzero"], cwd="/", check=False).returncode == 7
    made = environments.python_of(folder).lstat().st_ctime_ns
    assert clone.ensure([shared], tmp_path / "cache") == folder
    assert environments.python_of(folder).lstat().st_ctime_ns == made, "it is not made again"


def test_somebody_s_own_environment_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    root = tmp_path / "clone"
    (root / ".venv").mkdir(parents=True)
    (root / ".venv" / "mine").write_text("mine")
    monkeypatch.setattr(clone, "ROOT", root)
    shared = tmp_path / "shared"
    environments.light(shared, [])
    folder = clone.ensure([shared], tmp_path / "cache")
    assert folder.parent == tmp_path / "cache" / "environments"
    assert (root / ".venv" / "mine").read_text() == "mine"
    assert "stays as it is" in capsys.readouterr().err


def test_an_old_python_is_told_what_to_do(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "version_info", (3, 9, 2))
    monkeypatch.setattr(sys, "argv", ["bootstrap.py", "run"])
    monkeypatch.setattr(shutil, "which", lambda name: "/usr/bin/x" if name == "python3.12" else None)
    assert bootstrap.main() == 3
    said = capsys.readouterr().err
    assert "needs Python 3.11 or newer, and this is 3.9." in said
    assert "python3.12 installer/bootstrap.py run" in said


def test_a_quiet_check_shows_its_output_only_if_it_fails(capfd: pytest.CaptureFixture[str]) -> None:
    good = run_one(Check("good", (sys.executable, "-c", "print('all is well')")), {})
    bad = run_one(Check("bad", (sys.executable, "-c", "print('alas'); raise SystemExit(4)")), {})
    assert (good.code, bad.code) == (0, 4)
    out = capfd.readouterr().out
    assert "all is well" not in out
    assert "alas" in out


def test_a_python_without_pip_for_environments_is_mended_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _name: None)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    lacking = system_libraries.missing(with_xvfb=False)
    assert lacking[system_libraries.PIP] == f"python3.{sys.version_info[1]}-venv"
    with pytest.raises(SetupError, match=r"python3\.\d+-venv|pip for new environments"):
        system_libraries.ensure(with_xvfb=False, needed=False)


def test_root_on_debian_installs_and_looks_for_new_lists_if_need_be(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, ...]] = []

    def apt(*words: str) -> bool:
        asked.append(words)
        return len(asked) > 1

    monkeypatch.setattr(system_libraries, "missing", lambda with_xvfb: {"libEGL.so.1": "libegl1"})
    monkeypatch.setattr(shutil, "which", lambda name: f"/usr/bin/{name}")
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    monkeypatch.setattr(system_libraries, "_apt", apt)
    monkeypatch.setattr(sys, "platform", "linux")
    system_libraries.ensure(with_xvfb=False, needed=True)
    assert [words[0] for words in asked] == ["install", "update", "install"]
    assert asked[-1][-1] == "libegl1"
