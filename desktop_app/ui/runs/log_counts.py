"""How many matches each rank has, as a row of buttons: a click shows the logs of these ranks alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from PySide6.QtCore import QSize, Signal
from PySide6.QtWidgets import QHBoxLayout, QMenu, QPushButton, QWidget

from desktop_app.presenters.run_words import rank_span
from desktop_app.services.logs.counts import grouped
from desktop_app.ui.runs.words import count_words
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import flat_button

_SHOWN = 6
"""Buttons at most; the rest is in a menu."""


class LogCounts(QWidget):
    """`picked` carries the ranks to be shown, () for all."""

    picked = Signal(tuple)

    def __init__(self) -> None:
        super().__init__()
        self._row = QHBoxLayout(self)
        self._row.setContentsMargins(Space.S, Space.XS, Space.S, Space.XS)
        self._row.setSpacing(Space.XS)
        self._row.addStretch(1)
        self._shown: tuple[object, ...] = ()
        self.hide()

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: a narrow window cuts the row off, the menu of the log has its ranks as well."""
        return QSize(0, super().minimumSizeHint().height())

    def show_counts(self, counts: Mapping[int, int], names: Mapping[int, str], *, filtered: bool) -> None:
        """Show the counts of these ranks; `filtered` says that there are others, which are not searched."""
        groups = grouped(counts) if len(counts) > 1 or filtered else []
        wanted = (tuple(groups), filtered)
        self.setVisible(bool(groups) or filtered)
        if wanted == self._shown:
            return
        self._shown = wanted
        self._clear()
        made = [self._button(ranks, count, names) for ranks, count in groups[:_SHOWN]]
        if groups[_SHOWN:]:
            made.append(self._more(groups[_SHOWN:], names))
        if filtered:
            made.append(flat_button(self.tr("All ranks"), "mdi6.filter-off-outline", lambda: self.picked.emit(())))
        for index, each in enumerate(made):
            self._row.insertWidget(index, each)

    def _clear(self) -> None:
        for each in self.findChildren(QPushButton):
            each.hide()
            each.deleteLater()

    def _text(self, ranks: Sequence[int], count: int, names: Mapping[int, str]) -> str:
        span = rank_span(ranks, names)
        is_long = len(span) >= 24
        span = self.tr("{} ranks").format(len(ranks)) if is_long else span
        each = self.tr("{} each").format(count_words(count)) if len(ranks) > 1 else count_words(count)
        if is_long or ranks[0] in names:
            return self.tr("{}: {}").format(span, each)
        return (self.tr("rank {}: {}") if len(ranks) == 1 else self.tr("ranks {}: {}")).format(span, each)

    def _button(self, ranks: tuple[int, ...], count: int, names: Mapping[int, str]) -> QPushButton:
        made = flat_button(self._text(ranks, count, names), "", lambda: self.picked.emit(ranks))
        made.setToolTip(self.tr("Show the logs of these ranks alone"))
        return made

    def _more(self, groups: Sequence[tuple[tuple[int, ...], int]], names: Mapping[int, str]) -> QPushButton:
        made = flat_button(self.tr("{} more").format(len(groups)), "mdi6.chevron-down")
        menu = QMenu(made)
        for ranks, count in groups[:40]:
            menu.addAction(self._text(ranks, count, names), partial(self.picked.emit, ranks))
        made.setMenu(menu)
        return made
