"""What `runs show` prints of a run, and `run --detach` of one that it started."""

from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from desktop_app.api import RankState, RunSnapshot, RunStatus
from desktop_app.cli import run
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


@pytest.mark.parametrize(("status", "code", "said"), [
    (RunStatus.FAILED, 1, "error: r-1 Failed before it started. No such environment."),
    (RunStatus.COMPLETED, 0, "r-1 Completed in –."),
    (RunStatus.RUNNING, 0, "Follow it: rankzero runs logs r-1 --follow"),
])  # fmt: skip
async def test_a_run_that_is_over_when_it_was_submitted_is_not_offered_to_be_followed(
    status: RunStatus, code: int, said: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    async def unexplained(_plugins: object, _run: RunSnapshot) -> Explained:
        return Explained()

    monkeypatch.setattr(run, "explain", unexplained)
    workbench: Any = SimpleNamespace(cloud=SimpleNamespace(waiting=list), plugins=None)
    over = replace(snapshot("r-1", status), reason="No such environment." if status is RunStatus.FAILED else "")
    assert await run._detached(workbench, over, as_json=False) == code
    told = capsys.readouterr()
    assert told.out == "r-1\n"
    assert said in told.err
    assert ("Follow it" in told.err) is (not over.is_over)
