"""Heavy work, described: it runs in another interpreter, where a crash is a message."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api.forms import Value


@dataclass(frozen=True, slots=True)
class WorkerTask:
    """Call `function` of the file `module` with `arguments` in `toolchain`'s interpreter.

    `module` is a plugin's `worker_tasks.py`. The function takes the arguments as keywords and a
    `report(message, part)` callable, and returns what JSON can hold. `timeout` in seconds.
    """

    toolchain: str
    module: Path
    function: str
    arguments: Mapping[str, Value] = field(default_factory=dict)
    timeout: float = 600.0
