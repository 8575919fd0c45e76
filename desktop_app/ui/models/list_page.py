"""The list of exports: a filter, the table, what can be done with the chosen one, and how to come to the first."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QKeySequence
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QMenu, QSizePolicy, QStackedLayout, QVBoxLayout, QWidget

from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models.page import ModelRow, rows_of, summary
from desktop_app.presenters.models.standing import Standing
from desktop_app.ui.icons import icon
from desktop_app.ui.models.keys import EXPORT_KEYS
from desktop_app.ui.models.table import ModelsModel, ModelsView
from desktop_app.ui.runs.confirm import Confirm
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, EmptyState, InlineMessage, button, label, primary_button


class ModelsList(QWidget):
    """`opened`, `again` and `removal` carry a report; `asked` and `onnx_asked` carry nothing."""

    opened = Signal(object)
    again = Signal(object)
    folder = Signal(object)
    removal = Signal(object)
    asked = Signal()
    onnx_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self._reports: Sequence[ExportReport] = ()
        self._standings: Mapping[str, Standing] = {}
        self.model = ModelsModel(self)
        self.view = ModelsView(self.model)
        self.message, self.confirm = InlineMessage(), Confirm()
        self.search = QLineEdit(placeholderText=self.tr("Filter: model, verdict, route, run"))
        self.count = label(role="muted")
        self.export_button = primary_button(
            self.tr("&Export a model…"), "mdi6.cube-send", self.asked.emit,
            tip=f"{self.tr('Export a model to ONNX')}  {EXPORT_KEYS}",
        )  # fmt: skip
        self.open_button = button(
            self.tr("&Open an ONNX file…"), "mdi6.graph-outline", self.onnx_asked.emit,
            tip=self.tr("See what an ONNX file computes, and make smaller and faster variants of it"),
        )  # fmt: skip
        self.notes = QVBoxLayout()
        self._stack = QStackedLayout()
        self._build()

    def show_reports(self, reports: Sequence[ExportReport], standings: Mapping[str, Standing] | None = None) -> None:
        """Show exports, newest first, and whether their files are still those that were checked."""
        self._reports, self._standings = reports, standings or {}
        self._apply()

    def event(self, event: QEvent) -> bool:
        """Called by Qt: Ctrl+F is this page's own while it has the focus."""
        if event.type() == QEvent.Type.ShortcutOverride and isinstance(event, QKeyEvent) and _is_find(event):
            event.accept()
            return True
        return super().event(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Ctrl+F goes to the filter, Esc clears it."""
        if _is_find(event):
            self.search.setFocus()
            self.search.selectAll()
        elif event.key() == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            super().keyPressEvent(event)

    def menu_for(self, row: ModelRow) -> QMenu:
        """Return what can be done with an export."""
        menu, report = QMenu(self), row.report

        def add(text: str, picture: str, call: Callable[[], object]) -> None:
            menu.addAction(icon(picture), text, call)

        add(self.tr("&Open"), "mdi6.arrow-right", lambda: self.opened.emit(report))
        add(self.tr("Export &again…"), "mdi6.restart", lambda: self.again.emit(report))
        if report.output:
            add(self.tr("Open &folder"), "mdi6.folder-outline", lambda: self.folder.emit(report))
        menu.addSeparator()
        add(self.tr("&Remove…"), "mdi6.delete-outline", self.ask_remove)
        return menu

    def ask_remove(self) -> None:
        """Ask whether to forget the chosen export."""
        row = self.view.chosen
        if row is not None:
            ask_remove(self.confirm, row.report, lambda: self.removal.emit(row.report))

    def _apply(self) -> None:
        rows = rows_of(self._reports, self.search.text(), self._standings)
        self.model.show(rows)
        self.count.setText(summary(len(rows), len(self._reports)))
        self._stack.setCurrentIndex(0 if rows else 2 if self._reports else 1)
        self.search.setVisible(bool(self._reports))
        if rows and self.view.chosen is None:
            self.view.selectRow(0)

    def _into_table(self) -> None:
        if self.model.rows:
            self.view.setFocus()

    def _activated(self, name: str) -> None:
        found = next((each.report for each in self.model.rows if each.id == name), None)
        if found is not None:
            self.opened.emit(found)

    def _menu(self, at: QPoint) -> None:
        row = self.view.chosen
        if row is not None:
            menu = self.menu_for(row)
            menu.aboutToHide.connect(menu.deleteLater)
            menu.popup(at)

    def _build(self) -> None:
        card = Card(margin=1, spacing=0)
        card.body.addWidget(self.view)
        for each in (card, self._nothing(), self._no_match()):
            self._stack.addWidget(each)
        self._stack.setCurrentIndex(1)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(self._top())
        self.notes.setSpacing(Space.S)
        for each in (self.message, self.confirm):
            self.notes.addWidget(each)
        column.addLayout(self.notes)
        column.addLayout(self._stack, 1)
        self.view.opened.connect(self._activated)
        self.view.asked.connect(self._menu)
        self.view.removal_asked.connect(self.ask_remove)
        self.search.textChanged.connect(self._apply)
        self.search.returnPressed.connect(self._into_table)

    def _top(self) -> QHBoxLayout:
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("mdi6.filter-variant", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setAccessibleName(self.tr("Filter exports"))
        self.search.setToolTip(self.tr("Filter exports  Ctrl+F"))
        letters = self.search.fontMetrics()
        self.search.setMinimumWidth(letters.averageCharWidth() * 16)
        self.search.setMaximumWidth(letters.horizontalAdvance(self.search.placeholderText()) + 56)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(label(self.tr("Models"), "title"))
        row.addWidget(self.count)
        row.addStretch()
        row.addWidget(self.search)
        row.addWidget(self.open_button)
        row.addWidget(self.export_button)
        return row

    def _nothing(self) -> QWidget:
        text = self.tr(
            "ONNX is one file that runs a model without the framework it was trained with.\n"
            "Export a model: drop a file here, pick one from a run's Outputs, or press {}.\n"
            "Each export is run beside the original, and says whether its answers are the same."
        )
        empty = EmptyState("mdi6.cube-outline", self.tr("No exports yet"), text.format(EXPORT_KEYS))
        empty.add_action(button(self.tr("Open an ONNX &file…"), "mdi6.graph-outline", self.onnx_asked.emit))
        return empty

    def _no_match(self) -> QWidget:
        empty = EmptyState(
            "mdi6.filter-off-outline", self.tr("No export matches"), self.tr("The filter hides every export.")
        )
        empty.add_action(button(self.tr("&Show all exports"), on_click=self.search.clear))
        return empty


def ask_remove(confirm: Confirm, report: ExportReport, then: Callable[[], object]) -> None:
    """Ask whether to forget an export; the file it wrote is the person's own."""
    stays = confirm.tr("{} stays where it is.").format(report.output) if report.output else ""
    said = confirm.tr("Its report and the inputs it was checked with are deleted; this can't be undone.")
    confirm.ask(confirm.tr("Remove this export?"), f"{said} {stays}".strip(), confirm.tr("Remove"), then)


def _is_find(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Find)
