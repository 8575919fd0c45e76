"""How long a whole export takes, and how much memory, against a bare `torch.onnx.export` in a process of its own.

    python tests/bench/bench_export.py [--pairs 3] [--warm 3]

The network is a ResNet-50. In turns: a script that imports torch, builds it and calls `torch.onnx.export` with a
dynamic batch; and `rankzero export` of the same function, with everything: it loads, exports, checks at several sizes,
writes the report. Seconds are wall time of the process; memory is the most that the largest process of a side held,
and the most that all of them held at once, as PSS. Then, in one program that stays open, exports one after the other,
of which the first starts the workers.

Needs the toolchains pytorch and onnx (`python3 installer/bootstrap.py test` makes them).
"""

from __future__ import annotations

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from desktop_app.api import ModelFile
from desktop_app.compose import open_workbench
from desktop_app.services.exports.orders import ExportOrder

ROOT = Path(__file__).resolve().parents[2]
NETWORK = """
import torch
from torch import nn


class Bottleneck(nn.Module):
    def __init__(self, taken, width, stride):
        super().__init__()
        self.a, self.b, self.c = conv(taken, width, 1), conv(width, width, 3, stride), conv(width, 4 * width, 1)
        self.skip = conv(taken, 4 * width, 1, stride) if stride != 1 or taken != 4 * width else nn.Identity()

    def forward(self, x):
        return torch.relu(self.c(torch.relu(self.b(torch.relu(self.a(x))))) + self.skip(x))


def conv(taken, given, size, stride=1):
    return nn.Sequential(nn.Conv2d(taken, given, size, stride, size // 2, bias=False), nn.BatchNorm2d(given))


def build():
    torch.manual_seed(0)
    parts, taken = [conv(3, 64, 7, 2), nn.ReLU(), nn.MaxPool2d(3, 2, 1)], 64
    for width, depth, stride in ((64, 3, 1), (128, 4, 2), (256, 6, 2), (512, 3, 2)):
        for number in range(depth):
            parts.append(Bottleneck(taken, width, stride if number == 0 else 1))
            taken = 4 * width
    parts += [nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(taken, 1000)]
    return nn.Sequential(*parts).eval(), (torch.randn(2, 3, 224, 224),)
"""
BARE = """
import sys

import torch
from network import build

model, inputs = build()
torch.onnx.export(model, inputs, sys.argv[1], dynamo=True, dynamic_shapes=({0: torch.export.Dim.DYNAMIC},))
"""


@dataclass(frozen=True, slots=True)
class Took:
    """Wall seconds, and the most bytes (PSS) that the largest process and all processes together held at once."""

    seconds: float
    largest: int
    together: int


def measured(command: Sequence[str], folder: Path) -> Took:
    """Run a command to its end."""
    began = time.perf_counter()
    process = subprocess.Popen(
        command, cwd=folder, stdout=subprocess.DEVNULL, env={**os.environ, "PYTHONPATH": str(ROOT)}
    )
    peaks: list[list[int]] = [[0]]
    watching = threading.Thread(target=watch, args=(process, peaks))
    watching.start()
    code = process.wait()
    seconds = time.perf_counter() - began
    watching.join()
    assert code == 0, f"{command} ended with {code}"
    return Took(seconds, max(map(max, peaks)), max(map(sum, peaks)))


def watch(process: subprocess.Popen[bytes], peaks: list[list[int]]) -> None:
    """Note the memory of a tree of processes until its root ends."""
    while process.poll() is None:
        peaks.append([held(each) for each in tree(process.pid)] or [0])
        time.sleep(0.05)


def tree(pid: int) -> list[psutil.Process]:
    """Return a process with all below it."""
    try:
        root = psutil.Process(pid)
        return [root, *root.children(recursive=True)]
    except psutil.Error:
        return []


def held(process: psutil.Process) -> int:
    """Return a process's share of memory in bytes; what it shares with others is counted in parts."""
    try:
        return int(process.memory_full_info().pss)
    except psutil.Error:
        return 0


async def warm(folder: Path, count: int) -> list[tuple[float, dict[str, float]]]:
    """Export again and again in one program; return the wall seconds of each, and its stages."""
    workbench = open_workbench(folder / "home")
    found: list[tuple[float, dict[str, float]]] = []
    try:
        for number in range(count):
            model = ModelFile("python", folder / "network.py", "build", folder)
            began = time.perf_counter()
            order = ExportOrder(model, folder / f"warm{number}.onnx")
            report = await workbench.exports.export(order, lambda _message, _part: None)
            assert report.verdict == "pass", report.reason
            found.append((time.perf_counter() - began, dict(report.seconds)))
    finally:
        await workbench.exports.close()
        await workbench.cloud.close()
    return found


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pairs", type=int, default=3)
    parser.add_argument("--warm", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "network.py").write_text(NETWORK, "utf-8")
        (folder / "bare.py").write_text(BARE, "utf-8")
        python = str(open_workbench(folder / "home").toolchains.get("pytorch").python)
        ours = [sys.executable, "-m", "desktop_app", "--home", str(folder / "home"), "export", "network.py:build"]
        bare, whole = [], []
        for number in range(options.pairs):
            bare.append(measured([python, "bare.py", f"bare{number}.onnx"], folder))
            whole.append(measured([*ours, "--output", f"ours{number}.onnx"], folder))
            print(f"bare {bare[-1].seconds:.1f} s, whole {whole[-1].seconds:.1f} s", flush=True)
        told("seconds", [each.seconds for each in bare], [each.seconds for each in whole], 1.0)
        for what in ("largest", "together"):
            one, other = ([float(getattr(each, what)) for each in side] for side in (bare, whole))
            told(f"MB, {what}", one, other, 1e-6)
        for seconds, stages in asyncio.run(warm(folder, options.warm)):
            print(f"in one program: {seconds:.1f} s  {stages}")


def told(what: str, bare: Sequence[float], whole: Sequence[float], scale: float) -> None:
    """Print two medians and their ratio."""
    one, other = statistics.median(bare), statistics.median(whole)
    print(f"{what}: bare {one * scale:.1f}, whole {other * scale:.1f}, ratio {other / one:.2f}")


if __name__ == "__main__":
    main()
