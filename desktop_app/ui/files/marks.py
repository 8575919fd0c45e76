"""How the editor marks things: the current line, problems, what was found."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from PySide6.QtGui import QColor, QTextCharFormat, QTextCursor, QTextDocument, QTextFormat
from PySide6.QtWidgets import QTextEdit

from desktop_app.api import Diagnostic, Severity
from desktop_app.presenters.editor import units
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


class ProblemMarks:
    """The findings of a text, each with a cursor over its words, so that they move along while one types."""

    def __init__(self, document: QTextDocument, span_without_end: Callable[[str, int], tuple[int, int]]) -> None:
        self.problems: tuple[Diagnostic, ...] = ()
        self._document = document
        self._span_without_end = span_without_end
        self._cursors: list[QTextCursor] = []
        self._selections: list[QTextEdit.ExtraSelection] = []
        self._by_line: tuple[int, dict[int, tuple[Diagnostic, ...]]] = (-1, {})

    def set(self, problems: Sequence[Diagnostic]) -> None:
        """Take other findings."""
        self.problems = tuple(problems)
        self._cursors = [self._span(each) for each in problems]
        self._by_line = (-1, {})
        self.dress()

    def dress(self) -> None:
        """Make the marks anew: another theme holds."""
        self._selections = [
            made
            for each, span in zip(self.problems, self._cursors, strict=True)
            for made in problem(each, span)
        ]  # fmt: skip

    @property
    def selections(self) -> list[QTextEdit.ExtraSelection]:
        """The marks of all findings."""
        return self._selections

    def at_line(self, line: int) -> tuple[Diagnostic, ...]:
        """Return the findings that begin in a line, counted from 1, as the text is now."""
        revision, found = self._by_line
        if revision != self._document.revision():
            lists: dict[int, list[Diagnostic]] = {}
            for each, span in zip(self.problems, self._cursors, strict=True):
                lists.setdefault(self._line_of(span), []).append(each)
            found = {number: tuple(these) for number, these in lists.items()}
            self._by_line = (self._document.revision(), found)
        return found.get(line, ())

    def placed_now(self) -> list[Diagnostic]:
        """Return the findings with the lines that they are in now, which typing may have moved."""
        spans = zip(self.problems, self._cursors, strict=True)
        lines = [(each, self._line_of(span)) for each, span in spans]
        return [replace(each, line=line, end_line=line) if line != (each.line or 1) else each for each, line in lines]

    def at(self, position: int) -> tuple[Diagnostic, ...]:
        """Return the findings whose words are at a position of the document."""
        return tuple(
            each
            for each, span in zip(self.problems, self._cursors, strict=True)
            if span.selectionStart() <= position <= span.selectionEnd()
        )

    def _line_of(self, span: QTextCursor) -> int:
        return self._document.findBlock(span.selectionStart()).blockNumber() + 1

    def _span(self, found: Diagnostic) -> QTextCursor:
        """Return a cursor over a finding's words; what is said of a line alone is its statement, without its indent."""
        block = self._document.findBlockByNumber((found.line or 1) - 1)
        if not block.isValid():
            block = self._document.lastBlock()
        text = block.text()
        start = max(0, (found.column or 1) - 1)
        end = (found.end_column or 0) - 1
        if found.end_line is not None and found.end_line > (found.line or 1):
            end = len(text.rstrip())
        if found.column is None or end <= start or start >= len(text):
            start, end = self._span_without_end(text, start if found.column is not None and start < len(text) else -1)
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + min(units(text[:start]), block.length() - 1))
        stop = block.position() + min(units(text[:end]), block.length() - 1)
        cursor.setPosition(stop, QTextCursor.MoveMode.KeepAnchor)
        return cursor


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
