"""Tasks: an ONNX model timed in a process that has nothing else in it, a few runs at a time."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import onnxruntime
from rankzero_kit.cases import read_case

from . import running, timing

Report = Callable[[str, float | None], None]
_open: dict[tuple[str, str, int], tuple[Any, running.Arrays]] = {}


def bench_round(*, model: str, case: str, plan: Mapping[str, int], report: Report) -> dict[str, Any]:
    """Run a model on the inputs of a case, a file's path; the session stays open for the next round.

    `plan` has `rounds`, `warmup` and perhaps `threads`.
    """
    threads = plan.get("threads") or running.processors()
    key = (model, case, threads)
    if key not in _open:
        report("Opens the model in ONNX Runtime", None)
        _open.clear()
        opened = running.session(Path(model), threads)
        _open[key] = opened, running.feed(opened, read_case(Path(case))[0])
    opened, feed = _open[key]
    rounds = timing.Plan(rounds=plan["rounds"], seconds=60.0, least=1, warm_up=plan["warmup"])
    return {
        "seconds": timing.alone(lambda: opened.run(None, feed), rounds),
        "threads": threads,
        "peak_bytes": running.resident(),
        "version": onnxruntime.__version__,
        "sizes": {name: [*array.shape] for name, array in feed.items()},
    }
