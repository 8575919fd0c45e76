"""A run's page: how far it is, what went wrong, its ranks, and the tabs with logs, curves, outputs and the job."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QEvent, QKeyCombination, QModelIndex, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget

from desktop_app.api import Explanation, Fix, Remedy, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.drilled import drill_behind
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.redact import longest_bare
from desktop_app.presenters.clouds.run_files import is_cloud, seen_again
from desktop_app.presenters.failures.cells import cells_of
from desktop_app.presenters.run_drills import DrillChoice, drills_said
from desktop_app.presenters.run_failure import elsewhere, failure_of, remedy_title
from desktop_app.presenters.run_page import actions_of, log_of_cause, phases_of, waiting_text
from desktop_app.presenters.run_words import is_logs_alone
from desktop_app.presenters.trials import sweep_handle
from desktop_app.services.diagnosing.own_code import own_code
from desktop_app.services.diagnosing.runs import diagnose_run, is_told_of
from desktop_app.services.diagnosing.sweeps import diagnose_with_trials, of_sweep
from desktop_app.services.logs.failure import last_places, offset_of
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.sources import logs_of
from desktop_app.services.run_plans import plan_in
from desktop_app.services.workbench import Workbench
from desktop_app.ui.clouds.artifacts_tab import ArtifactsTab, Either
from desktop_app.ui.clouds.send_offer import SendOffer
from desktop_app.ui.runs.actions import RunActions
from desktop_app.ui.runs.confirm import Confirm
from desktop_app.ui.runs.curve_tabs import metrics_tab, resources_tab
from desktop_app.ui.runs.failure_card import FailureCard
from desktop_app.ui.runs.header import Header
from desktop_app.ui.runs.job_tab import JobTab
from desktop_app.ui.runs.log_tab import ALL, LogTab, is_search_key
from desktop_app.ui.runs.looking import Looking
from desktop_app.ui.runs.outputs_tab import OutputsTab
from desktop_app.ui.runs.rank_grid import RankGrid
from desktop_app.ui.runs.sweep_line import SweepLine
from desktop_app.ui.runs.tabs import Tabs
from desktop_app.ui.runs.timeline import Timeline
from desktop_app.ui.runs.trials_tab import TrialsTab
from desktop_app.ui.runs.words import clock_time, local_now
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, InlineMessage, scrolled

TRIALS, LOGS, METRICS, RESOURCES, OUTPUTS, JOB = range(6)


class RunPage(QWidget):
    """Shows one run, live. `back_asked` when the table is wanted again; `opened` carries the handle of another run."""

    back_asked = Signal()
    opened = Signal(str)

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self._workbench, self._shell = workbench, shell
        self._run: RunSnapshot | None = None
        self._code: tuple[Path, int] | None = None
        self._failed_shown = ""
        self._known, self._is_judged = Diagnosis(), False
        self._explaining: asyncio.Task[None] | None = None
        self.deeds = RunActions(workbench, shell, self)
        self.message, self.state_message, self.confirm = InlineMessage(), InlineMessage(can_close=False), Confirm()
        self.timeline, self.failure, self.grid = Timeline(), FailureCard(), RankGrid()
        self.sending = SendOffer(workbench, self.state_message, self)
        self.header = Header(self.deeds, lambda: self.grid.chosen)
        self.sweep_line = SweepLine()
        self.trials = TrialsTab(workbench.store, workbench.backend_of)
        self.logs = LogTab()
        self.metrics = metrics_tab(workbench.backend_of)
        self.resources = resources_tab(workbench.backend_of)
        self.outputs = OutputsTab(self.deeds, shell)
        self.artifacts = ArtifactsTab(workbench, self.outputs)
        self._outputs = Either(self.outputs, self.artifacts)
        self.job = JobTab()
        self.tabs = Tabs(self.tr("What is shown of the run"))
        self._looking = Looking(workbench.backend_of, self.message.show_error, self._logs_are_here)
        self._cards: list[Card] = []
        self._second = QTimer(self, interval=500)
        self._build()
        self._connect()
        self.stop_following = workbench.store.changed.connect(self._follow)

    @property
    def run(self) -> RunSnapshot | None:
        """The run that is shown, as it is now."""
        return self._run

    @property
    def handle(self) -> str:
        """The run that is shown."""
        return self._run.handle if self._run is not None else ""

    def show_run(self, run: RunSnapshot) -> None:
        """Show another run."""
        if run.handle != self.handle:
            for each in (self.message, self.confirm):
                each.hide()
            self.failure.offer_code("")
            self.failure.offer_steps(())
            self._code, self._failed_shown, self._known, self._explaining = None, "", Diagnosis(), None
            self._is_judged = False
            self.grid.pick(ALL)
            self._choose_tab(run)
        self._show(run)

    def _choose_tab(self, run: RunSnapshot) -> None:
        """Begin where it is seen what goes on, or what went wrong."""
        if run.sweep is not None:
            self.tabs.bar.setTabVisible(TRIALS, True)
            self.tabs.show_tab(TRIALS)
        elif not run.is_over or is_told_of(run) or self.tabs.index == TRIALS:
            self.tabs.show_tab(LOGS)

    def close_down(self) -> None:
        """Listen to nothing any longer, and end what reads."""
        self._second.stop()
        self.stop_following()
        self._looking.stop()
        self.trials.close_down()
        self.logs.close_down()
        self.metrics.close_down()
        self.resources.close_down()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: time passes only where it is seen."""
        super().showEvent(event)
        self._second.start()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._second.stop()

    def event(self, event: QEvent) -> bool:
        """Called by Qt: the keys of a search, and Ctrl+R, are this page's own while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_own_key(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Ctrl+F and F3 search the log, Ctrl+R runs again, Esc leaves the search, then the page."""
        if is_search_key(event):
            self.tabs.show_tab(LOGS)
            self.logs.search_key(event)
        elif _is_again_key(event):
            self.run_again()
        elif event.key() == Qt.Key.Key_Escape:
            if self.tabs.index != LOGS or not self.logs.leave_search():
                self.go_back()
        else:
            super().keyPressEvent(event)

    def go_back(self) -> None:
        """Go to where one came from: of a trial, to its sweep; else to the table of all runs."""
        sweep = sweep_handle(self._run) if self._run is not None else ""
        if sweep and self._workbench.store.get(sweep) is not None:
            self.opened.emit(sweep)
        else:
            self.back_asked.emit()

    def run_again(self) -> None:
        """Plan the run's job once more, where that can be done."""
        if self._run is not None and actions_of(self._run).again:
            self.deeds.again(self._run)

    def ask_cancel(self) -> None:
        """Ask whether to cancel the run."""
        run = self._run
        if run is not None and not run.is_over:
            waits = self.sending.waits
            self.confirm.ask(
                (self.tr("Withdraw {}?") if waits else self.tr("Cancel {}?")).format(run.display_name),
                self._what_cancel_does(run),
                self.tr("Withdraw") if waits else self.tr("Cancel the run"),
                lambda: self.deeds.cancel([run]),
            )

    def ask_remove(self) -> None:
        """Ask whether to remove the run."""
        run = self._run
        if run is not None and run.is_over:
            self.confirm.ask(
                self.tr("Remove {}?").format(run.display_name),
                self.tr("What was fetched of it is deleted from this machine; in its workspace it stays.")
                if is_cloud(run)
                else self.tr("Its logs, curves and outputs are deleted from this machine. This can't be undone."),
                self.tr("Remove"),
                lambda: self.deeds.remove([run]),
            )

    def _what_cancel_does(self, run: RunSnapshot) -> str:
        if self.sending.waits:
            return self.tr("It is not sent, and the copy of its files is deleted. Your own files stay as they are.")
        if is_cloud(run) and run.status is RunStatus.NOT_STARTED:
            return self.tr("A job that waits to be sent is withdrawn; one that was sent is ended.")
        return self.tr("Its processes are ended. This can't be undone; what they wrote stays.")

    def show_export(self) -> None:
        """Show the outputs of a run in a workspace, where the model to export is picked and fetched."""
        self.tabs.show_tab(OUTPUTS)
        self.artifacts.ask_model()

    def show_download(self) -> None:
        """Show the outputs of a run in a workspace, and ask where to download them to."""
        self.tabs.show_tab(OUTPUTS)
        self.artifacts.view.clearSelection()
        self.artifacts.view.setCurrentIndex(QModelIndex())
        self.artifacts.download()

    def ask_drill(self, choice: DrillChoice) -> None:
        """Ask whether to do a fault to the run."""
        run = self._run
        if run is not None and not run.is_over:
            self.confirm.ask(choice.question, choice.text, choice.yes, lambda: self.deeds.drill(run, choice.order))

    def show_first_error(self) -> None:
        """Show the first line that tells of an error."""
        self.tabs.show_tab(LOGS)
        self.logs.to_first_error()

    def _follow(self, handles: frozenset[str]) -> None:
        if self._run is None or self._run.handle not in handles:
            return
        run = self._workbench.store.get(self._run.handle)
        if run is None:
            self.back_asked.emit()
        else:
            self._show(run)

    def _show(self, run: RunSnapshot) -> None:
        if again := seen_again(self._run, run):
            self.message.show_passing(again)
        self._run = run
        self._tick()
        self._cards[1].setVisible(bool(run.ranks) and run.sweep is None)  # what chooses the values is no rank
        in_cloud, alone = is_cloud(run), is_logs_alone(run)
        self._cards[0].setVisible(not alone)  # logs tell of no phases
        self.tabs.bar.setTabVisible(TRIALS, run.sweep is not None)
        self.tabs.bar.setTabVisible(METRICS, run.sweep is None and not alone)  # those of its trials are on theirs
        self.tabs.bar.setTabVisible(RESOURCES, run.sweep is None and not alone)  # what chooses is not what they cost
        for tab in (OUTPUTS, JOB):
            self.tabs.bar.setTabVisible(tab, not alone)
        self.trials.show_run(run)
        self._show_sweep(run)
        for each in (self.logs, self.metrics, self.resources, self.job):
            each.show_run(run)
        self._outputs.show_run(run, in_cloud=in_cloud)
        self._show_failure(run)
        self._show_state(run)
        self.sending.show_run(run)

    def _show_sweep(self, run: RunSnapshot) -> None:
        """Say how far a sweep is, or which trial of which sweep this is."""
        if run.trial is not None:
            sweep = self._workbench.store.get(sweep_handle(run))
            self.sweep_line.show_trial(run, sweep)
        else:
            self.sweep_line.show_sweep(self.trials.trials)

    def _tick(self) -> None:
        run = self._run
        if run is not None:
            now = local_now()
            self.header.show_run(run, now)
            self.timeline.show_phases(phases_of(run, now))
            self.logs.set_waiting("" if run.is_over else waiting_text(run, now))
            if self.isVisible():
                self._looking.at(run)
                if is_cloud(run) and not run.is_over:
                    self._workbench.stalls.hear(run.handle)
            if self._looking.is_busy and self._known.cause is None:
                self._explain_now(is_whole=False)

    def _show_failure(self, run: RunSnapshot) -> None:
        fallen = run.first_failure
        clock = clock_time(fallen.at.astimezone(), tenths=True) if fallen is not None else ""
        self.failure.show_failure(failure_of(run, clock, self._known if self._is_judged else None))
        ranks, first = cells_of(run, self._known)
        self.grid.show_ranks(ranks, run.nodes, first, run.framework)
        if is_told_of(run) and self._failed_shown != run.handle:
            self._failed_shown = run.handle
            if fallen is not None:
                self.logs.show_failure()
                spawn(self._find_code(run), "find the code of a failure")
            self._explain_now(is_whole=not self._looking.is_busy)

    def _logs_are_here(self) -> None:
        """Show, and judge anew, a run of a workspace now that all of its logs are here."""
        self.logs.reload()
        self._explain_now(is_whole=True)

    def _explain_now(self, *, is_whole: bool) -> None:
        """Say why the run failed, by what is here of its logs; one look waits for the other."""
        before = self._explaining
        if self._run is not None and is_told_of(self._run) and (before is None or before.done() or is_whole):
            work = self._explain(self._run, before, is_whole=is_whole)
            self._explaining = spawn(work, "explain a failure")

    async def _explain(self, run: RunSnapshot, before: asyncio.Task[None] | None, *, is_whole: bool) -> None:
        """Say what plugins know of the failure, and offer to mend the job file while it is there.

        While logs are still on their way, a cause that stands in those that came counts, and nothing else.
        """
        if before is not None:
            await asyncio.wait({before})
        known = await self._diagnosed(run) if drill_behind(run) is None else Diagnosis()
        is_there = bool(known.all and run.source) and await asyncio.to_thread(Path(run.source).is_file)
        if run.handle != self.handle or self._run is None or (self._is_judged and known == self._known):
            return
        if (known.cause is None and not is_whole) or not (known.all or is_logs_alone(run)):
            return
        self._known, self._is_judged = known, True
        self._show_failure(self._run)
        self._offer(known, is_there=is_there)
        cause, number = known.cause, log_of_cause(run, known)
        if cause is not None and number is not None and self._needs_place(cause):
            place = await asyncio.to_thread(_offset_of, _log_of(run, number), known)
            if place is not None and run.handle == self.handle:
                self.logs.show_cause(number, place)
                await self._find_code(run, cause)
                return
        if self._cause_elsewhere is not None:
            self.logs.go_to_first_error(self._cause_elsewhere)

    async def _diagnosed(self, run: RunSnapshot) -> Diagnosis:
        """Return what is known of the run; of a sweep, what is known of its trials, without their ranks."""
        plugins = self._workbench.plugins
        if run.sweep is None:
            return await diagnose_run(plugins, run)
        told = await diagnose_with_trials(plugins, run, self._workbench.trials_of(run))
        return told.known if told.run is run else of_sweep(told)

    def _offer(self, known: Diagnosis, *, is_there: bool) -> None:
        """Offer what can be done about it: mend the job file, an environment or a script, run again to learn more."""
        cause = known.cause or next(iter(known.symptoms), None)
        self.failure.offer_fix(cause.fix if cause is not None and is_there else None)
        self.failure.say_elsewhere("" if is_there or self._run is None else elsewhere(self._run, cause))
        remedy = cause.remedy if cause is not None and is_there else None
        self.failure.offer_remedy(remedy, remedy_title(remedy) if remedy is not None else "")
        can_rerun = self._run is not None and actions_of(self._run).again
        self.failure.offer_steps(known.steps if can_rerun else ())

    def _needs_place(self, cause: Explanation) -> bool:
        """Whether the cause's line is another one than that the first rank to fall ended on."""
        fallen = self._run.first_failure if self._run is not None else None
        return fallen is None or fallen.rank != cause.rank or cause.line not in fallen.text

    @property
    def _cause_elsewhere(self) -> int | None:
        """The rank whose log holds the cause, where it is not the one that fell first."""
        fallen, cause = self._run.first_failure if self._run is not None else None, self._known.cause
        if cause is None or (fallen is not None and fallen.rank == cause.rank):
            return None
        return cause.rank

    def _mend(self, fix: Fix) -> None:
        if self._run is not None:
            self._shell.mend_file(Path(self._run.source), fix)

    def _remedy(self, remedy: Remedy) -> None:
        if self._run is not None:
            self.deeds.mend(self._run, remedy)

    def _again_with(self, change: Fix) -> None:
        if self._run is not None:
            self.deeds.again_with(self._run, change)

    def _show_state(self, run: RunSnapshot) -> None:
        """Say why the state is what it is, where icon and word don't."""
        tones = {RunStatus.UNKNOWN: "warning", RunStatus.CANCELED: "info", RunStatus.RUNNING: "info"}
        if is_cloud(run):  # where it waits in the outbox, or in a queue, and why
            tones |= {RunStatus.NOT_STARTED: "info", RunStatus.QUEUED: "info"}
        text = drills_said(run) if run.status is RunStatus.RUNNING else run.reason
        if text and run.status in tones and not is_told_of(run):
            if self.state_message.heading.text() != text or self.state_message.isHidden():
                self.state_message.show_text(tones[run.status], text)
        else:
            self.state_message.hide()

    async def _find_code(self, run: RunSnapshot, cause: Explanation | None = None) -> None:
        """Offer to open the innermost line of the traceback that is in the person's own code."""
        found = await asyncio.to_thread(_own_place, run, cause)
        if found is not None and run.handle == self.handle:
            self._code = found
            self.failure.offer_code(f"{found[0].name}:{found[1]}")

    def _open_code(self) -> None:
        if self._code is not None:
            self._shell.open_file(*self._code)

    def _show_in_log(self) -> None:
        self.tabs.show_tab(LOGS)
        if self._cause_elsewhere is None or self.logs.knows_cause:
            self.logs.show_failure()
        else:
            self.logs.go_to_first_error(self._cause_elsewhere)

    def _pick_rank(self, rank: int) -> None:
        self.tabs.show_tab(LOGS)
        self.logs.show_rank(rank)

    def _build(self) -> None:
        content = QWidget()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        # where the window is small, the letters are large or the error is long, the page scrolls
        whole.addWidget(scrolled(content, self.tr("The run"), has_controls=True))
        column = QVBoxLayout(content)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, Space.L)
        column.setSpacing(Space.M)
        column.addWidget(self.header)
        column.addWidget(self.sweep_line)
        for each in (self.message, self.confirm, self.state_message, self.sending.strip):
            column.addWidget(each)
        for part in (self.timeline, self.grid):
            card = Card(margin=Space.M)
            card.body.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
            card.body.addWidget(part)
            column.addWidget(card)
            self._cards.append(card)
            if part is self.timeline:
                column.addWidget(self.failure)
        self.tabs.add(self.trials, self.tr("Trials"))
        self.tabs.add(self.logs, self.tr("Logs"), self.logs.tools)
        self.tabs.add(self.metrics, self.tr("Metrics"), self.metrics.tools)
        self.tabs.add(self.resources, self.tr("Resources"))
        self.tabs.add(self._outputs, self.tr("Outputs"), self._outputs.tools)
        self.tabs.add(self.job, self.tr("Job"))
        self.tabs.show_tab(LOGS)
        self.tabs.bar.setTabVisible(TRIALS, False)
        column.addWidget(self.tabs, 1)

    def _connect(self) -> None:
        self.header.back_asked.connect(self.go_back)
        self.sweep_line.asked.connect(self.go_back)
        self.trials.opened.connect(self.opened)
        self.trials.changed.connect(lambda: self.sweep_line.show_sweep(self.trials.trials))
        self.header.cancel_asked.connect(self.ask_cancel)
        self.header.remove_asked.connect(self.ask_remove)
        self.header.drill_asked.connect(self.ask_drill)
        self.sending.withdraw_asked.connect(self.ask_cancel)
        self.sending.failed.connect(self.message.show_error)
        self.failure.log_asked.connect(self._show_in_log)
        self.failure.code_asked.connect(self._open_code)
        self.failure.fix_asked.connect(self._mend)
        self.failure.rank_asked.connect(self._pick_rank)
        self.failure.remedy_asked.connect(self._remedy)
        self.failure.step_asked.connect(self._again_with)
        self.failure.copy_asked.connect(lambda text: self.deeds.copy_text(text, self.tr("Copied.")))
        self.grid.picked.connect(self._pick_rank)
        self.logs.rank_chosen.connect(self.grid.pick)
        self.deeds.failed.connect(self.message.show_error)
        self.deeds.said.connect(self.message.show_passing)
        self.deeds.download_asked.connect(lambda _run: self.show_download())
        self.deeds.export_asked.connect(lambda _run: self.show_export())
        self._second.timeout.connect(self._tick)


def _is_own_key(event: QKeyEvent) -> bool:
    return is_search_key(event) or _is_again_key(event)


def _is_again_key(event: QKeyEvent) -> bool:
    """Whether a key is Ctrl+R, which for the whole window runs the job in Files: here it would be another one."""
    return event.keyCombination() == QKeyCombination(Qt.KeyboardModifier.ControlModifier, Qt.Key.Key_R)


def _own_place(run: RunSnapshot, cause: Explanation | None) -> tuple[Path, int] | None:
    fallen = run.first_failure
    rank = cause.rank if cause is not None else fallen.rank if fallen is not None else None
    if rank is None:
        return None
    plan = plan_in(Path(run.folder))
    frames = last_places(_log_of(run, rank), longest_bare(cause.line) if cause is not None else "")
    places = (own_code(each, plan, run.folder) for each in frames)
    return next((each for each in places if each is not None and each[0].is_file()), None)


def _offset_of(log: Path, known: Diagnosis) -> int | None:
    """Return where the cause's line begins in its log."""
    place = known.place
    if place is not None and (place.line or place.offset is not None):
        return place.offset if place.offset is not None else LogFile(log).offset_of_line(place.line)
    return offset_of(log, longest_bare(known.cause.line)) if known.cause is not None else None


def _log_of(run: RunSnapshot, rank: int) -> Path:
    return Path(run.folder) / next((each.path for each in logs_of(run) if each.number == rank), "user_logs/none")
