"""What the run's scripts log by MLflow: metric points go into metrics.jsonl, parameters and tags into run.json.

The ranks find the address in MLFLOW_TRACKING_URI; nobody else knows its token. Until the first call there is only a
listening socket: a run that logs nothing pays for no server. For the same reason heavy modules are imported late.
"""

from __future__ import annotations

import contextlib
import math
import os
import socket
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor.clock import Clock
from desktop_app.worker.supervisor.journal import Journal

_NO_PROXY = ("no_proxy", "NO_PROXY")
_LOOPBACK = "127.0.0.1,localhost"
MOST_NAMES = 2000
MOST_LETTERS = 8000
"""What MLflow allows a tag's value; run.json is read several times a second, so what it holds is limited."""
_INT64 = 1 << 63


class Tracking:
    """The points that came, and the server they come by."""

    def __init__(self, folder: Path, clock: Clock, run: Mapping[str, Any]) -> None:
        self.folder = folder
        self.run = run
        self.clock = clock
        self.started = clock.now()
        self.token = os.urandom(12).hex()
        self._parameters: dict[str, str] = {}
        self._tags: dict[str, str] = dict(run.get("tags") or {})
        self._journal = Journal(folder / "metrics.jsonl")
        self._latest: dict[str, list[float]] = {}
        self._changed = False
        self._lock = threading.Lock()
        self._door: socket.socket | None = None
        self._serving = False

    # For the supervisor

    def open_door(self) -> socket.socket | None:
        """Listen on a free port of the loopback; None where there is none to be had."""
        try:
            self._door = socket.create_server(("127.0.0.1", 0), backlog=128)
        except OSError:
            return None
        return self._door

    def environment(self, rank: int, inherited: Mapping[str, str]) -> dict[str, str]:
        """Return what a rank needs to log here."""
        if self._door is None:
            return {}
        port = self._door.getsockname()[1]
        own = {
            "MLFLOW_TRACKING_URI": f"http://127.0.0.1:{port}/{self.token}/{rank}",
            "MLFLOW_RUN_ID": str(self.run.get("run", "")),
            "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",  # there is no page behind the address
        }
        if any(each.lower().endswith("_proxy") for each in inherited):
            present = next((inherited[each] for each in _NO_PROXY if inherited.get(each)), "")
            own.update(dict.fromkeys(_NO_PROXY, f"{present},{_LOOPBACK}".lstrip(",")))
        return own

    def serve(self) -> None:
        """Answer from now on, in threads."""
        from desktop_app.worker.supervisor.tracking_server import serve

        if self._door is not None and not self._serving:
            self._serving = True
            threading.Thread(target=serve, args=(self._door, self), name="tracking", daemon=True).start()

    def changed(self) -> bool:
        """Return whether points came since this was last asked."""
        with self._lock:
            changed, self._changed = self._changed, False
        return changed

    @property
    def dropped(self) -> int:
        """How many points the disk did not take."""
        return self._journal.dropped

    def facts(self) -> dict[str, Any]:
        """Return what of run.json comes from here. MLflow's own tags (`mlflow.user`) say nothing to a person."""
        tags = {name: value for name, value in self.tags.items() if not name.startswith("mlflow.")}
        return {"metrics": self.latest(), "parameters": self.parameters, "tags": tags}

    @property
    def parameters(self) -> dict[str, str]:
        """The parameters so far."""
        with self._lock:
            return dict(self._parameters)

    @property
    def tags(self) -> dict[str, str]:
        """The job's tags and those that came, MLflow's own too."""
        with self._lock:
            return dict(self._tags)

    def latest(self) -> dict[str, list[float]]:
        """Return the last (value, step) of each metric."""
        with self._lock:
            return {name: list(point) for name, point in self._latest.items()}

    def close(self) -> None:
        """Write what is held back, and answer no more."""
        self._journal.close()
        if self._door is not None:
            with contextlib.suppress(OSError):
                self._door.shutdown(socket.SHUT_RDWR)  # wakes the thread that waits for the next connection
            self._door.close()

    # For the server

    def add(self, rank: int | None, metric: Mapping[str, Any]) -> None:
        """Keep one metric as MLflow sends it: key, value, timestamp in milliseconds, step.

        Raises KeyError, TypeError, ValueError and OverflowError.
        """
        name, value, step = str(metric["key"]), float(metric["value"]), int(metric.get("step") or 0)
        when = metric.get("timestamp")
        seconds = self.clock.now() if when is None else float(when) / 1000
        if not math.isfinite(seconds) or not -_INT64 <= step < _INT64:
            raise ValueError("a metric's timestamp and step are 64-bit integers")
        with self._lock:
            self._latest[name] = [value, step]
            self._changed = True
        self._journal.append({"name": name, "value": value, "step": step, "time": seconds, "rank": rank})

    def set_parameter(self, name: str, value: str) -> None:
        """Keep a parameter. Raises ValueError for one that is too long, or one too many."""
        with self._lock:
            _put(self._parameters, name, value)
            self._changed = True

    def set_tag(self, name: str, value: str) -> None:
        """Keep a tag. Raises ValueError for one that is too long, or one too many."""
        with self._lock:
            _put(self._tags, name, value)
            self._changed = True

    def delete_tag(self, name: str) -> bool:
        """Forget a tag; return whether there was one."""
        with self._lock:
            self._changed = True
            return self._tags.pop(name, None) is not None

    def artifacts(self) -> str:
        """Return where artifacts go: a folder in the run's outputs, as a URI."""
        from urllib.parse import quote

        return f"file://{quote(str(self.folder / 'code' / 'outputs'))}"


def _put(values: dict[str, str], name: str, value: str) -> None:
    if len(value) > MOST_LETTERS or len(name) > MOST_LETTERS:
        raise ValueError(f"names and values may have {MOST_LETTERS} characters")
    if name not in values and len(values) >= MOST_NAMES:
        raise ValueError(f"a run may have {MOST_NAMES} of them")
    values[name] = value
