"""Points of runs and the list of runs: read once by several threads, in the order of arrival, not kept for ever."""

from __future__ import annotations

import json
import os
import threading
import time
from pathlib import Path

import pytest

from desktop_app.api import MetricPoint
from desktop_app.backends.local import listing, run_folder
from desktop_app.backends.local.curves import MOST_RUNS, Curves, Shelf
from desktop_app.backends.local.listing import Listing
from desktop_app.backends.local.series import Series, event_folders, metric_point


def write(path: Path, *points: MetricPoint) -> None:
    """Append points as the supervisor does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as file:
        for each in points:
            line = {"name": each.name, "value": each.value, "step": each.step, "time": each.time, "rank": each.rank}
            file.write(json.dumps(line) + "\n")


def point(name: str, time: float) -> MetricPoint:
    """Return a point of this moment."""
    return MetricPoint(name, 1.0, int(time), time)


def test_several_readers_read_every_line_once(tmp_path: Path) -> None:
    path = tmp_path / "metrics.jsonl"
    write(path, *(point("loss", each) for each in range(20_000)))
    series = Series(path, metric_point)
    start = threading.Barrier(4)

    def read() -> None:
        start.wait()
        series.read()

    threads = [threading.Thread(target=read) for _ in range(4)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert len(series.values) == 20_000


@pytest.mark.parametrize(
    "line",
    [
        '{"name": "x", "value": 1, "step": 1e999, "time": 1}', '{"name": "x", "value": 1, "step": 1e30, "time": 1}',
        "[1]", '"text"', "null", "[" * 20_000, '{"name": "x", "value": {}, "step": 1, "time": 1}',
        '{"name": "x", "value": 1, "step": 1, "time": 1, "rank": "first"}',
    ],
)  # fmt: skip
def test_odd_lines_are_left_out(tmp_path: Path, line: str) -> None:
    path = tmp_path / "metrics.jsonl"
    path.write_text(f"{line}\n")
    write(path, point("loss", 1))
    assert [each.name for each in Series(path, metric_point).read()] == ["loss"]


def test_new_points_come_last(tmp_path: Path) -> None:
    curves = Curves(tmp_path)
    write(tmp_path / "metrics.jsonl", point("m", 1), point("m", 4))
    events = [point("a", 2), point("b", 3)]
    assert [each.time for each in curves.metrics(events)] == [1, 2, 3, 4], "what is there at first, by time"
    events = [point("a", 2), point("a", 2.5), point("b", 3)]
    assert [each.time for each in curves.metrics(events)] == [1, 2, 3, 4, 2.5]
    write(tmp_path / "metrics.jsonl", point("m", 5))
    found = curves.metrics(None)
    assert [each.time for each in found] == [1, 2, 3, 4, 2.5, 5]
    assert curves.metrics(None) is found, "nothing new, nothing copied"


def test_points_that_were_renamed_or_replaced_start_over(tmp_path: Path) -> None:
    curves = Curves(tmp_path)
    curves.metrics([point("loss", 1), point("loss", 2)])
    renamed = [point("a/loss", 1), point("b/loss", 1.5), point("a/loss", 2)]
    assert [each.name for each in curves.metrics(renamed)] == ["a/loss", "b/loss", "a/loss"]
    late = [point("a/loss", 0.5), *renamed]
    assert [each.time for each in curves.metrics(late)] == [0.5, 1, 1.5, 2]
    path = tmp_path / "metrics.jsonl"
    write(path, point("m", 7), point("m", 8))
    assert len(curves.metrics(None)) == 6
    path.unlink()
    write(path, point("n", 9))
    assert [each.name for each in curves.metrics(late)] == ["a/loss", "a/loss", "b/loss", "a/loss", "n"]


def test_samples_are_copied_only_when_there_are_new_ones(tmp_path: Path) -> None:
    line = '{"rank": 0, "time": 1, "cpu": 2, "memory": 3}\n'
    (tmp_path / "resources.jsonl").write_text(line)
    curves = Curves(tmp_path)
    first = curves.resources()
    assert curves.resources() is first
    (tmp_path / "resources.jsonl").write_text(line * 2)
    assert (len(first), len(curves.resources())) == (1, 2)


def test_only_a_few_runs_are_kept() -> None:
    made: list[str] = []

    def make(handle: str) -> str:
        made.append(handle)
        return handle

    shelf = Shelf(make)
    for number in range(MOST_RUNS + 2):
        shelf.of(f"{number}")
        shelf.of("0")
    assert len(shelf) == MOST_RUNS
    assert made.count("0") == 1, "who is looked at stays"
    shelf.forget("0")
    assert len(shelf) == MOST_RUNS - 1


def test_parents_are_named_and_their_children_not(tmp_path: Path) -> None:
    for name in ("tb", "tb/train", "tb/eval", "tb2"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "events.out.tfevents.1").write_bytes(b"12")
    folders, size = event_folders(tmp_path)
    assert sorted(folders) == [str(tmp_path / "tb"), str(tmp_path / "tb2")]
    assert size == 8


def make_run(runs: Path, name: str) -> Path:
    """Make as much of a run as makes it one."""
    (runs / name).mkdir(parents=True)
    (runs / name / "run.json").write_text("{}")
    return runs / name


@pytest.fixture
def listed(monkeypatch: pytest.MonkeyPatch) -> list[Path]:
    """How often a folder was listed."""
    calls: list[Path] = []

    def discover(runs: Path) -> tuple[tuple[str, ...], tuple[str, ...]]:
        calls.append(runs)
        return run_folder.discover(runs)

    monkeypatch.setattr(listing, "discover", discover)
    return calls


def settle(runs: Path) -> None:
    """Let the folder's last change be a while ago."""
    os.utime(runs, (time.time() - 60, time.time() - 60))


def test_runs_are_listed_again_only_after_a_change(tmp_path: Path, listed: list[Path]) -> None:
    runs = Listing(tmp_path)
    make_run(tmp_path, "r-1")
    settle(tmp_path)
    assert runs.handles() == runs.handles() == ("local://r-1",)
    assert len(listed) == 1
    make_run(tmp_path, "r-2")
    assert runs.handles() == ("local://r-1", "local://r-2")
    runs.forget()
    runs.handles()
    assert len(listed) == 3


def test_a_change_in_the_same_tick_of_the_drives_clock_is_seen(tmp_path: Path) -> None:
    runs = Listing(tmp_path)
    now = time.time_ns()
    for number in range(3):
        make_run(tmp_path, f"r-{number}")
        os.utime(tmp_path, ns=(now, now))
        assert len(runs.handles()) == number + 1


def test_a_folder_becomes_a_run_when_its_state_is_there(tmp_path: Path, listed: list[Path]) -> None:
    runs = Listing(tmp_path)
    (tmp_path / "r-1").mkdir()
    settle(tmp_path)
    assert runs.handles() == runs.handles() == ()
    assert len(listed) == 1
    (tmp_path / "r-1" / "run.json").write_text("{}")
    assert runs.handles() == ("local://r-1",)


def test_no_runs_folder_yet(tmp_path: Path) -> None:
    runs = Listing(tmp_path / "runs")
    assert runs.handles() == runs.handles() == ()
    make_run(tmp_path / "runs", "r-1")
    assert runs.handles() == ("local://r-1",)
