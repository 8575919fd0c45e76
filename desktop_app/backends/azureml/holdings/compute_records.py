"""Compute targets between the service's JSON and the program's values: pure, no request is made here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from desktop_app.api import Compute, ComputeSpec, UserError
from desktop_app.backends.azureml.client.resources import moment, record
from desktop_app.core.rules.facts import Facts

_DURATION = re.compile(r"P(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)(?:\.\d+)?S)?)?")
_COUNT = "NodeCount"
_CHANGEABLE = (
    "osType", "vmSize", "vmPriority", "virtualMachineImage", "isolatedNetwork", "userAccountCredentials", "subnet",
    "remoteLoginPortPublicAccess", "enableNodePublicIp",
)  # fmt: skip
"""What a cluster is made with; the rest of its description is what the service counts."""


def compute_of(body: Mapping[str, Any]) -> Compute:
    """Return a compute target as the service describes it."""
    outer = record(body.get("properties"))
    inner = record(outer.get("properties"))
    scale = record(inner.get("scaleSettings"))
    return Compute(
        name=str(body.get("name") or ""),
        kind=str(outer.get("computeType") or ""),
        state=_state(outer, inner),
        vm_size=str(inner.get("vmSize") or ""),
        location=str(outer.get("computeLocation") or body.get("location") or ""),
        low_priority=str(inner.get("vmPriority") or "").lower() == "lowpriority",
        minimum=int(scale.get("minNodeCount") or 0),
        maximum=int(scale.get("maxNodeCount") or 0),
        idle_seconds=seconds_of(scale.get("nodeIdleTimeBeforeScaleDown")),
        current=int(inner.get("currentNodeCount") or 0),
        target=int(inner.get("targetNodeCount") or 0),
        nodes=_nodes(record(inner.get("nodeStateCounts"))),
        errors=tuple(_errors(outer, inner)),
        created=moment(outer.get("createdOn")),
    )


def _state(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> str:
    """Return what is going on: how it is made, or else what an instance does, or whether a cluster grows or shrinks."""
    made = str(outer.get("provisioningState") or "Unknown")
    if made != "Succeeded":
        return made
    busy = inner.get("allocationState") == "Resizing"
    return str(inner.get("state") or ("Resizing" if busy else made))


def _nodes(counts: Mapping[str, Any]) -> dict[str, int]:
    return {name.removesuffix(_COUNT): int(count or 0) for name, count in counts.items()}


def _errors(outer: Mapping[str, Any], inner: Mapping[str, Any]) -> Iterator[str]:
    for each in (*(outer.get("provisioningErrors") or ()), *(inner.get("errors") or ())):
        error = record(record(each).get("error")) or record(each)
        if error.get("message"):
            yield str(error["message"])


def seconds_of(text: Any) -> int | None:
    """Return the seconds of an ISO 8601 duration: `PT2M`."""
    found = _DURATION.fullmatch(text) if isinstance(text, str) else None
    if found is None or not any(found.groups()):
        return None
    days, hours, minutes, seconds = (int(each or 0) for each in found.groups())
    return ((days * 24 + hours) * 60 + minutes) * 60 + seconds


def duration_of(seconds: int) -> str:
    """Return seconds as the service takes them."""
    return f"PT{seconds}S"


def body_of(spec: ComputeSpec, location: str) -> dict[str, Any]:
    """Return what to send to make a cluster."""
    inner = {
        "osType": "Linux",
        "vmSize": spec.vm_size,
        "vmPriority": "LowPriority" if spec.low_priority else "Dedicated",
        "scaleSettings": _scale(spec.minimum, spec.maximum, spec.idle_seconds),
        "remoteLoginPortPublicAccess": "NotSpecified",
        "enableNodePublicIp": True,
    }
    return {
        "location": location,
        "properties": {"computeType": "AmlCompute", "disableLocalAuth": True, "properties": inner},
    }


def changed_body(body: Mapping[str, Any], minimum: int, maximum: int, idle_seconds: int) -> dict[str, Any]:
    """Return what to send to change a cluster's limits: what it was made with, and nothing that the service counts."""
    outer, inner = record(body.get("properties")), record(record(body.get("properties")).get("properties"))
    kept = {name: inner[name] for name in _CHANGEABLE if inner.get(name) is not None}
    kept["scaleSettings"] = _scale(minimum, maximum, idle_seconds)
    properties = {
        name: outer[name] for name in ("computeType", "description", "disableLocalAuth") if outer.get(name) is not None
    }
    around = {name: body[name] for name in ("location", "tags", "identity") if body.get(name)}
    return {**around, "properties": {**properties, "properties": kept}}


def _scale(minimum: int, maximum: int, idle_seconds: int) -> dict[str, Any]:
    return {
        "minNodeCount": minimum,
        "maxNodeCount": maximum,
        "nodeIdleTimeBeforeScaleDown": duration_of(idle_seconds),
    }


def check_name(name: str, facts: Facts) -> None:
    """Raise UserError for a name that no cluster may have."""
    rule = facts.name_rule("compute")
    if rule is None or (rule.least <= len(name) <= rule.most and re.fullmatch(rule.regex, name, re.ASCII)):
        return
    raise UserError(f"A cluster can't be called “{name}”.", hint=f"Its name has {rule.says}.")


def check_limits(minimum: int, maximum: int, idle_seconds: int) -> None:
    """Raise UserError for limits that contradict each other."""
    if minimum < 0:
        raise UserError(f"The least number of nodes is 0, not {minimum}.")
    if maximum < 1:
        raise UserError(f"The most nodes are at least 1, not {maximum}.")
    if minimum > maximum:
        raise UserError(f"The least number of nodes, {minimum}, is above the most, {maximum}.")
    if idle_seconds < 1:
        hint = "Azure's own default is 120."
        raise UserError(f"Idle nodes stay for at least 1 second, not {idle_seconds}.", hint=hint)
