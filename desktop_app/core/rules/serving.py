"""Endpoints, deployments and schedules: traffic, instances, times, and when a schedule runs.

Sources: online endpoint, deployment and schedule YAML references; azure-ai-ml's schemas.
"""

from __future__ import annotations

from collections.abc import Mapping

from desktop_app.api import Value
from desktop_app.core.rules import environments, times
from desktop_app.core.rules.facts import Facts
from desktop_app.core.rules.formats import check_times, check_version
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import Path, mapping, text, whole

_FREQUENCIES = ("minute", "hour", "day", "week", "month")
_MOST_MILLISECONDS = 180_000
_PROBES = ("liveness_probe", "readiness_probe", "startup_probe")


def check(kind: str, data: Value, facts: Facts, notes: Notes) -> None:
    """Check a file of one of these kinds; nothing for others."""
    plain, root = kind.lower(), mapping(data)
    if plain.endswith("endpoint"):
        _traffic(root, notes)
        _identity(plain, root, notes)
    elif plain.endswith("deployment"):
        _deployment(root, facts, notes)
    elif plain == "schedule":
        _trigger(("trigger",), mapping(root.get("trigger")), notes)


def _traffic(root: Mapping[str, Value], notes: Notes) -> None:
    for group in ("traffic", "mirror_traffic"):
        shares = {name: share for name, each in mapping(root.get(group)).items() if (share := whole(each)) is not None}
        for name, share in shares.items():
            if not 0 <= share <= 100:
                notes.error("traffic", (group, name), f"Write a percentage of 0 to 100 here, not {share}.")
        total = sum(shares.values())
        if (
            shares
            and group == "traffic"
            and total not in {0, 100}
            and all(0 <= each <= 100 for each in shares.values())
        ):
            notes.error("traffic", (group,), f"Let the deployments' shares of traffic add up to 100, not {total}.")


def _identity(kind: str, root: Mapping[str, Value], notes: Notes) -> None:
    identity = mapping(root.get("identity"))
    if text(identity.get("type")).lower() == "user_assigned" and not identity.get("user_assigned_identities"):
        message = "Add user_assigned_identities: which identity is meant, or write system_assigned."
        notes.error("identity", ("identity", "type"), message)
    if kind == "batchendpoint" and text(root.get("auth_mode")).lower() in {"key", "aml_token"}:
        message = "Write aad_token: batch endpoints take no other way to sign in."
        notes.warning("auth-mode", ("auth_mode",), message, change("Write aad_token", ("auth_mode",), "aad_token"))


def _deployment(root: Mapping[str, Value], facts: Facts, notes: Notes) -> None:
    given = root.get("environment")
    if isinstance(given, str):
        environments.check_reference(("environment",), given, facts, notes)
    elif isinstance(given, dict):
        environments.check_own(("environment",), given, facts, notes, inline=True)
    check_version(("model",), root.get("model"), notes)
    _count(("instance_count",), root, notes)
    _count(("resources", "instance_count"), mapping(root.get("resources")), notes)
    settings = mapping(root.get("request_settings"))
    for key in ("request_timeout_ms", "max_concurrent_requests_per_instance"):
        number = whole(settings.get(key))
        if number is not None and number < 1:
            notes.error("timeout", ("request_settings", key), f"Write a number above 0 at {key}, not {number}.")
    milliseconds = whole(settings.get("request_timeout_ms"))
    if milliseconds is not None and milliseconds > _MOST_MILLISECONDS:
        message = f"Write at most {_MOST_MILLISECONDS} at request_timeout_ms: Azure ML waits three minutes at most."
        path = ("request_settings", "request_timeout_ms")
        notes.error("timeout", path, message, change(f"Write {_MOST_MILLISECONDS}", path, _MOST_MILLISECONDS))
    _probes(root, notes)
    for home in ((), ("settings",)):
        _batch(home, mapping(root.get("settings")) if home else root, notes)
    check_times(("retry_settings",), mapping(root.get("retry_settings")), ("timeout",), notes)
    scale = mapping(root.get("scale_settings"))
    least, most = whole(scale.get("min_instances")), whole(scale.get("max_instances"))
    if least is not None and most is not None and least > most:
        message = f"Write at most {most} at min_instances, or more at max_instances: {least} is above it."
        notes.error("process-count", ("scale_settings", "min_instances"), message)


def _probes(root: Mapping[str, Value], notes: Notes) -> None:
    for probe in _PROBES:
        for key in ("period", "timeout", "failure_threshold", "success_threshold"):
            number = whole(mapping(root.get(probe)).get(key))
            if number is not None and number < 1:
                fix = change("Write 1", (probe, key), 1)
                notes.error("timeout", (probe, key), f"Write at least 1 at {key}, not {number}.", fix)


def _batch(home: Path, settings: Mapping[str, Value], notes: Notes) -> None:
    """Check what a batch deployment is told, at the top or below settings."""
    retries = mapping(settings.get("retry_settings")).get("max_retries")
    for path, number, least in (
        (("mini_batch_size",), whole(settings.get("mini_batch_size")), 1),
        (("max_concurrency_per_instance",), whole(settings.get("max_concurrency_per_instance")), 1),
        (("error_threshold",), whole(settings.get("error_threshold")), -1),
        (("retry_settings", "max_retries"), whole(retries), 0),
    ):
        if number is not None and number < least:
            message = f"Write at least {least} at {path[-1]}, not {number}."
            notes.error("process-count", (*home, *path), message, change(f"Write {least}", (*home, *path), least))


def _count(path: Path, group: Mapping[str, Value], notes: Notes) -> None:
    count = whole(group.get(str(path[-1])))
    if count is not None and count < 1:
        message = f"Write at least 1 at instance_count, not {count}."
        notes.error("process-count", path, message, change("Write 1", path, 1))


def _trigger(path: Path, trigger: Mapping[str, Value], notes: Notes) -> None:
    frequency, interval = text(trigger.get("frequency")), whole(trigger.get("interval"))
    if frequency and frequency.lower() not in _FREQUENCIES:
        meant = next((each for each in _FREQUENCIES if frequency.lower().rstrip("s") == each), "")
        fix = change(f"Write {meant}", (*path, "frequency"), meant) if meant else None
        message = f"Write one of {', '.join(_FREQUENCIES)} at frequency, not “{frequency}”."
        notes.error("unknown-value", (*path, "frequency"), message, fix)
    if interval is not None and interval < 1:
        message = f"Write at least 1 at interval, not {interval}."
        notes.error("process-count", (*path, "interval"), message, change("Write 1", (*path, "interval"), 1))
    times.check_cron((*path, "expression"), text(trigger.get("expression")), notes)
    times.check_pattern((*path, "schedule"), mapping(trigger.get("schedule")), notes)
    for key in ("start_time", "end_time"):
        times.check_moment((*path, key), trigger.get(key), notes)
