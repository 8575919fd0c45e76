"""The controls above a run's logs: which ranks, find, fold, first error, follow."""

from __future__ import annotations

from PySide6.QtCore import QEvent, QSize
from PySide6.QtWidgets import QHBoxLayout, QLineEdit, QSizePolicy, QToolButton, QWidget

from desktop_app.ui.runs.rank_box import RankBox
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import ElidedLabel, button, tool_button
from desktop_app.ui.widgets.giving_way import Words


class LogTools(QWidget):
    """The controls above the log."""

    def __init__(self) -> None:
        super().__init__()
        self.ranks = RankBox()
        self.field = QLineEdit(placeholderText=self.tr("Find in all ranks"))
        self.count = ElidedLabel("", "muted")
        self.case = self._toggle("mdi6.format-letter-case", self.tr("Capitals count"))
        self.regex = self._toggle("mdi6.regex", self.tr("Regular expression"))
        self.fold = self._toggle("mdi6.arrow-collapse-vertical", self.tr("Show lines that several ranks repeat once"))
        self.back = tool_button("mdi6.chevron-up", self.tr("Previous match  Shift+F3"))
        self.forth = tool_button("mdi6.chevron-down", self.tr("Next match  F3"))
        tip = self.tr("Go to the first error. Next error  F8, previous  Shift+F8")
        self.first_error = button(self.tr("First &error"), "mdi6.flag-outline", tip=tip)
        self.follow = button(self.tr("&Follow"), "mdi6.arrow-collapse-down", tip=self.tr("Stay at the end of the log"))
        self._build()
        self._words = Words(self, (self.first_error, self.follow))

    def sizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: the room that all controls like to have."""
        return self._words.full(super().sizeHint())

    def minimumSizeHint(self) -> QSize:  # noqa: N802 - Qt's name
        """Called by Qt: in less room buttons are icons only, and the field is short."""
        return self._words.least(super().minimumSizeHint())

    def event(self, event: QEvent) -> bool:
        """Called by Qt: another width, or something that comes or goes, may leave no room for words."""
        done = super().event(event)
        if event.type() in (QEvent.Type.Resize, QEvent.Type.LayoutRequest):
            self._words.fit()
        return done

    def _build(self) -> None:
        self.ranks.setAccessibleName(self.tr("Rank"))
        self.ranks.setToolTip(self.tr("Ranks to show: choose one, or type several, as in 0-3, 7"))
        self.fold.setChecked(True)
        self.field.setAccessibleName(self.tr("Find in the log"))
        self.field.setToolTip(self.tr("Find in the log  Ctrl+F"))
        self.field.setClearButtonEnabled(True)
        self.field.setMinimumWidth(self.field.fontMetrics().averageCharWidth() * 12)
        self.field.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)
        self.count.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Preferred)
        self.follow.setCheckable(True)
        row = QHBoxLayout(self)
        row.setContentsMargins(0, 0, 0, 0)
        row.setSpacing(Space.XS)
        for each in (self.ranks, self.field, self.count, self.back, self.forth, self.case, self.regex):
            row.addWidget(each)
        row.addSpacing(Space.XS)
        row.addWidget(self.fold)
        row.addWidget(self.first_error)
        row.addWidget(self.follow)
        self.show_searching(active=False)

    def show_searching(self, *, active: bool) -> None:
        """Show the controls that belong to a search while there is one."""
        for each in (self.count, self.back, self.forth):
            each.setVisible(active)
        self.updateGeometry()

    @staticmethod
    def _toggle(picture: str, name: str) -> QToolButton:
        made = tool_button(picture, name)
        made.setCheckable(True)
        return made
