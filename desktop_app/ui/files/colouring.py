"""Colours a text by its tokens, in slices of a few milliseconds, so that a large file never holds the window up.

Qt's own QSyntaxHighlighter does a whole document at once (and a Python one takes seconds for 100,000 lines).
"""

from __future__ import annotations

import time

from PySide6.QtCore import QObject, QTimer
from PySide6.QtGui import QColor, QFont, QTextBlock, QTextCharFormat, QTextDocument, QTextLayout

from desktop_app.presenters.editor import units
from desktop_app.presenters.syntax import Token, Tokenizer
from desktop_app.ui.theme import Theme, theme_manager

SLICE = 0.004  # seconds, well inside a frame

_COLORS = {
    "key": "code_key",
    "string": "code_string",
    "comment": "code_comment",
    "number": "code_number",
    "keyword": "code_number",
    "name": "code_key",
    "builtin": "running",
    "placeholder": "running",
}
_PYTHON_COLORS = _COLORS | {"keyword": "code_key", "name": "finalizing", "string": "running", "builtin": "code_number"}


class Colouring(QObject):
    """Keeps the formats of a document's lines in step with its text and with the theme."""

    def __init__(self, document: QTextDocument, tokenizer: Tokenizer, *, is_python: bool) -> None:
        super().__init__(document)
        self._document = document
        self._tokenizer = tokenizer
        self._roles = _PYTHON_COLORS if is_python else _COLORS
        self._formats: dict[str, QTextCharFormat] = {}
        self._from, self._to = 0, -1
        self._blocks = document.blockCount()
        self._timer = QTimer(self, singleShot=True, interval=0)
        self._timer.timeout.connect(self.work)
        document.contentsChange.connect(self._on_change)
        theme_manager().changed.connect(self.recolour)
        self.recolour()

    @property
    def is_busy(self) -> bool:
        """Whether lines are still to be coloured."""
        return self._from <= self._to

    def recolour(self) -> None:
        """Colour everything anew: another theme holds."""
        self._formats = _formats(theme_manager().theme, self._roles)
        self._from, self._to = 0, self._document.blockCount() - 1
        self.work()

    def _on_change(self, position: int, _removed: int, added: int) -> None:
        first = self._document.findBlock(position).blockNumber()
        end = self._document.findBlock(position + added)
        last = end.blockNumber() if end.isValid() else self._document.blockCount() - 1
        grown = self._document.blockCount() - self._blocks
        self._blocks = self._document.blockCount()
        waiting = self._to + grown if self.is_busy else -1
        self._from = min(first, self._from) if waiting >= 0 else first
        self._to = max(last, waiting)
        self.work()

    def work(self) -> None:
        """Colour from the first waiting line on, until all is done or the slice is used up."""
        end = time.monotonic() + SLICE
        block = self._document.findBlockByNumber(self._from)
        state = max(0, block.previous().userState()) if block.isValid() else 0
        while block.isValid():
            before = block.userState()
            state = self._colour(block, state)
            self._from = block.blockNumber() + 1
            if not self.is_busy and before == state:
                break
            self._to = max(self._to, self._from)  # the next line begins in another state than before
            if time.monotonic() > end:
                self._timer.start()
                return
            block = block.next()
        self._from, self._to = 0, -1

    def _colour(self, block: QTextBlock, state: int) -> int:
        text = block.text()
        tokens, state = self._tokenizer(text, state)
        layout = block.layout()
        if tokens or layout.formats():
            layout.setFormats(self._ranges(text, tokens))
            self._document.markContentsDirty(block.position(), block.length())
        block.setUserState(state)
        return state

    def _ranges(self, text: str, tokens: list[Token]) -> list[QTextLayout.FormatRange]:
        plain = len(text) == units(text)
        ranges = []
        for token in tokens:
            form = self._formats.get(token.role)
            if form is None:
                continue
            made = QTextLayout.FormatRange()
            made.start = token.start if plain else units(text[: token.start])
            made.length = token.end - token.start if plain else units(text[token.start : token.end])
            made.format = form
            ranges.append(made)
        return ranges


def _formats(theme: Theme, roles: dict[str, str]) -> dict[str, QTextCharFormat]:
    made = {}
    for role, color in roles.items():
        form = QTextCharFormat()
        form.setForeground(QColor(theme.color(color)))
        if role == "placeholder":
            form.setFontWeight(QFont.Weight.DemiBold)
        made[role] = form
    return made
