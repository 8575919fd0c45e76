"""What can be done with runs, for the table's menu and a run's page alike."""

from __future__ import annotations

import asyncio
import shutil
import threading
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from functools import partial
from pathlib import Path
from typing import Any

from PySide6.QtCore import QObject, QUrl, Signal
from PySide6.QtGui import QCursor, QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QFileDialog, QMenu, QWidget

from desktop_app.api import (
    DrillOrder,
    Drills,
    Fix,
    OutsideError,
    Remedy,
    RemedyKind,
    RunSnapshot,
    SubmissionPlan,
    UserError,
    Value,
)
from desktop_app.core.words import plural
from desktop_app.documents.edits import set_values
from desktop_app.presenters.clouds.run_files import is_cloud
from desktop_app.services import run_copies
from desktop_app.services.diagnosing.runs import diagnose_run
from desktop_app.services.doctor_report import doctor_report
from desktop_app.services.drills import drill
from desktop_app.services.remedies import change_for, with_image
from desktop_app.services.run_bundle import Choices, bundle_run
from desktop_app.services.run_downloads import OUTPUTS, copy_run
from desktop_app.services.run_points import points_of
from desktop_app.services.workbench import Workbench
from desktop_app.ui.icons import icon
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn

_MOST_MODELS = 20


class RunActions(QObject):
    """Carries out actions. `failed` carries a `UserError`, `said` a sentence.

    `download_asked` and `export_asked` carry a run in a workspace: its page fetches what it made, with progress and a
    Cancel.
    """

    failed = Signal(object)
    said = Signal(str)
    download_asked = Signal(object)
    export_asked = Signal(object)

    def __init__(self, workbench: Workbench, shell: Shell, parent: QWidget) -> None:
        super().__init__(parent)
        self._window = parent
        self._workbench = workbench
        self._shell = shell

    def cancel(self, runs: Sequence[RunSnapshot]) -> None:
        """Ask runs to end."""
        for run in runs:
            if not run.is_over:
                self._do(self._workbench.backend_of(run.handle).cancel(run.handle), f"cancel {run.run}")

    def can_drill(self, run: RunSnapshot) -> bool:
        """Return whether whoever has the run in hand knows drills."""
        return isinstance(self._workbench.backend_of(run.handle), Drills)

    def quiet_text(self, run: RunSnapshot) -> str:
        """Return `quiet for 4 min` of a run that fell silent, nothing of any other."""
        return self._workbench.stalls.text(run.handle)

    def drill(self, run: RunSnapshot, order: DrillOrder) -> None:
        """Have a fault done to a run; its page says what was done, from the run's own state."""
        self._do(self._drill(run, order), f"drill {run.run}")

    def remove(self, runs: Sequence[RunSnapshot]) -> None:
        """Delete runs that are over, and forget them."""
        for run in runs:
            self._do(self._remove(run), f"remove {run.run}")

    def again(self, run: RunSnapshot) -> None:
        """Plan the run's job once more, as it was submitted, and have the plan reviewed."""
        self._do(self._again(run), f"run {run.run} again")

    def again_with(self, run: RunSnapshot, change: Fix) -> None:
        """Plan the run's job once more with a change that lets it tell more; the job file stays as it is."""
        self._do(self._again(run, change), f"run {run.run} again")

    def mend(self, run: RunSnapshot, remedy: Remedy) -> None:
        """Show what mends an environment or a script, in the file itself."""
        self._do(self._mend(run, remedy), f"mend what broke {run.run}")

    def clone(self, run: RunSnapshot) -> None:
        """Ask for a file name, save the job as it was submitted there, and open it."""
        suggested = run_copies.suggested_copy(run)
        title = self.tr("Clone into a new job file")
        self._ask_file(title, suggested, lambda path: self._do(self._clone(run, path), f"clone {run.run}"))

    def compare(self, runs: Sequence[RunSnapshot]) -> None:
        """Show what differs between two runs."""
        self._do(self._compare(runs), "compare runs")

    def open_folder(self, run: RunSnapshot) -> None:
        """Show the run's folder in the desktop's file manager."""
        self.reveal(Path(run.folder))

    def download(self, run: RunSnapshot) -> None:
        """Ask for a folder and copy the run's outputs there."""
        if is_cloud(run):
            self.download_asked.emit(run)
            return
        dialog = QFileDialog(self._window, self.tr("Copy outputs of {} to").format(run.display_name))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        chosen = dialog.fileSelected
        chosen.connect(lambda path: self._do(self._download(run, Path(path)), f"copy outputs of {run.run}"))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def bundle(self, run: RunSnapshot) -> None:
        """Ask for a file name and put what is known of the run into one zip, without secrets."""
        suggested = Path.home() / f"{run.run}.zip"
        title = self.tr("Bundle {} for support").format(run.display_name)
        self._ask_file(title, suggested, lambda path: self._do(self._bundle(run, path), f"bundle {run.run}"), new=True)

    def export(self, run: RunSnapshot, path: Path | None = None) -> None:
        """Show how a model that the run left is exported to ONNX: the only one, that at `path`, or a choice."""
        if path is None and is_cloud(run):
            self.export_asked.emit(run)
        else:
            self._do(self._export(run, path), f"find the models of {run.run}")

    def copy_text(self, text: str, said: str) -> None:
        """Put text on the clipboard and say so."""
        QGuiApplication.clipboard().setText(text)
        self.said.emit(said)

    def reveal(self, path: Path) -> None:
        """Show a file's folder, or a folder, in the desktop's file manager."""
        folder = path if path.is_dir() else path.parent
        if not folder.is_dir():
            self.failed.emit(UserError(f"{folder} is not there any more."))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self.failed.emit(OutsideError("The desktop has no program that shows folders.", hint=f"It is {folder}."))

    def save_copy(self, source: Path) -> None:
        """Ask for a file name and copy a file there."""
        title = self.tr("Save a copy of {}").format(source.name)
        home = Path.home() / source.name
        self._ask_file(title, home, lambda path: self._do(self._copy(source, path), f"copy {source.name}"))

    def open_outside(self, path: Path) -> None:
        """Open a file with the program the desktop has for it."""
        if not QDesktopServices.openUrl(QUrl.fromLocalFile(str(path))):
            hint = f"It lies in {path.parent}."
            self.failed.emit(OutsideError(f"The desktop has no program for {path.name}.", hint=hint))

    def _ask_file(self, title: str, suggested: Path, then: Callable[[Path], object], *, new: bool = False) -> None:
        """Ask for a file name; where the file must be a `new` one, the dialog does not offer to overwrite any."""
        dialog = QFileDialog(self._window, title, str(suggested.parent))
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.setOption(QFileDialog.Option.DontConfirmOverwrite, new)
        dialog.selectFile(suggested.name)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def _do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        spawn(work, name, self.failed.emit)

    async def _export(self, run: RunSnapshot, path: Path | None) -> None:
        from desktop_app.presenters.models.sources import models_in, source_in_run

        if path is not None:
            self._shell.export_model(await asyncio.to_thread(source_in_run, run, path))
            return
        found = await asyncio.to_thread(models_in, run)
        if len(found) == 1:
            self._shell.export_model(found[0])
            return
        menu = QMenu(self._window)
        menu.aboutToHide.connect(menu.deleteLater)
        for each in found[:_MOST_MODELS]:
            menu.addAction(icon("mdi6.cube-outline"), each.path.name, partial(self._shell.export_model, each))
        menu.popup(QCursor.pos())

    async def _drill(self, run: RunSnapshot, order: DrillOrder) -> None:
        await drill(self._workbench.backend_of(run.handle), run, order)

    async def _remove(self, run: RunSnapshot) -> None:
        folder = Path(run.folder) if run.folder else None
        if folder is not None and await asyncio.to_thread(folder.is_dir):
            await self._workbench.backend_of(run.handle).remove(run.handle)
        gone = (*self._workbench.trials_of(run), run)
        await asyncio.to_thread(self._workbench.forget, *gone)
        for each in gone:
            self._workbench.store.remove(each.handle)

    async def _again(self, run: RunSnapshot, change: Fix | None = None) -> None:
        plan = await self._plan(run, change)

        async def plan_for(backend: str) -> SubmissionPlan | None:
            return await self._plan(run, change, backend)

        self._review(plan, plan_for)

    async def _plan(self, run: RunSnapshot, change: Fix | None = None, backend: str = "") -> SubmissionPlan:
        """Plan the job as it was submitted; its paths still start where its file was."""
        text = await asyncio.to_thread(run_copies.submitted_text, run)
        if change is not None:
            text = await asyncio.to_thread(set_values, text, change.set, change.unset)
        source = Path(run.source) if run.source else None
        folder = source.parent if source is not None else Path(run.folder)
        return await self._workbench.jobs.plan_text(text, source, folder, backend or run.backend)

    def _review(self, plan: SubmissionPlan, plan_for: Callable[[str], Awaitable[SubmissionPlan | None]]) -> None:
        from desktop_app.ui.plan_review import PlanReview

        async def plan_again() -> SubmissionPlan | None:
            return await plan_for(dialog.plan.backend)

        dialog = PlanReview(plan, self._workbench, self._window.window(), plan_again, plan_for)
        dialog.submitted.connect(self._shell.show_run)
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    async def _mend(self, run: RunSnapshot, remedy: Remedy) -> None:
        if remedy.kind is RemedyKind.OTHER_IMAGE:
            self._choose_image(run)
            return
        change = await asyncio.to_thread(change_for, run, remedy)
        self._shell.change_file(change.path, change.title, change.make)

    def _choose_image(self, run: RunSnapshot) -> None:
        from desktop_app.ui.environments.actions import pick_environment

        job = Path(run.source)

        def take(entry: Value) -> None:
            change = with_image(job, entry)
            self._shell.change_file(change.path, change.title, change.make)

        pick_environment(self._workbench, job, "", take, self._window.window())

    async def _compare(self, runs: Sequence[RunSnapshot]) -> None:
        from desktop_app.ui.runs.compare import CompareDialog, compare

        dialog = CompareDialog(await compare(self._workbench, runs), self._window.window())
        dialog.finished.connect(lambda _result: dialog.deleteLater())
        dialog.open()

    async def _clone(self, run: RunSnapshot, path: Path) -> None:
        await asyncio.to_thread(run_copies.write_copy, run, path)
        self._shell.open_file(path)

    async def _download(self, run: RunSnapshot, folder: Path) -> None:
        copied = await asyncio.to_thread(copy_run, run, folder, OUTPUTS)
        verb = self.tr("was") if copied.files == 1 else self.tr("were")
        said = self.tr("{} {} copied to {}.").format(plural(copied.files, "file"), verb, folder)
        if copied.left_out:
            said += " " + self.tr("Left out: {}.").format(", ".join(copied.left_out[:3]))
        self.said.emit(said)

    async def _bundle(self, run: RunSnapshot, path: Path) -> None:
        given_up = threading.Event()
        try:
            doctor = await doctor_report(self._workbench.places.home)
            diagnosis = await diagnose_run(self._workbench.plugins, run)
            choices = Choices(doctor, await points_of(self._workbench, run), diagnosis)
            written = await asyncio.to_thread(bundle_run, run, path, choices, given_up.is_set)
        finally:
            given_up.set()
        covered = sum(written.covered.values())
        said = self.tr("{} was written; {} secrets and paths were covered. Have a look before you send it.")
        self.said.emit(said.format(path, covered))

    async def _copy(self, source: Path, target: Path) -> None:
        try:
            await asyncio.to_thread(shutil.copyfile, source, target)
        except OSError as error:
            raise OutsideError(f"{source.name} can't be copied: {error.strerror or error}.") from error
        self.said.emit(self.tr("{} was saved.").format(target))
