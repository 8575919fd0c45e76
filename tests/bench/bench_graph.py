"""The graph view: how soon a model is there, and how smoothly it is panned and zoomed.

    xvfb-run python tests/bench/bench_graph.py [FILE.onnx …] [--frames 300] [--nodes 10000] [--profile]

Goals: the header of a model of 1.2 GB within 50 ms, a graph of 10,000 nodes first painted within 0.5 s, panned at 60
frames a second (no paint over 16.7 ms at the 99th percentile), and the loop held up for less than a frame meanwhile.
Models are written here: nodes in a row with skips, the same in 250 modules, layers of transformers with a mask that all
of them need, and a tangle in which any node may need any other. Each is opened as it is at first and with all its
modules open; then it is panned by 60 pixels a frame, near and from afar, and zoomed in and out.
"""

from __future__ import annotations

import argparse
import asyncio
import cProfile
import os
import pstats
import random
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import qasync
from PySide6.QtCore import QPointF
from PySide6.QtWidgets import QApplication

ROOT = Path(__file__).parents[2]
sys.path.insert(0, str(ROOT))

from desktop_app.app import keep_smooth  # noqa: E402
from desktop_app.services.exports.graph_files import header_of  # noqa: E402
from desktop_app.ui.garbage import Garbage  # noqa: E402
from desktop_app.ui.models.graph.canvas import GraphCanvas  # noqa: E402
from desktop_app.ui.models.graph.view import GraphView  # noqa: E402
from desktop_app.ui.theme import theme_manager  # noqa: E402
from tests.helpers import onnx_files as make  # noqa: E402
from tests.helpers.window_benches import FRAME, Heartbeat, quantile  # noqa: E402

LARGE = 1_200_000_000


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("files", nargs="*", type=Path)
    parser.add_argument("--frames", type=int, default=300)
    parser.add_argument("--nodes", type=int, default=10_000)
    parser.add_argument("--profile", action="store_true")
    given = parser.parse_args()
    app = QApplication(sys.argv[:1])
    app.setQuitOnLastWindowClosed(False)
    keep_smooth()
    theme_manager().apply(app)
    garbage = Garbage()
    garbage.start()
    with tempfile.TemporaryDirectory() as folder:
        measure_header(Path(folder) / "large.onnx")
        models = list(given.files) or write_models(Path(folder), given.nodes)
        loop = qasync.QEventLoop(app)
        with loop:
            for each in models:
                loop.run_until_complete(measure(each, given.frames, given.profile))
    garbage.stop()


def measure_header(path: Path) -> None:
    """Print how long the header of a large file takes; its weights are a hole in it."""
    tensors = 300
    size = LARGE // tensors
    heads = [make.part(1, size // 4) + make.part(2, make.FLOAT) + make.part(8, f"layer.{at}.weight") + make.number(74)
             + make.number(size) for at in range(tensors)]  # fmt: skip
    nodes = [
        make.part(1, make.node("MatMul", [f"x{at}", f"layer.{at}.weight"], [f"x{at + 1}"])) for at in range(tensors)
    ]
    held = [make.number(42) + make.number(len(head) + size) + head for head in heads]
    ends = make.part(11, make.value("x0", ("batch", 3))) + make.part(12, make.value("x300", ("batch", 3)))
    whole = sum(map(len, nodes)) + sum(map(len, held)) + tensors * size + len(ends)
    with path.open("wb") as file:
        file.write(make.part(1, 10) + make.part(8, make.part(2, 20)) + make.number(58) + make.number(whole))
        file.write(b"".join(nodes))
        for each in held:
            file.write(each)
            file.seek(size, os.SEEK_CUR)
        file.write(ends)
    took = []
    for _ in range(5):
        begun = time.perf_counter()
        found, header = header_of(path)
        took.append(time.perf_counter() - begun)
    print(f"header of {found / 1e9:.2f} GB, {header.tensors} tensors: first {took[0] * 1e3:.1f} ms, "
          f"median {quantile(took, 0.5) * 1e3:.1f} ms (goal 50)")  # fmt: skip
    path.unlink()


def write_models(folder: Path, nodes: int) -> list[Path]:
    """Write the models to be looked at."""
    made = {
        "row": make.chain(nodes), "modules": make.chain(nodes, layers=250), "transformer": transformer(nodes),
        "tangle": tangle(nodes),
    }  # fmt: skip
    for name, data in made.items():
        (folder / f"{name}.onnx").write_bytes(data)
    return [folder / f"{name}.onnx" for name in made]


def transformer(count: int) -> bytes:
    """Return layers of attention, with heads as branches and one mask for all of them."""
    nodes: list[bytes] = []
    tensors: list[bytes] = []
    values: list[bytes] = []

    def add(op: str, inputs: list[str], scope: str, weight: bool = False) -> str:
        name = f"t{len(nodes)}"
        if weight:
            tensors.append(make.tensor(f"w{len(nodes)}", (64, 64)))
            inputs = [*inputs, f"w{len(nodes)}"]
        nodes.append(
            make.node(op, inputs, [name], name=f"n{len(nodes)}", scopes=("model", scope.partition(".self")[0], scope))
        )
        values.append(make.value(name, ("batch", "sequence", 64)))
        return name

    at, layer = "x", 0
    while len(nodes) < count:
        scope = f"model.layer.{layer}"
        heads = []
        for _ in range(3):
            one = add("Add", [add("MatMul", [at], f"{scope}.self", True)], f"{scope}.self", True)
            heads.append(add("Transpose", [add("Reshape", [one], f"{scope}.self")], f"{scope}.self"))
        scores = add(
            "Softmax",
            [add("Add", [add("MatMul", heads[:2], f"{scope}.self"), "mask"], f"{scope}.self")],
            f"{scope}.self",
        )
        mixed = add(
            "Reshape",
            [add("Transpose", [add("MatMul", [scores, heads[2]], f"{scope}.self")], f"{scope}.self")],
            f"{scope}.self",
        )
        at = add("LayerNormalization", [add("Add", [add("MatMul", [mixed], scope, True), at], scope)], scope)
        wide = add("Gelu", [add("MatMul", [at], scope, True)], scope)
        at = add("LayerNormalization", [add("Add", [add("MatMul", [wide], scope, True), at], scope)], scope)
        layer += 1
    ends = {"inputs": [make.value("x", (1, 64)), make.value("mask", (1, 64))], "outputs": [make.value(at, (1, 64))]}
    return make.model(make.graph(nodes, tensors=tensors, values=values[:-1], **ends))


def tangle(count: int) -> bytes:
    """Return nodes that need any of the hundred before them, and now and then any at all."""
    dice = random.Random(7)
    nodes = []
    for at in range(count):
        near = [f"t{max(0, at - dice.randint(1, 100))}" for _ in range(2)]
        far = [f"t{dice.randrange(at)}"] if at and dice.random() < 0.05 else []
        nodes.append(
            make.node(
                dice.choice(["Add", "Concat", "MatMul"]), [*near, *far] if at else ["x"], [f"t{at}"], name=f"n{at}"
            )
        )
    ends = {"inputs": [make.value("x", (1, 64))], "outputs": [make.value(f"t{count - 1}", (1, 64))]}
    return make.model(make.graph(nodes, **ends))


class TimedCanvas:
    """Notes how long each paint of a canvas takes."""

    def __init__(self, canvas: GraphCanvas) -> None:
        self.took: list[float] = []
        self.worked: list[float] = []
        self._canvas, self._paint = canvas, canvas.paintEvent
        canvas.paintEvent = self._timed  # type: ignore[method-assign]

    def clear(self) -> None:
        """Begin anew."""
        self.took.clear()
        self.worked.clear()

    def _timed(self, event: object) -> None:
        begun, worked = time.perf_counter(), time.thread_time()
        self._paint(event)  # type: ignore[arg-type]
        self.took.append(time.perf_counter() - begun)
        self.worked.append(time.thread_time() - worked)


async def measure(path: Path, frames: int, profile: bool) -> None:
    """Open a model, pan and zoom it, and print what that took."""
    view = GraphView()
    view.resize(1600, 1000)
    view.show()
    await asyncio.sleep(0.3)
    timed = TimedCanvas(view.canvas)
    beats = Heartbeat()
    beats.start()
    begun, worked = time.perf_counter(), time.thread_time()
    await shown(view, timed, lambda: view.open_path(path))
    took, worked = time.perf_counter() - begun, time.thread_time() - worked
    await asyncio.sleep(0.3)
    print(f"\n{path.stem}: {view.summary.text()}")
    print(f"  first painted after {took * 1e3:.0f} ms, own work {worked * 1e3:.0f} (goal 500), "
          f"the loop was held up {held_up(beats)}")  # fmt: skip
    profiler = cProfile.Profile()
    if profile:
        profiler.enable()
    await pan(view, timed, "as at first", frames)
    beats.start()
    begun = time.perf_counter()
    await shown(view, timed, view.open_all)
    boxes = len(view.canvas.index.scene.boxes) if view.canvas.index is not None else 0
    print(f"  all open: {boxes:,} boxes after {(time.perf_counter() - begun) * 1e3:.0f} ms, "
          f"held up {held_up(beats)}")  # fmt: skip
    await pan(view, timed, "all open, near", frames)
    view.canvas.zoom(0.3)
    await pan(view, timed, "all open, a third", frames)
    view.canvas.fit()
    view.canvas.zoom(3)
    await pan(view, timed, "all open, from afar", frames)
    await zoom(view, timed, frames)
    profiler.disable()
    if profile:
        pstats.Stats(profiler).sort_stats("tottime").print_stats(25)
    beats.stop()
    view.close_down()
    view.close()
    view.deleteLater()
    await asyncio.sleep(0.05)


def held_up(beats: Heartbeat) -> str:
    """Say how long the loop stood still at most: by the clock, and by what this thread itself worked."""
    late, busy = max(beats.late, default=0), max(beats.busy, default=0)
    return f"{late:.1f} ms at most, its own work {busy:.1f} (goal {FRAME})"


async def shown(view: GraphView, timed: TimedCanvas, begin: Callable[[], object]) -> None:
    """Begin something and wait until it is shown and painted."""
    done = asyncio.Event()

    def note() -> None:
        timed.clear()
        done.set()

    connection = view.shown.connect(note)
    begin()
    await done.wait()
    view.shown.disconnect(connection)
    while not timed.took:  # noqa: ASYNC110 - a measurement, that must not add events of its own
        await asyncio.sleep(0)


async def pan(view: GraphView, timed: TimedCanvas, where: str, frames: int) -> None:
    """Pan by 60 pixels a frame, to and fro where the graph ends, and print how long paints take."""
    timed.clear()
    down = 60.0
    for _ in range(frames):
        corner = QPointF(view.canvas.corner)
        view.canvas.pan(QPointF(0, -down))
        if view.canvas.corner == corner:
            down = -down
        await asyncio.sleep(FRAME / 1000)
    tell(where, timed)


async def zoom(view: GraphView, timed: TimedCanvas, frames: int) -> None:
    """Zoom in and out again."""
    timed.clear()
    for at in range(frames // 4):
        view.canvas.zoom(1.25 if at % 40 < 20 else 0.8)
        await asyncio.sleep(FRAME / 1000)
    tell("zoomed in and out", timed)


def tell(where: str, timed: TimedCanvas) -> None:
    """Print how long paints took."""
    said = []
    for name, took in (("by the clock", timed.took), ("own work", timed.worked)):
        figures = (
            f"{word} {quantile(took, q) * 1e3:.1f}" for word, q in (("median", 0.5), ("p99", 0.99), ("worst", 1.0))
        )
        said.append(f"{name} {', '.join(figures)}")
    print(f"  {where:<20} {len(timed.took):4} paints, ms {'; '.join(said)}", flush=True)


if __name__ == "__main__":
    main()
