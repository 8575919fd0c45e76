"""What will be done, before it is done: each change with its versions and source, what is asked, Install and Cancel."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QLabel, QVBoxLayout, QWidget

from desktop_app.presenters.plugins.plans import PlannedChange, words_of
from desktop_app.services.plugins.installing.models import Plan
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.icons import icon
from desktop_app.ui.models.parts import FactLines
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets import Card, button, label, primary_button, scrolled

_WIDTH, _MOST = 620, 720
_ICONS = {"warning": ("mdi6.shield-alert-outline", "canceled"), "info": ("mdi6.information-outline", "accent")}


class PlanSheet(QDialog):
    """`agreed` carries the very plan that was shown, once the person said yes."""

    agreed = Signal(object)

    def __init__(self, plan: Plan, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.plan = plan
        self.words = words_of(plan)
        self.cancel_button = button(self.tr("&Cancel"), on_click=self.reject)
        self.go = primary_button(self.tr("&{}").format(self.words.yes), "mdi6.package-down", self._agree)
        self._content = QWidget()
        self._build()
        self.setWindowTitle(self.words.title)
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.ensurePolished()
        fit_to_screen(self, QSize(_WIDTH, self._wanted_height()), parent)

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: where something is asked, Enter keeps everything as it is."""
        super().showEvent(event)
        asks = bool(self.words.questions)
        self.go.setDefault(not asks)
        self.cancel_button.setDefault(asks)
        (self.cancel_button if asks else self.go).setFocus(Qt.FocusReason.TabFocusReason)

    def _agree(self) -> None:
        self.agreed.emit(self.plan)
        self.accept()

    def _build(self) -> None:
        words = self.words
        column = QVBoxLayout(self._content)
        column.setContentsMargins(Space.XL, Space.L, Space.XL, Space.M)
        column.setSpacing(Space.M)
        column.addWidget(label(words.title, "title", wraps=True))
        for each in words.changes:
            column.addWidget(_ChangeCard(each))
        for text in words.questions:
            column.addWidget(_Paragraph("warning", text))
        if not words.questions:
            column.addWidget(_Paragraph("info", words.trust))
        for text in words.notes:
            column.addWidget(_Paragraph("info", text))
        column.addStretch()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(0)
        whole.addWidget(scrolled(self._content, words.title, has_controls=True), 1)
        whole.addLayout(self._footer())

    def _footer(self) -> QHBoxLayout:
        footer = QHBoxLayout()
        footer.setContentsMargins(Space.XL, Space.S, Space.XL, Space.L)
        footer.setSpacing(Space.S)
        footer.addStretch()
        footer.addWidget(self.cancel_button)
        footer.addWidget(self.go)
        return footer

    def _wanted_height(self) -> int:
        for each in self.findChildren(QWidget):
            each.ensurePolished()  # sizes are those of the style sheet from now on
        layout, foot = self._content.layout(), self.go.sizeHint().height() + Space.L + Space.S
        if layout is None:
            return _MOST
        needed = max(layout.totalHeightForWidth(_WIDTH), layout.totalMinimumSize().height())
        return min(_MOST, needed + foot)


class _ChangeCard(Card):
    """One change."""

    def __init__(self, change: PlannedChange) -> None:
        super().__init__(margin=Space.M)
        self.setAccessibleName(f"{change.title}, {change.change}")
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        name = label(change.title, "heading", wraps=True)
        version = label(change.change, "muted", selectable=True)
        head.addWidget(name, 1)
        head.addWidget(version, 0, Qt.AlignmentFlag.AlignTop)
        self.body.addLayout(head)
        if change.summary:
            self.body.addWidget(label(change.summary, wraps=True))
        self.body.addWidget(FactLines(change.facts))


class _Paragraph(QFrame):
    """A paragraph that is marked: a question, or something worth knowing."""

    def __init__(self, tone: str, text: str) -> None:
        super().__init__()
        self._tone = tone
        self.setProperty("role", "message")
        self.setProperty("tone", tone)
        self.setAccessibleName(text)
        self._picture = QLabel()
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        row.setSpacing(Space.S)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addWidget(label(text, wraps=True, selectable=True), 1)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def _redraw(self) -> None:
        self._picture.setPixmap(icon(*_ICONS[self._tone]).pixmap(icon_size(), self.devicePixelRatioF()))
