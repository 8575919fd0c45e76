"""How the environments' window is reached: by the menus and the palette, and from the form of a job."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt
from PySide6.QtWidgets import QWidget

from desktop_app.api import Value

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.environments.dialog import EnvironmentsDialog
    from desktop_app.ui.files.editor_pane import EditorPane
    from desktop_app.ui.files.page import FilesPage
    from desktop_app.ui.shell import Shell


def add_environment_actions(page: FilesPage, shell: Shell) -> None:
    """Add “Environments…”."""
    shell.add_action(
        "files.environments",
        page.tr("&Environments…"),
        "Ctrl+E",
        lambda: show_environments(page),
        icon="mdi6.package-variant-closed",
        menu="file",
    )


def show_environments(page: FilesPage, name: str = "") -> EnvironmentsDialog:
    """Open the window over the project; for the job that is shown, it offers to put an environment into it."""
    pane = page.pane
    dialog = _open(page.workbench, page.folder, page.window(), name)
    if pane is not None and may_take(pane):
        dialog.offer_use(pane.file.path, lambda entry: put_into(pane, entry))
    dialog.written.connect(lambda files: _open_written(page, files))
    return dialog


def pick_environment(
    workbench: Workbench, job: Path, current: str, take: Callable[[Value], object], parent: QWidget
) -> EnvironmentsDialog:
    """Let a person choose an environment for a job; `take` gets what stands behind `environment:`.

    A `UserError` that `take` raises is shown in the window, which stays open then.
    """
    dialog = _open(workbench, job.parent, parent, current)
    dialog.offer_use(job, take)
    return dialog


def may_take(pane: EditorPane) -> bool:
    """Whether the file that is shown is a job that an environment can be put into."""
    return pane.kind in {"commandJob", "sweepJob", "sparkJob"}


async def put_into(pane: EditorPane, entry: Value) -> None:
    """Set `environment:` in the text that is shown, as one step that can be undone. Raises UserError."""
    from desktop_app.services.environments.using import use_in

    await pane.change(lambda text: use_in(text, pane.file.path, entry))


def _open(workbench: Workbench, folder: Path | None, parent: QWidget, name: str) -> EnvironmentsDialog:
    from desktop_app.ui.environments.dialog import EnvironmentsDialog

    dialog = EnvironmentsDialog(workbench, folder, parent)
    dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
    if name:
        dialog.select(name)
    dialog.open()
    return dialog


def _open_written(page: FilesPage, files: list[Path]) -> None:
    first = next((each for each in files if each.name == "environment.yml"), None)
    if first is not None:
        page.open_file(first)
