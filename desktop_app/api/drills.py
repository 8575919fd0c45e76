"""Fault drills: what a person can have done to a live run, to see whether its checkpointing works.

Provisional, as `backends` is: no hook of API version 1 takes or gives anything of this module.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol, runtime_checkable

if TYPE_CHECKING:
    from desktop_app.api.runs import Drill

NOTICE = 30.0
"""Seconds that Azure gives a low-priority machine before it takes it away."""


class DrillKind(StrEnum):
    """What is done: to one rank, or (evict, node) to all ranks of a node; resume to either, or to all that stand."""

    KILL = "kill"
    STOP = "stop"
    RESUME = "resume"
    EVICT = "evict"
    MEMORY = "memory"
    DISK = "disk"
    NODE = "node"


@dataclass(frozen=True, slots=True)
class DrillOrder:
    """What to do and to whom; `notice` is in seconds and counts for evict alone."""

    kind: DrillKind
    rank: int | None = None
    node: int | None = None
    notice: float = NOTICE


@runtime_checkable
class Drills(Protocol):
    """What a backend can do beside `JobBackend` if its runs can be drilled; ask with `isinstance`."""

    async def drill(self, handle: str, order: DrillOrder) -> Drill:
        """Do it and return what was done. Raises UserError where it can't be, OutsideError where nobody answers."""
