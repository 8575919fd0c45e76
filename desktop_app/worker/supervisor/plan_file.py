"""The run's plan, with the texts that many processes share put back where they belong (see docs/architecture.md)."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor.journal import read_object


def read_plan(path: Path) -> dict[str, Any]:
    """Return the plan in a file, empty if there is none to read."""
    plan = read_object(path)
    shared = plan.pop("shared", [])
    for process in plan.get("processes", ()) if shared else ():
        environment = process["environment"]
        for name, value in environment.items():
            if isinstance(value, list):
                environment[name] = shared[value[0]] + value[1]
    return plan
