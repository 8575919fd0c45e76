"""Find and replace in the text above it."""

from __future__ import annotations

import re

from PySide6.QtCore import Qt, QTimer, Signal
from PySide6.QtGui import QKeyEvent, QTextCursor
from PySide6.QtWidgets import QFrame, QGridLayout, QHBoxLayout, QLineEdit, QToolButton, QWidget

from desktop_app.ui.files.code_editor import CodeEditor
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, tool_button

MOST = 2_000
_DELAY_MS = 80


class FindBar(QFrame):
    """Esc closes it and gives the focus back to the text. Enter finds the next, Shift+Enter the one before."""

    closed = Signal()

    def __init__(self, editor: CodeEditor) -> None:
        super().__init__()
        self.setProperty("role", "card")
        self._editor = editor
        self._found: list[QTextCursor] = []
        self.wanted, self.replacement = QLineEdit(), QLineEdit()
        self.count = label(role="muted")
        self.case = _toggle("mdi6.format-letter-case", self.tr("Match case"))
        self.word = _toggle("mdi6.format-letter-matches", self.tr("Whole words"))
        self.pattern = _toggle("mdi6.regex", self.tr("Regular expression"))
        self.previous = tool_button("mdi6.arrow-up", self.tr("Previous match"), lambda: self.step(-1), shortcut="")
        self.next = tool_button("mdi6.arrow-down", self.tr("Next match"), lambda: self.step(1), shortcut="")
        self.close_button = tool_button("mdi6.close", self.tr("Close the find bar"), self.close_bar)
        self.replace_one = button(self.tr("&Replace"), on_click=self.replace)
        self.replace_each = button(self.tr("Replace &all"), on_click=self.replace_all)
        self._replacing: tuple[QWidget, ...] = (self.replacement, self.replace_one, self.replace_each)
        self._timer = QTimer(self, singleShot=True, interval=_DELAY_MS)
        self._timer.timeout.connect(self.search)
        self._build()
        self.hide()

    def open_bar(self, *, replace: bool = False) -> None:
        """Show the bar with the selected words in it."""
        selected = self._editor.textCursor().selectedText()
        if selected and "\u2029" not in selected:
            self.wanted.setText(selected)
        for each in self._replacing:
            each.setVisible(replace and not self._editor.isReadOnly())
        self.show()
        self.wanted.setFocus()
        self.wanted.selectAll()
        self.search()

    def close_bar(self) -> None:
        """Hide the bar and go back to the text."""
        self.hide()
        self._editor.set_matches([])
        self._editor.setFocus()
        self.closed.emit()

    def search(self) -> None:
        """Find all matches and mark them."""
        pattern = self._pattern()
        self._found = self._editor.find_all(pattern, MOST) if pattern else []
        self._editor.set_matches(self._found)
        if pattern is not None:
            self._show_count()

    def step(self, by: int) -> None:
        """Select the next match (1) or the one before (-1); past the end it goes on at the other one."""
        self.search()
        if not self._found:
            return
        here = self._editor.textCursor()
        if by > 0:
            after = [each for each in self._found if each.selectionStart() >= here.selectionEnd()]
            self._select((after or self._found)[0])
        else:
            before = [each for each in self._found if each.selectionEnd() <= here.selectionStart()]
            self._select((before or self._found)[-1])
        self._show_count()

    def replace(self) -> None:
        """Replace the selected match, or select the next one."""
        pattern, cursor = self._pattern(), self._editor.textCursor()
        selected = cursor.selectedText().replace("\u2029", "\n")
        if pattern is not None and (found := pattern.fullmatch(selected)):
            cursor.insertText(self._replacement_for(found))
        self.step(1)

    def replace_all(self) -> None:
        """Replace every match, as one step to undo."""
        pattern = self._pattern()
        if pattern is None:
            return
        text, count = pattern.subn(self._replacement_for, self._editor.text())
        if count:
            self._editor.change_to(text)
        self.search()
        self.count.setText(self.tr("%n replaced", "", count))

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc closes, Enter steps."""
        if event.key() == Qt.Key.Key_Escape:
            self.close_bar()
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.wanted.hasFocus():
            self.step(-1 if event.modifiers() & Qt.KeyboardModifier.ShiftModifier else 1)
        elif event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and self.replacement.hasFocus():
            self.replace()
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        self.wanted.setPlaceholderText(self.tr("Find"))
        self.wanted.setAccessibleName(self.tr("Find"))
        self.wanted.setClearButtonEnabled(True)
        self.replacement.setPlaceholderText(self.tr("Replace by"))
        self.replacement.setAccessibleName(self.tr("Replace by"))
        self.wanted.textEdited.connect(lambda _text: self._timer.start())
        for each in (self.case, self.word, self.pattern):
            each.toggled.connect(lambda _on: self.search())
        tools, replacing = QHBoxLayout(), QHBoxLayout()
        tools.setSpacing(2)
        for each in (self.case, self.word, self.pattern, self.previous, self.next):
            tools.addWidget(each)
        tools.addWidget(self.count, 1)
        tools.addWidget(self.close_button)
        replacing.setSpacing(Space.S)
        replacing.addWidget(self.replace_one)
        replacing.addWidget(self.replace_each)
        replacing.addStretch()
        grid = QGridLayout(self)
        grid.setContentsMargins(Space.S, Space.S, Space.S, Space.S)
        grid.setSpacing(Space.S)
        grid.addWidget(self.wanted, 0, 0)
        grid.addLayout(tools, 0, 1)
        grid.addWidget(self.replacement, 1, 0)
        grid.addLayout(replacing, 1, 1)
        grid.setColumnStretch(0, 3)
        grid.setColumnStretch(1, 4)

    def _pattern(self) -> re.Pattern[str] | None:
        wanted = self.wanted.text()
        self._say_invalid("")
        if not wanted:
            self.count.setText("")
            return None
        source = wanted if self.pattern.isChecked() else re.escape(wanted)
        source = rf"\b(?:{source})\b" if self.word.isChecked() else source
        try:
            return re.compile(source, re.MULTILINE | (0 if self.case.isChecked() else re.IGNORECASE))
        except re.error as error:
            self._say_invalid(self.tr("This is no regular expression: {}").format(error))
            return None

    def _say_invalid(self, reason: str) -> None:
        self.wanted.setProperty("invalid", bool(reason))
        self.wanted.style().unpolish(self.wanted)
        self.wanted.style().polish(self.wanted)
        if reason:
            self.count.setText(reason)

    def _replacement_for(self, found: re.Match[str]) -> str:
        text = self.replacement.text()
        if not self.pattern.isChecked():
            return text
        try:
            return found.expand(text)
        except (re.error, IndexError):
            return text

    def _select(self, cursor: QTextCursor) -> None:
        self._editor.setTextCursor(cursor)
        self._editor.ensureCursorVisible()

    def _show_count(self) -> None:
        here = self._editor.textCursor()
        place = next((at for at, each in enumerate(self._found, 1) if each.selectionEnd() == here.selectionEnd()), 0)
        more = "+" if len(self._found) >= MOST else ""
        if not self._found:
            self.count.setText(self.tr("No match"))
        elif place and here.hasSelection():
            self.count.setText(self.tr("{} of {}").format(place, f"{len(self._found)}{more}"))
        else:
            self.count.setText(self.tr("{} found").format(f"{len(self._found)}{more}"))


def _toggle(icon_name: str, name: str) -> QToolButton:
    made = tool_button(icon_name, name)
    made.setCheckable(True)
    return made
