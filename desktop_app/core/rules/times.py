"""When a schedule runs: a cron expression whose fields have values that there are, and times of day.

Sources: schedule YAML reference; compute instance schedules.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime

from desktop_app.api import Value
from desktop_app.core.rules.notes import Notes
from desktop_app.core.rules.values import Path, is_bound, text, whole

_FIELDS = (("minute", 0, 59), ("hour", 0, 23), ("day", 1, 31), ("month", 1, 12), ("weekday", 0, 7))
_PART = re.compile(r"(?P<from>\*|\d+|[A-Za-z]{3})(?:-(?P<to>\d+|[A-Za-z]{3}))?(?:/(?P<step>\d+))?")
_TIME = re.compile(r"\d{4}-\d{2}-\d{2}(?:[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d+)?)?(?:Z|[+-]\d{2}:?\d{2})?)?")


def check_cron(path: Path, expression: str, notes: Notes) -> None:
    """Check the fields of a cron expression."""
    fields = expression.split()
    if not expression or is_bound(expression):
        return
    if len(fields) != len(_FIELDS):
        message = f"Write five fields at expression (minute, hour, day, month, weekday), not {len(fields)}."
        notes.error("cron", path, message)
        return
    for given, (name, least, most) in zip(fields, _FIELDS, strict=True):
        if not all(_fits(each, least, most) for each in given.split(",")):
            message = f"Write {least} to {most} or * for the {name} in expression: “{given}” can't be read."
            notes.error("cron", path, message)
            return


def _fits(part: str, least: int, most: int) -> bool:
    found = _PART.fullmatch(part)
    if found is None or found["step"] == "0":
        return False
    numbers = [int(each) for each in (found["from"], found["to"]) if each and each.isdigit()]
    return all(least <= each <= most for each in numbers)


def check_moment(path: Path, given: Value, notes: Notes) -> None:
    """Check a start or end time."""
    written = text(given)
    if written and not is_bound(written) and not (_TIME.fullmatch(written) and _is_moment(written)):
        notes.error("time", path, f"Write a date and time such as 2026-01-31T08:00:00 here, not “{written[:40]}”.")


def _is_moment(written: str) -> bool:
    """Whether there is such a day and time: no month has 41 days."""
    try:
        datetime.fromisoformat(written)
    except ValueError:
        return False
    return True


def check_pattern(path: Path, schedule: Mapping[str, Value], notes: Notes) -> None:
    """Check the hours and minutes of a recurrence."""
    for key, most in (("hours", 23), ("minutes", 59)):
        given = schedule.get(key)
        for index, each in enumerate(given if isinstance(given, list) else []):
            number = whole(each)
            if number is not None and not 0 <= number <= most:
                notes.error("time", (*path, key, index), f"Write 0 to {most} at {key}, not {number}.")
