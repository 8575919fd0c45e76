"""Buttons that do without their words where a row is narrow; their tool tips say them then."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_app.ui.widgets.tips import tip


class Words:
    """The words of some buttons in a row. The row reports `full` and `least` of its layout's hints, and calls `fit`."""

    def __init__(self, row: QWidget, buttons: Sequence[QPushButton]) -> None:
        self._row = row
        self._words = {each: each.text() for each in buttons}
        self.shown = True

    def say(self, made: QPushButton, words: str) -> None:
        """Give one of the buttons other words."""
        if self._words[made] != words:
            plain = words.replace("&", "")
            if made.toolTip() == self._words[made].replace("&", ""):
                made.setToolTip(tip(plain))
            self._words[made] = words
            made.setText(words if self.shown else "")
            made.setAccessibleName(plain)

    def full(self, hint: QSize) -> QSize:
        """Return the room that the row takes with all words."""
        return hint if self.shown else hint + QSize(self._width, 0)

    def least(self, hint: QSize) -> QSize:
        """Return the room that the row needs without any."""
        return hint - QSize(self._width, 0) if self.shown else hint

    def fit(self) -> None:
        """Show the words if there is room for them."""
        fits = self._row.sizeHint().width() <= self._row.width()
        if fits != self.shown:
            self.shown = fits
            for each, words in self._words.items():
                each.setText(words if fits else "")
                if not each.toolTip():
                    each.setToolTip(tip(words.replace("&", "")))

    @property
    def _width(self) -> int:
        flag = int(Qt.TextFlag.TextShowMnemonic)
        seen = ((each, words) for each, words in self._words.items() if not each.isHidden())
        return sum(each.fontMetrics().size(flag, words).width() for each, words in seen)
