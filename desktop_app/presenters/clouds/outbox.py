"""What waits to be sent: how many, why, and when it is tried again."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from desktop_app.api import Waiting
from desktop_app.core.words import plural, size_text

HEADERS = ("Job", "Workspace", "Files", "Tries", "Next try", "Why it waits")


def status_text(waiting: Sequence[Waiting]) -> str:
    """Return the status bar's word: `Offline: 1 job waiting to be sent`; empty where nothing waits.

    A job that is tried again waits for the service; one that is not was refused; of any other nothing bad is known.
    """
    waiting = [each for each in waiting if not each.withdrawn]
    refused = sum(bool(each.reason) and each.next_try is None for each in waiting)
    away = sum(bool(each.reason) and each.next_try is not None for each in waiting)
    going = len(waiting) - refused - away
    parts = (
        f"Offline: {plural(away, 'job')} waiting to be sent" if away else "",
        f"{plural(going, 'job')} being sent" if going else "",
        f"{plural(refused, 'job')} refused" if refused else "",
    )
    return ", ".join(filter(None, parts))


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
