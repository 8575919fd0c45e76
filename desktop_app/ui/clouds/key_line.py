"""A secret that is fetched when it is asked for: covered until shown, forgotten when nobody looks any more."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from PySide6.QtCore import Qt, QTimer
from PySide6.QtGui import QGuiApplication, QHideEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import button, label, mono_font

_COVER = "••••••••••••"
_SHOWN_MS = 60_000


class KeyLine(QWidget):
    """`fetch` is called for each showing and copying; what it returns is in no name, tip or log."""

    def __init__(self, fetch: Callable[[], Awaitable[str]], failed: Callable[[UserError], object]) -> None:
        super().__init__()
        self._fetch, self._failed = fetch, failed
        self._turn = 0
        self.text = label(_COVER)
        self.show_button = button(self.tr("Show &key"), "mdi6.eye-outline", self.toggle)
        self.copy_button = button(self.tr("Cop&y key"), "mdi6.content-copy", self.copy)
        self._covering = QTimer(self, interval=_SHOWN_MS, singleShot=True)
        self._covering.timeout.connect(self.cover)
        self._build()

    @property
    def is_shown(self) -> bool:
        """Whether the secret can be read now."""
        return self.text.text() != _COVER

    def toggle(self) -> None:
        """Show it, or cover it."""
        if self.is_shown:
            self.cover()
        else:
            spawn(self._get(self._turn, self._reveal), "fetch a key", self._failed)

    def copy(self) -> None:
        """Put it on the clipboard without showing it."""
        spawn(self._get(self._turn, self._to_clipboard), "fetch a key", self._failed)

    def cover(self) -> None:
        """Forget it."""
        self._turn += 1
        self._covering.stop()
        self.text.setText(_COVER)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.NoTextInteraction)
        self._name(self.tr("Show &key"))

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what is not looked at is covered."""
        super().hideEvent(event)
        self.cover()

    async def _get(self, turn: int, then: Callable[[str], None]) -> None:
        secret = await self._fetch()
        if isValid(self) and turn == self._turn:
            then(secret)

    def _reveal(self, secret: str) -> None:
        self.text.setText(secret)
        self.text.setTextInteractionFlags(Qt.TextInteractionFlag.TextSelectableByMouse)
        self._name(self.tr("Hide &key"))
        self._covering.start()

    def _to_clipboard(self, secret: str) -> None:
        QGuiApplication.clipboard().setText(secret)
        self.copy_button.setText(self.tr("Copied"))
        QTimer.singleShot(2000, self, lambda: self.copy_button.setText(self.tr("Cop&y key")))

    def _name(self, text: str) -> None:
        self.show_button.setText(text)
        self.show_button.setAccessibleName(text.replace("&", ""))

    def _build(self) -> None:
        self.text.setFont(mono_font())
        self.text.setAccessibleName(self.tr("Key"))
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(label(self.tr("Key"), "muted"))
        row.addWidget(self.text)
        row.addWidget(self.show_button)
        row.addWidget(self.copy_button)
        row.addStretch()
