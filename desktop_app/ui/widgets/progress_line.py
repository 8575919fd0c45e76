"""One line of work that goes on: what, how far, and its Cancel."""

from __future__ import annotations

from PySide6.QtWidgets import QHBoxLayout, QProgressBar, QPushButton, QWidget

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets.labels import ElidedLabel

_BAR = 160


class ProgressLine(QWidget):
    """The text gives way where there is little room; `cancel` is the button that ends the work."""

    def __init__(self, cancel: QPushButton, role: str = "") -> None:
        super().__init__()
        self.text = ElidedLabel("", role) if role else ElidedLabel()
        self.bar = QProgressBar(textVisible=False)
        self.bar.setAccessibleName(self.tr("Progress"))
        self.bar.setFixedWidth(_BAR)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.S, 0, 0, 0)
        row.setSpacing(Space.M)
        row.addWidget(self.text, 1)
        row.addWidget(self.bar)
        row.addWidget(cancel)

    def tell(self, text: str, part: float | None) -> None:
        """Say what goes on, and how far it is: from 0 to 1, or None where nobody knows."""
        self.text.setText(text)
        self.text.setAccessibleName(text)
        self.bar.setRange(0, 0 if part is None else 1000)
        if part is not None:
            self.bar.setValue(int(part * 1000))
