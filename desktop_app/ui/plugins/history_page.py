"""What was done to plugins, newest first; the last change can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QKeyEvent
from PySide6.QtWidgets import QHBoxLayout, QLabel, QStackedWidget, QVBoxLayout, QWidget

from desktop_app.presenters.plugins.history import HistoryLine, lines
from desktop_app.presenters.run_words import ago
from desktop_app.ui.icons import icon
from desktop_app.ui.plugins.desk import PluginDesk
from desktop_app.ui.plugins.scrolling import in_margin, page_column
from desktop_app.ui.plugins.strip import PluginStrip
from desktop_app.ui.runs.words import ago_words, local_now, moment
from desktop_app.ui.theme import Space, icon_size, theme_manager
from desktop_app.ui.widgets import Card, EmptyState, InlineMessage, button, hairline, label
from desktop_app.ui.widgets.layouts import drop_contents


class HistoryPage(QWidget):
    """`back` when the list is to be seen again."""

    back = Signal()

    def __init__(self, desk: PluginDesk) -> None:
        super().__init__()
        self._desk = desk
        self.message, self.strip = InlineMessage(), PluginStrip(desk.work)
        self.back_button = button(self.tr("&Back"), "mdi6.arrow-left", self.back.emit,
                                  tip=self.tr("Back to the list  Esc"))  # fmt: skip
        self.panel = HistoryPanel()
        self._stack = QStackedWidget()
        self._build()
        desk.changed.connect(self.refresh)
        self.panel.undo_asked.connect(desk.undo)
        self.refresh()

    def refresh(self) -> None:
        """Show what was done until now."""
        shown = lines(self._desk.history)
        self.panel.show_lines(shown)
        self._stack.setCurrentIndex(1 if shown else 0)

    def keyPressEvent(self, event: QKeyEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt: Esc leads back to the list."""
        if event.key() == Qt.Key.Key_Escape:
            self.back.emit()
        else:
            super().keyPressEvent(event)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.setSpacing(Space.S)
        head.addWidget(self.back_button)
        head.addWidget(label(self.tr("History"), "title"))
        head.addStretch()
        text = self.tr("What is installed, updated, removed and switched is listed here, and the last can be undone.")
        self._stack.addWidget(EmptyState("mdi6.history", self.tr("Nothing was changed yet"), text))
        whole = QWidget()
        whole.setLayout(in_margin(self.tr("History"), self.panel))
        self._stack.addWidget(whole)
        page_column(self, head, self.strip, self.message).addWidget(self._stack, 1)


class HistoryPanel(Card):
    """Lines of the history in one card; `undo_asked` for the last one."""

    undo_asked = Signal()

    def __init__(self) -> None:
        super().__init__(margin=0, spacing=0)
        self._shown: list[HistoryLine] = []
        self.lines: list[HistoryLineView] = []

    def show_lines(self, shown: Sequence[HistoryLine]) -> None:
        """Show these."""
        if list(shown) == self._shown:
            return
        self._shown = list(shown)
        drop_contents(self.body)
        self.lines = [HistoryLineView(each) for each in shown]
        for index, view in enumerate(self.lines):
            if index:
                self.body.addWidget(hairline())
            view.undo.clicked.connect(lambda _checked=False: self.undo_asked.emit())
            self.body.addWidget(view)


class HistoryLineView(QWidget):
    """One change."""

    def __init__(self, line: HistoryLine) -> None:
        super().__init__()
        self._line = line
        self._picture = QLabel()
        self.undo = button(self.tr("U&ndo"), "mdi6.undo")
        self.undo.setAccessibleName(self.tr("Undo: {}").format(line.text))
        self.undo.setParent(self)
        self.undo.setVisible(line.can_undo)
        said = self.tr("undone") if line.undone else ""
        self.setAccessibleName(" ".join(each for each in (line.text, line.source, said) if each))
        row = QHBoxLayout(self)
        row.setContentsMargins(Space.M, Space.S, Space.M, Space.S)
        row.setSpacing(Space.M)
        row.addWidget(self._picture)
        row.addLayout(self._texts(), 1)
        if line.undone:
            row.addWidget(label(self.tr("Undone"), "muted"))
        row.addWidget(self._when())
        row.addWidget(self.undo)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def _texts(self) -> QVBoxLayout:
        line = self._line
        column = QVBoxLayout()
        column.setSpacing(2)
        column.addWidget(label(line.text, "muted" if line.undone else "plain", wraps=True, selectable=True))
        if line.source:
            column.addWidget(label(line.source, "small", wraps=True, selectable=True))
        return column

    def _when(self) -> QLabel:
        at = self._line.at.astimezone()
        made = label(ago_words(ago(at, local_now())), "muted")
        made.setToolTip(moment(at))
        return made

    def _redraw(self) -> None:
        self._picture.setPixmap(icon(self._line.icon, "muted").pixmap(icon_size(), self.devicePixelRatioF()))
