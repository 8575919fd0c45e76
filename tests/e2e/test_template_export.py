"""The exporter of `rankzero plugins new` makes ONNX that the program finds right, in the plugin's own toolchain."""

from __future__ import annotations

import json
import os
import re
import struct
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.api._plugins.manifest import read_manifest
from desktop_app.compose import open_workbench
from desktop_app.core.exports.report import Verdict
from desktop_app.places import Places
from desktop_app.services.exports.formats.sniffing import look_at
from desktop_app.services.exports.orders import ExportOrder
from desktop_app.services.plugins.templates import new_plugin
from desktop_app.services.workbench import Workbench
from tests.helpers.made_toolchains import lend, toolchain_or_skip

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def onnx() -> Path:
    return toolchain_or_skip("onnx")


@pytest.fixture
async def workbench(no_orphans: Places, onnx: Path) -> AsyncIterator[Workbench]:
    """The services of a person who made a plugin and put it into the folder of plugins."""
    places = no_orphans
    places.plugins.mkdir(parents=True)
    (new_plugin("acme", places.home / "mine") / "rankzero_acme").rename(places.plugins / "acme")
    (spec,) = read_manifest(places.plugins / "acme").toolchains
    lend(places, "acme", onnx, spec)
    lend(places, "onnx", onnx)
    made = open_workbench(places.home)
    yield made
    await made.exports.close()
    made.plugins.close()


def safetensors(path: Path, **tensors: tuple[str, list[int], list[float]]) -> Path:
    """Write a file of safetensors: name → type, shape, numbers."""
    header, data = {}, b""
    for name, (kind, shape, numbers) in tensors.items():
        packed = struct.pack(f"<{len(numbers)}{'f' if kind == 'F32' else 'd'}", *numbers)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(packed)]}
        data += packed
    told = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(told)) + told + data)
    return path


async def export(workbench: Workbench, model: Path) -> Verdict:
    """Export a model by the plugin, and say what came of it."""
    order = ExportOrder(look_at(model), model.with_suffix(".onnx"), "acme", options={"opset": 17})
    report = await workbench.exports.export(order, lambda _message, _part: None)
    return report.verdict


async def test_a_linear_layer_becomes_onnx(workbench: Workbench, tmp_path: Path) -> None:
    numbers = [0.5, -1.0, 2.0, 0.25, 3.0, -0.125]
    model = safetensors(tmp_path / "m.safetensors", weight=("F32", [2, 3], numbers), bias=("F32", [2], [1.0, -1.0]))
    assert await export(workbench, model) is Verdict.PASS
    assert (tmp_path / "m.onnx").is_file()


def test_the_readmes_command_does_it(workbench: Workbench, tmp_path: Path) -> None:
    readme = (tmp_path / "home" / "mine" / "acme" / "README.md").read_text("utf-8")
    words = re.findall(r"`rankzero (export [^`]*)`", readme)[0].split()
    safetensors(tmp_path / "model.safetensors", weight=("F32", [1, 2], [1.0, 2.0]))
    command = [sys.executable, "-m", "desktop_app", *words]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert (tmp_path / "model.onnx").is_file()


async def test_what_is_no_linear_layer_is_a_sentence(workbench: Workbench, tmp_path: Path) -> None:
    other = safetensors(tmp_path / "m.safetensors", kernel=("F32", [2], [1.0, 2.0]))
    with pytest.raises(UserError, match="This is no linear layer"):
        await export(workbench, other)
    double = safetensors(tmp_path / "d.safetensors", weight=("F64", [1, 1], [1.0]))
    with pytest.raises(UserError, match="“weight” is F64, not float32"):
        await export(workbench, double)
    assert not (tmp_path / "m.onnx").exists()
