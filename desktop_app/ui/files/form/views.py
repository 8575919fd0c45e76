"""One file as form, as text, or both beside each other; above them the three buttons that choose."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QButtonGroup, QHBoxLayout, QPushButton, QSplitter, QVBoxLayout, QWidget

from desktop_app.api import Diagnostic, Value
from desktop_app.presenters.form.model import FormFacts
from desktop_app.presenters.form.reading import Reading
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.form.link import FormLink
from desktop_app.ui.files.form.panel import FormPanel
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button

FORM, BOTH, TEXT = "form", "both", "text"
VIEWS = (FORM, BOTH, TEXT)
_WIDE = 52  # letters of form and text together that stand well beside each other, twice
_SHARES = (3, 2)


class FormViews(QWidget):
    """`chosen` carries the view that the person chose for files that Azure ML knows."""

    chosen = Signal(str)
    fix_asked = Signal(Diagnostic)
    opener_asked = Signal(object)  # Opener: a button of the form that opens a window or a file

    def __init__(self, editor: CodeEditor, path: Callable[[], Path], facts: Callable[[Path, Value], FormFacts]) -> None:
        super().__init__()
        self.editor = editor
        self.panel: FormPanel | None = None
        self.link = FormLink(editor, path, facts)
        self._path = path
        self._choice = ""
        self._own_choice = ""  # for this file alone: one that Azure ML does not know
        self._splitter = QSplitter()
        self._buttons: dict[str, QPushButton] = {}
        self._row = QWidget()
        self._build()
        self.link.read.connect(self._on_read)

    # ----- what the pane asks

    @property
    def view(self) -> str:
        """What is shown: form, both or text."""
        if self._reading is None or not self._reading.is_offered:
            return TEXT
        if not self._reading.is_known:
            return self._own_choice or TEXT
        return self._own_choice or self._choice or (BOTH if self._is_wide() else TEXT)

    def set_choice(self, view: str) -> None:
        """Show the view that was chosen for all files."""
        self._choice = view if view in VIEWS else ""
        self._apply()

    def choose(self, view: str) -> None:
        """Show a view as the person wants it, from now on for every file that Azure ML knows."""
        if self._reading is None or not self._reading.is_offered:
            return
        if self._reading.is_known:
            self._choice = view
            self.chosen.emit(view)
        else:
            self._own_choice = view
        self._apply()
        if view == TEXT:
            self.editor.setFocus()

    def switch_focus(self) -> None:
        """Give the keyboard to the other of form and text; shows the form where it is hidden."""
        if self.panel is None or not self.panel.isVisible():
            self.choose(BOTH)
        if self.panel is not None and self.panel.isVisible() and not self.panel.has_focus:
            path = self._reading.path_at(self.editor.place[0]) if self._reading else ""
            if not path or not self.panel.go_to(path):
                self.panel.focus()
            return
        if self.view == FORM:
            self.choose(BOTH)
        self.editor.setFocus()

    def go_to(self, path: str) -> bool:
        """Show a path's field where the form has the keyboard or is all that is shown."""
        if self.panel is None or self.view == TEXT or not (self.view == FORM or self.panel.has_focus):
            return False
        return self.panel.go_to(path)

    def show_line(self, line: int) -> None:
        """Show a line of the text."""
        if self.view == FORM:
            self.choose(BOTH)
        self.editor.go_to(line)
        self.editor.setFocus()

    @property
    def is_offered(self) -> bool:
        """Whether there is a form to choose."""
        return self._reading is not None and self._reading.is_offered

    # ----- building

    @property
    def _reading(self) -> Reading | None:
        return self.link.reading

    def _build(self) -> None:
        row = QHBoxLayout(self._row)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(0)
        row.addStretch()
        group = QButtonGroup(self)
        titles = {FORM: self.tr("Form"), BOTH: self.tr("Both"), TEXT: self.tr("Text")}
        for number, (view, title) in enumerate(titles.items()):
            made = button(title, on_click=partial(self.choose, view), role="segment")
            made.setCheckable(True)
            made.setProperty("place", ("first", "middle", "last")[number])
            made.setAccessibleName(self.tr("Show: {}").format(title))
            group.addButton(made)
            self._buttons[view] = made
            row.addWidget(made)
        self._splitter.setChildrenCollapsible(False)
        self._splitter.setProperty("role", "gap")
        self._splitter.setHandleWidth(Space.S + 1)
        self._splitter.addWidget(self.editor)
        self._row.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(self._row)
        column.addWidget(self._splitter, 1)
        self.setFocusProxy(self.editor)

    def _make_panel(self) -> FormPanel:
        panel = FormPanel(self._path().parent)
        panel.fix_asked.connect(self.fix_asked)
        panel.line_asked.connect(self.show_line)
        panel.opener_asked.connect(self.opener_asked)
        self._splitter.insertWidget(0, panel)
        for index, share in enumerate(_SHARES):
            self._splitter.setStretchFactor(index, share)
        self.link.attach(panel)
        return panel

    # ----- what happens

    def _on_read(self, _reading: Reading) -> None:
        self._apply()

    def _is_wide(self) -> bool:
        return self.width() >= self.fontMetrics().averageCharWidth() * _WIDE * 2

    def _apply(self) -> None:
        """Show what is to be shown."""
        view = self.view
        self._row.setVisible(self.is_offered)
        self._buttons[view].setChecked(True)
        if view != TEXT and self.panel is None:
            self.panel = self._make_panel()
            self._lay_out()
            self._share()
        if self.panel is not None:
            had_focus = self.panel.has_focus
            self.panel.setVisible(view != TEXT)
            if had_focus and view == TEXT:
                self.editor.setFocus()
        self.editor.setVisible(view != FORM)
        self.setFocusProxy(self.panel if view == FORM and self.panel is not None else self.editor)

    def _share(self) -> None:
        sides = self._splitter.orientation() == Qt.Orientation.Horizontal
        room = self._splitter.width() if sides else self._splitter.height()
        self._splitter.setSizes([room * each // sum(_SHARES) for each in _SHARES])

    def _lay_out(self) -> None:
        """Put form and text beside each other, or over each other where that is too narrow."""
        wanted = Qt.Orientation.Horizontal if self._is_wide() else Qt.Orientation.Vertical
        if self._splitter.orientation() != wanted:
            self._splitter.setOrientation(wanted)
            self._share()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: another width, perhaps another place for the text."""
        super().resizeEvent(event)
        if self.panel is not None:
            self._lay_out()
        if self._reading is not None and not self._choice and not self._own_choice:
            self._apply()
