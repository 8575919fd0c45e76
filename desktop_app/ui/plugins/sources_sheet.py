"""The sources that were agreed to, with a Forget for each."""

from __future__ import annotations

import asyncio
from functools import partial

from PySide6.QtCore import QSize, Qt
from PySide6.QtWidgets import QDialog, QHBoxLayout, QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.presenters.plugins.manager import Manager
from desktop_app.presenters.plugins.sources import INTRO, NONE, SourceLine, lines
from desktop_app.ui.fitting import fit_to_screen
from desktop_app.ui.runs.words import date_and_time
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, InlineMessage, button, label, scrolled
from desktop_app.ui.widgets.layouts import drop_contents

_SIZE = QSize(620, 420)


class SourcesSheet(QDialog):
    """Reads the sources when it is made, and anew after each that is forgotten."""

    def __init__(self, manager: Manager, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._manager = manager
        self.rows: list[SourceRow] = []
        self.message = InlineMessage()
        self.intro = label("", wraps=True)
        self.close_button = button(self.tr("&Close"), on_click=self.accept)
        self._column = QVBoxLayout()
        self._build()
        self.setWindowTitle(self.tr("Sources you agreed to"))
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        fit_to_screen(self, _SIZE, parent)
        spawn(self._read(), "read the sources that were agreed to", self.message.show_error)

    async def _read(self) -> None:
        agreed = await asyncio.to_thread(self._manager.sources)
        if isValid(self):
            self._show(lines(agreed, date_and_time))

    async def _forget(self, key: str) -> None:
        await asyncio.to_thread(self._manager.forget_source, key)
        await self._read()

    def _show(self, shown: list[SourceLine]) -> None:
        drop_contents(self._column)
        self.intro.setText(INTRO if shown else NONE)
        self.rows = [SourceRow(each) for each in shown]
        for each in self.rows:
            each.forget.clicked.connect(partial(self._ask_to_forget, each.line.key))
            self._column.addWidget(each)
        self._column.addStretch()
        (self.rows[0].forget if self.rows else self.close_button).setFocus()

    def _ask_to_forget(self, key: str, _checked: bool = False) -> None:
        spawn(self._forget(key), "forget a source", self.message.show_error)

    def _build(self) -> None:
        whole, content = QVBoxLayout(self), QWidget()
        whole.setContentsMargins(Space.XL, Space.L, Space.XL, Space.L)
        whole.setSpacing(Space.M)
        whole.addWidget(label(self.tr("Sources you agreed to"), "title", wraps=True))
        whole.addWidget(self.intro)
        whole.addWidget(self.message)
        content.setLayout(self._column)
        self._column.setContentsMargins(0, 0, 0, 0)
        self._column.setSpacing(Space.S)
        whole.addWidget(scrolled(content, self.tr("Sources"), has_controls=True), 1)
        foot = QHBoxLayout()
        foot.addStretch()
        foot.addWidget(self.close_button)
        whole.addLayout(foot)


class SourceRow(Card):
    """One source."""

    def __init__(self, line: SourceLine) -> None:
        super().__init__(margin=Space.M)
        self.line = line
        self.setAccessibleName(f"{line.where}, {line.about}")
        self.forget = button(self.tr("Forget"), "mdi6.close")
        self.forget.setAccessibleName(self.tr("Forget {}").format(line.where))
        texts, row = QVBoxLayout(), QHBoxLayout()
        texts.setSpacing(3)
        texts.addWidget(label(line.where, wraps=True, selectable=True))
        texts.addWidget(label(line.about, "small", wraps=True))
        row.setSpacing(Space.M)
        row.addLayout(texts, 1)
        row.addWidget(self.forget, 0, Qt.AlignmentFlag.AlignVCenter)
        self.body.addLayout(row)
