"""A surface with a hairline around it, and hairlines by themselves."""

from __future__ import annotations

from PySide6.QtWidgets import QFrame, QVBoxLayout, QWidget

from desktop_app.ui.theme import Space


class Card(QFrame):
    """A raised surface; put things into `body`, a vertical layout."""

    def __init__(self, parent: QWidget | None = None, *, margin: int = Space.L, spacing: int = Space.S) -> None:
        super().__init__(parent)
        self.setProperty("role", "card")
        self.body = QVBoxLayout(self)
        self.body.setContentsMargins(margin, margin, margin, margin)
        self.body.setSpacing(spacing)


def hairline(*, vertical: bool = False) -> QFrame:
    """Return a line one pixel thin."""
    line = QFrame()
    line.setProperty("role", "line-vertical" if vertical else "line")
    return line
