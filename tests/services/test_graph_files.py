"""ONNX files are opened off the loop, without their weights; what can't be opened is said in a sentence."""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.services.exports.graph_files import header_of, open_graph, open_header
from tests.helpers import onnx_files as make


def written(folder: Path, data: bytes, name: str = "model.onnx") -> Path:
    """Write a model into a file."""
    path = folder / name
    path.write_bytes(data)
    return path


async def test_a_file_is_opened_with_its_modules(tmp_path: Path) -> None:
    path = written(tmp_path, make.chain(90, layers=3))
    opened = await open_graph(path)
    assert (opened.size, len(opened.model.nodes)) == (path.stat().st_size, 90)
    assert [each.title for each in opened.outline.groups] == ["", "net", "layer.0", "layer.1", "layer.2"]
    assert [each.count for each in opened.outline.groups] == [90, 90, 30, 30, 30]


async def test_the_header_of_a_large_file_is_read_without_its_weights(tmp_path: Path) -> None:
    path = tmp_path / "large.onnx"
    head = make.part(1, 64 << 20) + make.part(2, make.FLOAT) + make.part(8, "w")
    weights = head + make.number(9 << 3 | 2) + make.number(256 << 20)
    held = make.number(5 << 3 | 2) + make.number(len(weights) + (256 << 20)) + weights
    ends = make.part(11, make.value("x", ("batch", 3)))
    opening = make.part(1, 10) + make.part(8, make.part(2, 20)) + make.number(7 << 3 | 2)
    with path.open("wb") as file:
        file.write(opening + make.number(len(held) + (256 << 20) + len(ends)) + held)
        file.seek(256 << 20, os.SEEK_CUR)  # a hole: the file takes no room
        file.write(ends)
    size, header = await open_header(path)
    assert size > 256 << 20
    assert (header.parameters, header.inputs[0].shape) == (64 << 20, ("batch", 3))
    assert header_of(path) == (size, header)


async def test_the_loop_goes_on_while_a_large_graph_is_read(tmp_path: Path) -> None:
    path = written(tmp_path, make.chain(6000))
    turns = 0

    async def turn() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    other = asyncio.create_task(turn())
    await open_graph(path)
    other.cancel()
    assert turns > 5


@pytest.mark.parametrize(("data", "says"), [(b"", "it is empty"), (b"hello", "not a whole ONNX model")])
async def test_what_is_no_model_is_said(tmp_path: Path, data: bytes, says: str) -> None:
    with pytest.raises(UserError, match=says):
        await open_graph(written(tmp_path, data))


async def test_what_is_no_file_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no file"):
        await open_graph(tmp_path)
    with pytest.raises(UserError, match="There is no file"):
        await open_graph(tmp_path / "gone.onnx")


@pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders")
async def test_a_pipe_is_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.onnx")
    with pytest.raises(UserError, match="no file that could be opened"):
        await open_graph(tmp_path / "pipe.onnx")
