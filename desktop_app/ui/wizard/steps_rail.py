"""The list of pages at the wizard's left: where one is, what is done, what is to mend."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop_app.presenters.wizard import STATE_WORDS, StepState
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import ICON, Space
from desktop_app.ui.widgets import label

_WIDTH = 158
_ICONS = {
    StepState.DONE: ("mdi6.check-circle", "success"),
    StepState.WARNING: ("mdi6.alert", "warning"),
    StepState.CURRENT: ("mdi6.radiobox-marked", "accent"),
    StepState.TODO: ("mdi6.circle-outline", "muted"),
    StepState.ERROR: ("mdi6.alert-circle", "error"),
}


class StepsRail(QWidget):
    """`chosen` carries the index of a page that was clicked."""

    chosen = Signal(int)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("navigation")
        self.heading = label(self.tr("New job"), "title", wraps=True)
        self.subtitle = label("", "muted", wraps=True)
        self._buttons: list[QPushButton] = []
        self._column = QVBoxLayout(self)
        self._column.setContentsMargins(Space.L, Space.L, Space.M, Space.L)
        self._column.setSpacing(2)
        self._column.addStrut(_WIDTH)
        self._column.addWidget(self.heading)
        self._column.addWidget(self.subtitle)
        self._column.addSpacing(Space.L)
        self._column.addStretch()

    def show_steps(self, steps: list[tuple[str, StepState, bool]]) -> None:
        """Show pages as (title, state, whether it may be shown now)."""
        while len(self._buttons) > len(steps):
            self._buttons.pop().deleteLater()
        while len(self._buttons) < len(steps):
            self._add()
        for made, (title, state, allowed) in zip(self._buttons, steps, strict=True):
            made.setText(title.replace("&", "&&"))
            made.setIcon(icon(*_ICONS[state]))
            made.setChecked(state is StepState.CURRENT)
            made.setEnabled(allowed)
            made.setAccessibleName(self.tr("{}, {}").format(title, STATE_WORDS[state]))

    @property
    def controls(self) -> tuple[QWidget, ...]:
        """The pages' buttons, from above."""
        return tuple(self._buttons)

    def _add(self) -> None:
        made = QPushButton()
        made.setProperty("role", "nav")
        made.setCheckable(True)
        made.setAutoDefault(False)
        made.setIconSize(QSize(ICON, ICON))
        index = len(self._buttons)
        made.clicked.connect(lambda _on=False: self._on_click(index))
        self._column.insertWidget(self._column.count() - 1, made)
        self._buttons.append(made)

    def _on_click(self, index: int) -> None:
        self._buttons[index].setChecked(not self._buttons[index].isChecked())
        self.chosen.emit(index)
