"""VM sizes: those that are gone or soon will be, wherever a file names one; and a compute's number of nodes."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from difflib import get_close_matches

from desktop_app.api import Value
from desktop_app.core.rules import times
from desktop_app.core.rules.bodies import bodies
from desktop_app.core.rules.facts import Facts
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import Path, mapping, text, whole

_SIZE = re.compile(r"standard_[a-z]+\d[a-z0-9_-]*", re.IGNORECASE)
_LEAST_IDLE, _MOST_IDLE = 15, 3 * 24 * 60


def check(kind: str, data: Value, facts: Facts, notes: Notes) -> None:
    """Check every size in a file."""
    for path, name in sizes_in(kind, data):
        _size(path, name, facts, notes)
        if facts.size(name) is None:
            _misspelt(path, name, facts, notes, is_sure=is_compute(kind))
    if is_compute(kind):
        _nodes(data, notes)
        _instance(mapping(data), notes)


def is_compute(kind: str) -> bool:
    """Whether files of this kind declare a compute."""
    return kind.lower() in {"compute", "amlcompute", "computeinstance"}


def sizes_in(kind: str, data: Value) -> Iterator[tuple[Path, str]]:
    """Yield each VM size that a file names, with its path."""
    root = mapping(data)
    if is_compute(kind):
        yield from _named((), root, "size")
    elif "deployment" in kind.lower():
        yield from _named((), root, "instance_type")
        yield from _named(("resources",), mapping(root.get("resources")), "instance_type")
    else:
        seen: set[Path] = set()
        for body in bodies(kind, data):
            if body.resources_path not in seen:
                seen.add(body.resources_path)
                yield from _named(body.resources_path, body.resources, "instance_type")
        if kind in {"autoMLJob", "pipelineJob"}:
            yield from _named(("resources",), mapping(root.get("resources")), "instance_type")


def _named(path: Path, group: object, key: str) -> Iterator[tuple[Path, str]]:
    value = text(group.get(key)) if isinstance(group, dict) else ""
    if value:
        yield (*path, key), value


def _size(path: Path, given: str, facts: Facts, notes: Notes) -> None:
    size = facts.size(given)
    if size is None:
        return
    successor = size.successors[0] if size.successors else ""
    fix = change(f"Take {successor}", path, successor) if successor else None
    instead = f"take {successor} or another current size" if successor else "take a current size"
    if size.status == "retired":
        day = f" since {size.retired_on}" if size.retired_on else ""
        notes.warning("retired-vm-size", path, f"{size.name} is retired{day}: {instead}.", fix)
    elif size.status == "retirement announced":
        message = f"{size.name} goes on {size.retired_on}: {instead} before that day."
        notes.info("retiring-vm-size", path, message, fix)


def _misspelt(path: Path, given: str, facts: Facts, notes: Notes, *, is_sure: bool) -> None:
    """Speak of a size that is known but for its separators or the word Standard; others may be new, or a cluster's."""
    plain = re.sub(r"[\s_-]+", "_", given)
    parted = re.sub(r"(?i)(?<=[a-z0-9])(?=v\d$)", "_", re.sub(r"(?i)^(?:standard_?)?", "Standard_", plain, count=1))
    tries = (plain, f"Standard_{plain}", re.sub(r"(?i)^standard_?", "Standard_", plain), parted)
    meant = next((size.name for each in tries if (size := facts.size(each))), "")
    if meant:
        message = f"Write {meant}: “{given}” is no size that Azure knows."
        (notes.error if is_sure else notes.warning)(
            "unknown-vm-size", path, message, change(f"Write {meant}", path, meant)
        )
    elif _SIZE.fullmatch(given) and facts.sizes():
        near = get_close_matches(given.lower(), [each.lower() for each in facts.sizes()], 1, 0.75)
        size = facts.size(near[0]) if near else None
        hint = f": the nearest is {size.name}" if size else ""
        message = f"Check the size {given}, which the list of {facts.sizes_as_of()} does not have{hint}."
        notes.info("unlisted-vm-size", path, message)


def _instance(root: Mapping[str, Value], notes: Notes) -> None:
    """Check when a compute instance stops and starts by itself."""
    idle = whole(root.get("idle_time_before_shutdown_minutes"))
    if idle is not None and not _LEAST_IDLE <= idle <= _MOST_IDLE:
        path = ("idle_time_before_shutdown_minutes",)
        message = f"Write {_LEAST_IDLE} to {_MOST_IDLE} minutes at {path[0]}, not {idle}."
        notes.error("timeout", path, message)
    planned = mapping(root.get("schedules")).get("compute_start_stop")
    for index, each in enumerate(planned if isinstance(planned, list) else []):
        trigger = mapping(mapping(each).get("trigger"))
        path_ = ("schedules", "compute_start_stop", index, "trigger")
        times.check_cron((*path_, "expression"), text(trigger.get("expression")), notes)
        times.check_pattern((*path_, "schedule"), mapping(trigger.get("schedule")), notes)


def _nodes(data: Value, notes: Notes) -> None:
    root = mapping(data)
    least, most = whole(root.get("min_instances")), whole(root.get("max_instances"))
    if least is not None and least < 0:
        fix = change("Write 0", ("min_instances",), 0)
        notes.error("process-count", ("min_instances",), f"Write at least 0 at min_instances, not {least}.", fix)
    if most is not None and most < 1:
        fix = change("Write 1", ("max_instances",), 1)
        notes.error("process-count", ("max_instances",), f"Write at least 1 at max_instances, not {most}.", fix)
    elif least is not None and most is not None and least > most:
        message = f"Write at most {most} at min_instances, or more at max_instances: {least} is above it."
        notes.error("process-count", ("min_instances",), message)
    idle = whole(root.get("idle_time_before_scale_down"))
    if idle is not None and idle < 1:
        message = f"Write a number of seconds at idle_time_before_scale_down, not {idle}."
        notes.error("timeout", ("idle_time_before_scale_down",), message)
