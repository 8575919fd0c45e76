"""Launchers such as mpirun, and the ranks that they start: each held by a rank starter that tells us of it in files.

The folder `launch/` holds, for rank N, `N.json` (what to start) from us, and from its starter `N.started`, `N.ended`
and `N.asked` (the launcher wants the job to end; the starter does not obey). Once all ended there is `over`, from us.
"""

from __future__ import annotations

import contextlib
import os
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.arrivals import Arrivals
from desktop_app.worker.supervisor.ending import Ending
from desktop_app.worker.supervisor.failure import how_ended, refusal, why_given_up
from desktop_app.worker.supervisor.journal import read_object
from desktop_app.worker.supervisor.ranks import Rank, spawn
from desktop_app.worker.supervisor.state import replace

OVER = "over"
EVENTS = ("started", "ended", "asked")
SORTING = 0.15
"""Seconds in which more ends are waited for once a rank failed, to tell the first from those that fell after it."""
MOMENT = 5.0
"""Seconds that a launcher gets to end by itself once its ranks are over."""
SHORT_MOMENT = 1.0
"""The same where the run is being ended: mpirun may then sleep over its own way to end ranks."""


@dataclass(slots=True)
class Launcher:
    """A process that starts ranks, and is none."""

    spec: Mapping[str, Any]
    log: Path
    arrivals: Arrivals
    pid: int = 0
    process: subprocess.Popen[bytes] | None = None
    exit_code: int | None = None

    @property
    def name(self) -> str:
        """The program's name, as a person knows it."""
        return Path(self.spec["argv"][0]).name

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self.pid > 0 and self.exit_code is None


@dataclass(frozen=True, slots=True)
class Told:
    """What a rank's starter told: `started`, `ended` or `asked`, and the facts of it."""

    rank: Rank
    event: str
    facts: Mapping[str, Any]

    @property
    def is_failure(self) -> bool:
        """Whether this is a reason to end the run, or a consequence of one."""
        return self.event == "asked" or (self.event == "ended" and self.facts.get("exit_code") != 0)


def _order(told: Told) -> tuple[int, bool, float]:
    """Sort starts before ends; among ends of the same moment none by SIGKILL is another rank's doing."""
    is_consequence = told.facts.get("exit_code") != -processes.KILL
    return EVENTS.index(told.event), is_consequence, float(told.facts.get("at", 0.0))


class Launchers:
    """The launchers of a run, and news of the ranks that they start."""

    def __init__(self, specs: Sequence[Mapping[str, Any]], ranks: Sequence[Rank], folder: Path) -> None:
        self.all = [_make(each, folder) for each in specs]
        self._ranks = ranks
        self._launched = [each for each in ranks if each.launched]
        self._folder = folder
        self._news = folder / "launch"
        self._heard: set[str] = set()
        self._end_at: float | None = None
        self._first_at: float | None = None
        self.dismissed = False
        self._over = not self._launched

    @property
    def alive(self) -> list[Launcher]:
        """Those that have not ended."""
        return [each for each in self.all if each.alive]

    @property
    def name(self) -> str:
        """The first one's name, for sentences."""
        return self.all[0].name if self.all else ""

    def awaits(self) -> bool:
        """Whether ranks may still come: a launcher lives, and not all that it starts have been seen."""
        return bool(self.alive) and any(each.pid == 0 and each.exit_code is None for each in self._launched)

    def order(self, rank: Rank, environment: Mapping[str, str], umask: int) -> None:
        """Write down what a rank's starter is to start; `environment` goes on top of the launcher's. Raises OSError."""
        self._news.mkdir(mode=0o700, exist_ok=True)
        order = {
            "argv": list(rank.spec["argv"]), "cwd": str(self._folder / "code"), "environment": dict(environment),
            "log": rank.spec["log"], "umask": umask,
        }  # fmt: skip
        replace(self._news / f"{rank.number}.json", order)

    def start(self, launcher: Launcher, environment: Mapping[str, str], umask: int) -> None:
        """Start one, in RUN/code as the ranks. Raises OSError and ValueError."""
        launcher.process = spawn(launcher.spec["argv"], self._folder / "code", environment, launcher.log, umask)
        launcher.pid = launcher.process.pid

    def news(self, now: float, *, patient: bool) -> list[Told]:
        """Return what the starters told since this was last asked: starts, then ends in the order of their moments.

        The first failure is held back for a moment, if `patient`: a rank that fell because another did may be the
        first whose end is told.
        """
        present = self._present() - self._heard if self.all else set()
        found = [told for each in self._launched for told in self._of(each, present)] if present else []
        if patient and any(told.is_failure for told in found):
            self._first_at = now if self._first_at is None else self._first_at
            if now < self._first_at + SORTING:
                found = [told for told in found if told.event == "started"]
        self._heard.update(f"{told.rank.number}.{told.event}" for told in found)
        return sorted(found, key=_order)

    def _of(self, rank: Rank, present: set[str]) -> Iterator[Told]:
        for event in EVENTS:
            name = f"{rank.number}.{event}"
            facts = read_object(self._news / name) if name in present else {}
            if facts:
                yield Told(rank, event, facts)

    def _present(self) -> set[str]:
        try:
            return set(os.listdir(self._news))  # noqa: PTH208 - 20 times a second
        except OSError:
            return set()

    # Their end

    def tell_over(self) -> None:
        """Tell the starters that wait for other ranks, by one file for all of them, once every rank has ended."""
        if self._over or any(each.exit_code is None for each in self._launched):
            return
        self._over = True
        with contextlib.suppress(OSError):  # they are ended with their launcher then, a moment later
            (self._news / OVER).touch()

    def why_given_up(self) -> tuple[Rank | None, str]:
        """Return who is to blame for a launcher that wants to end the job, if any rank is, and the reason."""
        for words in filter(None, (why_given_up(each.log) for each in self.all)):
            return None, f"{self.name} gave up the job: {words}"
        early = next((rank for rank in self._launched if rank.exit_code == 0), None)
        if early is None:
            return None, f"{self.name} asked its ranks to end before they were done."
        how = f"Rank {early.number} ended without MPI_Finalize (or never called MPI_Init) while others went on"
        return early, f"{how}, so {self.name} gave up the job."

    def why_orphaned(self) -> str:
        """Return the words for a rank that became the supervisor's own child before it ended."""
        return f": the process that held it below {self.name} was killed"

    def why_ended(self, launcher: Launcher) -> str:
        """Return why the run fails by the end of a launcher; empty where that end is as it should be."""
        code = launcher.exit_code or 0
        left = any(rank.exit_code is None for rank in self._launched)
        if self.dismissed or not (code or left):
            return ""
        words = refusal(launcher.log) if code > 0 else ""
        how = how_ended(code) if code else "ended before its ranks did"
        return f"{launcher.name} {how}: {words}" if words else f"{launcher.name} {how}."

    def press(self, now: float, ending: Ending) -> None:
        """End those that outlive their ranks, a moment after no rank is left or to come."""
        if any(each.alive for each in self._ranks) or (self.awaits() and not ending.terminated):
            return
        if self._end_at is None:
            self._end_at = now + (SHORT_MOMENT if ending.begun else MOMENT)
        if now >= self._end_at:
            self.kill()

    def kill(self) -> None:
        """End every launcher with all that is below it; how they end says nothing more."""
        self.dismissed = True
        for each in self.alive:
            for pid in (each.pid, *processes.descendants(each.pid)):
                processes.send(pid, processes.KILL)
            processes.send_group(each.pid, processes.KILL)

    def family(self) -> set[int]:
        """Return the pids of the launchers and of what they started, without the ranks and what is below these."""
        found = {pid for each in self.alive for pid in (each.pid, *processes.descendants(each.pid))}
        ranks = [each.pid for each in self._launched if each.alive]
        below = processes.families(ranks)
        return found.difference(ranks, *below.values())


def _make(spec: Mapping[str, Any], folder: Path) -> Launcher:
    log = folder / spec["log"]
    return Launcher(spec, log, Arrivals(log, folder / "clock" / f"{log.stem}.bin"))
