"""A plan as its file holds it: what the environments of many processes begin with alike is written once.

TF_CONFIG repeats the whole cluster for every process: some 20 MB for 1,000 of them. The supervisor, which may import
nothing of the house, reads it by its own words (`worker/supervisor/plan_file.py`).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

WORTH = 64 << 10
"""Letters that have to be saved: a plan that is no burden stays plain."""


def packed(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return a plan as JSON with long beginnings under `shared`, for which `[index, rest]` stands in an environment.

    JSON texts alone are parted, which no secret is: a bundle covers secrets where they stand whole.
    """
    tables = _environments(plan)
    shared: dict[str, str] = {}
    for name in dict.fromkeys(name for each in tables for name in each):
        values = [each[name] for each in tables if name in each]
        start = _beginning(values) if all(isinstance(each, str) and each[:1] == "{" for each in values) else ""
        if len(start) * (len(values) - 1) >= WORTH:
            shared[name] = start
    if not shared:
        return dict(plan)
    places = {name: index for index, name in enumerate(shared)}
    processes = [
        {**each, "environment": {
            name: [places[name], value[len(shared[name]):]] if name in shared else value
            for name, value in each["environment"].items()
        }}
        for each in plan["processes"]
    ]  # fmt: skip
    return {**plan, "processes": processes, "shared": [*shared.values()]}


def whole(plan: Mapping[str, Any]) -> dict[str, Any]:
    """Return the plan that was packed; one that was not, or is damaged, as it is."""
    shared, started = plan.get("shared"), plan.get("processes")
    if not isinstance(shared, list) or not isinstance(started, list):
        return dict(plan)
    processes = [
        {**each, "environment": {name: _text(value, shared) for name, value in each["environment"].items()}}
        if isinstance(each, dict) and isinstance(each.get("environment"), dict) else each
        for each in started
    ]  # fmt: skip
    return {**{name: value for name, value in plan.items() if name != "shared"}, "processes": processes}


def _text(value: Any, shared: list[Any]) -> Any:
    match value:
        case [int(index), str(rest)] if 0 <= index < len(shared):
            return f"{shared[index]}{rest}"
    return value


def _environments(plan: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each["environment"] for each in plan.get("processes", ())]


def _beginning(values: list[str]) -> str:
    """Return what all of the texts begin with: as much as the first and the last of them in order."""
    first, last = min(values), max(values)
    length = next((index for index, (one, other) in enumerate(zip(first, last, strict=False)) if one != other), None)
    return first if length is None else first[:length]
