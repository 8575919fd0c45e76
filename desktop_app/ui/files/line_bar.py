"""Go to a line: asked for in place below the text."""

from __future__ import annotations

from PySide6.QtCore import Qt
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLineEdit

from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import label


class LineBar(QFrame):
    """Takes `12` or `12:5` (line and column); the text follows while one types, Esc goes back."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._editor = editor
        self._start = (1, 1)
        self.line = QLineEdit()
        self.line.setAccessibleName(self.tr("Line to go to"))
        self.line.setMaximumWidth(self.line.fontMetrics().averageCharWidth() * 16)
        self.count = label(role="muted")
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        row.setSpacing(Space.S)
        for each in (label(self.tr("Go to line")), self.line, self.count):
            row.addWidget(each)
        row.addStretch()
        self.line.textEdited.connect(self._go)
        self.line.returnPressed.connect(self._done)
        self.hide()

    def open_bar(self) -> None:
        """Ask for a line."""
        self._start = self._editor.place
        self.count.setText(self.tr("of {}").format(self._editor.blockCount()))
        self.line.setText(str(self._start[0]))
        self.show()
        self.line.setFocus()
        self.line.selectAll()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc goes back to where one was."""
        if event.key() == Qt.Key.Key_Escape:
            self._editor.go_to(*self._start)
            self._done()
        else:
            super().keyPressEvent(event)

    def _go(self, text: str) -> None:
        line, _colon, column = text.partition(":")
        if line.strip().isdecimal():
            self._editor.go_to(int(line), int(column) if column.strip().isdecimal() else 1)

    def _done(self) -> None:
        self.hide()
        self._editor.setFocus()
