"""What waits to be sent: how many, why, and when it is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from desktop_app.api import Waiting
from desktop_app.core.words import plural, size_text

HEADERS = ("Job", "Workspace", "Files", "Tries", "Next try", "Why it waits")


def status_text(waiting: Sequence[Waiting]) -> str:
    """Return the status bar's word: `Offline: 1 job waiting to be sent`; empty where nothing waits."""
    if not waiting:
        return ""
    tried = any(each.tries for each in waiting)
    said = f"{plural(len(waiting), 'job')} waiting to be sent"
    return f"Offline: {said}" if tried else said


def cells(waiting: Waiting, now: datetime) -> tuple[str, ...]:
    """Return a job's cells, in the order of `HEADERS`."""
    files = f"{plural(waiting.files, 'file')}, {size_text(waiting.size)}" if waiting.files else "–"
    return (
        waiting.display_name or waiting.run,
        waiting.workspace,
        files,
        str(waiting.tries),
        next_try(waiting, now),
        waiting.reason or "It is sent as soon as the service answers.",
    )


def next_try(waiting: Waiting, now: datetime) -> str:
    """Return when a job is sent the next time: `in 40 s`, `now`, or `–` where it is not by itself."""
    if waiting.next_try is None:
        return "–" if waiting.reason else "now"
    seconds = int((waiting.next_try - now).total_seconds())
    if seconds <= 0:
        return "now"
    return f"in {seconds} s" if seconds < 100 else f"in {seconds // 60} min"


def details(waiting: Waiting) -> str:
    """Return the whole story of a waiting job."""
    since = f"{waiting.created.astimezone():%Y-%m-%d %H:%M}"
    return f"{waiting.run} waits since {since}, with its files as they were then."
