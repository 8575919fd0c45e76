"""A wizard as a large button."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from desktop_app.presenters.wizard import WizardCard
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.widgets import label

_PICTURE = 28


class CardButton(QPushButton):
    """Icon, title and summary; `notes` say more, such as that it was begun before."""

    def __init__(self, card: WizardCard, *notes: str) -> None:
        super().__init__()
        self.card = card
        self._icon = icon(card.icon, "accent")
        self._picture = QLabel()
        self.setAccessibleName(card.title)
        self.setAccessibleDescription(" ".join((card.summary, *notes)))
        self.setAutoDefault(True)
        policy = QSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Preferred)
        policy.setHeightForWidth(True)
        self.setSizePolicy(policy)  # as high as the card beside it
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        row.setSpacing(Space.L)
        texts = QVBoxLayout()
        texts.setSpacing(Space.XS)
        texts.addWidget(label(card.title, "heading", wraps=True))
        texts.addWidget(label(card.summary, "muted", wraps=True))
        for each in notes:
            texts.addWidget(label(each, "info", wraps=True))
        texts.addStretch()
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        for shown in self.findChildren(QLabel):
            shown.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: as large as the texts need."""
        layout = self.layout()
        return layout.sizeHint() if layout is not None else super().sizeHint()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        layout = self.layout()
        return layout.minimumSize() if layout is not None else super().minimumSizeHint()

    def hasHeightForWidth(self) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt: texts wrap."""
        return True

    def heightForWidth(self, width: int) -> int:  # noqa: N802 - Qt's name
        """Called by Qt."""
        layout = self.layout()
        return layout.heightForWidth(width) if layout is not None else -1

    def _redraw(self) -> None:
        self._picture.setPixmap(self._icon.pixmap(QSize(_PICTURE, _PICTURE), self.devicePixelRatioF()))
