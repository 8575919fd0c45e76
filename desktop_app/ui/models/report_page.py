"""One export's report: the verdict first, then everything it rests on."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import cast

from PySide6.QtCore import QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QGuiApplication, QKeyEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import (
    QBoxLayout,
    QFrame,
    QHBoxLayout,
    QLabel,
    QMenu,
    QPlainTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models import report as told
from desktop_app.presenters.models import variants
from desktop_app.presenters.models.standing import Standing, mark_of, subject
from desktop_app.presenters.models.words import model_name
from desktop_app.ui.icons import icon
from desktop_app.ui.models.list_page import ask_remove
from desktop_app.ui.models.parts import FactLines, FigureGrid, Section, lines, mark_word
from desktop_app.ui.runs.confirm import Confirm
from desktop_app.ui.runs.words import date_and_time
from desktop_app.ui.theme import Space, icon_size, mono_font, theme_manager
from desktop_app.ui.widgets import ElidedLabel, InlineMessage, button, label, scrolled, tool_button
from desktop_app.ui.widgets.layouts import drop_contents

_TONES = {"completed": "success", "failed": "error", "canceled": "warning", "muted": "info"}


class ReportPage(QWidget):
    """`back` when the list is wanted again; the others carry the report, `save_variant` a title and a file."""

    back = Signal()
    graph = Signal(object)
    optimise = Signal(object)
    benchmark = Signal(object)
    save_page = Signal(object)
    save_variant = Signal(str, object)
    folder = Signal(object)
    again = Signal(object)
    removal = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.report: ExportReport | None = None
        self.standing = Standing.SAME
        self._came = ""  # the table that has just been made: it is shown, and gets the keyboard
        self.message, self.confirm = InlineMessage(), Confirm()
        self.title = ElidedLabel("", "title")
        self.when = ElidedLabel("", "muted")
        self.back_button = tool_button("mdi6.arrow-left", self.tr("Back to all exports"), self.back.emit)
        self.graph_button = button(self.tr("Open &graph"), "mdi6.graph-outline", lambda: self._emit(self.graph))
        self.optimise_button = button(
            self.tr("&Optimise and quantise…"), "mdi6.speedometer", lambda: self._emit(self.optimise)
        )
        self.benchmark_button = button(self.tr("&Benchmark"), "mdi6.timer-outline", lambda: self._emit(self.benchmark))
        self.more = tool_button("mdi6.dots-horizontal", self.tr("More actions"), self._show_menu)
        self._deeds = (self.graph_button, self.optimise_button, self.benchmark_button, self.more)
        self._head = QBoxLayout(QBoxLayout.Direction.LeftToRight)
        self.notes = QVBoxLayout()
        self._body = QWidget()
        self._column = QVBoxLayout(self._body)
        self._area = scrolled(self._body, self.tr("Report"))
        self._coming: Iterator[QWidget] = iter(())
        self._next = QTimer(self, interval=0)
        self._next.timeout.connect(self._add_part)
        self._build()

    def show_report(self, report: ExportReport, created: datetime, standing: Standing = Standing.SAME) -> None:
        """Show a report, and whether its file is still the one that was checked."""
        is_other = self.report is None or report.id != self.report.id
        if report == self.report and standing is self.standing:
            return
        self._came = "" if is_other else _what_came(self.report, report)
        focus = cast("QWidget | None", self.window().focusWidget())
        had_focus = focus is not None and self.isAncestorOf(focus)
        self.report, self.standing = report, standing
        self.title.setText(model_name(report))
        self.when.setText(f"{report.id} · {date_and_time(created.astimezone())}")
        self._enable(report, standing)
        self._fit_head()
        drop_contents(self._column)
        self._coming = self._parts(report)
        self._add_part()
        self._next.start()
        if is_other:
            self.message.hide()
            self.confirm.hide()
            self._area.verticalScrollBar().setValue(0)
        if is_other or had_focus:
            self.back_button.setFocus()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the keyboard is at the report, wherever it was on the page before."""
        super().showEvent(event)
        self.back_button.setFocus()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: where there is no room beside the name, the buttons stand below it."""
        super().resizeEvent(event)
        self._fit_head()

    def _fit_head(self) -> None:
        name = self.title.fontMetrics().horizontalAdvance(self.title.text())
        self.title.setMaximumWidth(name + Space.S)  # the rest is the date's
        date = self.when.fontMetrics().horizontalAdvance("e-20261122…")
        needed = sum(each.sizeHint().width() + Space.S for each in (self.back_button, *self._deeds)) + name + date
        fits = needed + 3 * Space.L <= self.width()
        way = QBoxLayout.Direction
        self._head.setDirection(way.LeftToRight if fits else way.TopToBottom)

    def _in_view(self, section: Section, name: str) -> Section:
        """Bring a table that has just been made into view, and the keyboard to it."""
        if name == self._came:
            self._came = ""
            section.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
            QTimer.singleShot(0, section, lambda: self._go_to(section))
        return section

    def _go_to(self, section: Section) -> None:
        section.setFocus()
        self._area.ensureWidgetVisible(section, 0, Space.M)

    def _enable(self, report: ExportReport, standing: Standing) -> None:
        """Offer what can be done with the file as it is now."""
        is_same, is_gone = standing is Standing.SAME, standing is Standing.GONE
        self.graph_button.setText(self.tr("Open &graph") if is_same or is_gone else self.tr("Open &graph as it is now"))
        self.graph_button.setEnabled(bool(report.nodes) and not is_gone)
        for each in (self.optimise_button, self.benchmark_button):
            each.setEnabled(bool(report.output) and is_same)
        gone = self.tr("The file is gone: {}").format(subject(report)[0])
        changed = self.tr("The file has changed since it was checked.")
        for each in (self.graph_button, self.optimise_button, self.benchmark_button):
            each.setToolTip("" if is_same else gone if is_gone else changed)

    def menu(self) -> QMenu:
        """Return what is not on a button."""
        menu = QMenu(self)
        has_file = self.report is not None and bool(self.report.output)
        menu.addAction(
            icon("mdi6.file-export-outline"), self.tr("&Save the report as a page…"), lambda: self._emit(self.save_page)
        )
        folder = menu.addAction(icon("mdi6.folder-outline"), self.tr("Open &folder"), lambda: self._emit(self.folder))
        folder.setEnabled(has_file)
        menu.addAction(icon("mdi6.restart"), self.tr("Export &again…"), lambda: self._emit(self.again))
        menu.addSeparator()
        menu.addAction(icon("mdi6.delete-outline", "failed"), self.tr("&Remove…"), self.ask_remove)
        return menu

    def ask_remove(self) -> None:
        """Ask whether to forget the export."""
        if self.report is not None:
            ask_remove(self.confirm, self.report, lambda: self._emit(self.removal))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc leads back to the list."""
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        else:
            super().keyPressEvent(event)

    def _emit(self, signal: object) -> None:
        if self.report is not None:
            signal.emit(self.report)  # type: ignore[attr-defined]

    @property
    def is_whole(self) -> bool:
        """Whether all parts of the report are there: each is made in a turn of its own, the verdict at once."""
        return not self._next.isActive()

    def _add_part(self) -> None:
        made = next(self._coming, None)
        if made is None:
            self._next.stop()
        else:
            self._column.insertWidget(self._column.count() - 1, made)
            made.show()

    def _parts(self, report: ExportReport) -> Iterator[QWidget]:
        yield VerdictCard(report, self.standing)
        if noted := told.notes(report):
            yield Section(self.tr("Worth knowing"), *lines(noted))
        if report.first_difference:
            yield self._difference(report)
        if found := told.checks(report):
            yield Section(self.tr("What was checked"), *lines(found))
        if report.inputs or report.outputs:
            yield self._tensors(report)
        if report.candidates:
            yield self._in_view(self._variants(report), "candidates")
        if report.benchmark:
            sentence = label(variants.bench_sentence(report), wraps=True, selectable=True)
            grid = FigureGrid(variants.benchmark(report), self.tr("Speed"))
            said = label(variants.BENCHMARK_SAY, "muted", wraps=True)
            yield self._in_view(Section(self.tr("Speed beside the original"), sentence, grid, said), "benchmark")
        if code := told.usage(report):
            yield UsageSection(code)
        if tried := told.routes(report):
            yield Section(self.tr("How it was exported"), *lines(tried))
        yield Section(self.tr("Details"), FactLines(told.facts(report)))
        said = label(told.SANDBOX, "muted", wraps=True)
        yield Section(self.tr("How the model's code was held"), said, FactLines(told.isolation(report)))

    def _tensors(self, report: ExportReport) -> Section:
        section = Section(self.tr("What goes in and what comes out"))
        for grid, name in ((told.inputs(report), self.tr("Inputs")), (told.outputs(report), self.tr("Outputs"))):
            if grid.rows:
                section.body.addWidget(FigureGrid(grid, name))
        if report.parity and report.outputs:
            section.body.addWidget(label(told.OUTPUTS_SAY, "muted", wraps=True))
        return section

    def _variants(self, report: ExportReport) -> Section:
        section = Section(self.tr("Optimised and quantised"), label(variants.advice(report), wraps=True))
        section.body.addWidget(FigureGrid(variants.candidates(report), self.tr("Variants")))
        section.body.addWidget(label(variants.CANDIDATES_SAY, "muted", wraps=True))
        section.body.addWidget(FactLines(variants.whys(report)))
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        for title, path, warning in variants.made(report):
            made = button(self.tr("Save {}…").format(title), "mdi6.content-save-outline", self._saver(title, path))
            made.setToolTip(warning)
            row.addWidget(made)
        row.addStretch()
        section.body.addLayout(row)
        return section

    def _saver(self, title: str, path: Path) -> Callable[[], None]:
        return lambda: self.save_variant.emit(title, path)

    def _difference(self, report: ExportReport) -> Section:
        show = button(self.tr("Show in the graph"), "mdi6.graph-outline", lambda: self._emit(self.graph))
        row = QHBoxLayout()
        row.addWidget(show)
        row.addStretch()
        section = Section(
            self.tr("Where the answers part"), label(told.difference(report), wraps=True, selectable=True)
        )
        section.body.addLayout(row)
        return section

    def _show_menu(self) -> None:
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        at = self.more.mapToGlobal(self.more.rect().bottomRight())
        menu.popup(at - QPoint(menu.sizeHint().width(), 0))

    def _build(self) -> None:
        names, deeds = QHBoxLayout(), QHBoxLayout()
        for row, held in ((names, (self.back_button,)), (deeds, self._deeds)):
            row.setSpacing(Space.S)
            for each in held:
                row.addWidget(each)
        names.addWidget(self.title, 3)
        names.addWidget(self.when, 1)
        self.when.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        deeds.addStretch()
        self._head.setSpacing(Space.S)
        self._head.addLayout(names, 1)
        self._head.addLayout(deeds)
        self._column.setContentsMargins(0, 0, 0, Space.L)
        self._column.setSpacing(Space.M)
        self._column.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, 0)
        column.setSpacing(Space.M)
        column.addLayout(self._head)
        self.notes.setSpacing(Space.S)
        for made in (self.message, self.confirm):
            self.notes.addWidget(made)
        column.addLayout(self.notes)
        column.addWidget(self._area, 1)


class UsageSection(Section):
    """How the file is run with Python, to be copied."""

    def __init__(self, code: str) -> None:
        super().__init__("")
        self.heading.setText(self.tr("How to run it"))
        self.setAccessibleName(self.heading.text())
        self._code = code
        text = QPlainTextEdit(code, readOnly=True)
        text.setFont(mono_font())
        text.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        text.setTabChangesFocus(True)
        text.setAccessibleName(self.tr("Python that runs the file"))
        text.setFixedHeight(text.fontMetrics().lineSpacing() * (code.count("\n") + 3))
        self.copy_button = button(self.tr("Cop&y"), "mdi6.content-copy", self._copy)
        row = QHBoxLayout()
        row.addWidget(label(self.tr("With Python, after {}:").format(told.INSTALL), "muted", selectable=True))
        row.addStretch()
        row.addWidget(self.copy_button)
        self.body.addLayout(row)
        self.body.addWidget(text)

    def _copy(self) -> None:
        QGuiApplication.clipboard().setText(self._code)


def _what_came(before: ExportReport | None, now: ExportReport) -> str:
    if before is not None and now.candidates and now.candidates != before.candidates:
        return "candidates"
    return "benchmark" if before is not None and now.benchmark and now.benchmark != before.benchmark else ""


class VerdictCard(QFrame):
    """The verdict: its word, its sentence, what it rests on, and the file it is about."""

    def __init__(self, report: ExportReport, standing: Standing = Standing.SAME) -> None:
        super().__init__()
        self._mark = mark_of(report, standing)
        self.setProperty("role", "message")
        self.setProperty("tone", _TONES[self._mark.role])
        self.heading = label(told.heading(report, standing), "heading", wraps=True, selectable=True)
        self.text = label(told.explanation(report, standing), "plain", wraps=True, selectable=True)
        self.facts = label(told.facts_line(report), "muted", wraps=True, selectable=True)
        self._picture = QLabel()
        self.setAccessibleName(f"{self._mark.word}: {self.heading.text()}")
        column = QVBoxLayout()
        column.setSpacing(Space.XS)
        column.addWidget(mark_word(self._mark))
        for each in (self.heading, self.text, self.facts):
            each.setVisible(bool(each.text()))
            column.addWidget(each)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        row.setSpacing(Space.L)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(column, 1)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def _redraw(self) -> None:
        picture = icon(self._mark.icon, self._mark.role)
        self._picture.setPixmap(picture.pixmap(icon_size() * 2, self.devicePixelRatioF()))
