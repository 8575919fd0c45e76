"""Opens bundles of colleagues, and logs from elsewhere: from the menu, dropped on the window, or named."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import QEvent, QMimeData, QObject
from PySide6.QtGui import QDragEnterEvent, QDragMoveEvent, QDropEvent
from PySide6.QtWidgets import QFileDialog

from desktop_app.services.run_logs_taken import is_of_runs, open_paths, take_logs
from desktop_app.services.run_open import SUFFIX
from desktop_app.services.run_staging import TakenIn, Taking
from desktop_app.ui.runs.opening_strip import OpeningStrip
from desktop_app.ui.tasks import spawn

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.main_window import MainWindow


class BundleHooks(QObject):
    """Ties bundles to the window. A zip that is none goes where it always went."""

    def __init__(self, window: MainWindow, workbench: Workbench, others: Callable[[Path], object]) -> None:
        super().__init__(window)
        self._window, self._workbench, self._others = window, workbench, others
        self.strip = OpeningStrip()
        window.add_strip(self.strip)
        window.setAcceptDrops(True)
        window.installEventFilter(self)  # the last one is asked first
        window.add_action("runs.open_bundle", window.tr("Open a run's &bundle…"), "", self.ask,
                          icon="mdi6.folder-zip-outline", menu="file")  # fmt: skip
        window.add_action("runs.open_logs", window.tr("Find the cause in &logs from elsewhere…"), "", self.ask_logs,
                          icon="mdi6.text-search", menu="file")  # fmt: skip

    def close(self) -> None:
        """Take no more."""
        self._window.removeEventFilter(self)

    def ask(self) -> None:
        """Ask for a bundle, and open it."""
        dialog = QFileDialog(self._window, self._window.tr("Open a run's bundle"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setNameFilter(self._window.tr("Bundles (*.zip)"))
        dialog.fileSelected.connect(lambda path: self._open(Path(path)))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def ask_logs(self) -> None:
        """Ask for a folder of logs, and open it as a run to look at."""
        dialog = QFileDialog(self._window, self._window.tr("A folder of logs of one failed run"), str(Path.home()))
        dialog.setFileMode(QFileDialog.FileMode.Directory)
        dialog.setOption(QFileDialog.Option.ShowDirsOnly)
        dialog.fileSelected.connect(lambda path: self.take_logs([Path(path)]))
        dialog.finished.connect(dialog.deleteLater)
        dialog.open()

    def take_logs(self, paths: Sequence[Path]) -> None:
        """Open logs from elsewhere as a run to look at: its page says the cause."""
        spawn(
            self._shown(partial(take_logs, paths, self._workbench.places.runs)),
            f"open {len(paths)} logs",
            self._window.say,
        )

    def take(self, path: Path, others: Callable[[Path], object]) -> None:
        """Open a bundle, or a zip of logs; any other zip is for `others`."""
        spawn(self._take(path, others), f"look at {path.name}", self._window.say)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for what happens to the window."""
        if isinstance(event, QDragEnterEvent | QDragMoveEvent) and zip_of(event.mimeData()) is not None:
            event.acceptProposedAction()
            return True
        if event.type() == QEvent.Type.Drop and isinstance(event, QDropEvent):
            path = zip_of(event.mimeData())
            if path is not None:
                event.acceptProposedAction()
                self.take(path, self._others)
                return True
        return super().eventFilter(watched, event)

    def _open(self, path: Path) -> None:
        spawn(self._taken_in(path), f"open {path.name}", self._window.say)

    async def _take(self, path: Path, others: Callable[[Path], object]) -> None:
        if await asyncio.to_thread(is_of_runs, path):
            await self._taken_in(path)
        else:
            others(path)

    async def _taken_in(self, path: Path) -> None:
        await self._shown(partial(open_paths, [path], self._workbench.places.runs))

    async def _shown(self, work: Callable[[Taking], TakenIn]) -> None:
        opened = await self.strip.follow(work)
        if opened is None:
            return
        await self._workbench.monitor.refresh("local")
        self._window.show_run(opened.handle)


def zip_of(data: QMimeData) -> Path | None:
    """Return the one zip that is dragged; whether it is a bundle is looked into once it is dropped."""
    urls = data.urls()
    if len(urls) != 1 or not urls[0].isLocalFile():
        return None
    path = Path(urls[0].toLocalFile())
    return path if path.suffix.lower() == SUFFIX else None
