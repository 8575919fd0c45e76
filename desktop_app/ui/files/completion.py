"""The suggestions at the cursor: a list that opens while one types, narrows, and writes what is taken."""

from __future__ import annotations

import asyncio
import string
from collections.abc import Callable, Sequence

from PySide6.QtCore import QAbstractListModel, QModelIndex, QObject, QPersistentModelIndex, QRect, QSize, Qt
from PySide6.QtGui import QColor, QFont, QFontMetrics, QKeyEvent, QPainter, QTextCursor
from PySide6.QtWidgets import QListView, QStyle, QStyledItemDelegate, QStyleOptionViewItem, QVBoxLayout

from desktop_app.presenters.completion import Suggestions, narrowed, opens_by_itself
from desktop_app.presenters.completion_values import Suggestion
from desktop_app.presenters.editor import units
from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.files.overlay import Overlay
from desktop_app.ui.icons import icon
from desktop_app.ui.palette import pieces
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, icon_size, mono_font, sized_font, text_sizes, theme_manager
from desktop_app.ui.widgets import hairline, label

Ask = Callable[[str, int, int, str], Suggestions | None]
_Index = QModelIndex | QPersistentModelIndex
_ITEM = Qt.ItemDataRole.UserRole
_ROWS = 9
_SETTLE = 0.04  # seconds
_LETTERS = string.ascii_letters + string.digits + "_"
_COLUMNS = 90  # letters of the body's size
ICONS = {
    "key": "mdi6.label-outline", "word": "mdi6.format-list-bulleted-square", "size": "mdi6.server-outline",
    "environment": "mdi6.package-variant-closed", "image": "mdi6.layers-outline", "compute": "mdi6.server-network",
    "placeholder": "mdi6.code-braces", "file": "mdi6.file-outline", "folder": "mdi6.folder-outline",
    "reference": "mdi6.link-variant", "gone": "mdi6.history", "component": "mdi6.cube-outline",
}  # fmt: skip


class SuggestionModel(QAbstractListModel):
    """What fits the word so far."""

    def __init__(self, parent: QObject | None = None) -> None:
        super().__init__(parent)
        self.items: list[Suggestion] = []
        self.word = ""

    def show(self, items: Sequence[Suggestion], word: str) -> None:
        """Show other suggestions."""
        self.beginResetModel()
        self.items, self.word = list(items), word
        self.endResetModel()

    def rowCount(self, parent: _Index = QModelIndex()) -> int:  # noqa: N802, B008 - Qt's name and default
        """Called by Qt for the number of rows."""
        return 0 if parent.isValid() else len(self.items)

    def data(self, index: _Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        """Called by Qt for what a row shows."""
        if not index.isValid():
            return None
        item = self.items[index.row()]
        if role == Qt.ItemDataRole.DisplayRole:
            return item.text
        if role == Qt.ItemDataRole.AccessibleTextRole:
            return spoken(item)
        return item if role == _ITEM else None


def spoken(item: Suggestion) -> str:
    """Return a suggestion as it is read out."""
    return ". ".join(each for each in (item.text, item.detail, item.help.replace("\n", ". ")) if each)


class SuggestionDelegate(QStyledItemDelegate):
    """Paints a suggestion: icon, text with the letters that were typed, and what it is at the right."""

    def sizeHint(self, option: QStyleOptionViewItem, index: _Index) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt for the size of a row."""
        return QSize(0, option.fontMetrics.height() + Space.S)

    def paint(self, painter: QPainter, option: QStyleOptionViewItem, index: _Index) -> None:
        """Called by Qt to paint a row."""
        item: Suggestion = index.data(_ITEM)
        model = index.model()
        word = model.word if isinstance(model, SuggestionModel) else ""
        theme = theme_manager().theme
        painter.save()
        if option.state & (QStyle.StateFlag.State_Selected | QStyle.StateFlag.State_MouseOver):
            is_chosen = bool(option.state & QStyle.StateFlag.State_Selected)
            painter.setRenderHint(QPainter.RenderHint.Antialiasing)
            painter.setPen(Qt.PenStyle.NoPen)
            painter.setBrush(QColor(theme.selection if is_chosen else theme.hover))
            painter.drawRoundedRect(option.rect, Space.XS, Space.XS)
        room = option.rect.adjusted(Space.S, 0, -Space.S, 0)
        side = icon_size().width()
        picture = QRect(room.left(), room.center().y() - side // 2 + 1, side, side)
        icon(ICONS.get(item.kind, "mdi6.label-outline"), "muted").paint(painter, picture)
        room.setLeft(picture.right() + Space.S)
        used = self._text(painter, room, item, word)
        self._detail(painter, room.adjusted(used + Space.M, 0, 0, 0), item.detail)
        painter.restore()

    @staticmethod
    def _text(painter: QPainter, room: QRect, item: Suggestion, word: str) -> int:
        theme = theme_manager().theme
        font, strong = mono_font(), mono_font()
        strong.setWeight(QFont.Weight.Bold)
        plain = theme.muted if item.kind == "gone" else theme.text
        at = item.text.casefold().find(word.casefold()) if word else -1
        letters = range(at, at + len(word)) if at >= 0 else ()
        shown = QFontMetrics(font).elidedText(item.text, Qt.TextElideMode.ElideRight, room.width())
        left = room.left()
        for text, is_marked in pieces(shown, letters):
            painter.setFont(strong if is_marked else font)
            painter.setPen(QColor(theme.accent if is_marked else plain))
            width = QFontMetrics(painter.font()).horizontalAdvance(text)
            painter.drawText(QRect(left, room.top(), width + 1, room.height()), _MIDDLE, text)
            left += width
        return left - room.left()

    @staticmethod
    def _detail(painter: QPainter, room: QRect, detail: str) -> None:
        small = sized_font(text_sizes().small)
        painter.setFont(small)
        painter.setPen(QColor(theme_manager().theme.muted))
        shown = QFontMetrics(small).elidedText(detail, Qt.TextElideMode.ElideRight, max(0, room.width()))
        painter.drawText(room, int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignRight), shown)


_MIDDLE = int(Qt.AlignmentFlag.AlignVCenter | Qt.AlignmentFlag.AlignLeft)


class SuggestionList(Overlay):
    """The list, and below it what the current one means."""

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__(editor)
        self.model = SuggestionModel(self)
        self.list = QListView()
        self.help = label(role="muted", wraps=True)
        self.line = hairline()
        self._build()

    def _build(self) -> None:
        self.setAccessibleName(self.tr("Suggestions"))
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.XS, Space.XS, Space.XS, Space.XS)
        column.setSpacing(Space.XS)
        self.list.setModel(self.model)
        self.list.setItemDelegate(SuggestionDelegate(self.list))
        self.list.setAccessibleName(self.tr("Suggestions"))
        self.list.setProperty("role", "bare")
        self.list.setUniformItemSizes(True)
        self.list.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self.list.setMouseTracking(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.help.setContentsMargins(Space.S, 0, Space.S, Space.XS)
        for each in (self.list, self.line, self.help):
            column.addWidget(each)
        self.list.selectionModel().currentChanged.connect(self._explain)

    def show_items(self, items: Sequence[Suggestion], word: str, rect: QRect, *, chosen: bool) -> None:
        """Show what fits, at a place of the editor; the first is chosen unless the person has said nothing yet."""
        self.model.show(items, word)
        row = self.fontMetrics().height() + Space.S
        self.list.setFixedHeight(min(_ROWS, len(items)) * row + 2)
        self.setFixedWidth(min(self.fontMetrics().averageCharWidth() * _COLUMNS, self.editor.window().width() - 16))
        self.list.setCurrentIndex(self.model.index(0) if chosen else QModelIndex())
        self._explain()
        self.show_beside(rect)

    @property
    def current(self) -> Suggestion | None:
        """The suggestion that Enter would take."""
        row = self.list.currentIndex().row()
        return self.model.items[row] if 0 <= row < len(self.model.items) else None

    def step(self, by: int) -> None:
        """Choose the next one, or the one a page away."""
        count, row = len(self.model.items), self.list.currentIndex().row()
        wanted = (row + by) % count if abs(by) == 1 and row >= 0 else min(max(row + by, 0), count - 1)
        self.list.setCurrentIndex(self.model.index(wanted))
        if self.current is not None:
            self.announce(spoken(self.current))

    def _explain(self) -> None:
        text = self.current.help if self.current is not None else ""
        self.help.setText(text)
        self.help.setVisible(bool(text))
        self.line.setVisible(bool(text))
        if self.isVisible():
            bottom = self.geometry().bottom()
            is_above = (
                bottom < self.editor.viewport().mapTo(self.editor.window(), self.editor.cursorRect().topLeft()).y()
            )
            self.adjustSize()
            if is_above:
                self.move(self.x(), bottom - self.height() + 1)


class Completer(QObject):
    """Asks for suggestions off the window's thread, shows them, and writes what is taken."""

    def __init__(self, editor: CodeEditor, ask: Ask) -> None:
        super().__init__(editor)
        self.editor = editor
        self.popup = SuggestionList(editor)
        self._ask = ask
        self._found: Suggestions | None = None
        self._tail = 0
        self._serial = 0
        self._writes = False
        self._quiet = (-1, -1)  # the line and column of a word of which nothing is known: not worth asking again
        editor.helpers.append(self.key)
        editor.typed.connect(self._on_typed)
        editor.focus_left.connect(self.close)
        editor.cursorPositionChanged.connect(self._on_cursor)
        for bar in (editor.verticalScrollBar(), editor.horizontalScrollBar()):
            bar.valueChanged.connect(self._follow)
            bar.rangeChanged.connect(self._follow)
        self.popup.list.clicked.connect(lambda index: self._take(self.popup.model.items[index.row()]))

    @property
    def is_open(self) -> bool:
        """Whether suggestions are shown."""
        return self.popup.isVisible()

    def open(self) -> None:
        """Show what may stand at the cursor, however little has been typed."""
        if not self.editor.isReadOnly():
            spawn(self._look(asked=True), "suggest")

    def close(self) -> None:
        """Show nothing any more."""
        self._serial += 1
        self._found = None
        self.popup.hide()

    async def _look(self, *, asked: bool) -> None:
        """Work out the suggestions; forgotten if something was typed meanwhile."""
        self._serial += 1
        serial, revision = self._serial, self.editor.document().revision()
        if not asked:
            await asyncio.sleep(_SETTLE)  # who types on needs no answer to what was
            if serial != self._serial or revision != self.editor.document().revision():
                return
        line, column = self.editor.cursor_column()
        text = self.editor.text()
        found = await asyncio.to_thread(self._ask, text, line, column, self.editor.indent)
        if serial != self._serial or revision != self.editor.document().revision():
            return
        items = narrowed(found.items, found.word) if found else []
        if not items:
            self._quiet = (line, _word_start(self._line_text(), column))
        if found is None or not items or (not asked and not opens_by_itself(items, found.word)):
            self.close()
            return
        self._found = found
        self._tail = len(self._line_text()) - found.end
        self._show(items, found.word, chosen=asked or bool(found.word))

    def _show(self, items: list[Suggestion], word: str, *, chosen: bool) -> None:
        is_new = not self.is_open
        self.popup.show_items(items, word, self._place(), chosen=chosen)
        if is_new:
            self.popup.announce(self.tr("%n suggestion(s)", "", len(items)))

    def _follow(self) -> None:
        """Keep the list beside its word when the text moves below it; without the word there is no list."""
        if self._found is None:
            return
        place = self._place()
        if self.editor.viewport().rect().intersects(place):
            self.popup.show_beside(place)
        else:
            self.close()

    def _place(self) -> QRect:
        assert self._found is not None
        return self.popup.rect_at(self._found.line, units(self._line_text()[: self._found.start]))

    def _line_text(self) -> str:
        return self.editor.textCursor().block().text()

    # ----- what is typed

    def key(self, event: QKeyEvent) -> bool:
        """Do what a key means for the list; returns whether it meant anything."""
        key, mods = event.key(), event.modifiers()
        if key == Qt.Key.Key_Space and mods == Qt.KeyboardModifier.ControlModifier:
            self.open()
            return True
        if not self.is_open or mods & ~Qt.KeyboardModifier.KeypadModifier:
            return False
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1, Qt.Key.Key_PageDown: _ROWS, Qt.Key.Key_PageUp: -_ROWS}
        if key in steps:
            self.popup.step(steps[Qt.Key(key)])
        elif key == Qt.Key.Key_Escape:
            self.close()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter, Qt.Key.Key_Tab):
            chosen = self.popup.current or (self.popup.model.items[0] if key == Qt.Key.Key_Tab else None)
            if chosen is None:
                self.close()
                return False
            self._take(chosen)
        else:
            return False
        return True

    def _on_typed(self, text: str) -> None:
        """Narrow what is shown, or look whether there is something to say."""
        if self.editor.isReadOnly():
            return
        if self.is_open and self._narrow():
            return
        is_word = text.isalnum() or text in ("_", "$", "{", "/", ".", " ", "-")
        if len(text) == 1 and is_word and not self.editor.textCursor().hasSelection() and not self._is_quiet():
            spawn(self._look(asked=False), "suggest")
        else:
            self.close()

    def _is_quiet(self) -> bool:
        """Whether the word goes on of which nothing was known when it began."""
        line, column = self.editor.cursor_column()
        start = _word_start(self._line_text(), column)
        return start < column and self._quiet == (line, start)

    def _narrow(self) -> bool:
        """Keep to what fits the word as it is now; returns whether anything does."""
        if self._found is None:
            return False
        line, column = self.editor.cursor_column()
        text = self._line_text()
        word = text[self._found.start : column]
        items = narrowed(self._found.items, word) if line == self._found.line and column >= self._found.start else []
        if not items or word != word.strip() or [each.insert for each in items] == [word]:
            return False
        self._show(items, word, chosen=bool(word))
        return True

    def _on_cursor(self) -> None:
        """Close the list when the cursor leaves the word, unless by typing."""
        if self._found is None or self._writes:
            return
        line, column = self.editor.cursor_column()
        inside = self._found.start <= column <= len(self._line_text()) - self._tail
        if line != self._found.line or not inside:
            self.close()

    def _take(self, chosen: Suggestion) -> None:
        """Write a suggestion in the place of its word, as one step to undo."""
        found = self._found
        if found is None:
            return
        text = self._line_text()
        cursor = self.editor.textCursor()
        start = cursor.block().position()
        self._writes = True
        cursor.setPosition(start + units(text[: found.start]))
        cursor.setPosition(start + units(text[: len(text) - self._tail]), QTextCursor.MoveMode.KeepAnchor)
        cursor.beginEditBlock()  # or what is typed right before or after would be undone with it
        cursor.insertText(chosen.insert)
        cursor.endEditBlock()
        self.editor.setTextCursor(cursor)
        self.editor.ensureCursorVisible()
        self._writes = False
        self.close()
        self.editor.setFocus()
        if chosen.goes_on:
            spawn(self._look(asked=False), "suggest")


def _word_start(text: str, column: int) -> int:
    """Return where the word before a column begins."""
    return len(text[:column].rstrip(_LETTERS))
