"""What the window's frame says about runs, problems and toolchains."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from desktop_app.api import TERMINAL, RunSnapshot, RunStatus, UserError
from desktop_app.presenters.trials import headline
from desktop_app.services.monitor import BackendFault
from desktop_app.services.stalls import StallWatch

_AT_WORK = frozenset({RunStatus.RUNNING, RunStatus.PREPARING, RunStatus.FINALIZING, RunStatus.CANCEL_REQUESTED})
_WAITING = frozenset({RunStatus.QUEUED, RunStatus.NOT_STARTED})
_ENDED = {
    RunStatus.COMPLETED: "{} completed",
    RunStatus.FAILED: "{} failed",
    RunStatus.CANCELED: "{} was canceled",
}


@dataclass(frozen=True, slots=True)
class RunCounts:
    """How many runs are at work, how many wait, and of how many that may be at work nothing is heard."""

    running: int = 0
    queued: int = 0
    unknown: int = 0

    @property
    def live(self) -> int:
        """All that are not over."""
        return self.running + self.queued + self.unknown

    @property
    def text(self) -> str:
        """What the status bar says: `2 running, 1 queued`."""
        parts = ((self.running, "running"), (self.queued, "queued"), (self.unknown, "not heard of"))
        return ", ".join(f"{count} {word}" for count, word in parts if count) or "Nothing running"


def fault_message(title: str, fault: BackendFault) -> UserError:
    """Return what is said of a backend that can't be asked, with all that is known of why."""
    since = f" The last good answer came at {fault.last_good.astimezone():%H:%M}." if fault.last_good else ""
    hint = "Runs go on by themselves; it is asked again by and by." + since
    message = fault.reason if title in fault.reason else f"{title}: {fault.reason}"
    return UserError(message, hint=hint, details=fault.details)


@dataclass(frozen=True, slots=True)
class Notice:
    """What to tell a person who is looking elsewhere."""

    title: str
    text: str
    handle: str


class RunWatch:
    """Counts runs, and notices those that end while the window is open; of a sweep, none of its trials."""

    def __init__(self) -> None:
        self._live: dict[str, RunStatus] = {}

    @property
    def counts(self) -> RunCounts:
        """How many runs are not over, as far as it was seen that they were not."""
        states = self._live.values()
        at_work, waiting = sum(each in _AT_WORK for each in states), sum(each in _WAITING for each in states)
        return RunCounts(at_work, waiting, len(states) - at_work - waiting)

    def look(self, runs: Mapping[str, RunSnapshot], changed: Iterable[str] | None = None) -> list[Notice]:
        """Return a notice for each run that was live at the last look and is over now.

        Where it is known which runs have changed, only they are looked at: there may be thousands.
        """
        looked = (runs.keys() | self._live.keys()) if changed is None else changed
        found = (self._ended(each, runs.get(each)) for each in sorted(looked))
        return [notice_for(each) for each in found if each is not None]

    def _ended(self, handle: str, run: RunSnapshot | None) -> RunSnapshot | None:
        """Keep in mind how a run is; return it where it has just ended."""
        was = self._live.pop(handle, None)
        if run is None or run.trial is not None:
            return None
        if run.status in _AT_WORK or run.status in _WAITING or (was and run.status not in TERMINAL):
            self._live[handle] = run.status
            return None
        return run if was else None


def notice_for(run: RunSnapshot) -> Notice:
    """Return what is said when a run has ended."""
    title = _ENDED[run.status].format(run.display_name or run.run)
    if run.sweep is not None:
        return Notice(title, run.reason or headline(run.sweep, None, run.sweep.best_value), run.handle)
    metrics = ", ".join(f"{name} {value:.4g}" for name, (value, _step) in sorted(run.metrics.items())[:3])
    return Notice(title, run.reason or metrics or run.run, run.handle)


_WHAT_NEXT = "Look at the last line of each rank, and with py-spy dump --pid PID where each one waits."


def stall_notice(run: RunSnapshot, stalls: StallWatch) -> Notice:
    """Return what is said when a run fell silent."""
    title = f"{run.display_name or run.run} is {stalls.text(run.handle)}"
    return Notice(title, f"{stalls.sentence(run.handle)} {_WHAT_NEXT}", run.handle)
