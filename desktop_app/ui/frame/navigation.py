"""The pages' names at the left."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtGui import QIcon
from PySide6.QtWidgets import QButtonGroup, QFrame, QHBoxLayout, QLabel, QPushButton, QSizePolicy, QVBoxLayout

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size

ENTRIES = {
    "files": ("Files", "mdi6.file-tree-outline", "Ctrl+1"),
    "runs": ("Runs", "mdi6.play-box-multiple-outline", "Ctrl+2"),
    "models": ("Models", "mdi6.cube-outline", "Ctrl+3"),
    "cloud": ("Cloud", "mdi6.cloud-outline", "Ctrl+4"),
    "plugins": ("Plugins", "mdi6.puzzle-outline", "Ctrl+5"),
    "settings": ("Settings", "mdi6.cog-outline", "Ctrl+6"),
}


class Navigation(QFrame):
    """One button a page; Settings at the bottom. Emits the page's name."""

    chosen = Signal(str)

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("navigation")
        self._group = QButtonGroup(self)
        self._buttons = {name: _NavButton(*entry) for name, entry in ENTRIES.items()}
        column = QVBoxLayout(self)
        column.setContentsMargins(Space.S, Space.S + 2, Space.S, Space.S + 2)
        column.setSpacing(2)
        for name, made in self._buttons.items():
            if name == "settings":
                column.addStretch()
            column.addWidget(made)
            self._group.addButton(made)
            made.clicked.connect(lambda _checked=False, page=name: self.chosen.emit(page))
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Expanding)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: as wide as the words need, but not narrower than is calm."""
        return super().sizeHint().expandedTo(QSize(148, 0))

    def show_page(self, name: str) -> None:
        """Mark the page that is shown."""
        self._buttons[name].setChecked(True)

    def set_count(self, name: str, count: int) -> None:
        """Show how many there are beside a page's name; none for 0."""
        self._buttons[name].set_count(count)


class _NavButton(QPushButton):
    def __init__(self, text: str, icon_name: str, shortcut: str) -> None:
        super().__init__(text)
        self._name = text
        self.setProperty("role", "nav")
        self.setCheckable(True)
        self.setAccessibleName(text)
        self.setToolTip(f"{text}  {shortcut}")
        self._plain, self._lit = icon(icon_name, "muted"), icon(icon_name, "accent")
        self.setIcon(self._plain)
        self.setIconSize(icon_size(wide=True) + QSize(Space.XS, 0))
        self._count = QLabel()
        self._count.setProperty("role", "strong")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, Space.M, 0)
        row.addStretch()
        row.addWidget(self._count)
        self.toggled.connect(self._light)

    def set_count(self, count: int) -> None:
        self._count.setText(str(count) if count else "")
        self.setAccessibleName(f"{self._name}, {count}" if count else self._name)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        room = self.fontMetrics().horizontalAdvance("000") + Space.L
        return super().sizeHint() + QSize(room, 0)

    def _light(self, on: bool) -> None:
        self.setIcon(QIcon(self._lit if on else self._plain))
