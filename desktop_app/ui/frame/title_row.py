"""The row at the top: menu, name and project, the way to every command, where jobs run, a new job."""

from __future__ import annotations

from typing import TYPE_CHECKING

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QFrame, QHBoxLayout, QLabel, QMenu, QPushButton, QSizePolicy, QToolButton

from desktop_app.ui.frame.place_button import PlaceButton
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import ICON, Space, icon_size
from desktop_app.ui.widgets.buttons import primary_button, tool_button

if TYPE_CHECKING:
    from PySide6.QtGui import QResizeEvent

    from desktop_app.ui.widgets.labels import ElidedLabel


class TitleRow(QFrame):
    """Emits what was asked for; holds no state but the place where jobs run (`presenters/clouds/places.py`)."""

    search_asked = Signal()
    new_job_asked = Signal()

    def __init__(self) -> None:
        super().__init__()
        self.setObjectName("titleRow")
        self.menu_button = tool_button("mdi6.menu", self.tr("Menu"))
        self.menu_button.setPopupMode(QToolButton.ToolButtonPopupMode.InstantPopup)
        self.search = _SearchButton(self.tr("Search or run a command"), "Ctrl+K")
        self.search.clicked.connect(self.search_asked)
        self.project: ElidedLabel | None = None
        self._left = QHBoxLayout()
        self.place = PlaceButton()
        self._place = "local"
        self.show_place("local", self.tr("This machine"))
        self.new_job = primary_button(self.tr("New job"), "mdi6.plus", self.new_job_asked.emit, tip="New job  Ctrl+N")
        self._build()

    @property
    def backend(self) -> str:
        """The name of the backend that is chosen."""
        return self._place.partition(":")[0]

    def show_place(
        self, key: str, title: str, picture: str = "mdi6.laptop", role: str = "muted", note: str = ""
    ) -> None:
        """Show where jobs run from now on: `local`, or `azureml:` and a workspace's key."""
        self._place = key
        self.place.show_place(title, picture, role, note)

    def set_project(self, name: str, path: str = "") -> None:
        """Show which project is open."""
        from desktop_app.ui.widgets.labels import ElidedLabel

        if self.project is None:
            self.project = ElidedLabel(role="muted")
            self._left.insertWidget(self._left.count() - 1, self.project, 1000)
        self.project.setText(name)
        self.project.setToolTip(path)

    def set_menu(self, menu: QMenu) -> None:
        """Put the menus behind the button at the left; F10 opens them."""
        self.menu_button.setShortcut("F10")
        self.menu_button.setToolTip(self.tr("Menu  F10"))
        self.menu_button.setMenu(menu)

    def _build(self) -> None:
        left, right = self._left, QHBoxLayout()
        name = QLabel("Rank Zero")
        name.setProperty("role", "strong")
        left.setSpacing(Space.S)
        right.setSpacing(Space.S)
        left.addWidget(self.menu_button)
        left.addWidget(name)
        right.addStretch()
        right.addWidget(self.place)
        right.addWidget(self.new_job)
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.S, Space.S, Space.M + 2, Space.S)
        row.setSpacing(Space.L)
        left.addStretch()
        row.addLayout(left, 1)
        row.addWidget(self.search, 1)
        row.addLayout(right, 1)


class _SearchButton(QPushButton):
    """Looks like a field, opens the palette; the shortcut stands at its right."""

    def __init__(self, text: str, shortcut: str) -> None:
        super().__init__(text)
        self._words = text
        self.setProperty("role", "search")
        self.setIcon(icon("mdi6.magnify", "muted"))
        self.setIconSize(icon_size(wide=True))
        self.setAccessibleName(text)
        self.setToolTip(f"{text}  {shortcut}")
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self._keys = QLabel(shortcut)
        self._keys.setProperty("role", "small")
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, Space.S + 2, 0)
        row.addStretch()
        row.addWidget(self._keys)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        hint = super().sizeHint()
        return QSize(max(330, hint.width() + self._keys.sizeHint().width() + Space.XL), hint.height())

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: what does not fit beside the shortcut ends in an ellipsis."""
        super().resizeEvent(event)
        room = self.width() - self.minimumSizeHint().width() + Space.L
        fits = self.fontMetrics().horizontalAdvance(self._words) <= room
        self.setText(self._words if fits else self._elided(room))

    def _elided(self, room: int) -> str:
        text, metrics = self._words, self.fontMetrics()
        while text and metrics.horizontalAdvance(f"{text}…") > room:
            text = text[:-1]
        return f"{text.rstrip()}…" if text else ""

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        return QSize(self._keys.sizeHint().width() + 2 * ICON + 2 * Space.L, super().minimumSizeHint().height())
