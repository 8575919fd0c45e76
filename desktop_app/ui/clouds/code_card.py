"""What a person has to do to sign in: type a code, shown large, or sign in on a page that opens."""

from __future__ import annotations

from PySide6.QtCore import Qt, QUrl
from PySide6.QtGui import QDesktopServices, QGuiApplication
from PySide6.QtWidgets import QHBoxLayout

from desktop_app.api import SignInPrompt
from desktop_app.ui.theme import Space, mono_font
from desktop_app.ui.widgets import Card, button, label

_LARGE = 2.2


class CodeCard(Card):
    """Hidden until there is something to do."""

    def __init__(self) -> None:
        super().__init__(spacing=Space.S)
        self.text = label(role="plain", wraps=True)
        self.code = label(role="plain", selectable=True)
        self.link = label(role="muted", selectable=True, wraps=True)
        self.copy_button = button(self.tr("Copy the &code"), "mdi6.content-copy", self.copy)
        self.open_button = button(self.tr("&Open the page"), "mdi6.open-in-new", self.open_page)
        self._url = ""
        self._build()
        self.hide()

    def show_prompt(self, prompt: SignInPrompt) -> None:
        """Say what to do; `Open` leads to the page."""
        self._url = prompt.url
        said = self.tr("Open this page, on any device, and type the code:")
        self.text.setText(said if prompt.code else prompt.message or self.tr("Sign in on this page:"))
        self.code.setText(prompt.code)
        self.link.setText(prompt.url if prompt.code else "")
        self.code.setAccessibleName(self.tr("Code: {}").format(" ".join(prompt.code)))
        for each in (self.code, self.copy_button, self.link):
            each.setVisible(bool(prompt.code))
        self.copy_button.setText(self.tr("Copy the &code"))
        self.show()
        (self.copy_button if prompt.code else self.open_button).setFocus()

    def copy(self) -> None:
        """Put the code on the clipboard."""
        QGuiApplication.clipboard().setText(self.code.text())
        self.copy_button.setText(self.tr("Copied"))

    def open_page(self) -> None:
        """Open the page with the desktop's browser."""
        QDesktopServices.openUrl(QUrl(self._url))

    def _build(self) -> None:
        font = mono_font()
        font.setPointSizeF(font.pointSizeF() * _LARGE)
        self.code.setFont(font)
        self.code.setTextInteractionFlags(
            Qt.TextInteractionFlag.TextSelectableByMouse | Qt.TextInteractionFlag.TextSelectableByKeyboard
        )
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(self.copy_button)
        row.addWidget(self.open_button)
        row.addStretch()
        for each in (self.text, self.link, self.code):
            self.body.addWidget(each)
        self.body.addLayout(row)
