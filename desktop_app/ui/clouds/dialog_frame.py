"""The frame of a small form dialog: a title, a card that scrolls where it does not fit, and the buttons below."""

from __future__ import annotations

from PySide6.QtWidgets import QDialog, QHBoxLayout, QPushButton, QVBoxLayout, QWidget

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, button, label, scrolled


def frame(dialog: QDialog, title: str, card: Card, go: QPushButton) -> None:
    """Put a dialog together; `go` is its default button."""
    dialog.setWindowTitle(title)
    content = QWidget()
    column = QVBoxLayout(content)
    column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.M)
    column.setSpacing(Space.M)
    column.addWidget(label(title, "title", wraps=True))
    column.addWidget(card)
    column.addStretch()
    footer = QHBoxLayout()
    footer.setContentsMargins(Space.XL, 0, Space.XL, Space.L)
    footer.setSpacing(Space.S)
    footer.addStretch()
    footer.addWidget(button(dialog.tr("Cancel"), on_click=dialog.reject))
    footer.addWidget(go)
    go.setDefault(True)
    whole = QVBoxLayout(dialog)
    whole.setContentsMargins(0, 0, 0, 0)
    whole.addWidget(scrolled(content, title, has_controls=True), 1)
    whole.addLayout(footer)
