"""The card that tells what the word under the mouse, or at the cursor, means, and what is wrong with it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence

from PySide6.QtCore import QObject, QPoint, QRect, Qt, QTimer
from PySide6.QtGui import QCursor, QKeyEvent, QTextCursor
from PySide6.QtWidgets import QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.api import Diagnostic
from desktop_app.presenters.editor import units
from desktop_app.presenters.hover import Explanation
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.marks import ICONS, ROLES, WORDS
from desktop_app.ui.files.overlay import Overlay
from desktop_app.ui.icons import icon
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, icon_size, mono_font
from desktop_app.ui.widgets import hairline, label, link_button
from desktop_app.ui.widgets.tips import tip

Explain = Callable[[str, int, int], Explanation | None]
_COLUMNS = 76
_MOST_PROBLEMS = 3
_WATCH_MS = 150


class HoverCard(Overlay):
    """One explanation: what is wrong with its fix, then the word, what it is, one sentence, facts and the source."""

    def __init__(self, editor: CodeEditor, mend: Callable[[Diagnostic], object]) -> None:
        super().__init__(editor)
        self.setAccessibleName(self.tr("Explanation"))
        self._mend = mend
        self._body: QWidget | None = None
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(Space.M, Space.S, Space.M, Space.S)

    def fill(self, problems: Sequence[Diagnostic], told: Explanation | None) -> None:
        """Show other words."""
        if self._body is not None:
            self._column.removeWidget(self._body)
            self._body.hide()
            self._body.deleteLater()
        self._body = QWidget()
        column = QVBoxLayout(self._body)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        most = min(self.fontMetrics().averageCharWidth() * _COLUMNS, self.editor.window().width() - 2 * Space.XL)
        for each in problems[:_MOST_PROBLEMS]:
            column.addLayout(self._problem(each, most))
        if problems and told is not None:
            column.addWidget(hairline())
        if told is not None:
            self._word(column, told, most)
        self._column.addWidget(self._body)
        self._body.show()  # what is added to a card that is shown stays hidden, and counts for nothing in its size
        self._column.activate()

    def _problem(self, found: Diagnostic, most: int) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        picture = QLabel()
        picture.setPixmap(
            icon(ICONS[found.severity], ROLES[found.severity]).pixmap(icon_size(), self.devicePixelRatioF())
        )
        picture.setAccessibleName(WORDS[found.severity])
        row.addWidget(picture, 0, Qt.AlignmentFlag.AlignTop)
        words = QVBoxLayout()
        words.setSpacing(0)
        words.addWidget(_text(found.message, "plain", most - icon_size().width() - Space.S))
        if found.fix is not None:
            made = link_button(found.fix.title, lambda: self._mend(found))
            made.setFocusPolicy(Qt.FocusPolicy.NoFocus)
            made.setToolTip(tip(self.tr("{}  Alt+Enter").format(found.fix.title)))
            words.addWidget(made, 0, Qt.AlignmentFlag.AlignLeft)
        row.addLayout(words, 1)
        return row

    @staticmethod
    def _word(column: QVBoxLayout, told: Explanation, most: int) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        title = label(told.title)
        font = mono_font()
        font.setBold(True)
        title.setFont(font)
        head.addWidget(title)
        head.addWidget(label(told.kind, "muted"))
        head.addStretch(1)
        column.addLayout(head)
        if told.text:
            column.addWidget(_text(told.text, "plain", most))
        for each in told.facts:
            column.addWidget(_text(each, "muted", most))
        if told.source:
            column.addWidget(_text(told.source, "small", most))


def _text(text: str, role: str, most: int) -> QLabel:
    """Return a label that is as wide as its text, up to a width at which it wraps."""
    made = label(text, role)
    made.ensurePolished()
    if made.sizeHint().width() > most:
        made.setWordWrap(True)
        made.setFixedWidth(most)
    return made


def spoken(problems: Sequence[Diagnostic], told: Explanation | None) -> str:
    """Return a card as it is read out."""
    parts = [f"{WORDS[each.severity]}: {each.message}" for each in problems]
    if told is not None:
        parts += [told.title, told.kind, told.text, *told.facts, told.source]
    return ". ".join(each.rstrip(".") for each in parts if each)


class Explainer(QObject):
    """Works out what a word means off the window's thread, and shows it until the mouse or the cursor leaves."""

    def __init__(self, editor: CodeEditor, explain: Explain, mend: Callable[[Diagnostic], object]) -> None:
        super().__init__(editor)
        self.editor = editor
        self.card = HoverCard(editor, self._mend)
        self._explain = explain
        self._apply = mend
        self._serial = 0
        self._zone = QRect()
        self._by_mouse = False
        self._watch = QTimer(self, interval=_WATCH_MS)
        self._watch.timeout.connect(self._look_after_mouse)
        editor.explains = self.explain_at
        editor.helpers.append(self.key)
        editor.focus_left.connect(self.close)
        editor.verticalScrollBar().valueChanged.connect(self.close)
        editor.document().contentsChanged.connect(self.close)

    def explain_here(self) -> None:
        """Tell what the word at the cursor means."""
        self._by_mouse = False
        spawn(self._show(self.editor.textCursor()), "explain")

    def explain_at(self, point: QPoint) -> None:
        """Tell what the word at a point of the viewport means."""
        cursor = self.editor.cursorForPosition(point)
        rect = self.editor.cursorRect(cursor)
        if abs(rect.center().x() - point.x()) > 3 * rect.height() or not rect.top() <= point.y() <= rect.bottom():
            return
        if rect.left() > point.x() and not cursor.atBlockStart():
            cursor.movePosition(QTextCursor.MoveOperation.Left)
        self._by_mouse = True
        spawn(self._show(cursor), "explain")

    def close(self) -> None:
        """Show nothing any more."""
        self._serial += 1
        self._watch.stop()
        self.card.hide()

    def key(self, event: QKeyEvent) -> bool:
        """Close on any key; Escape is used up by that."""
        is_open = self.card.isVisible()
        if is_open and event.key() not in (Qt.Key.Key_Control, Qt.Key.Key_Shift, Qt.Key.Key_Alt):
            self.close()
        return is_open and event.key() == Qt.Key.Key_Escape

    async def _show(self, cursor: QTextCursor) -> None:
        self._serial += 1
        serial = self._serial
        block = cursor.block()
        line, text = block.blockNumber(), self.editor.text()
        column = len(_characters(block.text(), cursor.positionInBlock()))
        told = await asyncio.to_thread(self._explain, text, line, column)
        if serial != self._serial:
            return
        problems = self.editor.marks.at(cursor.position())
        if told is None and not problems:
            self.close()
            return
        start = units(block.text()[: told.start]) if told is not None else cursor.positionInBlock()
        end = units(block.text()[: told.end]) if told is not None else cursor.positionInBlock()
        first, last = self.card.rect_at(line, start), self.card.rect_at(line, end)
        self._zone = first.united(last).adjusted(-Space.S, -Space.S, Space.S, Space.S)
        self.card.fill(problems, told)
        self.card.show_beside(first)
        if self._by_mouse:
            self._watch.start()
        else:
            self.card.announce(spoken(problems, told))

    def _look_after_mouse(self) -> None:
        """Close once the mouse is neither at the word nor on the card, nor between them."""
        window = self.editor.window()
        place = window.mapFromGlobal(QCursor.pos())
        word = self._zone.translated(self.editor.viewport().mapTo(window, QPoint()))
        if not word.united(self.card.geometry()).contains(place):
            self.close()

    def _mend(self, found: Diagnostic) -> None:
        self.close()
        self._apply(found)


def _characters(text: str, position: int) -> str:
    """Return the text before a position in UTF-16 units."""
    return text.encode("utf-16-le", "surrogatepass")[: 2 * position].decode("utf-16-le", "surrogatepass")
