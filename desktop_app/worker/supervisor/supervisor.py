"""The supervisor: takes one run through its phases, owns its ranks and leaves none behind."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor import orders, preparing, processes, ranks
from desktop_app.worker.supervisor.clock import Clock, elapsed
from desktop_app.worker.supervisor.drills import Drills
from desktop_app.worker.supervisor.ending import Ending, Grace, Step
from desktop_app.worker.supervisor.failure import AT_ONCE, how_ended, last_words, signal_from_outside
from desktop_app.worker.supervisor.journal import Journal
from desktop_app.worker.supervisor.launchers import Launcher, Launchers, Told
from desktop_app.worker.supervisor.network import holder, is_free
from desktop_app.worker.supervisor.plan_file import read_plan
from desktop_app.worker.supervisor.ranks import Rank
from desktop_app.worker.supervisor.sampling import Sampler
from desktop_app.worker.supervisor.serving import Serving
from desktop_app.worker.supervisor.silence import Silence
from desktop_app.worker.supervisor.state import StateFile
from desktop_app.worker.supervisor.telling import Telling
from desktop_app.worker.supervisor.tracking import Tracking
from desktop_app.worker.supervisor.wakeups import Wakeups

TICK = 0.05
"""Seconds between looks at logs and requests."""
METRICS_EVERY = 0.5
"""Seconds between writing new metrics into run.json; every point goes into metrics.jsonl at once."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the run ends as, and why; `outside` where neither the job nor its ranks are at fault."""

    status: str
    reason: str = ""
    exit_code: int | None = None
    outside: bool = False


class Supervisor:
    """One run. `ready` is called once run.json shows that this process has it in hand."""

    def __init__(self, folder: Path, guardian: int, ready: Callable[[], None]) -> None:
        self.folder = folder
        self.guardian = guardian
        self.ready = ready
        self.umask = os.umask(0o077)  # what a run writes may hold secrets; its ranks get the person's own again
        self.clock = Clock()
        self.plan_file = folder / "plan.json"
        self.cancel_file = folder / "requests" / "cancel"
        self.plan = read_plan(self.plan_file)
        self.state = StateFile(folder, self.clock)
        self.events = Journal(folder / "events.jsonl")
        self.wakeups = Wakeups()
        grace = Grace.read({**os.environ, **self.plan.get("environment", {})})
        self.ending = Ending(grace)
        self.ranks = self._make_ranks()
        self.serving = Serving(self.ranks, grace)
        self.launchers = Launchers(self.plan.get("launchers", ()), self.ranks, folder)
        self.children: tuple[Rank | Launcher, ...] = (*self.ranks, *self.launchers.all)
        self.drills = Drills(self.ranks, self.state.data.setdefault("drills", []))
        self.tracking = Tracking(folder, self.clock, self.state.data)
        self.sampler = Sampler(folder, self.clock)
        self.telling = Telling(folder) if self.state.data.get("sweep") else None
        self.silence = Silence()
        self.verdict: Verdict | None = None
        self.blame: Verdict | None = None
        self.fell_at = 0.0
        self.tick = max(TICK, 0.0005 * len(self.ranks))
        self.deadline: float | None = None
        self.books_at = 0.0

    def run(self) -> int:
        """Take the run to its end, whatever happens; return the process's exit code."""
        if self.state.is_over:
            return 0  # whoever found the run before us took it for lost and closed it: no run leaves its end
        try:
            self._announce()
            if self._prepare() and self._start():
                self._watch()
        except Exception:  # noqa: BLE001 - a bug in here must still end the ranks and say so
            sys.excepthook(*sys.exc_info())
            self.verdict = Verdict("Failed", "The supervisor failed: supervisor.log in the run's folder says how.")
        self._finish()
        return 0

    # Beginning

    def _announce(self) -> None:
        self.state.hold_reserve()
        self.state.data["supervisor"] = _who(os.getpid())
        self.state.data["guardian"] = _who(self.guardian)
        self.state.data["boot"] = processes.boot()
        self.state.data["host"] = processes.host()
        self.state.data.setdefault("mark", os.urandom(16).hex())
        self.state.enter("Preparing")
        self.state.write()
        self.ready()
        self._say("preparing", files=len(self.plan.get("files", ())))

    def _make_ranks(self) -> list[Rank]:
        states = {each["rank"]: each for each in self.state.data.get("ranks", [])}
        return [ranks.make_rank(each, states[each["rank"]], self.folder) for each in self.plan.get("processes", ())]

    def _prepare(self) -> bool:
        if not self.ranks:
            self.verdict = Verdict("Failed", "plan.json in the run's folder can't be read or names no process.")
            return False
        try:
            preparing.make_folders(self.folder, list(self.plan.get("outputs", {})))
            files, target = self.plan.get("files", ()), self.folder / "code"
            preparing.copy_files(files, target, self._file_changed, self._stop_wanted)
        except preparing.Interrupted:
            return False
        except preparing.CopyFailed as error:
            self._not_prepared(str(error), outside=error.outside)
            return False
        except OSError as error:
            self._not_prepared(f"The run's folder: {error}.", outside=True)
            return False
        return not self._stop_wanted()

    def _not_prepared(self, reason: str, *, outside: bool) -> None:
        self.verdict = Verdict("Failed", f"The working copy could not be made. {reason}", outside=outside)

    def _file_changed(self, name: str) -> None:
        self._say("file-changed", path=name, text="The file changed after the job was planned; it went along as it is.")

    def _start(self) -> bool:
        port = self._taken_port()
        if port is not None:
            who = holder(port) or "another program"
            self.verdict = Verdict("Failed", f"Port {port} is in use by {who}. Plan and start the job again.")
            return False
        door = self.tracking.open_door() if self.telling is None else None  # a sweep's trials have their own
        if door is not None:
            self.wakeups.listen(door)
        self._begin_running()
        started = all(map(self._start_rank, self.ranks)) and all(map(self._start_launcher, self.launchers.all))
        self._write()
        return started or self._goes_on()

    def _begin_running(self) -> None:
        self.state.data["started"] = self.state.enter("Running")
        if self.plan.get("timeout"):
            self.deadline = elapsed() + float(self.plan["timeout"])

    def _taken_port(self) -> int | None:
        given = {**self.plan.get("environment", {}), **self.ranks[0].spec["environment"]}.get("MASTER_PORT", "")
        ports = [int(given)] if given.isdigit() else []
        ports += [port for each in self.ranks for port in each.spec.get("ports", ())]
        return next((port for port in ports if not is_free(port)), None)

    def _environment(self, *layers: Mapping[str, str]) -> dict[str, str]:
        own = {
            processes.MARKER: str(self.folder),
            processes.MARK: self.state.data["mark"],
            "PWD": str(self.folder / "code"),
        }
        return ranks.rank_environment(os.environ, *layers, own)

    def _start_rank(self, rank: Rank) -> bool:
        tracking, shared = self.tracking.environment(rank.number, os.environ), self.plan.get("environment", {})
        try:
            if rank.launched:  # what the launcher sets is above the plan's own, as it would be on Azure ML
                own = {name: value for name, value in tracking.items() if name not in shared}
                self.launchers.order(rank, own, self.umask)
                return True
            environment = self._environment(tracking, shared, rank.spec["environment"])
            ranks.start(rank, self.folder, environment, self.umask)
        except (OSError, ValueError) as error:
            self._could_not_start(rank, str(error))
            return False
        self._rank_started(rank)
        return True

    def _rank_started(self, rank: Rank) -> None:
        rank.state.update(status="Running", pid=rank.pid, started=self.clock.text())
        self.sampler.add(rank.number, int(rank.spec["local_rank"]), rank.pid)
        self._say("rank-started", rank=rank.number, pid=rank.pid)

    def _start_launcher(self, launcher: Launcher) -> bool:
        environment = self._environment(self.plan.get("environment", {}), launcher.spec["environment"])
        try:
            self.launchers.start(launcher, environment, self.umask)
        except (OSError, ValueError) as error:
            self._fail(f"{launcher.name} could not be started: {error}.", 127)
            self.ending.begin(elapsed(), own_grace=False)
            return False
        self._say("launcher-started", name=launcher.name, pid=launcher.pid)
        return True

    def _could_not_start(self, rank: Rank, error: str) -> None:
        rank.state.update(status="Failed", started=self.clock.text(), ended=self.clock.text(), exit_code=127)
        text = f"The process could not be started: {error}"
        self._first_failure(rank, 127, f"Rank {rank.number} could not be started: {error}.", text)
        self.ending.begin(elapsed(), own_grace=False)

    # Running

    def _watch(self) -> None:
        self.sampler.start()
        while self._goes_on():
            if self.wakeups.wait(min(self.tick, self.ending.wait(elapsed()))):
                self.tracking.serve()
            self._reap()
            self._look()
            if not self._press():
                return

    def _goes_on(self) -> bool:
        if any(rank.alive for rank in self.ranks) or self.launchers.alive:
            return True
        return self.telling is not None and processes.any_child_left()  # guardians of trials, which tidy up

    def _reap(self) -> None:
        ended = list(ranks.collect(self.children))
        fallen = [each for each in ended if isinstance(each, Launcher)]
        told = self.launchers.news(elapsed(), patient=not fallen)  # all is told by the time that a launcher has ended
        self._hear([each for each in told if each.event == "started"])
        for each in ended:
            if isinstance(each, Rank):
                self._rank_ended(each, int(each.exit_code or 0), orphaned=each.launched)
        self._hear([each for each in told if each.event != "started"])
        for launcher in fallen:
            self._launcher_ended(launcher)
        if ended or told:
            self.launchers.tell_over()
            self._write()

    def _hear(self, news: Sequence[Told]) -> None:
        for told in news:
            rank, facts = told.rank, told.facts
            if told.event == "started":
                rank.pid = int(facts["pid"])
                self.silence.started(rank, facts)
                self._rank_started(rank)
            elif told.event == "asked":
                self._launcher_gave_up()
            elif "error" in facts:
                rank.exit_code = 127
                self._could_not_start(rank, str(facts["error"]))
            elif rank.exit_code is None:
                rank.exit_code = int(facts["exit_code"])
                self.silence.ended(rank, facts)
                self._rank_ended(rank, rank.exit_code)

    def _launcher_gave_up(self) -> None:
        """End the run because a launcher would: its starters do not obey it, so that the ranks get their grace."""
        if self.ending.begun:
            return
        rank, reason = self.launchers.why_given_up()
        if rank is None:
            self._fail(reason, None)
        else:
            self._first_failure(rank, 0, reason)
        self._say("launcher-gave-up", name=self.launchers.name)
        self.ending.begin(elapsed(), own_grace=True)

    def _launcher_ended(self, launcher: Launcher) -> None:
        self._say("launcher-ended", name=launcher.name, exit_code=launcher.exit_code)
        reason = "" if self.ending.begun else self.launchers.why_ended(launcher)
        if reason:
            self._fail(reason, launcher.exit_code or None)
            self.ending.begin(elapsed(), own_grace=False)

    def _fail(self, reason: str, code: int | None) -> None:
        if self.verdict is None:
            self.verdict = Verdict("Failed", reason, code)

    def _rank_ended(self, rank: Rank, code: int, *, orphaned: bool = False) -> None:
        served = self.serving.is_dismissed(rank)
        done = code == 0 or served
        status = "Completed" if done else "Canceled" if self.ending.terminated else "Failed"
        rank.state.update(status=status, exit_code=None if served and code else code, ended=self.clock.text())
        self._say("rank-ended", rank=rank.number, exit_code=code, status=status)
        if status == "Failed":
            why = self.launchers.why_orphaned() if orphaned else ""
            self._first_failure(rank, code, f"Rank {rank.number} {how_ended(code)}{why}.")
            self.ending.begin(self.drills.free_from(elapsed()), own_grace=True)

    def _first_failure(self, rank: Rank, code: int, reason: str, text: str = "") -> None:
        if self.state.data.get("first_failure") is not None and not self._fell_at_once(rank, code):
            return
        drill, self.fell_at = self.drills.before(rank.number), elapsed()
        self.state.data["first_failure"] = {
            "rank": rank.number, "at": self.clock.text(), "exit_code": code, "text": text, "log_line": None,
            "drill": drill,
        }  # fmt: skip
        self._say("first-failure", rank=rank.number, exit_code=code)
        if self.verdict is self.blame:  # not where the run had failed of something else before
            reason = f"{reason} Drilled before: {drill}." if drill else reason
            self.verdict = self.blame = Verdict("Failed", reason, code or None)

    def _fell_at_once(self, rank: Rank, code: int) -> bool:
        """Whether a rank was ended from outside together with the one that is blamed, and goes before it by number."""
        first, number = self.state.data["first_failure"], signal_from_outside(code)
        same = number != 0 and number == signal_from_outside(first["exit_code"])
        return same and rank.number < first["rank"] and elapsed() < self.fell_at + AT_ONCE

    def _look(self) -> None:
        if not self._is_gone():
            now = self.clock.now()
            for each in self.children:
                each.arrivals.look(now)
        if self.deadline is not None and elapsed() > self.deadline:
            self.deadline = None
            limit, key = self.plan["timeout"], "trial_timeout" if self.state.data.get("trial") else "timeout"
            self._stop(Verdict("Canceled", f"The time limit of {limit} s (limits.{key}) was reached."), "timeout")
        silent = None if self.ending.begun else self.silence.culprit(self.ranks, elapsed())
        if silent is not None:
            self._first_failure(silent, 0, f"Rank {silent.number} ended and never called MPI_Init; others wait for it.")
            self.ending.begin(elapsed(), own_grace=True)
        if self._goes_on():  # a wish that comes when all is done changes nothing
            self._stop_wanted()
            self._drill()
        self._keep_books()

    def _drill(self) -> None:
        self.drills.press(elapsed())
        for order in orders.take(self.folder / "requests"):
            try:
                if self.ending.begun:
                    raise orders.Refused("The run is being ended already.")
                done = self.drills.do(order, self.clock.text(), elapsed())
            except orders.Refused as why:
                self._refuse(order, str(why))
            else:
                self._say("drilled", **done)
                self._write()
                order.answer({"drill": done})

    def _refuse(self, order: orders.Order, why: str) -> None:
        self._say("drill-refused", kind=order.kind[:40], text=why)
        order.answer({"refused": why})

    def _keep_books(self) -> None:
        if elapsed() > self.books_at and self.tracking.changed():
            self.books_at = elapsed() + METRICS_EVERY
            self.state.data.update(self.tracking.facts())
            self._write()
        if not self._is_gone():
            self._hear_controller()
            self.state.keep_up()
        jump = self.clock.jump()
        if jump is not None:
            self._say("clock-jumped", seconds=round(jump, 1), text="The computer's clock was set; the run's was not.")

    def _hear_controller(self) -> None:
        for told in self.telling.news() if self.telling else ():
            self.state.data["sweep"].update(told.pop("sweep", {}))
            self._say(**{"event": "told", **told})
            self._write()

    def _stop_wanted(self) -> bool:
        """Look for a reason to end the run; return whether there is one, old or new."""
        if self._is_gone():
            self._stop(Verdict("Failed", "The run's folder was deleted."), "folder-deleted", kill=True)
        elif processes.lost_parent(self.guardian):
            self._stop(Verdict("Failed", "The run's guardian was killed, so the run was ended."), "guardian-lost")
        elif self.wakeups.asked_to_end or self.cancel_file.exists():
            self._stop(Verdict("Canceled", self._wish()), "cancel-requested")
        return self.ending.begun

    def _wish(self) -> str:
        """Return why the run is to end; a sweep that ends a trial early says so in its request."""
        wish, trial = orders.read(self.cancel_file), self.state.data.get("trial")
        if trial and wish.get("stopped_early"):
            trial["stopped_early"] = True
        return str(wish.get("reason") or "Canceled on request.")

    def _stop(self, verdict: Verdict, event: str, *, kill: bool = False) -> None:
        if self.ending.terminated or self.state.data.get("status") == "CancelRequested":
            return
        self.verdict = self.verdict or verdict
        self.state.data["status"] = "CancelRequested"
        self.ending.begin(elapsed(), own_grace=False, kill=kill)
        self._say(event, text=verdict.reason)
        self._write()

    def _press(self) -> bool:
        """Send the signals that are due; return False once there is no hope that the ranks die."""
        step = self.ending.step(elapsed())
        if not self.ending.begun:
            self.serving.press(elapsed())
        if step is Step.TERMINATE:
            self._say("terminating")
            self._signal_all(signal.SIGTERM)
            self.drills.release()
        elif step is Step.KILL:
            spared = self.launchers.family()  # they are to tell of their ranks' ends
            for pid in set(processes.descendants(os.getpid())).difference(spared):
                processes.send(pid, processes.KILL)
            self._signal_all(processes.KILL)
        self.launchers.press(elapsed(), self.ending)
        return step is not Step.GIVE_UP

    def _signal_all(self, number: int) -> None:
        """To each rank's whole group, and to what daemonised away from it and became our child."""
        leaders = {rank.pid for rank in self.ranks if rank.alive}
        for leader in leaders:
            processes.send_group(leader, number)
        for pid in set(processes.children(os.getpid())).difference(leaders, self.launchers.family()):
            processes.send(pid, number)

    # End

    def _finish(self) -> None:
        verdict = self.verdict or self._of_the_evicted() or Verdict("Completed", "", 0)
        if not self._is_gone():
            self.state.enter("Finalizing")
            self._write()
        self.sampler.stop()
        left = processes.end_descendants()
        self.tracking.close()
        if not self._is_gone():
            self._write_end(verdict, left)

    def _of_the_evicted(self) -> Verdict | None:
        """Return what a run ends as whose ranks minded their eviction well and ended by themselves, with 0."""
        evicted = self.drills.evicted
        return Verdict("Failed", f"{evicted[:1].upper()}{evicted[1:]}, by a drill.") if evicted else None

    def _is_gone(self) -> bool:
        """Return whether somebody deleted the run's folder; then nothing is written into what is left of it."""
        return not self.plan_file.exists()

    def _write_end(self, verdict: Verdict, left: list[int]) -> None:
        for each in self.children:
            each.arrivals.look(self.clock.now())
        for order in orders.take(self.folder / "requests"):
            self._refuse(order, "The run is over.")
        verdict = self._as_told(verdict)
        self._add_last_words()
        reason = verdict.reason
        if left:
            reason += f" Processes that could not be ended: {', '.join(map(str, left))}."
        self.state.data.update(self.tracking.facts())
        self._say_what_was_dropped()
        self.state.data["outside"] = verdict.outside
        self.state.finish(verdict.status, reason, verdict.exit_code)
        self._say("ended", status=verdict.status, reason=reason)
        self.state.write_end()
        self.events.close()

    def _as_told(self, verdict: Verdict) -> Verdict:
        """Return the verdict in the words of a sweep's controller, where it has said why it ends as it does."""
        self._hear_controller()
        if self.telling is None or not self.telling.reason or verdict.status == "Canceled":
            return verdict
        self.state.data["first_failure"] = None
        return Verdict(verdict.status, self.telling.reason, verdict.exit_code)

    def _say_what_was_dropped(self) -> None:
        metrics, samples = self.tracking.dropped, self.sampler.dropped
        if metrics or samples:
            text = f"The disk did not take {metrics} metric points and {samples} resource samples."
            self._say("points-dropped", metrics=metrics, samples=samples, text=text)

    def _add_last_words(self) -> None:
        first = self.state.data.get("first_failure")
        if first is None or first["text"]:
            return
        for rank in self.ranks:
            if rank.number == first["rank"]:
                first["text"], first["log_line"] = last_words(rank.log)

    def _say(self, event: str, **facts: Any) -> None:
        if not self._is_gone():
            self.events.append({"time": self.clock.text(), "event": event, **facts})

    def _write(self) -> None:
        if not self._is_gone():  # what is written while the folder is being deleted would keep it there
            self.state.write()
            if self._is_gone():  # deleted while we wrote
                self.state.take_back()


def _who(pid: int) -> dict[str, Any]:
    return {"pid": pid, "started": processes.identity(pid) or ""}


def supervise(folder: Path, guardian: int, ready: Callable[[], None]) -> int:
    """Be the supervisor of the run in `folder`, a child of `guardian`."""
    processes.adopt_orphans()
    if sys.platform != "win32":
        processes.die_with_parent(guardian, signal.SIGTERM)
    return Supervisor(folder, guardian, ready).run()
