"""How the editor marks things: the current line, problems, what was found."""

from __future__ import annotations

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextFormat
from PySide6.QtWidgets import QTextEdit

from desktop_app.api import Diagnostic, Severity
from desktop_app.ui.theme import theme_manager

ROLES = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFO: "info"}
ICONS = {
    Severity.ERROR: "mdi6.close-circle",
    Severity.WARNING: "mdi6.alert",
    Severity.INFO: "mdi6.information",
}
WORDS = {Severity.ERROR: "Error", Severity.WARNING: "Warning", Severity.INFO: "Note"}


def current_line(cursor: QTextCursor) -> QTextEdit.ExtraSelection:
    """Return the mark of the line that the cursor is in."""
    made = QTextEdit.ExtraSelection()
    line = QTextCursor(cursor)
    line.clearSelection()
    made.cursor = line
    made.format = _ground(theme_manager().theme.hover, whole_line=True)
    return made


def problem(found: Diagnostic, span: QTextCursor) -> list[QTextEdit.ExtraSelection]:
    """Return the marks of a problem: a breath of colour over its line and a wave under its words."""
    theme = theme_manager().theme
    role = ROLES[found.severity]
    made = []
    if found.severity is not Severity.INFO:
        line = QTextEdit.ExtraSelection()
        whole = QTextCursor(span)
        whole.setPosition(span.selectionStart())
        line.cursor = whole
        line.format = _ground(theme.tint(role, 0.09), whole_line=True)
        made.append(line)
    wave = QTextEdit.ExtraSelection()
    wave.cursor = span
    form = QTextCharFormat()
    form.setUnderlineStyle(QTextCharFormat.UnderlineStyle.WaveUnderline)
    form.setUnderlineColor(QColor(theme.color(role)))
    wave.format = form
    return [*made, wave]


def match(cursor: QTextCursor) -> QTextEdit.ExtraSelection:
    """Return the mark of something found."""
    made = QTextEdit.ExtraSelection()
    made.cursor = cursor
    made.format = _ground(theme_manager().theme.tint("warning", 0.28), whole_line=False)
    return made


def changed(line: QTextCursor) -> QTextEdit.ExtraSelection:
    """Return the mark of a line that has just changed by itself."""
    made = QTextEdit.ExtraSelection()
    made.cursor = line
    made.format = _ground(theme_manager().theme.tint("accent", 0.12), whole_line=True)
    return made


def touched(line: QTextCursor) -> QTextEdit.ExtraSelection:
    """Return the mark of a line that the form's field shows."""
    made = QTextEdit.ExtraSelection()
    made.cursor = line
    made.format = _ground(theme_manager().theme.tint("accent", 0.07), whole_line=True)
    return made


def _ground(color: str, *, whole_line: bool) -> QTextCharFormat:
    form = QTextCharFormat()
    form.setBackground(QColor(color))
    if whole_line:
        form.setProperty(QTextFormat.Property.FullWidthSelection, True)
    return form
