"""What the window's frame says about runs, problems and toolchains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desktop_app.api import TERMINAL, RunSnapshot, RunStatus, UserError
from desktop_app.presenters.trials import headline
from desktop_app.services.monitor import BackendFault

_AT_WORK = frozenset({RunStatus.RUNNING, RunStatus.PREPARING, RunStatus.FINALIZING, RunStatus.CANCEL_REQUESTED})
_WAITING = frozenset({RunStatus.QUEUED, RunStatus.NOT_STARTED})
_ENDED = {
    RunStatus.COMPLETED: "{} completed",
    RunStatus.FAILED: "{} failed",
    RunStatus.CANCELED: "{} was canceled",
}


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many runs are at work and how many wait."""

    running: int = 0
    queued: int = 0

    @property
    def live(self) -> int:
        """All that are not over."""
        return self.running + self.queued

    @property
    def text(self) -> str:
        """What the status bar says: `2 running, 1 queued`."""
        parts = ((self.running, "running"), (self.queued, "queued"))
        return ", ".join(f"{count} {word}" for count, word in parts if count) or "Nothing running"


def fault_message(title: str, fault: BackendFault) -> UserError:
    """Return what is said of a backend that can't be asked, with all that is known of why."""
    since = f" The last good answer came at {fault.last_good.astimezone():%H:%M}." if fault.last_good else ""
    hint = "Runs go on by themselves; it is asked again by and by." + since
    message = fault.reason if title in fault.reason else f"{title}: {fault.reason}"
    return UserError(message, hint=hint, details=fault.details)


def count_runs(runs: Iterable[RunSnapshot]) -> RunCounts:
    """Count the runs that are not over; one whose state is unknown is in neither count, and a sweep counts once."""
    states = [each.status for each in runs if each.trial is None]
    return RunCounts(sum(each in _AT_WORK for each in states), sum(each in _WAITING for each in states))


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell a person who is looking elsewhere."""

    title: str
    text: str
    handle: str


class RunWatch:
    """Notices runs that end while the window is open; of a sweep, the sweep and none of its trials."""

    def __init__(self) -> None:
        self._live: set[str] = set()

    def look(self, runs: Mapping[str, RunSnapshot]) -> list[Notice]:
        """Return a notice for each run that was live at the last look and is over now."""
        ended = [runs[handle] for handle in sorted(self._live) if handle in runs and runs[handle].status in TERMINAL]
        known = {handle for handle in self._live if handle in runs}
        new = {handle for handle, run in runs.items() if run.status in _AT_WORK | _WAITING and run.trial is None}
        self._live = (known | new) - {each.handle for each in ended}
        return [notice_for(each) for each in ended]


def notice_for(run: RunSnapshot) -> Notice:
    """Return what is said when a run has ended."""
    title = _ENDED[run.status].format(run.display_name or run.run)
    if run.sweep is not None:
        return Notice(title, run.reason or headline(run.sweep, None, run.sweep.best_value), run.handle)
    metrics = ", ".join(f"{name} {value:.4g}" for name, (value, _step) in sorted(run.metrics.items())[:3])
    return Notice(title, run.reason or metrics or run.run, run.handle)
