"""What reports are put together from: sections, marked lines, small tables, and facts."""

from __future__ import annotations

from collections.abc import Sequence

from PySide6.QtCore import Qt
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QGridLayout, QHBoxLayout, QLabel, QPlainTextEdit, QSizePolicy, QVBoxLayout, QWidget

from desktop_app.presenters.models.report import Facts, Grid, Line
from desktop_app.presenters.models.words import Mark
from desktop_app.ui.icons import icon
from desktop_app.ui.theme import Space, icon_size, mono_font, theme_manager
from desktop_app.ui.widgets import Card, label, link_button

_ROLES = {"completed": "success", "failed": "error", "canceled": "warning", "accent": "info"}
_DETAIL_LINES = 8


class Section(Card):
    """A card with a heading; put things into `body`."""

    def __init__(self, title: str, *widgets: QWidget) -> None:
        super().__init__(margin=Space.L, spacing=Space.S)
        self.heading = label(title, "heading")
        self.setAccessibleName(title)
        self.body.addWidget(self.heading)
        for each in widgets:
            self.body.addWidget(each)


def mark_word(mark: Mark) -> QLabel:
    """Return a state's word in its colour; its icon stands beside."""
    made = label(mark.word, _ROLES.get(mark.role, "muted"))
    made.setProperty("strong", True)
    return made


class MarkedLine(QWidget):
    """A state's icon, what it is about, and what there is to say; details fold out."""

    def __init__(self, line: Line) -> None:
        super().__init__()
        self._line = line
        self._picture = QLabel()
        self._details = QPlainTextEdit(line.details, readOnly=True)
        self.fold = link_button(self.tr("Details"), self._toggle)
        self._build(line)
        theme_manager().changed.connect(self._redraw)
        self._redraw()

    def _build(self, line: Line) -> None:
        self.setAccessibleName(f"{line.mark.word}: {line.title} {line.text}".strip())
        self._picture.setToolTip(line.mark.word)
        title = label(line.title, "strong" if line.text else "plain", wraps=True, selectable=True)
        texts = QVBoxLayout()
        texts.setSpacing(2)
        texts.addWidget(title)
        if line.text:
            texts.addWidget(label(line.text, "muted", wraps=True, selectable=True))
        self._add_details(texts)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.S)
        row.addWidget(self._picture, 0, Qt.AlignmentFlag.AlignTop)
        row.addLayout(texts, 1)

    def _add_details(self, texts: QVBoxLayout) -> None:
        self._details.setFont(mono_font())
        self._details.setLineWrapMode(QPlainTextEdit.LineWrapMode.NoWrap)
        self._details.setAccessibleName(self.tr("Details of {}").format(self._line.title))
        self._details.setFixedHeight(self._details.fontMetrics().lineSpacing() * _DETAIL_LINES)
        self.fold.setAccessibleName(self.tr("Details of {}").format(self._line.title))
        for each in (self.fold, self._details):
            each.setParent(self)
            each.hide()
        if self._line.details:
            row = QHBoxLayout()
            row.addWidget(self.fold)
            row.addStretch()
            texts.addLayout(row)
            texts.addWidget(self._details)
            self.fold.show()

    def _toggle(self) -> None:
        shown = self._details.isHidden()
        self._details.setVisible(shown)
        self.fold.setText(self.tr("Hide details") if shown else self.tr("Details"))

    def _redraw(self) -> None:
        picture = icon(self._line.mark.icon, self._line.mark.role)
        self._picture.setPixmap(picture.pixmap(icon_size(), self.devicePixelRatioF()))


class FigureGrid(QWidget):
    """A small table as labels, to be read and copied; it is as high as its rows."""

    def __init__(self, grid: Grid, name: str) -> None:
        super().__init__()
        self.setAccessibleName(name)
        layout = QGridLayout(self)
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(Space.XL)
        layout.setVerticalSpacing(Space.XS + 2)
        for column, text in enumerate(grid.headers):
            layout.addWidget(_cell(text, grid, column, head=True), 0, column)
        for row, cells in enumerate(grid.rows, start=1):
            for column, text in enumerate(cells):
                layout.addWidget(_cell(text, grid, column, head=False), row, column)
        layout.setColumnStretch(len(grid.headers), 1)


def _cell(text: str, grid: Grid, column: int, *, head: bool) -> QLabel:
    role, selectable = ("section", False) if head else ("plain", bool(text))
    made = label(text.upper() if head else text, role, wraps=" " in text, selectable=selectable)
    made.setAccessibleName(text)
    if not head and column in grid.mono:
        made.setFont(QFont(mono_font()))
    side = Qt.AlignmentFlag.AlignRight if column in grid.right else Qt.AlignmentFlag.AlignLeft
    made.setAlignment(side | Qt.AlignmentFlag.AlignVCenter)
    return made


class FactLines(QWidget):
    """Labels and texts, two columns."""

    def __init__(self, facts: Facts, *, beside: bool = False) -> None:
        """Show facts, their labels `beside` fields as those of a form."""
        super().__init__()
        layout = self._grid = QGridLayout(self)
        side = Qt.AlignmentFlag.AlignRight if beside else Qt.AlignmentFlag.AlignLeft
        self.labels: list[QLabel] = []
        layout.setContentsMargins(0, 0, 0, 0)
        layout.setHorizontalSpacing(Space.L)
        layout.setVerticalSpacing(Space.XS)
        layout.setColumnStretch(1, 1)
        for row, (name, text) in enumerate(facts):
            self.labels.append(label(name, "muted"))
            layout.addWidget(self.labels[-1], row, 0, Qt.AlignmentFlag.AlignTop | side)
            told = label(text, wraps=True, selectable=True)
            told.setAccessibleName(f"{name}: {text}")
            told.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Minimum)
            layout.addWidget(told, row, 1)

    def keep_label_width(self, width: int) -> None:
        """Let the texts begin as far right as other things do."""
        self._grid.setColumnMinimumWidth(0, width)


def lines(found: Sequence[Line]) -> list[QWidget]:
    """Return a widget for each line."""
    return [MarkedLine(each) for each in found]
