"""The list of all runs: filters, the table, what can be done with the chosen ones, and what to do without any."""

from __future__ import annotations

from collections.abc import Callable

from PySide6.QtCore import QEvent, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QHideEvent, QKeyEvent, QKeySequence, QShowEvent
from PySide6.QtWidgets import (
    QComboBox,
    QHBoxLayout,
    QLineEdit,
    QMenu,
    QSizePolicy,
    QStackedLayout,
    QVBoxLayout,
    QWidget,
)

from desktop_app.api import RunSnapshot, UserError
from desktop_app.presenters.run_page import actions_of
from desktop_app.presenters.runs import Filter
from desktop_app.services.samples import FIRST, own_job
from desktop_app.services.workbench import Workbench
from desktop_app.ui.icons import icon
from desktop_app.ui.runs.actions import RunActions
from desktop_app.ui.runs.confirm import Confirm
from desktop_app.ui.runs.header import download_words
from desktop_app.ui.runs.table_model import RunsModel
from desktop_app.ui.runs.table_view import RunsView
from desktop_app.ui.runs.words import count_words
from desktop_app.ui.samples_button import samples_button
from desktop_app.ui.shell import Shell
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, EmptyState, InlineMessage, button, label, primary_button

_MANY = 2000
"""Runs from which on typing waits for a moment before it filters."""


class RunsList(QWidget):
    """The table page. `opened` carries the handle of a run to show."""

    opened = Signal(str)

    def __init__(self, workbench: Workbench, shell: Shell) -> None:
        super().__init__()
        self._workbench = workbench
        self._shell = shell
        self.model = RunsModel(workbench.store, workbench.backends, self, workbench.stalls)
        self.view = RunsView(self.model)
        self.deeds = RunActions(workbench, shell, self)
        self.message = InlineMessage()
        self.confirm = Confirm()
        self.search = QLineEdit(placeholderText=self.tr("Filter: name, state, experiment, tag"))
        self.states, self.backends = QComboBox(), QComboBox()
        self.count = label(role="muted")
        self._stack = QStackedLayout()
        self._typing = QTimer(self, interval=120, singleShot=True)
        self._second = QTimer(self, interval=1000)
        self._half_minute = QTimer(self, interval=30_000)
        self._build()
        self._connect()
        self._update()

    def close_down(self) -> None:
        """Listen to nothing any longer."""
        self._second.stop()
        self._half_minute.stop()
        self.model.close()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: time passes only where it is seen."""
        super().showEvent(event)
        self._second.start()
        self._half_minute.start()
        self.model.tick_ages()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._second.stop()
        self._half_minute.stop()

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
        elif event.key() == Qt.Key.Key_Escape and not self.model.table.filter.is_empty:
            self.clear_filter()
        else:
            super().keyPressEvent(event)

    def clear_filter(self) -> None:
        """Show every run."""
        self.search.clear()
        self.states.setCurrentIndex(0)
        self.backends.setCurrentIndex(0)
        self._apply()

    def run_sample(self, name: str = FIRST) -> None:
        """Run a sample job, from the person's own copy of it."""
        try:
            self._shell.run_file(own_job(self._workbench.places, name))
        except UserError as error:
            self.message.show_error(error)

    def compare_chosen(self) -> None:
        """Show what differs between the two chosen runs, or say how to choose them."""
        runs = self._chosen()
        if len(runs) == 2:
            self.deeds.compare(runs)
        else:
            how = self.tr("Choose two runs first: click one, then another with Ctrl held.")
            self.message.show_passing(how)
            self.view.setFocus()

    def _build(self) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L + Space.XS, Space.L, Space.L + Space.XS, Space.L)
        column.setSpacing(Space.M)
        column.addLayout(self._top())
        column.addWidget(self.message)
        column.addWidget(self.confirm)
        card = Card(margin=1, spacing=0)
        self.view.setProperty("role", "bare")
        card.body.addWidget(self.view)
        for each in (card, self._no_runs(), self._no_matches()):
            self._stack.addWidget(each)
        column.addLayout(self._stack, 1)

    def _top(self) -> QHBoxLayout:
        self.search.setClearButtonEnabled(True)
        self.search.addAction(icon("mdi6.filter-variant", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.setAccessibleName(self.tr("Filter runs"))
        self.search.setToolTip(self.tr("Filter runs  Ctrl+F"))
        letters = self.search.fontMetrics()
        self.search.setMinimumWidth(letters.averageCharWidth() * 16)
        self.search.setMaximumWidth(letters.horizontalAdvance(self.search.placeholderText()) + 56)
        self.search.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.states.setAccessibleName(self.tr("Show runs in this state"))
        self.backends.setAccessibleName(self.tr("Show runs of this backend"))
        for name, title in (
            ("", self.tr("Any state")), ("live", self.tr("Live or waiting")), ("completed", self.tr("Completed")),
            ("failed", self.tr("Failed")), ("canceled", self.tr("Canceled")), ("unknown", self.tr("Unknown")),
        ):  # fmt: skip
            self.states.addItem(title, name)
        self.backends.addItem(self.tr("Any backend"), "")
        for each in self._workbench.backends.values():
            self.backends.addItem(each.title, each.name)
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(label(self.tr("Runs"), "title"))
        row.addWidget(self.count)
        row.addStretch()
        for each_widget in (self.search, self.states, self.backends):
            row.addWidget(each_widget)
        return row

    def _no_runs(self) -> QWidget:
        text = self.tr(
            "A run is one start of a job: its processes, logs, curves and outputs.\n"
            "The sample trains a small network on handwritten digits, on two processes of this machine."
        )
        empty = EmptyState("mdi6.play-box-multiple-outline", self.tr("No runs yet"), text)
        empty.add_action(primary_button(self.tr("&Run the sample job"), "mdi6.play", self.run_sample))
        empty.add_action(samples_button(self.tr("Run &another sample"), self.run_sample))
        empty.add_action(button(self.tr("&New job…"), "mdi6.plus", self._shell.new_job))
        return empty

    def _no_matches(self) -> QWidget:
        empty = EmptyState("mdi6.filter-off-outline", self.tr("No run matches"), self.tr("The filter hides every run."))
        empty.add_action(button(self.tr("&Show all runs"), on_click=self.clear_filter))
        return empty

    def _connect(self) -> None:
        self.search.textChanged.connect(self._typed)
        self.search.returnPressed.connect(self._into_table)
        self._typing.timeout.connect(self._apply)
        self.states.currentIndexChanged.connect(self._apply)
        self.backends.currentIndexChanged.connect(self._apply)
        self._second.timeout.connect(self.model.tick)
        self._half_minute.timeout.connect(self.model.tick_ages)
        self.view.opened.connect(self.opened)
        self.view.asked.connect(self._menu)
        self.view.removal_asked.connect(lambda: self._remove(self._chosen()))
        self.deeds.failed.connect(self.message.show_error)
        self.deeds.said.connect(self.message.show_passing)
        for each in (self.model.modelReset, self.model.rowsInserted, self.model.rowsRemoved):
            each.connect(self._update)

    def _typed(self) -> None:
        if self.model.table.total > _MANY:
            self._typing.start()
        else:
            self._apply()

    def _into_table(self) -> None:
        self._apply()
        if self.model.rowCount():
            if not self.view.currentIndex().isValid():
                self.view.selectRow(0)
            self.view.setFocus()

    def _apply(self) -> None:
        self._typing.stop()
        self.model.table.show(Filter(self.search.text(), self.states.currentData(), self.backends.currentData()))

    def _update(self) -> None:
        table = self.model.table
        shown = len(table.rows)
        self._stack.setCurrentIndex(0 if shown else 1 if not table.total else 2)
        of_all = self.tr("{} of {}").format(count_words(shown), count_words(table.total))
        self.count.setText("" if table.filter.is_empty else of_all)

    def _chosen(self) -> list[RunSnapshot]:
        found = (self._workbench.store.get(each) for each in self.view.handles)
        return [each for each in found if each is not None]

    def _menu(self, at: QPoint) -> None:
        menu = self.menu_for(self._chosen())
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(at)

    def menu_for(self, runs: list[RunSnapshot]) -> QMenu:
        """Return what can be done with the chosen runs."""
        menu = QMenu(self)
        can = [actions_of(each) for each in runs]
        one = runs[0] if len(runs) == 1 else None

        def add(text: str, picture: str, enabled: bool, call: Callable[[], object]) -> None:
            action = menu.addAction(icon(picture), text)
            action.setEnabled(enabled)
            action.triggered.connect(lambda _checked=False: call())

        if one is not None:
            add(self.tr("&Open"), "mdi6.arrow-right", True, lambda: self.opened.emit(one.handle))
            menu.addSeparator()
            add(self.tr("Run &again"), "mdi6.restart", can[0].again, lambda: self.deeds.again(one))
            add(self.tr("C&lone into a new file…"), "mdi6.content-copy", can[0].clone, lambda: self.deeds.clone(one))
            add(self.tr("Open &folder"), "mdi6.folder-outline", can[0].folder, lambda: self.deeds.open_folder(one))
            add(download_words(one), "mdi6.download", can[0].download, lambda: self.deeds.download(one))
            add(self.tr("E&xport to ONNX…"), "mdi6.cube-send", can[0].download, lambda: self.deeds.export(one))
            said = self.tr("The id was copied.")
            add(self.tr("Copy &id"), "mdi6.identifier", True, lambda: self.deeds.copy_text(one.run, said))
            menu.addSeparator()
        elif len(runs) == 2:
            add(self.tr("Co&mpare…"), "mdi6.compare-horizontal", True, lambda: self.deeds.compare(runs))
            menu.addSeparator()
        add(self.tr("&Cancel…"), "mdi6.stop", any(each.cancel for each in can), lambda: self._cancel(runs))
        add(self.tr("&Remove…"), "mdi6.delete-outline", any(each.remove for each in can), lambda: self._remove(runs))
        return menu

    def _cancel(self, runs: list[RunSnapshot]) -> None:
        live = [each for each in runs if not each.is_over]
        name = live[0].display_name if len(live) == 1 else self.tr("{} runs").format(len(live))
        self.confirm.ask(
            self.tr("Cancel {}?").format(name),
            self.tr("Its processes are ended. This can't be undone; what they wrote stays."),
            self.tr("Cancel the run") if len(live) == 1 else self.tr("Cancel the runs"),
            lambda: self.deeds.cancel(live),
        )

    def _remove(self, runs: list[RunSnapshot]) -> None:
        over = [each for each in runs if each.is_over]
        if not over:
            return
        name = over[0].display_name if len(over) == 1 else self.tr("{} runs").format(len(over))
        self.confirm.ask(
            self.tr("Remove {}?").format(name),
            self.tr("Logs, curves and outputs are deleted from this machine. This can't be undone."),
            self.tr("Remove"),
            lambda: self.deeds.remove(over),
        )


def _is_find(event: QKeyEvent) -> bool:
    return event.matches(QKeySequence.StandardKey.Find)
