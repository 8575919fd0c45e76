"""What a failed run opens on: which rank fell first, the very line, what it means, where to look."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QVBoxLayout

from desktop_app.presenters.run_page import FailureView
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import ICON, Space, mono_font, theme_manager
from desktop_app.ui.widgets import button, label


class FailureCard(QFrame):
    """Hidden until there is a failure to show. `log_asked` and `code_asked` are its two buttons."""

    log_asked = Signal()
    code_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "message")
        self.setProperty("tone", "error")
        self._picture = QLabel()
        self.heading = label(role="heading", wraps=True, selectable=True)
        self.facts = label(role="muted")
        self.text = label(wraps=True, selectable=True)
        self.explanation = label(role="muted", wraps=True, selectable=True)
        self.show_log = button(self.tr("Show in lo&g"), "mdi6.text-search", self.log_asked.emit)
        self.open_code = button("", "mdi6.code-braces", self.code_asked.emit)
        self.open_code.hide()
        self._build()
        theme_manager().changed.connect(self._redraw)
        self._redraw()
        self.hide()

    def show_failure(self, view: FailureView | None) -> None:
        """Show what there is to say, nothing for None."""
        self.setVisible(view is not None)
        if view is None:
            return
        self.heading.setText(view.heading)
        self.facts.setText(view.facts)
        self.text.setText(view.text)
        self.text.setVisible(bool(view.text))
        self.explanation.setText(view.explanation)
        self.show_log.setVisible(view.rank is not None)
        self.setAccessibleName(f"{view.heading}. {view.text}")

    def offer_code(self, name: str) -> None:
        """Offer to open `train.py:41`; nothing for an empty name."""
        self.open_code.setText(self.tr("&Open {}").format(name))
        self.open_code.setAccessibleName(self.tr("Open {}").format(name))
        self.open_code.setVisible(bool(name))

    def _build(self) -> None:
        top = QHBoxLayout()
        top.setSpacing(Space.S)
        top.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignVCenter)
        top.addWidget(self.heading, 1)
        top.addWidget(self.facts)
        buttons = QHBoxLayout()
        buttons.setSpacing(Space.S)
        buttons.addWidget(self.show_log)
        buttons.addWidget(self.open_code)
        buttons.addStretch()
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        column.setSpacing(Space.XS + 2)
        column.addLayout(top)
        column.addWidget(self.text)
        column.addWidget(self.explanation)
        column.addLayout(buttons)

    def _redraw(self) -> None:
        self.text.setFont(mono_font())
        self._picture.setPixmap(
            icon("mdi6.alert-circle-outline", "failed").pixmap(QSize(ICON, ICON), self.devicePixelRatioF())
        )
