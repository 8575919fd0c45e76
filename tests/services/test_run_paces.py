"""How fast ranks are, from metrics, from lines of logs and their clock, and from samples."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest

from desktop_app.api import MetricPoint, ResourcePoint, RunSnapshot, RunStatus
from desktop_app.cli.run_stragglers import stragglers_shape
from desktop_app.core.paces import Kind
from desktop_app.core.stragglers import Verdict
from desktop_app.services.pace_table import Bar, table_of
from desktop_app.services.run_paces import alike, paces_of
from tests.helpers.run_folders import FolderOfRun, make_run

START = 1_000_000.0


def made(tmp_path: Path, processes: int = 3) -> FolderOfRun:
    return make_run(tmp_path / "runs", "r-1", RunStatus.COMPLETED, processes=processes)


def logged(name: str, value: Callable[[int], float], ranks: int = 3, every: float = 1.0) -> list[MetricPoint]:
    """Return a metric that every rank logs once in `every` seconds."""
    return [
        MetricPoint(name, value(rank), step, START + every * step, rank)
        for step in range(1, 21)
        for rank in range(ranks)
    ]


def sampled(cpu: Callable[[int], float], ranks: int = 3) -> list[ResourcePoint]:
    return [
        ResourcePoint(rank, START + second, cpu(rank) if second > 1 else 100.0, 1000 * rank)
        for second in range(20)
        for rank in range(ranks)
    ]


def test_metrics_of_ranks_name_the_slow_one(tmp_path: Path) -> None:
    run = made(tmp_path).snapshot
    points = [*logged("step_ms", lambda rank: 412.0 if rank == 2 else 229.0), MetricPoint("loss", 1.0, 1, START)]
    found = paces_of(run, points, sampled(lambda rank: 99.0 if rank == 2 else 40.0))
    assert found.finding.sentence == (
        "Rank 2 takes 1.8 × as long for a step as the others (median 412 ms against 229 ms); its CPU is at 99 %."
    )
    assert [each.steps for each in found.ranks] == [20, 20, 20]
    assert [each.cpu for each in found.ranks] == [40.0, 40.0, 99.0]
    assert [each.memory for each in found.ranks] == [0, 1000, 2000]


def test_what_ranks_log_at_which_time_is_a_clock_too(tmp_path: Path) -> None:
    points = [
        MetricPoint("loss", 1.0, step, START + step * (3.0 if rank == 1 else 1.0), rank)
        for rank in range(3)
        for step in range(1, 21)
    ]
    found = paces_of(made(tmp_path).snapshot, points, ())
    assert (found.finding.ranks, found.finding.by) == ((1,), Kind.STEP)
    assert [each.step for each in found.ranks] == [1.0, 3.0, 1.0]


def test_a_time_without_a_unit_is_in_seconds_unless_the_clock_says_otherwise(tmp_path: Path) -> None:
    run = made(tmp_path).snapshot
    as_seconds = paces_of(run, logged("step_time", lambda _rank: 0.9), ())
    assert [each.step for each in as_seconds.ranks] == [0.9] * 3
    as_milliseconds = paces_of(run, logged("step_time", lambda _rank: 900.0), ())
    assert [each.step for each in as_milliseconds.ranks] == [0.9] * 3


def test_lines_of_logs_tell_steps_and_times(tmp_path: Path) -> None:
    folder = made(tmp_path)
    for step in range(1, 31):
        for rank in range(3):
            data = 150 if rank == 1 else 2
            line = f"epoch {step // 10} step {step % 10 + 1}/10 data_ms {data} loss 0.1\n"
            folder.append(rank, line.encode(), START + 0.3 * step)
    found = paces_of(folder.snapshot, (), ())
    assert found.finding.sentence == "Rank 1 loads data for 150 ms in a step, the others for 2 ms (medians)."
    assert all(abs((each.step or 0) - 0.3) < 1e-6 for each in found.ranks), "a new epoch counts anew"


def test_lines_that_come_in_bursts_are_no_clock(tmp_path: Path) -> None:
    folder = made(tmp_path)
    for rank in range(3):
        folder.append(rank, b"".join(b"step %d\n" % step for step in range(50)), START + rank)
    found = paces_of(folder.snapshot, (), ())
    assert [each.step for each in found.ranks] == [None] * 3
    assert found.finding.verdict is Verdict.UNKNOWN


def test_who_comes_late_to_each_step(tmp_path: Path) -> None:
    points = [
        MetricPoint("loss", 1.0, step, START + step + (0.4 if rank == 0 else 0.0), rank)
        for rank in range(3)
        for step in range(1, 21)
    ]
    found = paces_of(made(tmp_path).snapshot, points, ())
    assert (found.finding.verdict, found.finding.ranks, found.finding.by) == (Verdict.LIKELY, (0,), "late")


def test_only_ranks_that_do_the_same_are_compared(tmp_path: Path) -> None:
    run = made(tmp_path, 4).snapshot
    ranks = tuple(replace(each, role="ps" if each.rank == 0 else "worker") for each in run.ranks)
    assert alike(replace(run, ranks=ranks)) == [1, 2, 3]
    assert paces_of(replace(run, ranks=()), (), ()).ranks == ()


def test_the_beginning_of_a_log_and_odd_numbers_do_not_count(tmp_path: Path) -> None:
    folder = made(tmp_path)
    folder.append(0, b"step_ms nan step 99999999999999\xff\xfe\n" + b"x" * 5000 + b" step 3\n", START)
    points = logged("step_ms", lambda rank: float("nan") if rank == 0 else float("inf") if rank == 1 else -1.0)
    assert paces_of(folder.snapshot, points, ()).finding.verdict is Verdict.UNKNOWN


def test_the_table_has_the_slow_ones_first_and_only_what_is_known(tmp_path: Path) -> None:
    points = logged("step_ms", lambda rank: (200.0, 100.0, 400.0, 210.0)[rank], 4)
    points += logged("step_ms", lambda rank: 205.0 if rank == 1 else (200.0, 0.0, 400.0, 210.0)[rank], 4)
    found = paces_of(made(tmp_path, 4).snapshot, points, ())
    table = table_of(found)
    assert table.columns == ("Step",)
    assert table.rows[0].rank == 2
    assert table.rows[0].is_slow
    assert table.rows[0].bars == (Bar("400 ms", 1.0),)
    assert (len(table_of(found, 2).rows), table_of(found, 2).more) == (2, 2)
    shape = stragglers_shape("r-1", found)
    assert (shape["stragglers"], shape["by"], shape["verdict"]) == ([2], "step", "straggler")
    assert shape["ranks"][2]["times"] == {"step": 0.4}


def stopped(tmp_path: Path, quiet: float, every: float = 0.5) -> RunSnapshot:
    """Return a run of a minute that its time limit ended, whose ranks wrote nothing at its end."""
    begun = datetime.fromtimestamp(START, UTC)
    folder = make_run(tmp_path / "runs", "r-1", RunStatus.CANCELED, processes=2, started=begun, seconds=60.0)
    steps = int((60 - quiet) / every)
    for step in range(steps + 1):
        for rank in range(2):
            at = START + 60 - quiet - every * (steps - step) - rank / 8
            folder.append(rank, b"step %d loss 0.1\n" % step, at)
    return replace(folder.snapshot, reason="The time limit of 60 s (limits.timeout) was reached.")


def test_of_a_run_that_hung_until_its_limit_it_is_said_since_when(tmp_path: Path) -> None:
    run = stopped(tmp_path, 40)
    said = paces_of(run, (), sampled(lambda _rank: 40.0, 2)).advice
    at = datetime.fromtimestamp(START + 20).astimezone()
    assert said == (
        f"All ranks stood still since {at:%H:%M:%S}, for the 40 s until its time limit ended the run:"
        " no line came any more. Rank 0 wrote last."
    )


@pytest.mark.parametrize(("quiet", "every"), [(1, 0.5), (18, 10)])
def test_a_run_that_went_on_or_seldom_writes_is_not_said_to_have_hung(
    tmp_path: Path, quiet: float, every: float
) -> None:
    assert "stood still" not in paces_of(stopped(tmp_path, quiet, every), (), ()).advice


def test_of_a_run_that_ended_otherwise_nothing_is_said_of_hanging(tmp_path: Path) -> None:
    run = replace(stopped(tmp_path, 40), reason="Canceled as you asked.")
    assert "stood still" not in paces_of(run, (), ()).advice
