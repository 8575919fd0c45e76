"""What stands beside the graph: the details of what is picked, and lists of what was found or differs."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html import escape

from PySide6.QtCore import Qt, Signal
from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import (
    QAbstractItemView,
    QFrame,
    QHBoxLayout,
    QListWidget,
    QListWidgetItem,
    QTextEdit,
    QVBoxLayout,
    QWidget,
)

from desktop_app.presenters.models.graph import MOST_FOUND, Found, Row
from desktop_app.presenters.models.graph_words import Details, Section
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size, text_sizes, theme_manager
from desktop_app.ui.widgets import ElidedLabel, label, tool_button

_PLACE = Qt.ItemDataRole.UserRole
_CAPITAL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


class DetailsPanel(QWidget):
    """All that is known of a node, a module, an input or the model, to be read and copied."""

    def __init__(self) -> None:
        super().__init__()
        self._details: Details | None = None
        self.heading, self.subtitle = ElidedLabel(role="heading"), ElidedLabel(role="muted")
        self.copy_button = tool_button("mdi6.content-copy", self.tr("Copy the details"), self._copy)
        self.text = QTextEdit(readOnly=True)
        self._build()
        theme_manager().changed.connect(self._write)

    def show_details(self, details: Details) -> None:
        """Show something else."""
        self._details = details
        self.heading.setText(details.title)
        self.subtitle.setText(details.subtitle)
        self._write()

    def _build(self) -> None:
        self.text.setAccessibleName(self.tr("Details"))
        self.text.setFrameShape(QFrame.Shape.NoFrame)
        self.text.setTabChangesFocus(True)
        titles = QVBoxLayout()
        titles.setSpacing(2)
        titles.addWidget(self.heading)
        titles.addWidget(self.subtitle)
        head = QHBoxLayout()
        head.addLayout(titles, 1)
        head.addWidget(self.copy_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.S)
        column.addLayout(head)
        column.addWidget(self.text, 1)

    def _write(self) -> None:
        if self._details is not None:
            self.text.setHtml("".join(_section(each) for each in self._details.sections))

    def _copy(self) -> None:
        if self._details is not None:
            QGuiApplication.clipboard().setText(self._details.text)


def _section(section: Section) -> str:
    """Return a section as rich text; all of it comes from a file and is escaped."""
    muted = theme_manager().theme.muted
    small = text_sizes().small
    rows = "".join(_row(*each, muted) for each in section.rows)
    head = f'<p style="margin: 8px 0 2px 0; color: {muted}; font-size: {small}pt; font-weight: 600">'
    return f'{head}{escape(section.heading)}</p><table cellspacing="0" cellpadding="2" width="100%">{rows}</table>'


def _row(name: str, said: str, muted: str) -> str:
    if not name:
        return f'<tr><td colspan="2">{_breakable(said)}</td></tr>'
    return f'<tr><td width="38%" style="color: {muted}">{_breakable(name)}</td><td>{_breakable(said)}</td></tr>'


def _breakable(said: str) -> str:
    """Return a text that may be broken after dots, slashes and underscores, and before capitals, as names are long."""
    whole = escape(_CAPITAL.sub("\u200b", said))
    for each in ("/", ".", "_", "::"):
        whole = whole.replace(each, f"{each}\u200b")
    return whole


class FoundList(QWidget):
    """A list of nodes to go to; `chosen` carries the place in the list."""

    chosen = Signal(int)
    closed = Signal()

    def __init__(self, name: str) -> None:
        super().__init__()
        self.heading = label("", "section", wraps=True)
        self.close_button = tool_button("mdi6.close", self.tr("Close the list"), self.closed.emit)
        self.list = QListWidget()
        self.list.setAccessibleName(name)
        self.list.setUniformItemSizes(True)
        self.list.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.list.setTextElideMode(Qt.TextElideMode.ElideRight)
        self.list.setSelectionMode(QAbstractItemView.SelectionMode.SingleSelection)
        self.list.setIconSize(icon_size())
        self.list.currentRowChanged.connect(self._choose)
        self.list.itemActivated.connect(lambda _item: self._choose(self.list.currentRow()))
        head = QHBoxLayout()
        head.addWidget(self.heading, 1)
        head.addWidget(self.close_button, 0, Qt.AlignmentFlag.AlignTop)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(Space.XS)
        column.addLayout(head)
        column.addWidget(self.list, 1)

    def show_found(self, found: Sequence[Found]) -> None:
        """List what a search found."""
        more = "+" if len(found) >= MOST_FOUND else ""
        self.heading.setText(self.tr("{} found").format(f"{len(found)}{more}") if found else self.tr("Nothing found"))
        self._fill([QListWidgetItem(_line(each.title, each.detail)) for each in found])

    def show_rows(self, rows: Sequence[Row], sentence: str, most: int = 1000) -> None:
        """List what differs."""
        left = len(rows) - most
        self.heading.setText(f"{sentence} {self.tr('The first {} are listed.').format(most)}" if left > 0 else sentence)
        items = []
        for each in rows[:most]:
            item = QListWidgetItem(
                icon(each.mark.icon, each.mark.role), f"{each.mark.word}: {_line(each.title, each.detail)}"
            )
            item.setToolTip(item.text())
            items.append(item)
        self._fill(items)

    def _fill(self, items: Sequence[QListWidgetItem]) -> None:
        self.list.blockSignals(True)
        self.list.clear()
        for each in items:
            self.list.addItem(each)
        self.list.blockSignals(False)

    def step(self) -> None:
        """Choose the next one, the first after the last."""
        if self.list.count():
            self.list.setCurrentRow((self.list.currentRow() + 1) % self.list.count())

    def _choose(self, row: int) -> None:
        if row >= 0:
            self.chosen.emit(row)


def _line(title: str, detail: str) -> str:
    return f"{title}   {detail}" if detail else title
