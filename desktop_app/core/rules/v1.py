"""Keys of SDK v1, and keys in the wrong place: where their meaning stands today.

Sources: the catalogue of v1's names; azure-ai-ml refuses what it does not know.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desktop_app.api import Fix, Value
from desktop_app.core.job_schema import DISTRIBUTION_KEYS, JOB_KEYS, LIMIT_KEYS, RESOURCE_KEYS
from desktop_app.core.paths import join_path
from desktop_app.core.rules.bodies import Body
from desktop_app.core.rules.facts import Facts, Moved
from desktop_app.core.rules.notes import Notes
from desktop_app.core.rules.values import Path, mapping, text, whole

_TOTALS = frozenset({"process_count", "processCount"})
_STEP_KEYS = frozenset({"type", "trial", "search_space", "objective", "sampling_algorithm", "early_termination"})
_LEAVES = frozenset({"compute", "code", "resources.instance_count", "resources.instance_type", "resources.shm_size"})


def check(body: Body, facts: Facts, notes: Notes) -> None:
    """Check a body's own keys, and those of its distribution and resources."""
    is_command = body.kind in {"job", "trial"} or text(body.data.get("type")).lower() in {"", "command"}
    if body.kind in {"task", "component"} or not is_command or "component" in body.data or "entry" in body.data:
        return
    for path, group, known in _groups(body):
        for key, value in group.items():
            moved = facts.moved(key) if key not in known else None
            if moved is not None and join_path((*path[len(body.path) :], key)) != moved.to:
                _say(body, (*path, key), value, moved, notes)


def _groups(body: Body) -> Iterator[tuple[Path, Mapping[str, Value], frozenset[str]]]:
    yield body.path, body.data, frozenset(JOB_KEYS) | _STEP_KEYS
    spread = mapping(body.data.get("distribution"))
    kind = text(spread.get("type")).lower()
    every = {key for keys in DISTRIBUTION_KEYS.values() for key in keys}
    yield (*body.path, "distribution"), spread, frozenset(DISTRIBUTION_KEYS.get(kind, every))
    yield body.resources_path, body.resources, frozenset(RESOURCE_KEYS)
    yield (*body.path, "limits"), mapping(body.data.get("limits")), frozenset((*LIMIT_KEYS, "trial_timeout"))


def _say(body: Body, here: Path, value: Value, moved: Moved, notes: Notes) -> None:
    key = moved.key
    if key in _TOTALS:
        _total(body, here, value, notes)
        return
    because = f": {moved.says}" if moved.says else ""
    if not moved.to:
        fix = Fix(f"Remove {key}", unset=(join_path(here),))
        notes.error("v1-key", here, f"Remove {key}, which SDK v1 had{because}.", fix)
        return
    home = _home(body, moved.to)
    can_move = not isinstance(value, dict | list) and moved.to not in {"command", "environment", "environment.image"}
    is_new = moved.to in _LEAVES or moved.to.startswith(("distribution.", "limits.", "queue_settings."))
    fixed = Fix(f"Move to {moved.to}", {home: value}, (join_path(here),)) if can_move and is_new else None
    notes.error("v1-key", here, f"“{key}” is not known here: write it as {moved.to}{because}.", fixed)


def _home(body: Body, to: str) -> str:
    if to.startswith("resources."):
        return join_path((*body.resources_path, to.partition(".")[2]))
    prefix = join_path(body.path)
    return f"{prefix}.{to}" if prefix else to


def _total(body: Body, path: Path, value: Value, notes: Notes) -> None:
    """Say that v1's process_count counted all processes of a job, and v2's counts those of a node."""
    total, nodes = whole(value), whole(body.resources.get("instance_count", 1)) or 0
    place = join_path((*path[:-1], "process_count_per_instance"))
    message = (
        f"Write process_count_per_instance: SDK v1's {path[-1]} was the total, now the processes of one node count."
    )
    fix = None
    if total is not None and nodes > 0 and total > 0 and total % nodes == 0:
        if "process_count_per_instance" in mapping(body.data.get("distribution")):
            fix = Fix(f"Remove {path[-1]}", unset=(join_path(path),))
        else:
            fix = Fix(f"Write {total // nodes} for each node", {place: total // nodes}, (join_path(path),))
    notes.error("v1-process-count", path, message, fix)


def check_compute(data: Value, facts: Facts, notes: Notes) -> None:
    """Check the keys of a compute file."""
    for key, value in mapping(data).items():
        moved = facts.moved(f"compute {key}")
        if moved is not None and key != moved.to:
            fix = Fix(f"Rename to {moved.to}", {moved.to: value}, (key,))
            notes.error("v1-key", (key,), f"“{key}” was SDK v1's name: write {moved.to}.", fix)
