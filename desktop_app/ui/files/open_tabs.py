"""The tabs of the open files: names stay readable, and what has no room is scrolled to."""

from __future__ import annotations

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QTabBar

_LETTERS = 18  # of a name: they are always seen


class OpenTabs(QTabBar):
    """Each tab shows its file's name, of a long one as many letters as tell it from others."""

    def __init__(self) -> None:
        super().__init__()
        self.setTabsClosable(True)
        self.setMovable(True)
        self.setExpanding(False)
        self.setDocumentMode(True)
        self.setDrawBase(False)
        self.setUsesScrollButtons(True)
        self.setElideMode(Qt.TextElideMode.ElideMiddle)

    def minimumTabSizeHint(self, index: int) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a tab becomes no narrower than this; scroll buttons bring the others."""
        wanted, text = self.tabSizeHint(index), self.tabText(index)
        metrics = self.fontMetrics()
        spared = metrics.horizontalAdvance(text) - metrics.horizontalAdvance(f"{text[: _LETTERS - 1]}…")
        return QSize(wanted.width() - max(0, spared) * (len(text) > _LETTERS), wanted.height())
