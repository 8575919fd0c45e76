"""How old a list is that is shown: of now, being asked for, or of when the workspace last answered."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from desktop_app.core.words import plural


class Age(StrEnum):
    """Where the rows come from."""

    NOTHING = "nothing"
    NOW = "now"
    UPDATING = "updating"
    OFFLINE = "offline"
    REFUSED = "not updated"


def as_of_text(age: Age, time: str, left_out: int = 0, beside: str = "") -> str:
    """Return `as of 14:03 · offline`; empty where the rows are of now. `time` is said by the window; "" for none.

    What stands `beside` it already is not said twice.
    """
    if age in (Age.NOW, Age.NOTHING):
        return ""
    if not time:
        return "asking…" if age is Age.UPDATING else ""
    cut = f" · without the last {plural(left_out, 'row')}" if left_out else ""
    word = "updating…" if age is Age.UPDATING else age.value
    return f"as of {time}{'' if word == beside else f' · {word}'}{cut}"


def is_today(as_of: datetime, now: datetime) -> bool:
    """Whether a time of day is enough to say when that was; both are local."""
    return as_of.date() == now.date()
