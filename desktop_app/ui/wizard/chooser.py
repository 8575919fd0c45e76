"""The wizard's first page where there are several: a card for each."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QSize, Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QPushButton, QVBoxLayout, QWidget

from desktop_app.presenters.wizard import WizardCard
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, theme_manager
from desktop_app.ui.widgets import label, scrolled

_PICTURE = 28


class CardButton(QPushButton):
    """A wizard as a large button: icon, title, summary."""

    def __init__(self, card: WizardCard, draft: str) -> None:
        super().__init__()
        self.card = card
        self._icon = icon(card.icon, "accent")
        self._picture = QLabel()
        self.setAccessibleName(card.title)
        self.setAccessibleDescription(f"{card.summary} {draft}".strip())
        self.setAutoDefault(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.L, Space.M, Space.L, Space.M)
        row.setSpacing(Space.L)
        texts = QVBoxLayout()
        texts.setSpacing(Space.XS)
        texts.addWidget(label(card.title, "heading", wraps=True))
        texts.addWidget(label(card.summary, "muted", wraps=True))
        if draft:
            texts.addWidget(label(draft, "info", wraps=True))
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)
        row.addWidget(label(card.plugin, "small"), 0, Qt.AlignmentFlag.AlignTop)
        for each in self.findChildren(QLabel):
            each.setAttribute(Qt.WidgetAttribute.WA_TransparentForMouseEvents)
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


class Chooser(QWidget):
    """`chosen` carries a wizard's key. Up and down go from card to card, Enter takes one."""

    chosen = Signal(str)

    def __init__(self, cards: Sequence[WizardCard], drafts: Sequence[str]) -> None:
        super().__init__()
        self.buttons: list[CardButton] = []
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, Space.XS, 0)
        column.setSpacing(Space.M)
        for card in cards:
            note = self.tr("Begun before: goes on where you stopped.") if card.key in drafts else ""
            made = CardButton(card, note)
            made.clicked.connect(lambda _on=False, key=card.key: self.chosen.emit(key))
            made.installEventFilter(self)
            self.buttons.append(made)
            column.addWidget(made)
        column.addStretch()
        content = QWidget()
        content.setLayout(column)
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        self._area = scrolled(content, self.tr("Wizards"), has_controls=True)
        whole.addWidget(self._area)

    def focus_first(self) -> None:
        """Give the keyboard to the first card."""
        if self.buttons:
            self.buttons[0].setFocus(Qt.FocusReason.TabFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt before a card gets a key: up and down go round the cards, not on to what else is there."""
        steps = {Qt.Key.Key_Down: 1, Qt.Key.Key_Up: -1}
        step = steps.get(Qt.Key(event.key())) if isinstance(event, QKeyEvent) else None
        if step is None or event.type() != QEvent.Type.KeyPress:
            return super().eventFilter(watched, event)
        here = next(index for index, each in enumerate(self.buttons) if each is watched)
        there = self.buttons[(here + step) % len(self.buttons)]
        there.setFocus(Qt.FocusReason.TabFocusReason)
        self._area.ensureWidgetVisible(there)
        return True
