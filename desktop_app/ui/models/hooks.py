"""Ties exports to the window's frame: the action and its keys, dropped models, graphs, and what goes on unseen."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, cast

from PySide6.QtCore import QObject, QTimer
from PySide6.QtWidgets import QWidget

from desktop_app.api import UserError
from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models.export import ExportDraft, Source
from desktop_app.presenters.models.words import VERDICTS
from desktop_app.ui.models.dropping import ModelDrop
from desktop_app.ui.models.exporting import Exporting
from desktop_app.ui.models.keys import EXPORT_KEYS
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets.buttons import primary_button

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.main_window import MainWindow
    from desktop_app.ui.models.page import ModelsPage


class ModelHooks(QObject):
    """One window's part of exports."""

    def __init__(self, window: MainWindow, workbench: Workbench) -> None:
        super().__init__(window)
        self._window, self._workbench = window, workbench
        self.exporting = Exporting(workbench, self)
        self._drop = ModelDrop(window, self.take)
        window.add_action(
            "models.export", self.tr("&Export a model…"), EXPORT_KEYS, self.export, icon="mdi6.cube-send", menu="file"
        )
        window.add_action("models.open", self.tr("Open an ONN&X file…"), "", self.ask_onnx,
                          icon="mdi6.graph-outline", menu="file")  # fmt: skip
        self._was_front = False
        window.pages.currentChanged.connect(self._note_change)
        window.navigation.chosen.connect(self._chosen)
        for signal in (self.exporting.began, self.exporting.failed, self.exporting.given_up):
            signal.connect(self._show_count)
        window.status_row.export_asked.connect(self.export)
        self.exporting.asked.connect(self._tell_question)
        self.exporting.done.connect(self._tell_done)

    def page(self) -> QWidget:
        """Make the Models page."""
        from desktop_app.ui.models.page import ModelsPage

        return ModelsPage(self._workbench, self._window, self.exporting)

    def export(self, source: Source | None = None) -> None:
        """Show how to export a model; of a source, what it is."""
        page = self._page()
        if page is not None:
            page.export(ExportDraft(source=source) if source is not None else None)

    def take(self, path: Path) -> None:
        """Take a file or folder: the graph of an ONNX model, the export of any other."""
        spawn(self._take(path), f"look at {path.name}", self._window.say)

    def show_graph(self, path: Path) -> None:
        """Show the graph of an ONNX file."""
        page = self._page()
        if page is not None:
            page.open_onnx(path)

    def ask_onnx(self) -> None:
        """Ask which ONNX file to show."""
        page = self._page()
        if page is not None:
            page.ask_onnx()

    def close(self) -> None:
        """Follow no more."""
        self._drop.stop()

    async def _take(self, path: Path) -> None:
        from desktop_app.services.exports.formats.sniffing import look_at  # not needed for the window to open

        try:
            model = await asyncio.to_thread(look_at, path)
        except UserError:
            if path.suffix != ".py":
                raise
        else:
            if model.kind == "onnx":
                self.show_graph(path)
                return
        self.export(Source(path))

    def _note_change(self) -> None:
        """Note which page is in front, once what changed it is over."""
        self._was_front = False
        QTimer.singleShot(0, self, self._note_front)

    def _note_front(self) -> None:
        page = self._window.pages.made("models")
        self._was_front = page is not None and self._window.pages.currentWidget() is page

    def _chosen(self, name: str) -> None:
        """Lead to the list where Models was in front already."""
        page = self._window.pages.made("models")
        if name == "models" and self._was_front and page is not None and hasattr(page, "show_list"):
            page.show_list()

    def _page(self) -> ModelsPage | None:
        self._window.show_page("models")
        page = self._window.pages.page("models")
        return cast("ModelsPage", page) if hasattr(page, "show_graph") else None

    def _show_count(self) -> None:
        self._window.navigation.set_count("models", int(self.exporting.is_busy))
        order = self.exporting.order if self.exporting.is_busy else None
        self._window.status_row.set_export(self.tr("Exporting {}").format(order.model.path.name) if order else "")

    def _is_seen(self) -> bool:
        page = self._window.pages.made("models")
        return page is not None and page.isVisible()

    def _tell_question(self) -> None:
        if not self._is_seen():
            self._tell(self.tr("The export waits for an answer."), "", self.export)

    def _tell_done(self, report: ExportReport) -> None:
        self._show_count()
        if not self._is_seen():
            word = VERDICTS[report.verdict].word
            name = Path(str(report.model.get("path") or "")).name
            said = self.tr("{}: the export of {} is over.").format(word, name)
            self._tell(said, report.reason, lambda: self._show_report(report))
            self._window.notify(self.tr("{}: {}").format(word, name), report.reason)

    def _tell(self, text: str, hint: str, show: Callable[[], object]) -> None:
        def act() -> None:
            message.dismiss()
            show()

        message = self._window.message
        message.clear_buttons()
        message.show_text("info", text, hint)
        message.add_button(primary_button(self.tr("Show"), "mdi6.arrow-right", act))
        message.dismissed.connect(message.clear_buttons)

    def _show_report(self, report: ExportReport) -> None:
        page = self._page()
        if page is not None:
            page.show_report(report)
