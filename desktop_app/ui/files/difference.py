"""Settles a conflict: what is on disk beside what is here, change by change, before anything is saved."""

from __future__ import annotations

from functools import partial

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QFontMetricsF, QKeyEvent
from PySide6.QtWidgets import (
    QButtonGroup,
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QPlainTextEdit,
    QRadioButton,
    QVBoxLayout,
    QWidget,
)

from desktop_app.presenters.difference import Difference, Part, Side
from desktop_app.ui.theme import Space, mono_font
from desktop_app.ui.widgets import button, label, primary_button
from desktop_app.ui.widgets.scroll import scrolled

_MOST_SHOWN = 200  # changes: of more, all of one side can be taken
_MOST_ROWS = 12


class DifferencePanel(QFrame):
    """`settled`: the text that was decided is to be saved. `left`: back to the text, with nothing decided."""

    settled = Signal(str)
    left = Signal()

    def __init__(self, name: str, found: Difference) -> None:
        super().__init__()
        self.setProperty("role", "page")
        self.setAccessibleName(self.tr("Differences of {}").format(name))
        self.found = found
        self._choices: dict[int, dict[Side, QRadioButton]] = {}
        self.state = label(role="muted", wraps=True)
        self.save_button = primary_button(self.tr("&Save the result"), "mdi6.content-save-outline", self._save)
        self._build(name)
        self._show_state()

    def decide(self, number: int, side: Side) -> None:
        """Take one side of a change."""
        self.found = self.found.decided(number, side)
        self._show_state()

    def decide_all(self, side: Side) -> None:
        """Take one side of every change."""
        self.found = self.found.all_decided(side)
        for each in self._choices.values():
            each[side].setChecked(True)
        self._show_state()

    def focus(self) -> None:
        """Give the keyboard to the first change that is to be decided."""
        for number, choice in self._choices.items():
            if self.found.parts[number].taken is None:
                choice[Side.THEIRS].setFocus()
                return
        self.save_button.setFocus()

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc goes back."""
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
        else:
            super().keyPressEvent(event)

    def _build(self, name: str) -> None:
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addWidget(label(self.tr("{}: here and on disk").format(name), "heading"))
        column.addWidget(self.state)
        body = QWidget()
        rows = QVBoxLayout(body)
        rows.setContentsMargins(0, 0, Space.S, 0)
        rows.setSpacing(Space.M)
        changes = self.found.changes
        for number in changes[:_MOST_SHOWN]:
            rows.addWidget(self._change(number, self.found.parts[number]))
        if len(changes) > _MOST_SHOWN:
            more = self.tr("{} more changes are not shown: take all of one side, or go back and look at both.")
            rows.addWidget(label(more.format(len(changes) - _MOST_SHOWN), "muted", wraps=True))
        rows.addStretch(1)
        column.addWidget(scrolled(body, self.tr("Changes")), 1)
        column.addLayout(self._buttons())

    def _buttons(self) -> QHBoxLayout:
        row = QHBoxLayout()
        row.setSpacing(Space.S)
        row.addWidget(button(self.tr("All &theirs"), on_click=lambda: self.decide_all(Side.THEIRS)))
        row.addWidget(button(self.tr("All &mine"), on_click=lambda: self.decide_all(Side.MINE)))
        row.addStretch(1)
        row.addWidget(button(self.tr("&Back to the text"), on_click=self.left.emit))
        row.addWidget(self.save_button)
        return row

    def _change(self, number: int, part: Part) -> QFrame:
        card = QFrame()
        card.setProperty("role", "card")
        grid = QGridLayout(card)
        grid.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        grid.setSpacing(Space.XS)
        group = QButtonGroup(card)
        titles = {Side.THEIRS: self.tr("On disk"), Side.MINE: self.tr("Mine, from line {}").format(part.line)}
        self._choices[number] = {}
        for at, (side, lines) in enumerate(((Side.THEIRS, part.theirs), (Side.MINE, part.mine))):
            choice = QRadioButton(titles[side])
            what = "".join(lines).strip() or self.tr("nothing")
            choice.setAccessibleDescription(what[:400])
            choice.setChecked(part.taken is side)
            choice.toggled.connect(partial(self._on_choice, number, side))
            group.addButton(choice)
            self._choices[number][side] = choice
            grid.addWidget(choice, 0, at)
            grid.addWidget(self._side(lines, titles[side]), 1, at)
            grid.setColumnStretch(at, 1)
        return card

    def _on_choice(self, number: int, side: Side, on: bool) -> None:
        if on:
            self.decide(number, side)

    def _side(self, lines: tuple[str, ...], name: str) -> QPlainTextEdit:
        made = QPlainTextEdit("".join(lines).removesuffix("\n"))
        made.setReadOnly(True)
        made.setFont(mono_font())
        made.setTabChangesFocus(True)
        made.setAccessibleName(name)
        made.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        if not lines:
            made.setPlaceholderText(self.tr("nothing"))
        height = QFontMetricsF(made.font()).lineSpacing() * min(max(len(lines), 1), _MOST_ROWS)
        made.setFixedHeight(int(height) + Space.XL + Space.XS)
        return made

    def _show_state(self) -> None:
        count, to_decide = len(self.found.changes), self.found.open
        if to_decide == 1:
            self.state.setText(
                self.tr("1 of {} changes is to be decided; the others touch only one side.").format(count)
            )
        elif to_decide:
            text = self.tr("{} of {} changes are to be decided; the others touch only one side.")
            self.state.setText(text.format(to_decide, count))
        else:
            self.state.setText(self.tr("{} changes, all decided. Nothing is saved before you say so.").format(count))
        self.save_button.setEnabled(not to_decide)
        tip = self.tr("Decide every change first.") if to_decide else self.tr("Write the result to the file")
        self.save_button.setToolTip(tip)
        self.save_button.setAccessibleDescription(tip)

    def _save(self) -> None:
        self.settled.emit(self.found.text)
