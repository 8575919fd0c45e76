"""Asks a run's supervisor for a fault drill and waits for its answer."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import time
from pathlib import Path
from typing import Any

from desktop_app.api import Drill, DrillOrder, OutsideError, RunSnapshot, RunStatus, UserError
from desktop_app.api._records import from_json, to_json
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.state import TERMINAL, replace

PATIENCE = 10.0
"""Seconds for the supervisor to answer; it looks twenty times in one."""
LOOK_EVERY = 0.02


def refuse(run: RunSnapshot) -> None:
    """Raise UserError for a run that nobody can do anything to."""
    if run.is_over:
        raise UserError(f"{run.run} is over: {run.status.value}.", hint="A drill needs a run that goes on.")
    if run.status is not RunStatus.RUNNING:
        raise UserError(f"{run.run} can't be drilled while it is {run.status.value}.", hint=run.reason)


async def ask(folder: Path, order: DrillOrder) -> Drill:
    """Leave the order, wait for the answer, and take the order back if none comes. Raises UserError, OutsideError."""
    path = folder / "requests" / f"drill-{time.time_ns():x}-{secrets.token_hex(4)}.json"
    try:
        replace(path, to_json(order))
    except OSError as error:
        raise OutsideError(f"The request could not be written: {error.strerror or error}.", hint=str(folder)) from error
    try:
        return _read(await _answer(folder, path.with_suffix(".answer")), folder.name)
    finally:
        for each in (path, path.with_suffix(".answer")):
            with contextlib.suppress(OSError):
                each.unlink()


async def _answer(folder: Path, path: Path) -> dict[str, Any]:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        over = read_object(folder / "run.json").get("status") in TERMINAL
        found = read_object(path)
        if found:
            return found
        if over:
            return {"refused": "The run is over."}
        await asyncio.sleep(LOOK_EVERY)
    hint = "Nothing was asked of it any more; `rankzero runs show` says how the run is."
    raise OutsideError(f"The supervisor of {folder.name} did not answer within {PATIENCE:g} s.", hint=hint)


def _read(answer: dict[str, Any], name: str) -> Drill:
    if "drill" not in answer:
        raise UserError(f"{name} was not drilled. {answer.get('refused', '')}".rstrip())
    return from_json(Drill, answer["drill"])
