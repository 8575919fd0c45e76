"""The job file as it would be written now; what the last answer changed is marked."""

from __future__ import annotations

import difflib

from PySide6.QtCore import Qt
from PySide6.QtGui import QTextCursor, QTextOption
from PySide6.QtWidgets import QPlainTextEdit, QVBoxLayout, QWidget

from desktop_app.presenters.wizard import Preview
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import label

_READING = Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard


class YamlPreview(QWidget):
    """Read-only; can be selected and copied."""

    def __init__(self, name: str) -> None:
        super().__init__()
        self.heading = label(self.tr("{} (live)").format(name), "section")
        self.editor = CodeEditor(name)
        self.editor.setReadOnly(True)
        self.editor.setTextInteractionFlags(_READING)
        # addresses are longer than this is wide, and nobody scrolls sideways to read what will be written
        self.editor.setLineWrapMode(QPlainTextEdit.LineWrapMode.WidgetWidth)
        self.editor.setWordWrapMode(QTextOption.WrapMode.WrapAtWordBoundaryOrAnywhere)
        self.editor.setAccessibleName(self.tr("Preview of {}").format(name))
        self.problem = label("", "muted", wraps=True)
        self.problem.hide()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addWidget(self.heading)
        column.addWidget(self.editor, 1)
        column.addWidget(self.problem)

    def show_name(self, name: str) -> None:
        """Name the file that it will be."""
        self.heading.setText(self.tr("{} (live)").format(name))

    def show_preview(self, preview: Preview) -> None:
        """Show the text, and mark the lines that changed; where there is no job yet the last text stays."""
        self.problem.setText(preview.problem)
        self.problem.setVisible(bool(preview.problem))
        old = self.editor.text()
        if preview.problem or preview.text == old:
            return
        self.editor.show_text(preview.text)
        self.editor.set_matches([])
        changed = _changed_lines(old, preview.text) if old else []
        self.editor.set_changed_lines(changed)
        if changed:
            block = self.editor.document().findBlockByNumber(changed[0])
            self.editor.setTextCursor(QTextCursor(block))
            self.editor.ensureCursorVisible()


def _changed_lines(old: str, new: str) -> list[int]:
    matcher = difflib.SequenceMatcher(None, old.split("\n"), new.split("\n"), autojunk=False)
    return [line for tag, _a, _b, start, end in matcher.get_opcodes() if tag != "equal" for line in range(start, end)]
