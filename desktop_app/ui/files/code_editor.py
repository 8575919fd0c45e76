"""A plain-text editor for code: line numbers, the current line, problems at their line, indenting, zoom."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Sequence

from PySide6.QtCore import QEvent, QMimeData, QPoint, QRect, QRectF, QSize, Qt, Signal
from PySide6.QtGui import (
    QColor,
    QFocusEvent,
    QFontMetricsF,
    QHelpEvent,
    QKeyEvent,
    QPainter,
    QPaintEvent,
    QResizeEvent,
    QTextBlock,
    QTextCursor,
    QTextOption,
    QWheelEvent,
)
from PySide6.QtWidgets import QPlainTextEdit, QTextEdit, QToolTip, QWidget

from desktop_app.api import Diagnostic, UserError
from desktop_app.presenters.editor import change_between, units, worst
from desktop_app.presenters.syntax import python_phrase, tokenizer_for, yaml_phrase
from desktop_app.ui.clouds.dropping import config_of
from desktop_app.ui.files import indenting, marks
from desktop_app.ui.files.colouring import Colouring
from desktop_app.ui.files.gutter import Gutter
from desktop_app.ui.theme import Space, mono_font, theme_manager

_PART = 10_000  # characters: laid out in less than a frame
_PARAGRAPH = "\u2029"
_NOTE_ROOM = 160  # pixels: a message behind its line is not begun in less
_PLAIN_LINE = 20_000  # characters: longer lines are laid out so slowly that nothing is drawn behind them


class CodeEditor(QPlainTextEdit):
    """Shows one text.

    `problem_asked`: a problem's mark was clicked (its index); `fix_asked`: the bulb in a line; `zoomed`: the wheel was
    turned; `typed`: what a key wrote; `focus_left`: the keyboard is elsewhere.
    """

    problem_asked = Signal(int)
    fix_asked = Signal(int)  # the line, from 1
    zoomed = Signal(int)
    typed = Signal(str)
    focus_left = Signal()

    def __init__(self, file_name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.helpers: list[Callable[[QKeyEvent], bool]] = []
        """What gets a key first, and says whether it took it."""
        self.explains: Callable[[QPoint], object] | None = None
        """What tells of the word at a point of the viewport that the mouse rests on."""
        self._matches: list[QTextEdit.ExtraSelection] = []
        self._touched: list[QTextEdit.ExtraSelection] = []
        self.touched_lines = (0, 0)
        self._zoom = 0
        self.setAccessibleName(self.tr("Text of {}").format(file_name))
        self.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self.setWordWrapMode(QTextOption.WrapMode.NoWrap)
        self.setCursorWidth(2)
        self.document().setDocumentMargin(Space.S)
        self.indent = indenting.default_for(file_name)
        self.gutter = Gutter(self)
        tokenizer = tokenizer_for(file_name)
        is_python = file_name.lower().endswith((".py", ".pyi", ".pyw"))
        self.marks = marks.ProblemMarks(self.document(), python_phrase if is_python else yaml_phrase)
        self.colouring = Colouring(self.document(), tokenizer, is_python=is_python) if tokenizer else None
        self.blockCountChanged.connect(self._place_gutter)
        self.updateRequest.connect(self._scroll_gutter)
        self.cursorPositionChanged.connect(self._mark)
        theme_manager().changed.connect(self._on_theme)
        self._apply_font()

    # ----- the text

    def text(self) -> str:
        """Return the text, every character as it was (`toPlainText` would change non-breaking spaces)."""
        return self.document().toRawText().replace(_PARAGRAPH, "\n")

    def load(self, text: str) -> bool:
        """Show a text as it is saved; returns whether the editor can give it back unchanged."""
        self.setPlainText(text)
        self.indent = indenting.detect(text, self.indent)
        self.document().setModified(False)
        return self.text() == text

    async def load_in_parts(self, text: str) -> bool:
        """Show a long text as `load` does, a part at a time, so that the window goes on meanwhile."""
        self.setReadOnly(True)
        self.document().setUndoRedoEnabled(False)
        end = QTextCursor(self.document())
        for start in range(0, len(text), _PART):
            end.movePosition(QTextCursor.MoveOperation.End)
            end.insertText(text[start : start + _PART])
            await asyncio.sleep(0)
        self.document().setUndoRedoEnabled(True)
        self.setReadOnly(False)
        self.indent = indenting.detect(text, self.indent)
        self.document().setModified(False)
        return self.text() == text

    def change_to(self, text: str, *, joins: bool = False) -> None:
        """Make the text another one by the smallest edit there is; it can be undone, and the cursor stays.

        An edit that `joins` is undone together with the one before. Raises UserError where the text is only read.
        """
        if self.isReadOnly():
            raise UserError(self.tr("This text can only be read here."), hint=self.tr("Edit a copy of the file."))
        self.show_text(text, joins=joins)

    def show_text(self, text: str, *, joins: bool = False) -> None:
        """Do what `change_to` does also where the text is only read: it is another one, and nobody edits it."""
        old = self.text()
        change = change_between(old, text)
        cursor = QTextCursor(self.document())
        cursor.setPosition(units(old[: change.start]))
        cursor.setPosition(units(old[: change.end]), QTextCursor.MoveMode.KeepAnchor)
        if joins:
            cursor.joinPreviousEditBlock()
        else:
            cursor.beginEditBlock()
        cursor.insertText(change.text)
        cursor.endEditBlock()

    def go_to(self, line: int, column: int = 1) -> None:
        """Put the cursor at a line and column, both counted from 1, and show it."""
        block = self.document().findBlockByNumber(max(0, min(line, self.blockCount()) - 1))
        self.setTextCursor(self._cursor_at(block, column))
        self.centerCursor()

    @property
    def place(self) -> tuple[int, int]:
        """The cursor's line and column, counted from 1."""
        cursor = self.textCursor()
        return cursor.blockNumber() + 1, cursor.positionInBlock() + 1

    def cursor_column(self) -> tuple[int, int]:
        """Return the cursor's line and column from 0, in characters (Qt counts UTF-16 units)."""
        cursor = self.textCursor()
        before = cursor.block().text().encode("utf-16-le", "surrogatepass")[: 2 * cursor.positionInBlock()]
        return cursor.blockNumber(), len(before.decode("utf-16-le", "surrogatepass"))

    def _cursor_at(self, block: QTextBlock, column: int) -> QTextCursor:
        cursor = QTextCursor(block)
        cursor.setPosition(block.position() + min(units(block.text()[: max(0, column - 1)]), block.length() - 1))
        return cursor

    # ----- problems and matches

    @property
    def problems(self) -> tuple[Diagnostic, ...]:
        """What is marked now."""
        return self.marks.problems

    def set_problems(self, problems: Sequence[Diagnostic]) -> None:
        """Mark findings at their words."""
        self.marks.set(problems)
        self._place_gutter()
        self._mark()
        self.gutter.update()

    def problems_at(self, line: int) -> tuple[Diagnostic, ...]:
        """Return the findings that begin in a line, counted from 1."""
        return self.marks.at_line(line)

    def set_matches(self, cursors: Sequence[QTextCursor]) -> None:
        """Mark what the find bar found."""
        self._matches = [marks.match(each) for each in cursors]
        self._mark()

    def set_changed_lines(self, lines: Sequence[int]) -> None:
        """Mark lines (counted from 0) that something else just changed."""
        blocks = [self.document().findBlockByNumber(each) for each in lines]
        self._matches = [marks.changed(QTextCursor(each)) for each in blocks if each.isValid()]
        self._mark()

    def set_touched_lines(self, first: int, last: int) -> None:
        """Mark the lines (counted from 1) that a field of the form shows, and bring them into sight; 0 for none."""
        blocks = [self.document().findBlockByNumber(each - 1) for each in range(first, last + 1) if each > 0]
        self.touched_lines = (first, last)
        self._touched = [marks.touched(QTextCursor(each)) for each in blocks if each.isValid()]
        self._mark()
        top, room = self.verticalScrollBar().value(), self.verticalScrollBar().pageStep()
        if blocks and not top < first <= top + room:
            self.verticalScrollBar().setValue(max(0, first - 1 - room // 3))

    def _mark(self) -> None:
        found = [*self._touched]
        if not self.isReadOnly() or self.marks.problems:
            found.append(marks.current_line(self.textCursor()))
        self.setExtraSelections([*found, *self.marks.selections, *self._matches])
        self.gutter.mark_line()

    # ----- looks

    def set_zoom(self, points: int) -> None:
        """Show the text larger (or smaller) than usual by so many points."""
        if points != self._zoom:
            self._zoom = points
            self._apply_font()

    def _apply_font(self) -> None:
        font = mono_font()
        font.setPointSizeF(max(5.0, font.pointSizeF() + self._zoom))
        self.setFont(font)
        self.setTabStopDistance(QFontMetricsF(font).horizontalAdvance(" ") * 4)
        self.gutter.setFont(font)
        self._place_gutter()

    def _on_theme(self) -> None:
        self._apply_font()
        self.marks.dress()
        self._touched = [marks.touched(each.cursor) for each in self._touched]
        self._mark()
        self.gutter.update()

    def _place_gutter(self) -> None:
        width = self.gutter.wanted_width()
        self.setViewportMargins(width, 0, 0, 0)
        room = self.contentsRect()
        self.gutter.setGeometry(QRect(room.left(), room.top(), width, room.height()))

    def _scroll_gutter(self, rect: QRect, dy: int) -> None:
        if dy:
            self.gutter.scroll(0, dy)
        else:
            self.gutter.update(0, rect.y(), self.gutter.width(), rect.height())

    # ----- Qt's events

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the gutter keeps the editor's height."""
        super().resizeEvent(event)
        self._place_gutter()

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the text, and behind a line what is wrong in it."""
        super().paintEvent(event)
        if self.marks.problems:
            painter = QPainter(self.viewport())
            painter.setFont(self.font())
            for block, top in self.visible_lines(event.rect()):
                self._paint_note(painter, block, top)
            painter.end()

    def _paint_note(self, painter: QPainter, block: QTextBlock, top: float) -> None:
        found = self.problems_at(block.blockNumber() + 1)
        severity = worst(found)
        if severity is None or block.length() > _PLAIN_LINE:
            return
        metrics = QFontMetricsF(self.font())
        layout = block.layout()
        width = layout.lineAt(layout.lineCount() - 1).naturalTextWidth() if layout.lineCount() else 0
        left = self.contentOffset().x() + self.document().documentMargin() + width + metrics.horizontalAdvance("   ")
        room = self.viewport().width() - left - Space.S
        if room < _NOTE_ROOM:
            return
        message = next(each for each in found if each.severity is severity).message
        painter.setPen(QColor(theme_manager().theme.color(marks.ROLES[severity])))
        text = metrics.elidedText(f"◂ {message}", Qt.TextElideMode.ElideRight, room)
        painter.drawText(QRectF(left, top, room, metrics.height()), Qt.AlignmentFlag.AlignVCenter, text)

    def visible_lines(self, rect: QRect) -> list[tuple[QTextBlock, float]]:
        """Return the lines that meet `rect` of the viewport, each with its top."""
        found = []
        block = self.firstVisibleBlock()
        top = self.blockBoundingGeometry(block).translated(self.contentOffset()).top()
        while block.isValid() and top <= rect.bottom():
            height = self.blockBoundingRect(block).height()
            if block.isVisible() and top + height >= rect.top():
                found.append((block, top))
            block, top = block.next(), top + height
        return found

    def event(self, event: QEvent) -> bool:
        """Called by Qt for everything; tells what is under the mouse, or what is wrong there."""
        if event.type() == QEvent.Type.ToolTip and isinstance(event, QHelpEvent):
            point = QPoint(event.pos().x() - self.viewport().x(), event.pos().y() - self.viewport().y())
            if self.explains is not None:
                self.explains(point)
            else:
                self.show_tip(event.globalPos(), self.cursorForPosition(point).blockNumber() + 1)
            return True
        return super().event(event)

    def show_tip(self, where: QPoint, line: int) -> None:
        """Show what is wrong in a line, or hide what was shown."""
        texts = [each.message for each in self.problems_at(line)]
        if texts:
            QToolTip.showText(where, "\n".join(texts), self)
        else:
            QToolTip.hideText()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Tab and Enter indent as this file does."""
        if any(each(event) for each in self.helpers):
            return
        if self.isReadOnly() or not indenting.handle(self, event, self.indent):
            super().keyPressEvent(event)
        self.typed.emit(event.text())

    def focusOutEvent(self, event: QFocusEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what floats over the text goes."""
        super().focusOutEvent(event)
        self.focus_left.emit()

    def canInsertFromMimeData(self, source: QMimeData) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt: a config.json that is dropped here is for the window, which asks whether to connect."""
        return config_of(source) is None and super().canInsertFromMimeData(source)

    def wheelEvent(self, event: QWheelEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: with Ctrl the wheel zooms."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier and event.angleDelta().y():
            self.zoomed.emit(1 if event.angleDelta().y() > 0 else -1)
            event.accept()
        else:
            super().wheelEvent(event)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a page of text."""
        metrics = QFontMetricsF(self.font())
        return QSize(int(metrics.horizontalAdvance("m") * 80), int(metrics.height() * 24))

    def toggle_comment(self) -> None:
        """Comment the lines of the selection out, or in again."""
        if not self.isReadOnly():
            indenting.toggle_comment(self.textCursor(), "#")

    def find_all(self, pattern: re.Pattern[str], most: int) -> list[QTextCursor]:
        """Return a cursor over each match in the text, at most `most`."""
        text = self.text()
        plain = len(text) == units(text)
        found = []
        for each in pattern.finditer(text):
            if each.start() == each.end():
                continue
            start = each.start() if plain else units(text[: each.start()])
            cursor = QTextCursor(self.document())
            cursor.setPosition(start)
            cursor.setPosition(start + units(each.group()), QTextCursor.MoveMode.KeepAnchor)
            found.append(cursor)
            if len(found) >= most:
                break
        return found
