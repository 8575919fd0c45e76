"""Settings: the toolchains; make one with progress and a Cancel that works, check, remove, choose per plugin."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias

from PySide6.QtCore import Qt, Signal
from PySide6.QtWidgets import (
    QFileDialog,
    QHBoxLayout,
    QMessageBox,
    QProgressBar,
    QPushButton,
    QScrollArea,
    QVBoxLayout,
    QWidget,
)
from shiboken6 import isValid

from desktop_app.api import Progress
from desktop_app.presenters.settings import ToolchainRow, checked_text, plugin_python, toolchain_row, users
from desktop_app.services.plugins import PluginInfo
from desktop_app.ui.icons import icon
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, ElidedLabel, IconLabel, InlineMessage, button, hairline, label
from desktop_app.ui.widgets.layouts import drop_contents

if TYPE_CHECKING:
    from desktop_app.services.toolchains import Toolchain
    from desktop_app.services.workbench import Workbench

_ROLES = {"completed": "success", "failed": "error", "canceled": "warning"}
Start: TypeAlias = Callable[[Progress], Awaitable[object]]


class ToolchainsSection(Card):
    """All toolchains, and which Python each plugin's jobs run in."""

    listed = Signal()

    def __init__(self, workbench: Workbench) -> None:
        super().__init__(spacing=Space.M)
        self._toolchains = workbench.toolchains
        self._plugins = workbench.plugins
        self._rows: dict[str, ToolchainView] = {}
        self._jobs: dict[str, asyncio.Task[object]] = {}
        self.message = InlineMessage()
        self._list = QVBoxLayout()
        self._choices = QVBoxLayout()
        self._build()
        self.message.toggled.connect(self._bring_into_view)
        disconnect = self._plugins.changed.connect(self.refresh)
        self.destroyed.connect(disconnect)
        self.refresh()

    def refresh(self) -> None:
        """List the toolchains anew."""
        spawn(self._refresh(), "list toolchains", self.message.show_error)

    def make(self, name: str) -> None:
        """Make the toolchain, with progress in its row."""
        self._work(name, "making", lambda tell: self._toolchains.create(name, tell))

    def check(self, name: str) -> None:
        """Look whether the toolchain works."""
        self._work(name, "checking", lambda _tell: self._check(name))

    def remove(self, name: str) -> None:
        """Remove a toolchain after asking: making it again costs minutes."""
        text = self.tr("Remove the toolchain “{}” and its packages?").format(name)
        question = QMessageBox(QMessageBox.Icon.Question, self.tr("Remove the toolchain?"), text, parent=self)
        question.setInformativeText(self.tr("Making it again downloads everything anew."))
        yes = question.addButton(self.tr("Remove"), QMessageBox.ButtonRole.DestructiveRole)
        question.addButton(self.tr("Keep"), QMessageBox.ButtonRole.RejectRole)
        question.exec()
        if question.clickedButton() is yes:
            self._work(name, "removing", lambda _tell: asyncio.to_thread(self._toolchains.remove, name))

    def choose(self, plugin: PluginInfo) -> None:
        """Let the person pick the Python that a plugin's jobs run in."""
        chosen, _kind = QFileDialog.getOpenFileName(self, self.tr("Python for {}").format(plugin.name))
        if chosen:
            self.use(plugin.id, Path(chosen))

    def use(self, plugin_id: str, python: Path | None) -> None:
        """Run a plugin's jobs in this Python from now on; None: in the toolchain that is made for them."""
        spawn(self._use(plugin_id, python), "choose a Python", self.message.show_error)

    def _build(self) -> None:
        head = QHBoxLayout()
        head.addWidget(label(self.tr("Toolchains"), "heading"))
        head.addStretch()
        head.addWidget(button(self.tr("Look again"), "mdi6.refresh", self.refresh))
        self.body.addLayout(head)
        text = self.tr("Python environments of their own, in which the frameworks live and jobs run.")
        self.body.addWidget(label(text, "muted", wraps=True))
        self.body.addWidget(self.message)
        self._list.setSpacing(Space.M)
        self._choices.setSpacing(Space.S)
        self.body.addLayout(self._list)
        self.body.addLayout(self._choices)

    def _bring_into_view(self, shown: bool) -> None:
        """Scroll to the message: the toolchain that it is about may stand far below it."""
        area = self.parentWidget()
        while area is not None and not isinstance(area, QScrollArea):
            area = area.parentWidget()
        if shown and isinstance(area, QScrollArea):
            area.ensureWidgetVisible(self.message)

    async def _refresh(self) -> None:
        found = await asyncio.to_thread(self._toolchains.list)
        if not isValid(self):  # the page was closed meanwhile
            return
        specs = {each.name: each for each in self._plugins.toolchain_specs()}
        rows = [toolchain_row(each, specs.get(each.name)) for each in found]
        if {each.name for each in rows} != self._rows.keys():
            drop_contents(self._list)
            self._rows = {each.name: ToolchainView(self) for each in rows}
            for place, view in enumerate(self._rows.values()):
                if place:
                    self._list.addWidget(hairline())
                self._list.addWidget(view)
        for row in rows:
            self._rows[row.name].show_row(row)
        self._show_choices(found)
        self.listed.emit()

    async def _use(self, plugin_id: str, python: Path | None) -> None:
        try:
            await asyncio.to_thread(self._toolchains.use, plugin_id, python)  # it runs the Python once
        finally:
            if isValid(self):
                self.refresh()

    async def _check(self, name: str) -> None:
        self.message.show_text(*checked_text(await self._toolchains.check(name)))

    def _show_choices(self, found: Sequence[Toolchain]) -> None:
        drop_contents(self._choices)
        for plugin in users(self._plugins.plugins):
            self._choices.addWidget(hairline())
            self._choices.addWidget(self._choice(plugin, *plugin_python(plugin, found)))

    def _choice(self, plugin: PluginInfo, python: str, is_chosen: bool) -> QWidget:
        holder = QWidget()
        line = QHBoxLayout(holder)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addWidget(label(self.tr("Jobs of {} run in").format(plugin.name), "muted"))
        line.addWidget(ElidedLabel(python, mode=Qt.TextElideMode.ElideMiddle), 1)
        if is_chosen:
            back = button(self.tr("Use the toolchain"), "mdi6.undo", partial(self.use, plugin.id, None))
            back.setAccessibleName(self.tr("Use the toolchain for {}").format(plugin.name))
            line.addWidget(back)
        picks = button(self.tr("Use another Python…"), "mdi6.language-python", partial(self.choose, plugin))
        picks.setAccessibleName(self.tr("Use another Python for {}").format(plugin.name))
        line.addWidget(picks)
        return holder

    def _work(self, name: str, what: str, start: Start) -> None:
        if name not in self._jobs:
            view = self._rows[name]
            self._jobs[name] = spawn(self._do(name, view, start), f"{what} toolchain {name}", self.message.show_error)
            view.start(what, self._jobs[name].cancel)

    async def _do(self, name: str, view: ToolchainView, start: Start) -> None:
        # Progress may come from any thread. No QObject carries it: one that a traceback keeps alive would be collected
        # after its receiver, and take the process with it.
        loop = asyncio.get_running_loop()

        def tell(text: str, part: float | None) -> None:
            loop.call_soon_threadsafe(view.tell, text, part)

        self.message.hide()
        try:
            await start(tell)
        finally:
            self._jobs.pop(name, None)
            if isValid(self):
                view.stop()
                self.refresh()


class ToolchainView(QWidget):
    """One toolchain: what it holds, how it is, and what can be done with it."""

    def __init__(self, section: ToolchainsSection) -> None:
        super().__init__()
        self._name = ""
        self._busy = False
        self._cancel: Callable[[], object] = lambda: None
        self._title = label(role="strong")
        self._state = IconLabel(role="strong")
        self._facts = ElidedLabel(role="small", mode=Qt.TextElideMode.ElideMiddle)
        self._reason = label(role="warning", wraps=True)
        self.bar = QProgressBar(maximum=1000, textVisible=False)
        self._step = ElidedLabel(role="small")
        self.create_button = button("", "mdi6.download-outline", lambda: section.make(self._name))
        self.check_button = button(self.tr("Check"), "mdi6.check-all", lambda: section.check(self._name))
        self.remove_button = button(self.tr("Remove"), "mdi6.trash-can-outline", lambda: section.remove(self._name),
                                    role="danger")  # fmt: skip
        self.cancel_button = button(self.tr("Cancel"), "mdi6.stop", self._stop)
        self._build()
        self.stop()

    def show_row(self, row: ToolchainRow) -> None:
        """Show the toolchain as it is now."""
        self._name = row.name
        self._title.setText(row.title)
        self._facts.setText(row.facts)
        self._state.set_icon(icon(row.word_icon, row.tone))
        self._state.set_text(row.word)
        self._state.label.setProperty("role", _ROLES.get(row.tone, "muted"))
        self._state.label.style().polish(self._state.label)
        self._reason.setText(row.reason)
        self.create_button.setText(row.create)
        self._row = row
        for made, word in self._named():
            made.setAccessibleName(f"{word} {row.title}")
        self._show_buttons()

    def start(self, what: str, cancel: Callable[[], object]) -> None:
        """Show that something is being done, with a way to stop it."""
        self._cancel, self._busy = cancel, True
        self.tell(f"{what.capitalize()} …", None)
        self._show_buttons()

    def tell(self, text: str, part: float | None) -> None:
        """Show how far it is; None where that is not known."""
        self._step.setText(text)
        self.bar.setRange(0, 0 if part is None else 1000)
        if part is not None:
            self.bar.setValue(round(part * 1000))

    def stop(self) -> None:
        """Show the toolchain at rest."""
        self._busy = False
        self._show_buttons()

    def _stop(self) -> None:
        self._cancel()

    def _named(self) -> list[tuple[QPushButton, str]]:
        return [
            (self.create_button, self.create_button.text()),
            (self.check_button, self.check_button.text()),
            (self.remove_button, self.remove_button.text()),
            (self.cancel_button, self.cancel_button.text()),
        ]

    def _show_buttons(self) -> None:
        row = getattr(self, "_row", None)
        idle = row is not None and not self._busy
        self.create_button.setVisible(idle and bool(row.create))  # type: ignore[union-attr]
        self.check_button.setVisible(idle and row.can_check)  # type: ignore[union-attr]
        self.remove_button.setVisible(idle and row.can_remove)  # type: ignore[union-attr]
        self._reason.setVisible(idle and bool(row.reason))  # type: ignore[union-attr]
        for each in (self.bar, self._step, self.cancel_button):
            each.setVisible(self._busy)

    def _build(self) -> None:
        texts = QVBoxLayout()
        texts.setSpacing(3)
        first = QHBoxLayout()
        first.setSpacing(Space.M)
        first.addWidget(self._title)
        first.addWidget(self._state)
        first.addStretch()
        texts.addLayout(first)
        for each in (self._facts, self._reason, self._step, self.bar):
            texts.addWidget(each)
        self.bar.setAccessibleName(self.tr("Progress"))
        line = QHBoxLayout(self)
        line.setContentsMargins(0, 0, 0, 0)
        line.setSpacing(Space.S)
        line.addLayout(texts, 1)
        for made in (self.create_button, self.check_button, self.remove_button, self.cancel_button):
            line.addWidget(made, 0, Qt.AlignmentFlag.AlignTop)
