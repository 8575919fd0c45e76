"""What the tests of the Files page and the wizard share: a project, a page, waiting, a backend that plans."""

from __future__ import annotations

import asyncio
import dataclasses
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TypeVar, cast

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.api import (
    Diagnostic,
    Job,
    JobBackend,
    JobSource,
    PlannedFile,
    ProcessSpec,
    Progress,
    SubmissionPlan,
    UserError,
)
from desktop_app.compose import open_workbench
from desktop_app.places import Places
from desktop_app.services.jobs import JobService
from desktop_app.services.workbench import Workbench
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.files.page import FilesPage
from tests.helpers.fake_shell import FakeShell
from tests.ui.conftest import settle

T = TypeVar("T")

JOB = """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
# tuned by hand
code: src
command: python train.py --lr ${{inputs.lr}}
inputs:
  lr: 0.001
environment: azureml:env@latest
distribution:
  type: pytorch
  process_count_per_instance: 2
"""
SCRIPT = '''"""Train."""
import argparse

import torch

parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01, help="learning rate")
parser.add_argument("--amp", action="store_true")
args = parser.parse_args()
torch.distributed.init_process_group("gloo")
'''


class PlanningBackend:
    """Plans two processes, with `findings`; `submitted` are the plans that were started."""

    name = "local"
    title = "This machine"

    def __init__(self) -> None:
        self.findings: list[Diagnostic] = []
        self.refuses: UserError | None = None
        self.planned: list[SubmissionPlan] = []
        self.submitted: list[SubmissionPlan] = []
        self.go = asyncio.Event()
        self.go.set()

    async def plan(self, job: Job, source: JobSource) -> SubmissionPlan:
        """Return a plan of one process for each rank."""
        if self.refuses:
            raise self.refuses
        shell = ("/bin/bash", "-c", job.command)
        processes = tuple(
            ProcessSpec(rank, local, node, shell, {"RANK": str(rank)}) for rank, node, local in job.topology.ranks()
        )
        files = (PlannedFile(str(source.folder / "src/train.py"), "train.py", 1234),)
        plan = SubmissionPlan(
            self.name, job, str(source.path), job.topology, processes, files,
            environment={"WORLD_SIZE": str(job.topology.world_size)}, diagnostics=tuple(self.findings),
        )  # fmt: skip
        self.planned.append(plan)
        return plan

    async def submit(self, plan: SubmissionPlan, progress: Progress) -> str:
        """Start the plan once the test lets it."""
        progress("Copying files", 0.5)
        await self.go.wait()
        self.submitted.append(plan)
        return "local://r-1"


def project(folder: Path) -> Path:
    """Return a project with a job, its script and a conda file."""
    (folder / "src").mkdir(parents=True)
    (folder / "job.yml").write_text(JOB)
    (folder / "src" / "train.py").write_text(SCRIPT)
    (folder / "conda.yml").write_text("name: env\nchannels: [conda-forge]\ndependencies: [python]\n")
    return folder


def bench_with(places: Places, backend: PlanningBackend) -> Workbench:
    """Return the real services with `backend` in place of this machine."""
    made = open_workbench(places.home)
    made.plugins.load()
    backends: Mapping[str, JobBackend] = {"local": cast("JobBackend", backend)}
    return dataclasses.replace(made, backends=backends, jobs=JobService(made.plugins, backends))


class FilesWindow:
    """A Files page in a window, over a project of its own."""

    def __init__(self, places: Places, shell: FakeShell, folder: Path) -> None:
        self.shell = shell
        self.places = places
        self.backend = PlanningBackend()
        self.bench = bench_with(places, self.backend)
        self.folder = folder
        self.page = self._page()

    def _page(self) -> FilesPage:
        page = FilesPage(self.bench, self.shell)
        page.resize(1100, 700)
        page.show()
        page.activateWindow()
        return page

    async def open(self) -> FilesPage:
        """Open the project and wait until it is checked and quiet."""
        self.page.open_folder(self.folder)
        await until(
            lambda: self.page.pane is not None and self.page.tree.model.index_of(self.folder / "job.yml").isValid()
        )
        await quiet()
        return self.page

    async def reopen(self) -> FilesPage:
        """Close as the window does, and open again as the next start does."""
        await self.page.may_close()
        await self.close()
        self.page = self._page()
        return await self.open()

    async def close(self) -> None:
        """Take the page away and let what goes on end."""
        await quiet()
        await self.page.project.close()
        self.page.close()
        settle()
        await quiet()
        for each in self.page.editors.panes:
            each.dispose()
        self.page.deleteLater()


async def until(condition: Callable[[], T | None], seconds: float = 20, what: str = "") -> T:
    """Return the first true value of `condition`, letting Qt and the loop work meanwhile."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        if time.monotonic() > end:
            raise AssertionError(f"waited {seconds:g} s in vain for {what or condition}")
        await asyncio.sleep(0.01)
    return value


async def quiet() -> None:
    """Wait until no task of the window runs any more."""
    from desktop_app.ui import tasks

    await until(lambda: not [each for each in tasks.running() if each is not asyncio.current_task()], what="quiet")


def dialog_of(kind: type[T]) -> T | None:
    """Return the dialog of a kind that is open."""
    found = (each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible())
    return cast("T | None", next(found, None))


def click(parent: QWidget, text: str) -> None:
    """Click the visible button that says `text`."""
    from PySide6.QtWidgets import QAbstractButton

    found = [each for each in parent.findChildren(QAbstractButton) if each.text().replace("&", "") == text]
    shown = [each for each in found if each.isVisible()]
    assert shown, f"no button {text!r} among {[each.text() for each in parent.findChildren(QAbstractButton)]}"
    shown[0].click()


def press(key: Qt.Key, *modifiers: Qt.KeyboardModifier) -> None:
    """Press a key where the focus is."""
    target = QApplication.focusWidget()
    assert target is not None
    together = Qt.KeyboardModifier.NoModifier
    for each in modifiers:
        together |= each
    QTest.keyClick(target, key, together)


def write(text: str) -> None:
    """Type where the focus is."""
    target = QApplication.focusWidget()
    assert target is not None
    QTest.keyClicks(target, text)


def pane_of(page: FilesPage) -> EditorPane:
    """Return the text that is shown."""
    assert page.pane is not None
    return page.pane


def type_at_end(pane: EditorPane, text: str) -> None:
    """Add to the end of the text."""
    pane.editor.moveCursor(QTextCursor.MoveOperation.End)
    pane.editor.insertPlainText(text)


async def opened(files: FilesWindow, name: str) -> EditorPane:
    """Open a file and return its text once it is there."""
    files.page.open_file(files.folder / name)
    await until(lambda: files.page.pane is not None and files.page.pane.file.path.name == Path(name).name)
    await quiet()
    return pane_of(files.page)
