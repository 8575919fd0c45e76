"""The wizard's first page where there are several: a card for each, by framework, found by typing."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import QEvent, QObject, QPoint, Qt, Signal
from PySide6.QtGui import QKeyEvent, QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLineEdit, QPushButton, QVBoxLayout, QWidget

from desktop_app.presenters.wizard import WizardCard
from desktop_app.presenters.wizard_choice import CardGroup, fits, grouped, shortcuts
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, button, label, scrolled
from desktop_app.ui.widgets.layouts import empty
from desktop_app.ui.wizard.card_button import CardButton

_MANY = 6
"""With so many cards there is a field to find one."""
_LETTERS = 46
"""As many letters a card is wide, at least, where two stand beside each other."""


class Chooser(QWidget):
    """`chosen` carries a wizard's key. Arrows go from card to card, Enter takes one, letters find one."""

    chosen = Signal(str)

    def __init__(self, cards: Sequence[WizardCard], drafts: Sequence[str]) -> None:
        super().__init__()
        self.buttons: list[CardButton] = []
        self.search = QLineEdit()
        hint = self.tr("Not sure? Take what your script imports. The first of a kind is right for most.")
        self.hint = label(hint, "muted", wraps=True)
        self.shortcuts = [self._shortcut(each) for each in shortcuts(cards)] if len(cards) > _MANY else []
        self.nothing = label("", "muted", wraps=True)
        self._groups = [_Group(each, self._cards(each, drafts)) for each in grouped(cards)]
        self._build(len(cards) > _MANY)

    @property
    def shown(self) -> list[CardButton]:
        """The cards that fit what was typed."""
        return [button for group in self._groups for button in group.shown]

    def focus_first(self) -> None:
        """Give the keyboard to the first card."""
        for each in self.shown[:1]:
            each.setFocus(Qt.FocusReason.TabFocusReason)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:  # noqa: N802 - Qt's name
        """Called by Qt before a card or the field gets a key: arrows go round the cards, letters into the field."""
        if event.type() != QEvent.Type.KeyPress or not isinstance(event, QKeyEvent):
            return super().eventFilter(watched, event)
        if watched is self.search:
            return self._key_in_field(Qt.Key(event.key()))
        there = self._next(watched, Qt.Key(event.key()))
        if there is not None:
            there.setFocus(Qt.FocusReason.TabFocusReason)
            self._area.ensureWidgetVisible(there)
            return True
        if not self.search.isHidden() and event.text().isprintable() and event.text().strip():
            self.search.setFocus(Qt.FocusReason.ShortcutFocusReason)
            self.search.setText(event.text())
            return True
        return super().eventFilter(watched, event)

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: two cards stand beside each other where there is room."""
        super().resizeEvent(event)
        self._arrange()

    # ----- the rest

    def _cards(self, group: CardGroup, drafts: Sequence[str]) -> list[CardButton]:
        made = [self._card(each, begun=each.key in drafts) for each in group.cards]
        self.buttons += made
        return made

    def _card(self, card: WizardCard, *, begun: bool) -> CardButton:
        notes = [self.tr("Begun before: goes on where you stopped.")] if begun else []
        made = CardButton(card, *notes)
        made.clicked.connect(lambda: self.chosen.emit(card.key))
        made.installEventFilter(self)
        return made

    def _shortcut(self, card: WizardCard) -> QPushButton:
        """Return a way to a card that is below the edge of the window."""
        made = button(card.title, card.icon, lambda: self.chosen.emit(card.key), role="link", tip=card.summary)
        made.setAutoDefault(True)
        return made

    def _build(self, many: bool) -> None:
        column = QVBoxLayout()
        column.setContentsMargins(0, 0, Space.XS, 0)
        column.setSpacing(Space.L)
        for each in self._groups:
            each.show_title(shown=len(self._groups) > 1)
            column.addWidget(each)
        column.addWidget(self.nothing)
        column.addStretch(1)  # few cards are no higher than many
        content = QWidget()
        content.setLayout(column)
        self._area = scrolled(content, self.tr("Wizards"), has_controls=True)
        self._dress_field()
        whole = QVBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.setSpacing(Space.M)
        head = QHBoxLayout()
        head.setSpacing(Space.M)
        head.addWidget(self.hint, 1)
        for made in self.shortcuts:
            head.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)
        whole.addLayout(head)
        whole.addWidget(self.search)
        whole.addWidget(self._area, 1)
        self.hint.setVisible(len(self.buttons) > 1)
        self.search.setVisible(many)
        self.nothing.hide()

    def _dress_field(self) -> None:
        self.search.setClearButtonEnabled(True)
        self.search.setPlaceholderText(self.tr("Find: torch, horovod, TF_CONFIG, mpirun…"))
        self.search.setAccessibleName(self.tr("Find a kind of job"))
        self.search.addAction(icon("mdi6.magnify", "muted"), QLineEdit.ActionPosition.LeadingPosition)
        self.search.installEventFilter(self)
        self.search.textChanged.connect(self._filter)

    def _filter(self, typed: str) -> None:
        for each in self._groups:
            each.filter(typed)
        self.nothing.setText(self.tr("No kind of job has “{}” in its description.").format(typed))
        self.nothing.setVisible(not self.shown)

    def _key_in_field(self, key: Qt.Key) -> bool:
        if key == Qt.Key.Key_Down:
            self.focus_first()
        elif key in (Qt.Key.Key_Return, Qt.Key.Key_Enter):
            for each in self.shown[:1]:
                each.click()
        elif key == Qt.Key.Key_Escape and self.search.text():
            self.search.clear()
        else:
            return False
        return True

    def _next(self, watched: QObject, key: Qt.Key) -> CardButton | None:
        """Return the card that an arrow leads to: the nearest in that direction, then the other end."""
        shown = self.shown
        here = next((each for each in shown if each is watched), None)
        if here is None:
            return None
        if key in (Qt.Key.Key_Left, Qt.Key.Key_Right):
            step = 1 if key == Qt.Key.Key_Right else -1
            return shown[(shown.index(here) + step) % len(shown)]
        if key not in (Qt.Key.Key_Up, Qt.Key.Key_Down):
            return None
        way = 1 if key == Qt.Key.Key_Down else -1
        at = self._place(here)
        beyond = [each for each in shown if way * (self._place(each).y() - at.y()) > 0]
        if not beyond:
            return shown[0 if way > 0 else -1]
        return min(beyond, key=lambda each: self._far(at, self._place(each)))

    def _place(self, card: CardButton) -> QPoint:
        return card.mapTo(self, QPoint(0, 0))

    @staticmethod
    def _far(one: QPoint, other: QPoint) -> tuple[int, int]:
        return abs(one.y() - other.y()), abs(one.x() - other.x())

    def _arrange(self) -> None:
        beside = self.fontMetrics().averageCharWidth() * 2 * _LETTERS
        for each in self._groups:
            each.arrange(2 if self.width() >= beside else 1)


class _Group(QWidget):
    """A framework's cards below its name."""

    def __init__(self, group: CardGroup, buttons: list[CardButton]) -> None:
        super().__init__()
        self._buttons = buttons
        self.shown = list(buttons)
        self._title, self._about = label(group.title, "section"), ElidedLabel(group.about, "small")
        self._beside = QWidget(self)  # where a card alone has room for another
        self._columns = 0
        self._grid = QGridLayout()
        self._grid.setSpacing(Space.M)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        head = QHBoxLayout()
        head.setSpacing(Space.M)
        head.addWidget(self._title, 0, Qt.AlignmentFlag.AlignBottom)
        head.addWidget(self._about, 1, Qt.AlignmentFlag.AlignBottom)
        column.addLayout(head)
        column.addLayout(self._grid)
        self.arrange(1)

    def show_title(self, *, shown: bool) -> None:
        """Show the framework's name, where there are several."""
        self._title.setVisible(shown)
        self._about.setVisible(shown and bool(self._about.text()))

    def filter(self, typed: str) -> None:
        """Show the cards that fit what was typed."""
        self.shown = [each for each in self._buttons if fits(each.card, typed)]
        for each in self._buttons:
            each.setVisible(each in self.shown)
        self.setVisible(bool(self.shown))
        self._place()

    def arrange(self, columns: int) -> None:
        """Place the cards in one or two columns."""
        if columns != self._columns:
            self._columns = columns
            self._place()

    def _place(self) -> None:
        empty(self._grid)
        for column in range(2):
            self._grid.setColumnStretch(column, int(column < self._columns))
        for at, each in enumerate(self.shown):
            self._grid.addWidget(each, at // self._columns, at % self._columns)
        self._beside.setVisible(len(self.shown) == 1 < self._columns)
        if len(self.shown) == 1 < self._columns:
            self._grid.addWidget(self._beside, 0, 1)
