"""What the run's scripts log by MLflow: kept as metric points, parameters and tags.

The ranks find the address in MLFLOW_TRACKING_URI; nobody else knows its token. Until the first call there is only a
listening socket: a run that logs nothing pays for no server. For the same reason heavy modules are imported late.
"""

from __future__ import annotations

import contextlib
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


class Tracking:
    """The points that came, and the server they come by."""

    def __init__(self, folder: Path, clock: Clock, run: Mapping[str, Any]) -> None:
        self.folder = folder
        self.run = run
        self.clock = clock
        self.started = clock.now()
        self.token = os.urandom(12).hex()
        self.parameters: dict[str, str] = {}
        self.tags: dict[str, str] = {}
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
        """Keep one metric as MLflow sends it: key, value, timestamp in milliseconds, step. Raises ValueError."""
        name, value, step = str(metric["key"]), float(metric["value"]), int(metric.get("step") or 0)
        when = metric.get("timestamp")
        seconds = self.clock.now() if when is None else float(when) / 1000
        with self._lock:
            self._latest[name] = [value, step]
            self._changed = True
        self._journal.append({"name": name, "value": value, "step": step, "time": seconds, "rank": rank})

    def artifacts(self) -> str:
        """Return where artifacts go: a folder in the run's outputs, as a URI."""
        from urllib.parse import quote

        return f"file://{quote(str(self.folder / 'code' / 'outputs'))}"
