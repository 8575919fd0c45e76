"""Tabs in a card, with the tools of the tab that is shown beside them; below them where there is no room."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt, Signal
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QStackedLayout, QTabBar, QWidget

from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, hairline

_LINES = 5
"""Lines of a page that stay to be seen."""


class Tabs(Card):
    """`changed` carries the index of the tab that is shown."""

    changed = Signal(int)

    def __init__(self, name: str) -> None:
        super().__init__(margin=1, spacing=0)
        self.bar = QTabBar()
        self.bar.setAccessibleName(name)
        self.bar.setExpanding(False)
        self.bar.setUsesScrollButtons(False)  # every tab stays seen: the tools give way, and go below
        self._tools = _Tools()
        self._body = _Body()
        self._pages = QStackedLayout(self._body)
        self._head = _Head(self.bar, self._tools)
        self._grid = QGridLayout(self._head)
        self._below = False
        self._build()
        self.bar.currentChanged.connect(self._show)

    def add(self, page: QWidget, title: str, tools: QWidget | None = None) -> None:
        """Add a tab."""
        self._tools.add(tools if tools is not None else QWidget())
        self._pages.addWidget(page)
        self.bar.addTab(title)
        self._fit()

    def show_tab(self, index: int) -> None:
        """Show a tab."""
        self.bar.setCurrentIndex(index)

    @property
    def index(self) -> int:
        """The tab that is shown."""
        return self.bar.currentIndex()

    def resizeEvent(self, event: QResizeEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().resizeEvent(event)
        self._fit()

    def _show(self, index: int) -> None:
        self._pages.setCurrentIndex(index)
        self._tools.show_tool(index)
        self._fit()
        self.changed.emit(index)

    def _fit(self) -> None:
        """Put the tools beside the tabs, or below where they would not fit."""
        need = self.bar.sizeHint().width() + self._tools.sizeHint().width() + Space.XL
        below = self.width() > 0 and need > self.width()
        self.bar.setMinimumWidth(min(self.bar.sizeHint().width(), max(0, self.width() - 2 * Space.S)))
        self._grid.setRowMinimumHeight(0, 0 if below else self._tools.tallest())  # tabs stay where they are
        if below != self._below:
            self._below = below
            self._grid.removeWidget(self._tools)
            self._grid.addWidget(self._tools, 1 if below else 0, 0 if below else 2, 1, 3 if below else 1)

    def _build(self) -> None:
        self._grid.setContentsMargins(Space.S, Space.XS, Space.S, 0)
        self._grid.setHorizontalSpacing(Space.S)
        self._grid.setVerticalSpacing(Space.XS)
        self._grid.addWidget(self.bar, 0, 0, Qt.AlignmentFlag.AlignBottom)
        self._grid.setColumnStretch(1, 1)
        self._grid.addWidget(self._tools, 0, 2)
        self.body.addWidget(self._head)
        self.body.addWidget(hairline())
        self.body.addWidget(self._body, 1)


class _Body(QWidget):
    """The pages: a few lines of what is shown are enough, so that a small window holds all that is above."""

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(super().sizeHint().width(), self.minimumSizeHint().height())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        return QSize(super().minimumSizeHint().width(), _LINES * self.fontMetrics().height())


class _Head(QWidget):
    """Tabs and tools: no wider at least than the wider of them, for the tools can go below."""

    def __init__(self, bar: QTabBar, tools: _Tools) -> None:
        super().__init__()
        self._bar, self._tools = bar, tools

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        widest = max(self._bar.minimumWidth(), self._tools.narrowest())
        return QSize(widest + 2 * Space.S, super().minimumSizeHint().height())


class _Tools(QWidget):
    """The tools of one tab at a time; as wide as those that are shown."""

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(0, 0, 0, Space.XS)
        self._each: list[QWidget] = []

    def add(self, tools: QWidget) -> None:
        tools.setVisible(not self._each)
        self._each.append(tools)
        self._row.addWidget(tools)

    def show_tool(self, index: int) -> None:
        for place, each in enumerate(self._each):
            each.setVisible(place == index)

    def narrowest(self) -> int:
        """Return the width in which the tools of every tab have room."""
        return max((each.minimumSizeHint().width() for each in self._each), default=0)

    def _shown(self) -> QWidget | None:
        return next((each for each in self._each if not each.isHidden()), None)

    def tallest(self) -> int:
        return Space.XS + max((each.sizeHint().height() for each in self._each), default=0)

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        shown = self._shown()
        width = shown.minimumSizeHint().width() if shown is not None else 0
        return QSize(width, self.sizeHint().height() + Space.XS)

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt."""
        shown = self._shown()
        return shown.sizeHint() if shown is not None else QSize(0, 0)
