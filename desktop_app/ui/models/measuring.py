"""What is measured of an export later: variants, and its speed beside the framework; and what is saved of it."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QObject, Qt
from PySide6.QtWidgets import QFileDialog

from desktop_app.api import OutsideError, Progress
from desktop_app.core.exports.report import ExportReport
from desktop_app.services.exports.candidates import Wish
from desktop_app.services.exports.placing import place
from desktop_app.services.exports.reports.page import page
from desktop_app.ui.clouds.work_strip import WorkStrip
from desktop_app.ui.models.report_page import ReportPage
from desktop_app.ui.models.wish_card import WishCard
from desktop_app.ui.tasks import spawn

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Coroutine

    from desktop_app.services.workbench import Workbench


class Measuring(QObject):
    """Carries out what a report's page asks for. What comes of it is kept in the report, which `look` reads anew."""

    def __init__(self, workbench: Workbench, shown: ReportPage, look: Callable[[], object]) -> None:
        super().__init__(shown)
        self._exports, self._shown, self._look = workbench.exports, shown, look
        self.card, self.strip = WishCard(), WorkStrip()
        for each in (self.card, self.strip):
            shown.notes.addWidget(each)
        shown.optimise.connect(lambda _report: self.card.begin())
        shown.benchmark.connect(self.time)
        shown.save_page.connect(self.ask_page)
        shown.save_variant.connect(self.ask_variant)
        self.card.wished.connect(self.compare)

    def compare(self, wish: Wish) -> None:
        """Make variants of the export that is shown, and compare them."""
        report = self._shown.report
        if report is None:
            return

        async def work(tell: Progress) -> None:
            await self._exports.compare(report, wish, tell)

        self._start(self.tr("Comparing variants…"), work)

    def time(self, report: ExportReport) -> None:
        """Time the export and its original in turns."""

        async def work(tell: Progress) -> None:
            await self._exports.benchmark(report, tell)

        self._start(self.tr("Timing both in turns…"), work)

    def ask_page(self, report: ExportReport) -> None:
        """Ask where the report goes as a page that anybody can read."""
        name = f"{Path(report.output).stem or report.id}-report.html"
        title, kinds = self.tr("Save the report as a page"), self.tr("Web pages (*.html)")

        def save(path: Path) -> None:
            self._do(self._write(path, page(report)), self.tr("{} was written.").format(path.name))

        self._ask(title, Path(report.output).parent / name if report.output else Path.home() / name, kinds, save)

    def ask_variant(self, title: str, variant: Path) -> None:
        """Ask where a variant goes."""
        report = self._shown.report
        if report is None:
            return
        target = Path(report.output)
        proposed = target.with_name(f"{target.stem}-{variant.stem}.onnx")

        def save(path: Path) -> None:
            said = self.tr("{} was saved as {}.").format(title, path.name)
            self._do(self._put(variant, path, report), said)

        self._ask(self.tr("Save {}").format(title), proposed, self.tr("ONNX models (*.onnx)"), save)

    async def _put(self, variant: Path, target: Path, report: ExportReport) -> None:
        await asyncio.to_thread(place, variant, target, self._exports.folder(report.id))

    async def _write(self, path: Path, text: str) -> None:
        try:
            await asyncio.to_thread(path.write_text, text, "utf-8")
        except OSError as error:
            raise OutsideError(f"{path} can't be written: {error.strerror or error}.") from error

    def _start(self, name: str, work: Callable[[Progress], Awaitable[object]]) -> None:
        self._shown.message.hide()
        if self.strip.busy:
            self._shown.message.show_text("info", self.tr("Something is measured already: wait, or cancel it."))
        else:
            self.strip.start(name, work, self._shown.message.show_error, self._look)

    def _do(self, work: Coroutine[Any, Any, None], said: str) -> None:
        async def whole() -> None:
            await work
            self._shown.message.show_passing(said)

        spawn(whole(), said, self._shown.message.show_error)

    def _ask(self, title: str, suggested: Path, kinds: str, then: Callable[[Path], object]) -> None:
        dialog = QFileDialog(self._shown.window(), title, str(suggested.parent), kinds)
        dialog.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        dialog.selectFile(suggested.name)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(lambda path: then(Path(path)))
        dialog.open()
