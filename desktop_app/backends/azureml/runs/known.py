"""What is known of one run, as it is asked for again and again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from desktop_app.api import RunSnapshot, Workspace

NEVER = float("-inf")
TURN = 0.002  # seconds that the event loop's thread is held at most: a window shall not stand still


@dataclass(slots=True)
class Known:
    """What is known of one run. `asked` is when it was last answered for, by the monotonic clock; `seen` by the date.

    `told` is what the last answer said, by which one is known that says nothing new. `is_new` says of a run that was
    just opened that its children are asked for although it is over; `is_ended_here` that it was canceled from here.
    Of one with children: `children_token` is where their list goes on, `is_whole` says that it was read to its end once
    the run was over. Of a sweep: `has_policy` says that trials may be ended early.
    Of a trial: `measured` is when its primary metric was last asked for.
    """

    snapshot: RunSnapshot
    workspace: Workspace
    is_gone: bool = False
    asked: float = NEVER
    seen: datetime | None = None
    told: tuple[Any, ...] = ()
    is_new: bool = False
    is_ended_here: bool = False
    has_children: bool = False
    children_at: float = NEVER
    children_token: str = ""
    is_whole: bool = False
    has_policy: bool = False
    measured: float = NEVER

    @property
    def is_watched(self) -> bool:
        """Whether it may tell something new: it goes on, or has children of which not all is known."""
        return not self.snapshot.is_over or self.has_children
