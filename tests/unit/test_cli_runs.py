"""What `runs show` prints of a run."""

from __future__ import annotations

from dataclasses import replace

import pytest

from desktop_app.api import RankState, RunStatus
from desktop_app.cli.runs import print_run
from desktop_app.core.blame import Explained
from tests.helpers.snapshots import snapshot

WORKERS = tuple(RankState(rank, rank, 0, RunStatus.RUNNING, role="worker") for rank in range(2))


@pytest.mark.parametrize(
    ("framework", "first"),
    [("tensorflow", "0 (worker 0) on node 0"), ("pytorch", "0 on node 0")],
)
def test_ranks_are_called_what_the_window_calls_them(
    framework: str, first: str, capsys: pytest.CaptureFixture[str]
) -> None:
    print_run(replace(snapshot("r-1"), framework=framework, ranks=WORKERS), Explained())
    assert f"Rank        {first}: Running" in capsys.readouterr().out.splitlines()
