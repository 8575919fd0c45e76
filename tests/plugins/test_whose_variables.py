"""A variable for ranks that is not there: of a job by MPI its plugin explains it, of others PyTorch's, never both."""

from __future__ import annotations

import pytest

from desktop_app.api import Distribution, FailureReport, Job
from plugins.horovod.explain import explain as of_mpi
from plugins.pytorch.explain import explain as of_pytorch

LINE = "ValueError: Error initializing using env:// rendezvous: environment variable RANK expected, but not set"


@pytest.mark.parametrize(("kind", "told"), [("pytorch", (1, 0)), ("mpi", (0, 1))])
def test_one_plugin_tells_of_it(kind: str, told: tuple[int, int]) -> None:
    job = Job("python t.py", distribution=Distribution(kind, 2))
    report = FailureReport(job=job, exit_codes={0: 1}, first_rank=0, tails={0: LINE})
    assert (len(of_pytorch(report)), len(of_mpi(report))) == told
