"""One plugin in the list: its name, what it adds, how it is, the main thing to do and a menu of the others."""

from __future__ import annotations

from collections.abc import Callable
from html import escape

from PySide6.QtCore import QEvent, QPoint, Qt, Signal
from PySide6.QtGui import QContextMenuEvent, QGuiApplication, QKeyEvent, QMouseEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QMenu, QPlainTextEdit, QVBoxLayout, QWidget

from desktop_app.presenters.plugins.cards import PluginCard
from desktop_app.presenters.plugins.ways import Do, Way
from desktop_app.ui.icons import icon
from desktop_app.ui.plugins.name_button import NameButton
from desktop_app.ui.theme import Space, icon_size, mono_font, theme_manager
from desktop_app.ui.widgets import Card, ElidedLabel, IconLabel, button, label, tool_button

ROLES = {"completed": "success", "failed": "error", "canceled": "warning", "accent": "info"}
"""A label's role for a state's colour."""
_DETAIL_LINES = 10


class PluginCardView(Card):
    """`asked` carries the plugin's id and what to do with it."""

    asked = Signal(str, object)

    def __init__(self, card: PluginCard) -> None:
        super().__init__(margin=Space.M)
        self.card = card
        self._picture = QLabel()
        self._details: QWidget | None = None
        self.name = NameButton(card.name, self.tr("Show all there is to know about {}").format(card.name))
        self.name.clicked.connect(lambda _checked=False: self._ask(Do.OPEN))
        self.action = button(card.button, on_click=self._main)
        self.more = tool_button("mdi6.dots-horizontal", self.tr("More for {}").format(card.name), self.open_menu)
        self.reason = QLabel(self, wordWrap=True, textFormat=Qt.TextFormat.RichText)
        reads = Qt.TextInteractionFlag.TextSelectableByMouse  # no stop for Tab where there is nothing to press
        self.reason.setTextInteractionFlags(Qt.TextInteractionFlag.TextBrowserInteraction if card.details else reads)
        self.reason.linkActivated.connect(lambda _link: self.toggle_details())
        self._grid = QGridLayout()
        self._build()
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def follow(self, before: QWidget) -> QWidget:
        """Let Tab come here after `before`; returns the last control."""
        for each in (self.name, self.reason, self.action, self.more):
            QWidget.setTabOrder(before, each)
            before = each
        return before

    def menu(self) -> QMenu:
        """Return what can be done beside the main thing."""
        return menu_of(self, self.card.ways[1:], self._ask)

    def open_menu(self) -> None:
        """Show the menu below its button."""
        menu = self.menu()
        menu.aboutToHide.connect(menu.deleteLater)
        at = self.more.mapToGlobal(self.more.rect().bottomRight())
        menu.popup(at - QPoint(menu.sizeHint().width(), 0))

    def toggle_details(self) -> None:
        """Fold the traceback out, or away."""
        if self._details is None:
            self._details = self._trace()
            self._grid.addWidget(self._details, 1, 1, 1, 4)
            self._details.show()
        else:
            self._details.setVisible(self._details.isHidden())
        self._show_reason()

    def copy_details(self) -> None:
        """Put what went wrong into the clipboard."""
        QGuiApplication.clipboard().setText(self.card.to_copy)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Del removes what can be removed."""
        if event.key() == Qt.Key.Key_Delete and any(each.do is Do.REMOVE for each in self.card.ways):
            self._ask(Do.REMOVE)
        else:
            super().keyPressEvent(event)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        menu = menu_of(self, self.card.ways, self._ask)
        menu.aboutToHide.connect(menu.deleteLater)
        menu.popup(event.globalPos())

    def mouseDoubleClickEvent(self, event: QMouseEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: a double click opens, as everywhere."""
        super().mouseDoubleClickEvent(event)
        self._ask(Do.OPEN)

    def changeEvent(self, event: QEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt, among others when the font changes."""
        super().changeEvent(event)
        if event.type() == QEvent.Type.FontChange and hasattr(self, "action"):
            self._align_action()

    def _ask(self, do: Do) -> None:
        self.asked.emit(self.card.id, do)

    def _main(self) -> None:
        self._ask(self.card.ways[0].do)

    def _build(self) -> None:
        card = self.card
        self.setAccessibleName(f"{card.name}, {card.word}")
        self.action.setAccessibleName(f"{card.button} {card.name}")
        self._align_action()
        state = IconLabel(icon(card.word_icon, card.tone), card.word, "strong")
        state.label.setProperty("strong", True)
        state.label.setProperty("role", ROLES.get(card.tone, "muted"))
        grid = self._grid
        grid.setHorizontalSpacing(Space.M)
        grid.setVerticalSpacing(Space.XS)
        grid.addWidget(self._picture, 0, 0, Qt.AlignmentFlag.AlignCenter)
        grid.addLayout(self._texts(), 0, 1)
        for column, each in enumerate((state, self.action, self.more), start=2):
            grid.addWidget(each, 0, column)
        grid.setColumnMinimumWidth(0, icon_size().width() * 3 // 2 + Space.L)
        grid.setColumnStretch(1, 1)
        self.body.addLayout(grid)

    def _align_action(self) -> None:
        """Make the buttons of most cards equally wide, so that the states stand in one column."""
        self.action.setMinimumWidth(self.fontMetrics().horizontalAdvance(self.tr("Try again")) + 2 * Space.L)

    def _texts(self) -> QVBoxLayout:
        card = self.card
        first = QHBoxLayout()
        first.setSpacing(Space.XS)
        first.addWidget(self.name)
        first.addWidget(ElidedLabel(card.origin, "muted"), 1)
        column = QVBoxLayout()
        column.setSpacing(3)
        column.addLayout(first)
        if card.summary:
            column.addWidget(_indented(label(card.summary, wraps=True)))
        if card.contributes:
            column.addWidget(_indented(label(card.contributes, "small", wraps=True)))
        column.addWidget(_indented(self.reason))
        self.reason.setVisible(bool(card.reason))
        self._show_reason()
        return column

    def _show_reason(self) -> None:
        card = self.card
        is_open = self._details is not None and not self._details.isHidden()
        fold = self.tr("Hide details") if is_open else self.tr("Details")
        link = f' <a href="details">{fold}</a>' if card.details else ""
        self.reason.setText(f"{escape(card.reason)}{link}")
        self.reason.setProperty("role", ROLES.get(card.tone, "muted"))
        self.reason.setAccessibleName(f"{card.name}: {card.reason}")

    def _trace(self) -> QWidget:
        whole = QWidget()
        details = QPlainTextEdit(self.card.details, readOnly=True)
        details.setFont(mono_font())
        details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        details.setAccessibleName(self.tr("Details of {}").format(self.card.name))
        details.setFixedHeight(details.fontMetrics().lineSpacing() * _DETAIL_LINES)
        column = QVBoxLayout(whole)
        column.setContentsMargins(0, Space.XS, 0, 0)
        column.addWidget(details)
        row = QHBoxLayout()
        row.addWidget(button(self.tr("Copy"), "mdi6.content-copy", self.copy_details))
        row.addStretch()
        column.addLayout(row)
        return whole

    def _redraw(self) -> None:
        role = {"failed": "failed", "muted": "muted", "canceled": "canceled"}.get(self.card.tone, "accent")
        picture = icon(self.card.icon, role)
        self._picture.setPixmap(picture.pixmap(icon_size() * 1.5, self.devicePixelRatioF()))


def menu_of(parent: QWidget, ways: tuple[Way, ...], ask: Callable[[Do], object]) -> QMenu:
    """Return a menu of ways; removing stands apart."""
    menu = QMenu(parent)
    for each in ways:
        if each.do is Do.REMOVE:
            menu.addSeparator()
        action = menu.addAction(icon(each.icon), each.text)
        action.triggered.connect(lambda _checked=False, do=each.do: ask(do))
    return menu


def _indented(made: QLabel) -> QLabel:
    """Let a text begin where the name above it does, which is a button with an edge."""
    made.setContentsMargins(3, 0, 0, 0)
    return made
