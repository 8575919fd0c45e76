"""The Models page: the table of exports, the report of the one that is open, and exporting another."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from PySide6.QtCore import Qt, QTimer, QUrl
from PySide6.QtGui import QDesktopServices, QHideEvent, QShowEvent
from PySide6.QtWidgets import QFileDialog, QStackedWidget, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models.export import ExportDraft, again
from desktop_app.presenters.models.page import moment_of, stamp_of
from desktop_app.presenters.models.standing import Standing, Standings, subject
from desktop_app.services.exports.reports.store import REJECTED
from desktop_app.ui.models.export_page import ExportPage
from desktop_app.ui.models.exporting import Exporting
from desktop_app.ui.models.list_page import ModelsList
from desktop_app.ui.models.measuring import Measuring
from desktop_app.ui.models.report_page import ReportPage
from desktop_app.ui.models.strip import ExportStrip
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets.passing_note import PassingNote

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from desktop_app.ui.models.foreign import ForeignMeasuring
    from desktop_app.ui.models.graph_page import GraphPage

_LOOK_MS = 1500
_OPEN = "models.open"


class ModelsPage(QStackedWidget):
    """Follows HOME/exports while it is seen: what another process exports appears, and goes, by itself."""

    def __init__(self, workbench: Workbench, shell: Shell, exporting: Exporting | None = None) -> None:
        super().__init__()
        self._workbench = workbench
        self._exports, self._root, self._shell = workbench.exports, workbench.places.exports, shell
        self._stamp: Sequence[tuple[str, int]] | None = None
        self._looking = False
        self._wanted = str(shell.state.get(_OPEN, "") or "")
        self.reports: Sequence[ExportReport] = ()
        self._standings, self._files = dict[str, Standing](), Standings()
        self.list, self.report_page = ModelsList(), ReportPage()
        self.exporting = exporting or Exporting(workbench, self)
        self.export_page = ExportPage(workbench, self.exporting)
        self.graph_page: GraphPage | None = None
        self.foreign: ForeignMeasuring | None = None
        self._before: QWidget | None = None
        self.strip = ExportStrip(self.exporting)
        self.list.notes.addWidget(self.strip)
        self.measuring = Measuring(workbench, self.report_page, self.look)
        self._timer = QTimer(self, interval=_LOOK_MS)
        for each in (self.list, self.report_page, self.export_page):
            self.addWidget(each)
        self._connect()

    def show_report(self, report: ExportReport) -> None:
        """Show an export's report."""
        self._show_as_known(report)
        self.setCurrentWidget(self.report_page)
        self.list.view.select(report.id)
        self._shell.state.set(_OPEN, report.id)
        spawn(self._look_at_file(report), f"look at the file of {report.id}", self._say)

    def show_export(self, name: str) -> None:
        """Show the report of an export by its id, as soon as it is read."""
        self._wanted = name
        self.look()

    def export(self, draft: ExportDraft | None = None) -> None:
        """Show how to export a model; while an export goes on, show that one."""
        project = str(self._shell.state.get("project", "") or "")
        self.export_page.project = Path(project) if project else None
        if draft is not None or self.export_page.is_spent:
            self.export_page.begin(draft)
        self.setCurrentWidget(self.export_page)
        self.export_page.face()

    def show_graph(self, path: Path, node: str = "", *, is_foreign: bool = False) -> None:
        """Show the graph of an ONNX file, at a node where one is named."""
        page = self._graph_page()
        if self.currentWidget() is not page:
            self._before = self.currentWidget()
        page.open_path(path, node, is_foreign=is_foreign)
        self.setCurrentWidget(page)
        page.view.canvas.setFocus()

    def open_onnx(self, path: Path) -> None:
        """Show the graph of an ONNX file from elsewhere, and offer what can be done with it."""
        self.show_graph(path, is_foreign=True)

    def ask_onnx(self) -> None:
        """Ask which ONNX file to show."""
        dialog = QFileDialog(
            self.window(), self.tr("Open an ONNX file"), str(self._shell.state.get("project", "") or Path.home()),
            self.tr("ONNX models (*.onnx);;All files (*)"),
        )  # fmt: skip
        dialog.setFileMode(QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: self.open_onnx(Path(path)))
        dialog.open()

    def _graph_page(self) -> GraphPage:
        from desktop_app.ui.models.foreign import ForeignMeasuring
        from desktop_app.ui.models.graph_page import GraphPage

        if self.graph_page is None:
            self.graph_page = GraphPage()
            self.graph_page.view.use_netron(self._exports.netron)
            self.graph_page.back.connect(self._leave_graph)
            self.foreign = ForeignMeasuring(self._workbench, self.graph_page)
            self.foreign.done.connect(self._measured)
            self.addWidget(self.graph_page)
        return self.graph_page

    def _measured(self, report: ExportReport) -> None:
        """Show what a file from elsewhere came to, where one waited for it."""
        if self.currentWidget() is self.graph_page:
            self.show_report(report)
        self.look()

    def _leave_graph(self) -> None:
        self.setCurrentWidget(self._before or self.list)

    def show_list(self) -> None:
        """Show all exports."""
        self._wanted = ""
        self._shell.state.set(_OPEN, "")
        self.setCurrentWidget(self.list)
        self.list.view.setFocus()

    def look(self) -> None:
        """Read the reports, if any changed since the last time."""
        if not self._looking:
            self._looking = True
            spawn(self._look(), "look for exports", self.list.message.show_error)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: looks as long as somebody sees it."""
        super().showEvent(event)
        self._timer.start()
        self.look()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._timer.stop()

    async def _look(self) -> None:
        try:
            stamp = await asyncio.to_thread(stamp_of, self._root)
            if stamp != self._stamp:
                found = await asyncio.to_thread(self._exports.reports)
                standings = await asyncio.to_thread(self._files.all_of, found)
                if isValid(self):
                    self._stamp = stamp
                    self._take(found, standings)
            else:
                await self._look_at_files()
        finally:
            self._looking = False
        if self._wanted and isValid(self):
            self._open_wanted()

    async def _look_at_files(self) -> None:
        """Look whether files are still those that were checked: of the report that is shown by its whole content."""
        shown = self.report_page.report if self.currentWidget() is self.report_page else None
        if shown is not None:
            await self._look_at_file(shown)
        standings = await asyncio.to_thread(self._files.all_of, self.reports)
        if isValid(self) and standings != self._standings:
            self._take(self.reports, standings)

    async def _look_at_file(self, report: ExportReport) -> None:
        standing = await asyncio.to_thread(self._files.of, report)
        if isValid(self) and standing is not self._standings.get(report.id, Standing.SAME):
            self._standings[report.id] = standing
            self.list.show_reports(self.reports, self._standings)
            if self.report_page.report is not None and self.report_page.report.id == report.id:
                self._show_as_known(self.report_page.report)

    def _show_as_known(self, report: ExportReport) -> None:
        self.report_page.show_report(report, moment_of(report.created), self._standings.get(report.id, Standing.SAME))

    def _take(self, reports: Sequence[ExportReport], standings: Mapping[str, Standing]) -> None:
        self.reports, self._standings = reports, dict(standings)
        self.list.show_reports(reports, standings)
        shown = self.report_page.report
        if shown is not None and self.currentWidget() is self.report_page:
            now = next((each for each in reports if each.id == shown.id), None)
            if now is None:
                self.show_list()
            else:
                self._show_as_known(now)

    def _open_wanted(self) -> None:
        found = next((each for each in self.reports if each.id == self._wanted), None)
        self._wanted = ""
        if found is not None:
            self.show_report(found)

    def _connect(self) -> None:
        self._timer.timeout.connect(self.look)
        self.list.opened.connect(self.show_report)
        self.list.asked.connect(self.export)
        self.list.onnx_asked.connect(self.ask_onnx)
        self.strip.shown_asked.connect(self.export)
        self.report_page.back.connect(self.show_list)
        self.report_page.graph.connect(self._show_graph_of)
        self.export_page.back.connect(self.show_list)
        self.exporting.done.connect(self._done)
        for each in (self.list, self.report_page):
            each.folder.connect(self._open_folder)
            each.removal.connect(self._remove)
            each.again.connect(self._export_again)

    def _show_graph_of(self, report: ExportReport) -> None:
        """Show an export's graph, where the answers part if they do; of one that was not put in place what is kept."""
        found = report.first_difference or {}
        kept = self._exports.folder(report.id) / REJECTED
        path, _sha256 = subject(report)
        self.show_graph(path or kept, str(found.get("node") or ""))
        if self.graph_page is not None and self._standings.get(report.id) is Standing.CHANGED:
            self.graph_page.tell_changed()

    def _export_again(self, report: ExportReport) -> None:
        self.export(again(report))

    def _done(self, report: ExportReport) -> None:
        """Show what an export came to, where one waited for it; the list learns of it by itself."""
        if self.currentWidget() is self.export_page:
            self.show_report(report)
        self.look()

    def _open_folder(self, report: ExportReport) -> None:
        folder = Path(report.output).parent
        if not folder.is_dir():
            self._say(UserError(f"{folder} is not there any more."))
        elif not QDesktopServices.openUrl(QUrl.fromLocalFile(str(folder))):
            self._say(UserError("The desktop has no program that shows folders.", hint=f"It is {folder}."))

    def _say(self, error: UserError) -> None:
        page = self.currentWidget()
        (page if isinstance(page, ReportPage) else self.list).message.show_error(error)

    def _remove(self, report: ExportReport) -> None:
        spawn(self._removed(report), f"remove {report.id}", self._say)

    async def _removed(self, report: ExportReport) -> None:
        await asyncio.to_thread(self._exports.remove, report.id)
        if isValid(self):
            if self.currentWidget() is self.report_page:
                self.show_list()
            self.look()
            PassingNote.over(self).tell(self.tr("{} was removed.").format(report.id))
