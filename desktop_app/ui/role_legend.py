"""What the colours in a picture of ranks mean: each role with its word, and how many there are."""

from __future__ import annotations

from PySide6.QtCore import QRectF, QSize, Qt
from PySide6.QtGui import QColor, QPainter, QPaintEvent, QPen
from PySide6.QtWidgets import QHBoxLayout, QWidget

from desktop_app.core.rank_words import ROLE_WORDS, role_text
from desktop_app.presenters.rank_cells import Cells
from desktop_app.ui.theme import Space, text_sizes, theme_manager
from desktop_app.ui.widgets import label
from desktop_app.ui.widgets.layouts import drop_contents

_COLORS = {"": "accent", "worker": "accent", "ps": "finalizing", "chief": "running", "head": "running",
           "driver": "canceled", "launcher": "canceled", "evaluator": "completed"}  # fmt: skip


def role_color(role: str) -> str:
    """Return the theme's colour of a role; its word or letter always stands beside it."""
    return _COLORS.get(role, "completed")


class RoleLegend(QWidget):
    """A swatch and a word for each role, in one line; hidden where all ranks are alike."""

    def __init__(self) -> None:
        super().__init__()
        self._roles = QHBoxLayout()
        self._roles.setSpacing(Space.L)
        whole = QHBoxLayout(self)
        whole.setContentsMargins(0, 0, 0, 0)
        whole.addLayout(self._roles)
        whole.addStretch()
        self._shown: tuple[tuple[str, int], ...] = ()
        self.hide()

    @property
    def text(self) -> str:
        """What it says."""
        return ", ".join(_words(role, count) for role, count in self._shown)

    def show_roles(self, cells: Cells) -> None:
        """Show the roles of other ranks."""
        roles = tuple(cells.roles)
        self.setVisible(bool(roles))
        if roles == self._shown:
            return
        self._shown = roles
        drop_contents(self._roles)
        for role, count in roles:
            made = _Entry(role, count)
            self._roles.addWidget(made)
            made.show()
        self.setAccessibleName(self.tr("Roles: {}").format(self.text))


class _Entry(QWidget):
    """A role's swatch with its word."""

    def __init__(self, role: str, count: int) -> None:
        super().__init__()
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S - 2)
        row.addWidget(_Swatch(role))
        row.addWidget(label(_words(role, count), "small"))


class _Swatch(QWidget):
    """A cell in small, in a role's colour."""

    def __init__(self, role: str) -> None:
        super().__init__()
        self._role = role
        side = text_sizes().pixels
        self.setFixedSize(QSize(side, side))

    def paintEvent(self, _event: QPaintEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        theme, color = theme_manager().theme, role_color(self._role)
        painter = QPainter(self)
        painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        painter.setPen(QPen(QColor(theme.color(color)), 1))
        painter.setBrush(QColor(theme.tint(color, 0.16)))
        painter.drawRoundedRect(QRectF(self.rect()).adjusted(0.5, 0.5, -0.5, -0.5), 2, 2, Qt.SizeMode.AbsoluteSize)
        painter.end()


def _words(role: str, count: int) -> str:
    return role_text(role, count) if count else ROLE_WORDS.get(role, (role, role))[0]
