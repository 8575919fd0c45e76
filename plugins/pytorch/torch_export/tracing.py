"""What every leaf module of a model gives for a case, for whoever looks for the first that differs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import numpy as np
import torch
from rankzero_kit.cases import read_case

from .loading import Loaded
from .preparing import plan_of
from .reference import arrays
from .structure import outputs_of

Report = Callable[[str, float | None], None]
LIMIT = 256 * 2**20
"""Bytes after which no more values are kept."""


def trace(request: Mapping[str, Any], loaded: Loaded, case: int, folder: str, report: Report) -> dict[str, Any]:
    """Write the outputs of the leaf modules for a case, in the order they ran in."""
    plan = plan_of(request, loaded, report)
    report("Tracing the model in PyTorch", None)
    given, _, _ = read_case(Path(request["folder"]) / f"cases/{case}.npz")
    leaves = {name: torch.from_numpy(each).to(plan.given.leaves[name].dtype) for name, each in given.items()}
    values: list[dict[str, Any]] = []
    kept: dict[str, Any] = {}
    room = [LIMIT]

    def note(path: str) -> Callable[[Any, Any, Any], None]:
        def hook(_module: Any, _given: Any, answer: Any) -> None:
            found, _ = outputs_of(answer)
            for array in [*arrays(found).values()][:1]:
                room[0] -= array.nbytes
                if room[0] > 0:
                    key = f"v{len(values)}"
                    values.append({"key": key, "module": path, "order": len(values)})
                    kept[key] = array.copy()

        return hook

    model = plan.runner.model
    hooks = [
        each.register_forward_hook(note(path))
        for path, each in model.named_modules()
        if path and not [*each.children()]
    ]
    try:
        plan.runner(leaves)
    finally:
        for each in hooks:
            each.remove()
    path = Path(folder) / "trace.npz"
    path.parent.mkdir(parents=True, exist_ok=True)
    np.savez(path, **kept)
    return {"file": "trace.npz", "values": values}
