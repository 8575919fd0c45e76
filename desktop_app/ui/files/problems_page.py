"""The Problems panel below the texts: what is wrong in the folder, filtered; a click goes to the line, or mends."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from PySide6.QtCore import QModelIndex, QPoint, Qt, QTimer, Signal
from PySide6.QtGui import QAction, QKeyEvent, QKeySequence
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QHeaderView,
    QLineEdit,
    QMenu,
    QPushButton,
    QStackedWidget,
    QTreeView,
    QVBoxLayout,
)

from desktop_app.api import Diagnostic, Severity
from desktop_app.presenters.problems import Counts, Filter, ProjectProblems
from desktop_app.services.folder_check.check import CheckState
from desktop_app.ui.files.marks import ICONS, ROLES
from desktop_app.ui.files.problem_tree import FIX, LINE, MESSAGE, ProblemTree
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import InlineMessage, dress_tree, label, tool_button

_FILTER_MS = 120
_SLOW_MS = 400


class _Tree(QTreeView):
    entered = Signal(QModelIndex)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Enter goes to the problem."""
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.currentIndex().isValid():
            self.entered.emit(self.currentIndex())
        else:
            super().keyPressEvent(event)


class ProblemsPanel(QFrame):
    """`chosen` asks to show a problem, `fix_asked` to mend one, `all_asked` to mend all of its kind.

    `undo_asked`: the files that were mended last are to be as they were.
    """

    chosen = Signal(Path, Diagnostic)
    fix_asked = Signal(Path, Diagnostic)
    all_asked = Signal(Diagnostic)
    undo_asked = Signal()
    closed = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.model = ProblemTree(self)
        self.tree = _Tree()
        self.heading = label(role="strong")
        self.progress = label(role="muted")
        self.filter_edit = QLineEdit()
        self.message = InlineMessage()
        self.undo_button = tool_button("mdi6.undo", self.tr("Undo the last “Fix all” on disk"), self.undo_asked.emit)
        self.undo_button.hide()
        self.empty = label(role="muted", wraps=True)
        self._stack = QStackedWidget()
        self._counts = Counts()
        self._state = CheckState()
        self.severities: dict[Severity, QPushButton] = {}
        self._filter_timer = QTimer(self, singleShot=True, interval=_FILTER_MS)
        self._slow = QTimer(self, singleShot=True, interval=_SLOW_MS)
        self._build()
        self._connect()

    def show_folder(self, problems: ProjectProblems | None) -> None:
        """Show the problems of a folder; None: none is open."""
        self.message.hide()
        self.filter_edit.clear()
        for made in self.severities.values():
            made.setChecked(True)
        self.model.show(problems)
        self.show_state(CheckState(), Counts())

    def set_can_undo(self, can: bool) -> None:
        """Offer to undo what was mended on disk, as long as it can be."""
        self.undo_button.setVisible(can)

    def refresh(self, paths: Iterable[Path | None]) -> None:
        """Show what is wrong with some files now."""
        self.model.refresh(paths)

    def show_state(self, state: CheckState, counts: Counts) -> None:
        """Show how far the check is, and what there is."""
        self._state, self._counts = state, counts
        words = {Severity.ERROR: counts.errors, Severity.WARNING: counts.warnings, Severity.INFO: counts.notes}
        for severity, made in self.severities.items():
            made.setText(str(words[severity]))
            made.setAccessibleName(self._names()[severity].format(words[severity]))
            made.setToolTip(self._names()[severity].format(words[severity]))
        if state.is_done:
            self._slow.stop()
            self._show_progress()
        elif not self._slow.isActive():
            self._slow.start()
        self._show_rows()

    def focus(self) -> None:
        """Give the keyboard to the list."""
        self.tree.setFocus()
        if not self.tree.currentIndex().isValid() and self.model.rowCount():
            self.tree.setCurrentIndex(self.model.index(0, 0))

    # ----- building

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Problems of the folder"))
        dress_tree(self.tree, self.tr("Problems of the folder"))
        self.tree.setModel(self.model)
        self.tree.setAllColumnsShowFocus(True)
        self.tree.setSelectionBehavior(QAbstractItemView.SelectionBehavior.SelectRows)
        self.tree.setExpandsOnDoubleClick(False)
        self.tree.setContextMenuPolicy(Qt.ContextMenuPolicy.CustomContextMenu)
        header = self.tree.header()
        header.setStretchLastSection(False)
        header.setSectionResizeMode(MESSAGE, QHeaderView.ResizeMode.Stretch)
        header.setSectionResizeMode(LINE, QHeaderView.ResizeMode.Interactive)
        header.setSectionResizeMode(FIX, QHeaderView.ResizeMode.Interactive)
        self.filter_edit.setPlaceholderText(self.tr("Filter"))
        self.filter_edit.setAccessibleName(self.tr("Filter the problems"))
        self.filter_edit.setToolTip(self.tr("Words of the message, the file or the code"))
        self.filter_edit.setClearButtonEnabled(True)
        self.filter_edit.setMaximumWidth(self.fontMetrics().averageCharWidth() * 40)
        self.filter_edit.setMinimumWidth(self.fontMetrics().averageCharWidth() * 24)
        self.empty.setAlignment(Qt.AlignmentFlag.AlignCenter)
        self._stack.addWidget(self.tree)
        self._stack.addWidget(self.empty)
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.XS, Space.L, Space.S)
        column.setSpacing(Space.XS)
        column.addLayout(self._head())
        column.addWidget(self.message)
        column.addWidget(self._stack, 1)
        self._fit_columns()
        self._add_actions()

    def _head(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        self.heading.setText(self.tr("Problems"))
        row.addWidget(self.heading)
        for severity in Severity:
            made = QPushButton(icon(ICONS[severity], ROLES[severity]), "0")
            made.setCheckable(True)
            made.setChecked(True)
            made.setProperty("role", "flat")
            made.toggled.connect(lambda _on: self._filter_timer.start(0))
            self.severities[severity] = made
            row.addWidget(made)
        row.addWidget(self.progress)
        row.addStretch(1)
        row.addWidget(self.filter_edit)
        row.addWidget(self.undo_button)
        row.addWidget(tool_button("mdi6.close", self.tr("Close the problems"), self.closed.emit))
        return row

    def _names(self) -> dict[Severity, str]:
        return {
            Severity.ERROR: self.tr("Show errors: {}"),
            Severity.WARNING: self.tr("Show warnings: {}"),
            Severity.INFO: self.tr("Show notes: {}"),
        }

    def _connect(self) -> None:
        self.filter_edit.textChanged.connect(lambda _text: self._filter_timer.start())
        self._filter_timer.timeout.connect(self._apply_filter)
        self._slow.timeout.connect(self._show_progress)
        self.model.rowsInserted.connect(self._on_inserted)
        self.model.modelReset.connect(self._on_reset)
        self.tree.clicked.connect(self._on_click)
        self.tree.entered.connect(self._choose)
        self.tree.customContextMenuRequested.connect(self._show_menu)
        self.show_state(CheckState(0, 0, True), Counts())

    def _add_actions(self) -> None:
        self._add(self.tr("&Fix this problem"), "Ctrl+.", self._fix_current)
        self._add(self.tr("Fix &all of this kind…"), "Ctrl+Shift+.", self._fix_all)
        self._add(self.tr("&Close the problems"), "Esc", self.closed.emit)

    def _add(self, text: str, shortcut: str, act: object) -> None:
        made = QAction(text, self.tree)
        made.setShortcut(QKeySequence(shortcut))
        made.setShortcutContext(Qt.ShortcutContext.WidgetShortcut)
        made.triggered.connect(lambda _checked=False: act())  # type: ignore[operator]
        self.tree.addAction(made)

    def _fit_columns(self) -> None:
        width = self.fontMetrics().averageCharWidth()
        self.tree.header().resizeSection(LINE, width * 10)
        self.tree.header().resizeSection(FIX, width * 28)

    # ----- what is shown

    def _show_rows(self) -> None:
        has_rows = self.model.rowCount() > 0
        self._stack.setCurrentIndex(0 if has_rows else 1)
        if not has_rows:
            self.empty.setText(self._nothing())

    def _nothing(self) -> str:
        files, state = self._state.files, self._state
        if self.model.problems is None:
            return self.tr("Open a folder, and what is wrong in it is listed here.")
        if self._counts.all:
            return self.tr("No problem fits the filter.")
        if not state.is_done:
            return self.tr("Checking the folder…")
        if files == 0:
            return self.tr("There is no file of Azure ML in this folder.")
        return self.tr("No problems in 1 file.") if files == 1 else self.tr("No problems in {} files.").format(files)

    def _show_progress(self) -> None:
        state = self._state
        if state.trouble:
            self.progress.setText(self.tr("The check stopped."))
            self.progress.setToolTip(state.trouble)
        elif state.is_done:
            self.progress.setText("")
        elif state.left:
            self.progress.setText(self.tr("Checking: {} of {} files").format(state.files - state.left, state.files))
        else:
            self.progress.setText(self.tr("Checking…"))

    def _apply_filter(self) -> None:
        shown = frozenset(each for each, made in self.severities.items() if made.isChecked())
        self.model.set_filter(Filter(self.filter_edit.text(), shown))
        self._show_rows()

    def _on_inserted(self, parent: QModelIndex, first: int, last: int) -> None:
        if not parent.isValid():
            for row in range(first, last + 1):
                self._open_row(row)

    def _on_reset(self) -> None:
        for row in range(self.model.rowCount()):
            self._open_row(row)

    def _open_row(self, row: int) -> None:
        self.tree.expand(self.model.index(row, 0))

    # ----- what happens

    def _on_click(self, index: QModelIndex) -> None:
        found, group = self.model.problem(index), self.model.group(index)
        if found is not None and group is not None and index.column() == FIX and found.fix:
            self.fix_asked.emit(group.path, found)
        elif found is not None:
            self._choose(index)

    def _choose(self, index: QModelIndex) -> None:
        found, group = self.model.problem(index), self.model.group(index)
        if group is not None:
            self.chosen.emit(group.path, found or group.problems[0])

    def _fix_current(self) -> None:
        index = self.tree.currentIndex()
        found, group = self.model.problem(index), self.model.group(index)
        if found is not None and found.fix and group is not None:
            self.fix_asked.emit(group.path, found)

    def _fix_all(self) -> None:
        found = self.model.problem(self.tree.currentIndex())
        if found is not None and found.fix:
            self.all_asked.emit(found)

    def _show_menu(self, point: QPoint) -> None:
        index = self.tree.indexAt(point)
        found = self.model.problem(index)
        group = self.model.group(index)
        if group is None or self.model.problems is None:
            return
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.addAction(self.tr("&Go to it"), lambda: self._choose(index))
        if found is not None and found.fix:
            menu.addAction(self.tr("&Fix: {}").format(found.fix.title), self._fix_current)
            number = len(self.model.problems.alike(found))
            menu.addAction(self.tr("Fix &all of this kind ({})…").format(number), self._fix_all)
        menu.popup(self.tree.viewport().mapToGlobal(point))
