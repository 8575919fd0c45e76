"""Cases: what the framework was given, and what it answered; a `.npz` each, for whoever compares.

Arrays are named `in.NAME`, `out.NAME` and, where the model could be run in float64 too, `exact.NAME`.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

IN, OUT, EXACT = "in.", "out.", "exact."
Arrays = dict[str, Any]


def write_case(path: Path, inputs: Mapping[str, Any], outputs: Mapping[str, Any], exact: Mapping[str, Any]) -> None:
    """Write one case; `exact` may be empty."""
    path.parent.mkdir(parents=True, exist_ok=True)
    parts = ((IN, inputs), (OUT, outputs), (EXACT, exact))
    named = ((prefix + name, each) for prefix, given in parts for name, each in given.items())
    arrays: dict[str, Any] = {name: np.asarray(each) for name, each in named}
    np.savez(path, **arrays)


def read_case(path: Path) -> tuple[Arrays, Arrays, Arrays]:
    """Return inputs, outputs and exact outputs by name. Nothing in the file is unpickled."""
    found: tuple[Arrays, Arrays, Arrays] = ({}, {}, {})
    with np.load(path, allow_pickle=False) as data:
        for key in data.files:
            for prefix, arrays in zip((IN, OUT, EXACT), found, strict=True):
                if key.startswith(prefix):
                    arrays[key.removeprefix(prefix)] = data[key]
    return found
