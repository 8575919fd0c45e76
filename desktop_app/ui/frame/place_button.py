"""The button at the top that says where jobs run; its menu offers the other places."""

from __future__ import annotations

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QMenu, QPushButton

from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size

_LONGEST = 28  # letters


class PlaceButton(QPushButton):
    """`filling` carries the menu each time before it is shown."""

    filling = Signal(object)

    def __init__(self) -> None:
        super().__init__()
        self.setProperty("role", "place")
        # Qt puts the icon of a button with a menu at its very edge, whatever its padding: the air is the icon's own
        self.setIconSize(icon_size(wide=True) + QSize(Space.S, 0))
        self._menu = QMenu(self)
        self._menu.aboutToShow.connect(lambda: self.filling.emit(self._menu))
        self.setMenu(self._menu)

    def show_place(self, title: str, picture: str = "mdi6.laptop", role: str = "muted", note: str = "") -> None:
        """Show the place that is chosen; `note` says how it stands."""
        shown = title if len(title) <= _LONGEST else f"{title[: _LONGEST - 1]}…"
        self.setText(shown.replace("&", "&&"))
        self.setIcon(icon(picture, role))
        said = f"{title}, {note}" if note else title
        self.setAccessibleName(self.tr("Where jobs run: {}").format(said))
        self.setToolTip(self.accessibleName())
