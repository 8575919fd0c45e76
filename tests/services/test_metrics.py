"""TensorBoard's event files become points, written by TensorBoard's own writer and read by its own reader."""

import asyncio
import json
import math
import os
import subprocess
import sys
import time
import warnings
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from desktop_app.api import MetricPoint, OutsideError
from desktop_app.services.metrics import TensorBoardReader, read_tensorboard, reader, summary
from tests.helpers.waiting import wait_until

_WRITER = """
import sys, json
from tensorboard.compat.proto.event_pb2 import Event
from tensorboard.compat.proto.summary_pb2 import Summary, SummaryMetadata
from tensorboard.summary.writer.event_file_writer import EventFileWriter
from tensorboard.util.tensor_util import make_tensor_proto

folder, suffix, as_tensors, points = sys.argv[1], sys.argv[2], sys.argv[3] == "1", json.loads(sys.argv[4])
writer = EventFileWriter(folder, filename_suffix=suffix)
scalars = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="scalars"))
for tag, value, step, at in points:
    if as_tensors:
        entry = Summary.Value(tag=tag, tensor=make_tensor_proto(float(value)), metadata=scalars)
    else:
        entry = Summary.Value(tag=tag, simple_value=float(value))
    writer.add_event(Event(wall_time=at, step=step, summary=Summary(value=[entry])))
text = SummaryMetadata(plugin_data=SummaryMetadata.PluginData(plugin_name="text"))
entry = Summary.Value(tag="words", tensor=make_tensor_proto("hello"), metadata=text)
writer.add_event(Event(wall_time=1, step=0, summary=Summary(value=[entry])))
writer.close()
"""


def write(folder: Path, *points: tuple[str, object, int, float], suffix: str = "", as_tensors: bool = False) -> Path:
    """Write one event file into a folder, in a process of its own, and return it."""
    before = set(folder.glob("*")) if folder.exists() else set()
    arguments = [str(folder), suffix, "1" if as_tensors else "0", json.dumps(points)]
    subprocess.run([sys.executable, "-c", _WRITER, *arguments], check=True, stderr=subprocess.DEVNULL)
    (made,) = set(folder.glob("*")) - before
    return made


@pytest.fixture
def following() -> Iterator[TensorBoardReader]:
    made = TensorBoardReader()
    yield made
    made.close()


@pytest.mark.parametrize("as_tensors", [False, True])
async def test_scalars_are_read_by_time_and_nothing_else(tmp_path: Path, as_tensors: bool) -> None:
    write(tmp_path, ("loss", 0.5, 2, 20.0), ("loss", 1.0, 1, 10.0), ("lr", 0.25, 1, 15.0), as_tensors=as_tensors)
    assert await read_tensorboard([str(tmp_path)]) == [
        MetricPoint("loss", 1.0, 1, 10.0),
        MetricPoint("lr", 0.25, 1, 15.0),
        MetricPoint("loss", 0.5, 2, 20.0),
    ]


async def test_values_that_are_no_numbers_survive(tmp_path: Path) -> None:
    write(tmp_path, ("loss", "nan", 1, 1.0), ("loss", "inf", 2, 2.0))
    first, second = await read_tensorboard([str(tmp_path)])
    assert math.isnan(first.value)
    assert second.value == math.inf


async def test_metrics_of_several_folders_carry_the_folders_name(tmp_path: Path) -> None:
    write(tmp_path / "runs", ("loss", 1, 1, 1.0))
    write(tmp_path / "runs" / "acc" / "train", ("acc", 2, 1, 2.0))
    both = await read_tensorboard([str(tmp_path), str(tmp_path / "runs")])
    assert [each.name for each in both] == ["loss", "acc/train/acc"]
    one = await read_tensorboard([str(tmp_path / "runs" / "acc")])
    assert [each.name for each in one] == ["acc"]


async def test_where_there_is_nothing_no_process_is_started(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subprocess, "Popen", None)
    assert await read_tensorboard([str(tmp_path), str(tmp_path / "none")]) == []
    assert await read_tensorboard([]) == []


async def test_a_run_is_followed_at_the_cost_of_what_is_new(tmp_path: Path, following: TensorBoardReader) -> None:
    whole = write(tmp_path / "made", *(("loss", n, n, float(n)) for n in range(500)))
    content, growing = whole.read_bytes(), tmp_path / "runs" / whole.name
    growing.parent.mkdir()
    growing.write_bytes(content[: len(content) // 2 + 3])  # torn in the middle of a record
    half = await following.read([str(growing.parent)])
    assert 200 < len(half) < 300
    growing.write_bytes(content)
    start = time.perf_counter()
    assert [each.step for each in await following.read([str(growing.parent)])] == list(range(500))
    assert time.perf_counter() - start < 5  # no second start of Python


async def test_several_runs_do_not_mix(tmp_path: Path, following: TensorBoardReader) -> None:
    for name in ("a", "b"):
        write(tmp_path / name, (name, 1, 1, 1.0))
    found = await asyncio.gather(*(following.read([str(tmp_path / name)]) for name in ("a", "b", "a")))
    assert [[each.name for each in points] for points in found] == [["a"], ["b"], ["a"]]


async def test_files_that_are_damaged_hide_no_others(tmp_path: Path) -> None:
    write(tmp_path, ("loss", 1, 1, 1.0))
    (tmp_path / "events.out.tfevents.1.garbage").write_bytes(os.urandom(10_000))
    (tmp_path / "events.out.tfevents.2.empty").write_bytes(b"")
    (tmp_path / "events.out.tfevents.3.folder").mkdir()
    cut = write(tmp_path / "x", ("cut", 1, 1, 2.0), ("cut", 2, 2, 3.0))
    damaged = bytearray(cut.read_bytes())
    damaged[-40] ^= 0xFF
    cut.write_bytes(damaged)
    found = await read_tensorboard([str(tmp_path)])
    assert "loss" in {each.name for each in found}


async def test_a_child_that_was_killed_is_started_again(tmp_path: Path, following: TensorBoardReader) -> None:
    write(tmp_path, ("loss", 1, 1, 1.0))
    before = set(psutil.Process().children())
    assert len(await following.read([str(tmp_path)])) == 1
    (child,) = set(psutil.Process().children()) - before
    child.kill()
    assert len(await following.read([str(tmp_path)])) == 1


async def test_a_child_that_can_not_work_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, ("loss", 1, 1, 1.0))
    script = tmp_path / "reader.py"
    script.write_text("raise SystemExit('no library')")
    monkeypatch.setattr(reader, "_SCRIPT", script)
    with pytest.raises(OutsideError, match="can't be read") as caught:
        await read_tensorboard([str(tmp_path)])
    assert "no library" in caught.value.details


async def test_a_reader_that_is_forgotten_leaves_no_process(tmp_path: Path) -> None:
    write(tmp_path, ("loss", 1, 1, 1.0))
    before = set(psutil.Process().children())
    forgotten = TensorBoardReader()
    await forgotten.read([str(tmp_path)])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        del forgotten
    wait_until(lambda: not set(psutil.Process().children()) - before)


def test_a_summary_holds_the_last_value_of_each_metric() -> None:
    points = [MetricPoint("b", 1.0, 1, 1.0), MetricPoint("a", 3.0, 7, 2.0), MetricPoint("b", 2.0, 2, 3.0)]
    assert summary(points) == {"a": (3.0, 7), "b": (2.0, 2)}
    assert list(summary(points)) == ["a", "b"]
    assert summary([]) == {}


async def test_a_child_that_hangs_is_ended_and_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, ("loss", 1, 1, 1.0))
    script = tmp_path / "reader.py"
    script.write_text("import time\ntime.sleep(3600)")
    monkeypatch.setattr(reader, "_SCRIPT", script)
    hanging = TensorBoardReader(patience=0.5)
    with pytest.raises(OutsideError, match="no answer for"):
        await hanging.read([str(tmp_path)])
    assert not psutil.Process().children()


async def test_points_of_runs_that_nobody_asks_for_are_forgotten(
    tmp_path: Path, following: TensorBoardReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reader, "_MOST", 3)
    for name in ("a", "b"):
        write(tmp_path / name, *((name, step, step, float(step)) for step in range(5)))
    for name in ("a", "b", "a", "a"):
        assert [each.name for each in await following.read([str(tmp_path / name)])] == [name] * 5
        assert len(following._points) == 1
