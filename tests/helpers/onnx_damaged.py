"""A right ONNX file, damaged in random ways and judged each time; run in the toolchain `onnx` by path."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from .onnx_judged import small
from .onnx_mutants import judging

HEAD = 400
"""Most of what is not weights lies in so many bytes at the beginning or the end."""


def damaged(*, folder: str, number: int, seed: int, report: Any) -> list[dict[str, str]]:
    """Return what was done to each file, and the verdict and its reason."""
    asked = small(folder=folder, report=report)
    path, random, found = Path(asked["model"]), np.random.default_rng(seed), []
    whole = path.read_bytes()
    for _ in range(number):
        how = str(random.choice([*DAMAGE]))
        path.write_bytes(DAMAGE[how](random, bytearray(whole)))
        told = judging().judge(report=lambda *_: None, **asked)
        json.dumps(told, allow_nan=False)
        found.append({"how": how, "verdict": told["verdict"], "reason": told["reason"]})
    return found


def _changed(random: Any, data: bytearray) -> bytes:
    data[int(random.integers(HEAD))] = int(random.integers(256))
    return bytes(data)


def _scrambled(random: Any, data: bytearray) -> bytes:
    for place in random.integers(1, HEAD, 5):
        data[-int(place)] = int(random.integers(256))
    return bytes(data)


def _cut(random: Any, data: bytearray) -> bytes:
    return bytes(data[: int(random.integers(1, len(data)))])


def _doubled(random: Any, data: bytearray) -> bytes:
    place = int(random.integers(HEAD))
    return bytes(data[:place] + data[place : place + 50] + data[place:])


DAMAGE = {"changed": _changed, "scrambled": _scrambled, "cut": _cut, "doubled": _doubled}
