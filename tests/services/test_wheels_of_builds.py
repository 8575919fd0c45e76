"""Which wheel a build makes, and what of the person's shell reaches it."""

import os
from pathlib import Path

import pytest

from desktop_app.api import WheelBuild
from desktop_app.services.toolchains import mpi_version, wheels
from desktop_app.services.toolchains.building import Workplace

RINGS = WheelBuild("acme-rings==1.0", environment={"RINGS_WITH_MPI": "1"}, programs=("cmake", "mpicxx"))


def variables(build: WheelBuild, tmp_path: Path) -> dict[str, str]:
    return Workplace(tmp_path / "bin" / "python", tmp_path, 0).environment(build, tmp_path / "tmp")


def program(folder: Path, name: str, *lines: str) -> None:
    path = folder / name
    path.write_text("\n".join(["#!/bin/sh", *lines, ""]))
    path.chmod(0o755)


@pytest.mark.parametrize(
    "name",
    ["CC", "CXX", "OMPI_CXX", "CFLAGS", "CXXFLAGS", "LDFLAGS", "CMAKE_ARGS", "RINGS_WITHOUT_GLOO", "ACME_WITH_GPU"],
)
def test_what_a_shell_says_of_a_build_does_not_reach_it(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(name, "of-the-shell")
    assert name not in variables(RINGS, tmp_path)


def test_what_the_plugin_says_does_and_so_does_the_rest_of_the_shell(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", "clang++")
    monkeypatch.setenv("CXXDIR", "kept")
    monkeypatch.setenv("PIP_TIMEOUT", "7")
    monkeypatch.setenv("RINGSIDE", "kept")
    build = WheelBuild("acme-rings==1.0", environment={"RINGS_WITH_MPI": "1", "CXX": "g++", "PIP_RETRIES": "1"})
    found = variables(build, tmp_path)
    wanted = {"CXX": "g++", "RINGS_WITH_MPI": "1", "PIP_TIMEOUT": "7", "RINGSIDE": "kept", "CXXDIR": "kept"}
    assert wanted.items() <= found.items()
    assert found["PATH"].startswith(f"{tmp_path / 'bin'}{os.pathsep}")


@pytest.mark.skipif(os.name == "nt", reason="programs of sh")
@pytest.mark.parametrize(
    ("name", "lines", "version"),
    [
        ("mpicxx", ['[ "$1" = --showme:version ] && echo "mpicxx: Open MPI 5.0.7 (Language: C++)"'], "Open MPI 5.0.7"),
        ("mpicxx", ['[ "$1" = -v ] && echo "mpicxx for MPICH version 4.0.2"'], "MPI 4.0.2"),
        ("mpirun", ['echo "mpirun (Open MPI) 4.1.4"'], "Open MPI 4.1.4"),
        ("mpirun", ['echo "HYDRA build details:"', 'echo "    Version:   4.0.2"'], "MPI 4.0.2"),
    ],
)
def test_the_mpi_that_is_linked_is_known(
    name: str, lines: list[str], version: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert mpi_version.linked_by(RINGS, str(tmp_path)) == {}
    program(tmp_path, name, *lines)
    assert mpi_version.linked_by(RINGS, str(tmp_path)) == {"mpi": version}
    assert mpi_version.linked_by(WheelBuild("acme-rings==1.0", programs=("cmake",)), str(tmp_path)) == {}


def test_another_mpi_is_another_wheel_that_still_counts_as_built_before(tmp_path: Path) -> None:
    old, new = (wheels.place_of(tmp_path, RINGS, "3.11.2", {"torch": "2.13.0", "mpi": each}) for each in ("4", "5"))
    assert old != new
    old.mkdir()
    (old / "acme_rings-1.0-py3-none-any.whl").touch()
    assert wheels.kept(new) is None
    assert wheels.is_any(tmp_path, RINGS, "3.11.2")
