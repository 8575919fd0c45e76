"""Says what becomes of a sweep's trials in the cloud, a line each; one that runs here has the log of its controller."""

from __future__ import annotations

import time
from collections.abc import Callable

from desktop_app.api import JobBackend, RunSnapshot, RunStatus
from desktop_app.cli import trials

_EVERY = 1.0
_WITHIN = 6.0
"""Seconds that the end of a trial waits for what is learnt of it later: its metric, and whether the policy ended it."""


class TrialTeller:
    """Tells trials of one sweep as they start and end; `write` takes a line."""

    def __init__(self, backend: JobBackend, write: Callable[[str], None], clock: Callable[[], float] = time.monotonic):
        self._backend = backend
        self._write = write
        self._clock = clock
        self._due = float("-inf")
        self._started: set[str] = set()
        self._ended: dict[str, float] = {}
        self._told: set[str] = set()

    async def look(self, sweep: RunSnapshot) -> None:
        """Look at the trials if it is time, and say what is new."""
        if not tells(sweep) or (self._clock() < self._due and not sweep.is_over):
            return
        self._due = self._clock() + _EVERY
        mine = [each for each in await self._backend.discover() if each.startswith(f"{sweep.handle}_")]
        found = await self._backend.snapshots(each for each in mine if each not in self._told)
        for each in trials.trials_of(sweep, found.values()):
            self._tell(each, sweep)

    def _tell(self, trial: RunSnapshot, sweep: RunSnapshot) -> None:
        metric = sweep.sweep.primary_metric if sweep.sweep else ""
        if trial.handle not in self._started and (trial.started or trial.is_over):
            self._started.add(trial.handle)
            self._write(trials.begin_line(trial))
        if not trial.is_over:
            return
        ended = self._ended.setdefault(trial.handle, self._clock())
        is_known = metric in trial.metrics and (trial.status is not RunStatus.CANCELED or _is_early(trial))
        if is_known or sweep.is_over or self._clock() - ended >= _WITHIN:
            self._told.add(trial.handle)
            self._write(trials.end_line(trial, metric))


def _is_early(run: RunSnapshot) -> bool:
    return run.trial is not None and run.trial.stopped_early


def tells(sweep: RunSnapshot) -> bool:
    """Whether a run is a sweep in the cloud, whose trials are told in place of its own log."""
    return sweep.sweep is not None and not sweep.ranks
