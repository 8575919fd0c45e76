"""Disks that fill: the outside world's fault, and said so by the exit code."""

from __future__ import annotations

import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from tests.helpers.program import Program

SIZE = 4 << 20


@pytest.fixture
def small_runs(program: Program, no_orphans: Places, tmp_path: Path) -> Iterator[Path]:
    """Put the runs of a program onto a disk of 4 MiB, mounted where root may."""
    disk = tmp_path / "disk"
    disk.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", f"size={SIZE}", "tmpfs", str(disk)]
    mounted = subprocess.run(mount, capture_output=True, check=False)
    if mounted.returncode:
        pytest.skip(f"a small disk can't be mounted: {mounted.stderr.decode().strip()}")
    no_orphans.runs.symlink_to(disk)
    yield disk
    subprocess.run(["umount", "-l", str(disk)], check=True)


@pytest.mark.usefixtures("small_runs")
def test_a_disk_that_fills_while_the_working_copy_is_made(program: Program, make_job: Callable[..., Path]) -> None:
    job = make_job("echo never")
    (job.parent / "src" / "weights.bin").write_bytes(b"x" * (SIZE - (128 << 10)))  # fits, but not with the rest
    said = program("run", job, "--json")
    assert said.code == 3, said.err
    assert said.json["outside"]
    assert "weights.bin could not be copied: No space left on device" in said.json["reason"]
    (job.parent / "src" / "weights.bin").unlink()
    assert program("runs", "rm", said.json["run"]).code == 0
    done = program("run", make_job("exit 1"), "--json")
    assert (done.code, done.json["outside"]) == (1, False), done.err
