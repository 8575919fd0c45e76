"""How a run is ended: time to end by itself, SIGTERM, time to tidy up, SIGKILL. Pure: it is told the time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto

DEFAULT = 5.0
HOPELESS = 60.0
"""Seconds after SIGKILL from which on a process is said not to die (it hangs in the kernel)."""
GRACE_VARIABLE = "RANKZERO_GRACE"


@dataclass(frozen=True, slots=True)
class Grace:
    """Seconds: `own` for ranks to end by themselves after one failed, `term` from SIGTERM to SIGKILL."""

    own: float = DEFAULT
    term: float = DEFAULT

    @staticmethod
    def read(environment: Mapping[str, str]) -> Grace:
        """Return what RANKZERO_GRACE says (`5`, or `5,10`), the default where it says nothing sensible."""
        try:
            seconds = [max(0.0, float(each)) for each in environment.get(GRACE_VARIABLE, "").split(",")]
        except ValueError:
            return Grace()
        return Grace(seconds[0], seconds[-1])


class Step(Enum):
    """What to do to the ranks now."""

    TERMINATE = auto()
    KILL = auto()
    GIVE_UP = auto()


class Ending:
    """The way from the wish to end to the end; it only gets shorter."""

    def __init__(self, grace: Grace) -> None:
        self._grace = grace
        self._terminate_at: float | None = None
        self._kill_at: float | None = None
        self.terminated = False

    @property
    def begun(self) -> bool:
        """Whether the run is being ended."""
        return self._terminate_at is not None

    def begin(self, now: float, *, own_grace: bool, kill: bool = False) -> None:
        """Ask for the end: after the ranks' own grace, at once, or (`kill`) at once and without SIGTERM."""
        at = now + (self._grace.own if own_grace else 0.0)
        self._terminate_at = at if self._terminate_at is None else min(at, self._terminate_at)
        if kill:
            self.terminated, self._kill_at = True, now

    def step(self, now: float) -> Step | None:
        """Return what is due; KILL again and again until all are gone."""
        if self._terminate_at is None or now < self._terminate_at:
            return None
        if not self.terminated:
            self.terminated, self._kill_at = True, now + self._grace.term
            return Step.TERMINATE
        if self._kill_at is None or now < self._kill_at:
            return None
        return Step.GIVE_UP if now > self._kill_at + HOPELESS else Step.KILL

    def wait(self, now: float) -> float:
        """Return seconds until something is due."""
        due = self._kill_at if self.terminated else self._terminate_at
        return 3600.0 if due is None else max(0.0, due - now)
