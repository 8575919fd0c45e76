"""Fixtures of whole-program tests: the program as a process, jobs to run, and nothing left behind."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.settings import Settings
from desktop_app.services.toolchains.service import CHOSEN
from tests.helpers.fork_server import WarmVerbs, warm_verbs
from tests.helpers.program import Program

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
display_name: a test
command: >-
  {command}
code: src
environment: azureml:any@latest
distribution:
  type: pytorch
  process_count_per_instance: {processes}
"""


@pytest.fixture
def program(no_orphans: Places, tmp_path: Path) -> Iterator[Program]:
    """The program of a person who lets jobs run in this very Python, so that they need no toolchain."""
    Settings(no_orphans.settings).set(CHOSEN, {"rankzero-pytorch": sys.executable})
    made = Program(no_orphans.home, tmp_path, {"RANKZERO_GRACE": "0.3,0.5"})
    yield made
    made.end()


@pytest.fixture(scope="session")
def warm() -> Iterator[WarmVerbs | None]:
    """A process that has imported the program already, where one can fork: tests of many verbs start them from it."""
    if sys.platform == "win32":
        yield None
        return
    with warm_verbs() as made:
        yield made


@pytest.fixture
def make_job(tmp_path: Path) -> Callable[..., Path]:
    """Return what writes a job file whose command needs no framework."""

    def make(command: str, processes: int = 2) -> Path:
        (tmp_path / "src").mkdir(exist_ok=True)
        (tmp_path / "src" / "main.sh").write_text("echo\n")
        path = tmp_path / "job.yml"
        path.write_text(JOB.format(command=command, processes=processes))
        return path

    return make
