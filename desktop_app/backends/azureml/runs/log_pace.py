"""How often the logs of one run are asked for: those that grow soon again, quiet ones of many less and less often."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

from desktop_app.backends.azureml.runs.log_copies import LogCopy

PACE = 1.0
"""Seconds between two looks at a log that grows."""
QUIET, QUIETEST = 1.8, 30.0
"""Seconds between two looks at one that did not grow: twice as long each time, as far as there are many of them."""
QUIET_A_MINUTE = 240
"""Questions a minute from which on quiet logs are asked for less often."""
MOST_A_MINUTE = 480
"""Questions a minute for all logs of a run, however many grow."""
_SAVED = 16.0
_NEW: Final = float("-inf")


@dataclass(slots=True)
class LogPace:
    """Says which logs are asked for now, so that no run costs more than `MOST_A_MINUTE`, and when each is next."""

    clock: Callable[[], float]
    _left: float = _SAVED
    _at: float = _NEW

    def chosen(self, logs: Sequence[LogCopy]) -> list[LogCopy]:
        """Return those to be asked for now: all that are new, and of the others those that wait longest for theirs."""
        now = self.clock()
        if self._at != _NEW:
            self._left = min(_SAVED, self._left + (now - self._at) * MOST_A_MINUTE / 60)
        self._at = now
        new = [each for each in logs if each.due == _NEW]
        waiting = [each for each in logs if _NEW < each.due <= now]
        waiting.sort(key=lambda each: (each.due - now) / each.gap)  # one that grows goes before many quiet ones
        taken = waiting[: int(self._left)]
        self._left -= len(taken)
        return new + taken

    def asked(self, log: LogCopy, many: int, *, grew: bool) -> None:
        """Set when a log, one of so many, is asked for next."""
        quietest = max(QUIET, min(QUIETEST, many * 60 / QUIET_A_MINUTE))
        log.gap = PACE if grew else QUIET if log.gap < QUIET else min(quietest, log.gap * 2)
        log.due = self.clock() + log.gap
