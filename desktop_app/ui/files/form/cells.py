"""The controls of a form: lines, code, numbers, choices, suggestions, paths."""

from __future__ import annotations

import asyncio
from pathlib import Path

from PySide6.QtCore import QEvent, QObject, QSize, QStringListModel, Qt, QTimer
from PySide6.QtGui import QColor, QKeyEvent, QPainter, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import QComboBox, QCompleter, QFileDialog, QLineEdit, QPlainTextEdit, QSizePolicy, QWidget
from shiboken6 import isValid

from desktop_app.presenters.files import files_below, folders_below
from desktop_app.presenters.form.model import Cell, Control
from desktop_app.ui.files.form.cell import CellEditor
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space, mono_font, theme_manager
from desktop_app.ui.widgets import tool_button
from desktop_app.ui.widgets.noted_items import NOTE, NotedItems

_MOST_LINES = 12
_WORD = 16  # letters of a choice that are always seen


class _Line(QLineEdit):
    """A line with a muted word at its end: nodes, seconds."""

    def __init__(self, suffix: str) -> None:
        super().__init__()
        self._suffix = suffix

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: where there is no room for the suffix, it gives way."""
        super().resizeEvent(event)
        needed = self.fontMetrics().horizontalAdvance(self._suffix) + Space.S if self._suffix else 0
        fits = self.width() >= needed + self.fontMetrics().averageCharWidth() * 4 + Space.L
        self.setTextMargins(0, 0, needed if fits else 0, 0)

    def paintEvent(self, event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: the suffix is painted over the line's end."""
        super().paintEvent(event)
        if self.textMargins().right():
            painter = QPainter(self)
            painter.setPen(QColor(theme_manager().theme.muted if self.isEnabled() else theme_manager().theme.disabled))
            room = self.rect().adjusted(0, 0, -Space.S, 0)
            painter.drawText(room, Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter, self._suffix)
            painter.end()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: room for a few letters before the suffix."""
        letters, suffix = self.fontMetrics().averageCharWidth() * 5, self.fontMetrics().horizontalAdvance(self._suffix)
        return QSize(suffix + letters + Space.XL, super().minimumSizeHint().height())


class LineCell(CellEditor):
    """A line of text, or a number: then the arrow keys count."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self.line = _Line(cell.suffix)
        self.row.addWidget(self.line)
        self.watch(self.line)
        self.take(cell)
        self.set_text(cell.text)
        self.line.textEdited.connect(lambda _text: self.on_typed())

    @property
    def control(self) -> QWidget:
        """The line."""
        return self.line

    def text(self) -> str:
        """Return what is written now."""
        return self.line.text()

    def set_text(self, text: str) -> None:
        """Show a text; the cursor stays where it is."""
        at = self.line.cursorPosition()
        self.line.setText(text)
        self.line.setCursorPosition(min(at, len(text)) if self.line.hasFocus() else 0)

    def take(self, cell: Cell) -> None:
        """Show another placeholder."""
        if self.line.placeholderText() != cell.placeholder:
            self.line.setPlaceholderText(cell.placeholder)
        self.line.setAccessibleName(cell.title)

    def on_key(self, event: QKeyEvent) -> bool:
        """Called for every key: up and down count in a number."""
        step = {Qt.Key.Key_Up: 1, Qt.Key.Key_Down: -1}.get(Qt.Key(event.key()))
        if step is None or self.cell.control is not Control.INTEGER:
            return super().on_key(event)
        self._count(step)
        return True

    def _count(self, step: int) -> None:
        low = -(2**31) if self.cell.minimum is None else int(self.cell.minimum)
        high = 2**31 if self.cell.maximum is None else int(self.cell.maximum)
        present = self.text() or self.cell.placeholder.partition(" ")[0]
        if present.lstrip("-").isdigit():
            self.line.setText(str(max(low, min(high, int(present) + step))))
            self.on_typed()


class TextCell(CellEditor):
    """Several lines, as high as what is written, to a limit; commands are mono."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self.edit = QPlainTextEdit()
        self.edit.setTabChangesFocus(True)
        self.edit.setVerticalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAsNeeded)
        self.edit.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.edit.document().setDocumentMargin(Space.XS + 1)
        self.row.addWidget(self.edit)
        self.watch(self.edit)
        self._shows = False
        self._on_theme()
        self.take(cell)
        self.set_text(cell.text)
        self.edit.textChanged.connect(self._on_change)
        self.edit.document().documentLayout().documentSizeChanged.connect(lambda _size: self._fit())
        theme_manager().changed.connect(self._on_theme)

    @property
    def control(self) -> QWidget:
        """The text."""
        return self.edit

    def text(self) -> str:
        """Return what is written now."""
        return self.edit.document().toRawText().replace("\u2029", "\n")

    def set_text(self, text: str) -> None:
        """Show a text; the cursor stays where it is."""
        at = self.edit.textCursor().position()
        self._shows = True
        self.edit.setPlainText(text)
        self._shows = False
        cursor = self.edit.textCursor()
        cursor.setPosition(min(at, self.edit.document().characterCount() - 1))
        self.edit.setTextCursor(cursor)

    def take(self, cell: Cell) -> None:
        """Show another placeholder."""
        self.edit.setPlaceholderText(cell.placeholder)
        self.edit.setAccessibleName(cell.title)

    def on_key(self, event: QKeyEvent) -> bool:
        """Called for every key: Enter begins a line, Ctrl+Enter settles."""
        if event.modifiers() & Qt.KeyboardModifier.ControlModifier:
            return super().on_key(event)
        return False

    def _on_change(self) -> None:
        if not self._shows:
            self.on_typed()

    def _on_theme(self) -> None:
        if self.cell.control is Control.COMMAND:
            self.edit.setFont(mono_font())
        self._fit()

    def _lines(self) -> int:
        """Return how many lines the text takes as it is wrapped."""
        layout, line = self.edit.document().documentLayout(), self.edit.fontMetrics().lineSpacing()
        block, lines = self.edit.document().firstBlock(), 0
        while block.isValid() and lines < _MOST_LINES:
            lines += max(1, round(layout.blockBoundingRect(block).height() / line))
            block = block.next()
        return lines

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt for the text's events: another width, other lines."""
        if event.type() == QEvent.Type.Resize:
            QTimer.singleShot(0, self, self._fit)
        return super().eventFilter(watched, event)

    def _fit(self) -> None:
        line = self.edit.fontMetrics().lineSpacing()
        wanted = max(1, min(_MOST_LINES, self._lines()))
        height = wanted * line + 2 * int(self.edit.document().documentMargin()) + Space.XS
        if height != self.edit.height() or self.edit.minimumHeight() != height:
            self.edit.setFixedHeight(height)
            self.row.activate()  # now, and not with the next event: whoever is told measures at once
            self.updateGeometry()
            self.height_changed.emit()


class ChoiceCell(CellEditor):
    """A combo box of words; its first entry takes the value away."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self.box = QComboBox()
        self.box.setItemDelegate(NotedItems(self.box))
        self.box.setMaxVisibleItems(14)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(5)
        self.row.addWidget(self.box)
        self.watch(self.box)
        self._filled: tuple[object, ...] = ()
        self.take(cell)
        self.set_text(cell.text)
        self.box.currentIndexChanged.connect(lambda _index: self._keep_room())
        self.box.activated.connect(lambda _index: self.choose(self.text()))

    @property
    def control(self) -> QWidget:
        """The box."""
        return self.box

    def text(self) -> str:
        """Return the word that is chosen."""
        return str(self.box.currentData() or "")

    def set_text(self, text: str) -> None:
        """Choose a word."""
        self.box.setCurrentIndex(max(0, self.box.findData(text)))
        self._keep_room()
        if bool(self.box.property("unset")) == bool(text):
            self.box.setProperty("unset", not text)
            self.box.style().unpolish(self.box)
            self.box.style().polish(self.box)

    def _keep_room(self) -> None:
        """Let the chosen word be read whole, unless it is a long one."""
        fonts = self.box.fontMetrics()
        room = fonts.horizontalAdvance(self.box.currentText()) - self.box.iconSize().width()  # Qt adds an icon's
        letters = -(-room // max(1, fonts.horizontalAdvance("X")))
        self.box.setMinimumContentsLength(max(3, min(_WORD, letters)))

    def take(self, cell: Cell) -> None:
        """Offer other words."""
        self.box.setAccessibleName(cell.title)
        wanted = (cell.choices, cell.placeholder)
        if wanted == self._filled:
            return
        text = self.text() if self._filled else cell.text
        self._filled = wanted
        self.box.clear()
        self.box.addItem(cell.placeholder or "–", "")
        for each in cell.choices:
            self.box.addItem(each.title, each.value)
            self.box.setItemData(self.box.count() - 1, each.note, NOTE)
        self.set_text(text)

    def on_key(self, event: QKeyEvent) -> bool:
        """Called for every key: they are the box's own."""
        del event
        return False


class SuggestCell(CellEditor):
    """A line that any text may stand in, with some to pick from."""

    def __init__(self, cell: Cell) -> None:
        super().__init__(cell)
        self.box = QComboBox()
        self.box.setEditable(True)
        self.box.setInsertPolicy(QComboBox.InsertPolicy.NoInsert)
        self.box.setItemDelegate(NotedItems(self.box))
        self.box.setMaxVisibleItems(14)
        self.box.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(5)
        self.row.addWidget(self.box)
        self._filled: tuple[object, ...] | None = None
        line = self.box.lineEdit()
        assert line is not None  # an editable box has one
        self.line = line
        self.watch(self.box)
        self.watch(self.line)
        self.take(cell)
        self.set_text(cell.text)
        self.line.textEdited.connect(lambda _text: self.on_typed())
        self.box.activated.connect(self._on_picked)

    @property
    def control(self) -> QWidget:
        """The box."""
        return self.box

    def text(self) -> str:
        """Return what is written now."""
        return self.line.text()

    def set_text(self, text: str) -> None:
        """Show a text; the cursor stays where it is."""
        at = self.line.cursorPosition()
        self.box.setEditText(text)
        self.line.setCursorPosition(min(at, len(text)) if self.line.hasFocus() else 0)

    def take(self, cell: Cell) -> None:
        """Offer other texts."""
        self.box.setAccessibleName(cell.title)
        self.line.setAccessibleName(cell.title)
        self.line.setPlaceholderText(cell.placeholder)
        if cell.choices == self._filled:
            return
        self._filled = cell.choices
        text, at = self.line.text(), self.line.cursorPosition()
        self.box.clear()
        for each in cell.choices:
            self.box.addItem(each.title, each.value)
            self.box.setItemData(self.box.count() - 1, each.note, NOTE)
        self.box.setCurrentIndex(-1)
        self.box.setEditText(text)
        self.line.setCursorPosition(min(at, len(text)))
        self.box.view().setMinimumWidth(min(640, self.box.view().sizeHintForColumn(0) + 2 * Space.XL))

    def _on_picked(self, index: int) -> None:
        value = str(self.box.itemData(index) or "")
        self.set_text(value)
        self.choose(value)


class PathCell(LineCell):
    """A file or folder of the project: typed with help, or browsed for."""

    def __init__(self, cell: Cell, folder: Path) -> None:
        super().__init__(cell)
        self._folder = folder
        self._names = QStringListModel(self)
        self._asked_disk = False
        self.browse = tool_button("mdi6.folder-open-outline", self.tr("Browse for {}").format(cell.title), self._browse)
        self.row.setSpacing(Space.S)
        self.row.addWidget(self.browse)
        completer = QCompleter(self._names, self.line)
        completer.setFilterMode(Qt.MatchFlag.MatchContains)
        completer.setCaseSensitivity(Qt.CaseSensitivity.CaseInsensitive)
        completer.activated.connect(lambda text: self.choose(str(text)))
        self.line.setCompleter(completer)
        self.entered.connect(self._look)

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The line and the button."""
        return (self.line, self.browse)

    def _look(self) -> None:
        if not self._asked_disk:
            self._asked_disk = True
            spawn(self._offer(), f"look for {self.cell.title}")

    async def _offer(self) -> None:
        if self.cell.control is Control.FOLDER:
            found = await asyncio.to_thread(folders_below, self._folder)
        else:
            found = await asyncio.to_thread(files_below, self._folder, ())
        if isValid(self):
            self._names.setStringList(found)

    def _browse(self) -> None:
        dialog = QFileDialog(self.window(), self.cell.title, str(self._folder))
        is_folder = self.cell.control is Control.FOLDER
        dialog.setFileMode(QFileDialog.FileMode.Directory if is_folder else QFileDialog.FileMode.ExistingFile)
        dialog.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        dialog.fileSelected.connect(self._take_browsed)
        dialog.open()

    def _take_browsed(self, chosen: str) -> None:
        path = Path(chosen)
        inside = path.is_relative_to(self._folder)
        text = path.relative_to(self._folder).as_posix() if inside else path.as_posix()
        self.set_text(text)
        self.choose(text)


def editor_for(cell: Cell, folder: Path) -> CellEditor:
    """Return the control for a cell; paths are relative to `folder`."""
    if cell.control in (Control.COMMAND, Control.PROSE):
        return TextCell(cell)
    if cell.control is Control.CHOICE or (cell.control is Control.BOOLEAN):
        return ChoiceCell(cell)
    if cell.control is Control.SUGGEST and cell.choices:
        return SuggestCell(cell)
    if cell.control in (Control.FILE, Control.FOLDER):
        return PathCell(cell, folder)
    return LineCell(cell)
