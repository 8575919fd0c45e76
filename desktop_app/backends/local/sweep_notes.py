"""What a sweep's controller says: lines of its log, and lines of JSON for the supervisor."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.api import RunSnapshot, SweepState, Value
from desktop_app.api._records import to_json
from desktop_app.core.sweeps.trials import written
from desktop_app.worker.supervisor.telling import NAME


class Notes:
    """Writes both."""

    def __init__(self, folder: Path) -> None:
        self._told = folder / NAME

    def say(self, text: str) -> None:
        """Print a line, which becomes the controller's log."""
        print(text, flush=True)

    def tell(self, event: str, state: SweepState, **facts: Any) -> None:
        """Tell the supervisor an event, and how far the sweep is."""
        line = json.dumps({"event": event, "sweep": to_json(state), **facts})
        with self._told.open("a", encoding="utf-8") as stream:
            stream.write(f"{line}\n")


def values_text(values: Mapping[str, Value]) -> str:
    """Return a trial's values in a line: `lr=0.01, batch=32`."""
    return ", ".join(f"{name}={_short(value)}" for name, value in values.items())


def _short(value: Value) -> str:
    return f"{value:.4g}" if isinstance(value, float) else written(value)


def took(run: RunSnapshot) -> str:
    """Return how long a run took."""
    if run.started is None or run.ended is None:
        return ""
    return f" in {(run.ended - run.started).total_seconds():.1f} s"
