"""What the doctor says of MPI and compilers, by real programs on a PATH of the test's own."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, cast

import pytest

from desktop_app.api import ToolchainSpec, WheelBuild
from desktop_app.cli import doctor
from desktop_app.services.plugins import PluginInfo, PluginState

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="programs are played by shell scripts")


@dataclass
class Plugins:
    """Plugins that declare one toolchain."""

    specs: tuple[ToolchainSpec, ...]

    def toolchain_specs(self) -> tuple[ToolchainSpec, ...]:
        return self.specs


@dataclass
class Bench:
    """What the check asks of a workbench."""

    plugins: Plugins


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A PATH with nothing on it."""
    monkeypatch.setenv("PATH", str(tmp_path))
    return tmp_path


def install(path: Path, name: str, says: str = "") -> None:
    (path / name).write_text(f"#!/bin/sh\necho '{says}'\n")
    (path / name).chmod(0o755)


def bench(*programs: str) -> Workbench:
    build = WheelBuild("horovod==0.28.1", programs=programs)
    specs = tuple(ToolchainSpec(name, name, "p", (), builds=(build,)) for name in ("one", "two"))
    return cast("Workbench", Bench(Plugins(specs)))


@pytest.mark.parametrize(
    ("says", "status", "found"),
    [
        ("mpirun (Open MPI) 4.1.4\n\nReport bugs", "ok", "Open MPI 4.1.4"),
        ("mpirun (Open MPI) 5.0.8rc2", "ok", "Open MPI 5.0.8rc2"),
        ("HYDRA build details:\n    Version:                                 4.0.2", "optional", "MPICH"),
        ("Intel(R) MPI Library for Linux* OS, Version 2021.13", "optional", "Intel MPI"),
        ("", "optional", "one that does not say whose it is"),
    ],
)
def test_mpirun_says_whose_it_is(path: Path, says: str, status: str, found: str) -> None:
    install(path, "mpirun", says)
    check = doctor.mpirun()
    assert (check.status, check.found) == (status, f"{found} ({path / 'mpirun'})")
    assert bool(check.advice) is (status != "ok")


def test_without_mpirun_the_system_says_how_to_get_it(path: Path) -> None:
    assert doctor.mpirun().advice == "install Open MPI, if jobs use MPI"
    install(path, "apt-get")
    assert "apt-get install openmpi-bin`, if jobs use MPI" in doctor.mpirun().advice


def test_compilers_are_named_with_what_they_are_for(path: Path) -> None:
    for name in ("cmake", "c++"):
        install(path, name)
    assert doctor.builders(bench("cmake", "c++")) == doctor.Check("Compilers", "ok", "cmake, c++")
    lacking = doctor.builders(bench("cmake", "make", "mpicxx"))
    assert (lacking.status, lacking.found) == ("optional", "no make and mpicxx")
    assert lacking.advice == "install make and mpicxx, to build horovod 0.28.1"
    assert doctor.builders(bench()).status == "ok"


def test_a_plugin_that_is_off_for_a_reason_has_a_command_that_mends_it() -> None:
    blocked = PluginInfo("bad", "Bad", "1", state=PluginState.DISABLED, reason="It is blocked.", problem="blocked")
    failed = PluginInfo("odd", "Odd", "1", state=PluginState.FAILED, reason="It fell.", problem="hook")
    off = PluginInfo("off", "Off", "1", state=PluginState.DISABLED, reason="It is switched off.")
    checks = list(doctor.plugin_checks([blocked, failed, off]))
    assert [(each.name, each.status) for each in checks] == [
        ("Plugin bad", "missing"),
        ("Plugin odd", "missing"),
        ("Plugin off", "ok"),
    ]
    assert checks[0].advice == "It is blocked. `rankzero plugins update bad` or `rankzero plugins remove bad`"
    assert checks[1].advice == "It fell. `rankzero plugins show odd`"
    assert checks[2].advice == "It is switched off."
