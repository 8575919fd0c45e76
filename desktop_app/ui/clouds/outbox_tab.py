"""The outbox: jobs that wait to be sent, why, and when they are tried again; send now, or withdraw."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

from PySide6.QtCore import QTimer
from PySide6.QtGui import QHideEvent, QShowEvent
from PySide6.QtWidgets import QVBoxLayout, QWidget
from shiboken6 import isValid

from desktop_app.api import Progress, UserError, Waiting
from desktop_app.presenters.clouds.outbox import HEADERS, cells, details
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.table_pane import TablePane, tool_row
from desktop_app.ui.shell import Shell
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import EmptyState, button, hairline, label


class OutboxTab(QWidget):
    """Follows the desk's outbox; the seconds to the next try pass while somebody looks."""

    def __init__(self, desk: CloudDesk, shell: Shell) -> None:
        super().__init__()
        self._desk, self._shell = desk, shell
        self._waiting: tuple[Waiting, ...] = ()
        self.pane = TablePane(self.tr("Jobs that wait to be sent"), HEADERS, 5, right=(3,))
        self.details = label(role="muted", wraps=True, selectable=True)
        self.send_button = button(self.tr("&Send now"), "mdi6.send-outline", self.send)
        self.show_button = button(self.tr("Open &run"), "mdi6.play-circle-outline", self.show_run)
        self.withdraw_button = button(self.tr("&Withdraw…"), "mdi6.undo", self.ask_withdraw)
        self.tools = tool_row(self.show_button, self.withdraw_button, self.send_button)
        self._second = QTimer(self, interval=1000)
        self._build()
        desk.outbox_changed.connect(self._show)
        self._second.timeout.connect(self._show)
        self._show()

    def showEvent(self, event: QShowEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().showEvent(event)
        self._second.start()
        self._show()

    def hideEvent(self, event: QHideEvent) -> None:  # noqa: N802 - Qt's name
        """Called by Qt."""
        super().hideEvent(event)
        self._second.stop()

    def send(self) -> None:
        """Try to send the chosen job now."""
        chosen = self._chosen()
        if chosen is not None:
            self.pane.message.hide()

            async def work(tell: Progress) -> None:
                await self._desk.cloud.send(chosen.handle, tell)
                self.pane.message.show_passing(self.tr("{} was sent.").format(chosen.display_name))

            self.pane.strip.start(self.tr("Sending {}…").format(chosen.display_name), work, self._failed, self._look)
            self._choose()

    def show_run(self) -> None:
        """Show the page of the chosen job's run."""
        chosen = self._chosen()
        if chosen is not None:
            self._shell.show_run(chosen.handle)

    def ask_withdraw(self) -> None:
        """Ask whether to take the chosen job out of the outbox."""
        chosen = self._chosen()
        if chosen is not None:
            self.pane.confirm.ask(
                self.tr("Withdraw {}?").format(chosen.display_name),
                self.tr("It is not sent, and the copy of its files is deleted. Your own files stay as they are."),
                self.tr("Withdraw"),
                lambda: self._withdraw(chosen),
            )

    def _withdraw(self, chosen: Waiting) -> None:
        async def work() -> None:
            try:
                await asyncio.to_thread(self._desk.cloud.withdraw, chosen.handle)
            finally:
                await self._desk.read_outbox()

        spawn(work(), f"withdraw {chosen.run}", self._failed)

    def _look(self) -> None:
        self._choose()
        spawn(self._desk.read_outbox(), "read the outbox")

    def _failed(self, fault: UserError) -> None:
        if isValid(self):
            self.pane.message.show_error(fault)

    def _show(self) -> None:
        self._waiting = shown = self._desk.waiting
        now = datetime.now(UTC)
        self.pane.show_rows(len(shown), lambda row, column: cells(shown[row], now)[column])
        self._choose()

    def _choose(self) -> None:
        chosen = self._chosen()
        for each in (self.send_button, self.withdraw_button):
            each.setEnabled(chosen is not None and not self.pane.strip.busy)
        self.show_button.setEnabled(chosen is not None)
        text = f"{chosen.reason}\n{details(chosen)}".strip() if chosen is not None else ""
        if text != self.details.text():
            self.details.setText(text)

    def _chosen(self) -> Waiting | None:
        row = self.pane.row
        return self._waiting[row] if 0 <= row < len(self._waiting) else None

    def _build(self) -> None:
        text = self.tr(
            "A job that is submitted while Azure ML can't be reached is kept here with its files as they were.\n"
            "It is sent, once, when the service answers again."
        )
        self.pane.set_empty(EmptyState("mdi6.tray", self.tr("Nothing waits to be sent"), text))
        self.pane.model.state = -1
        self.pane.chosen.connect(self._choose)
        self.pane.activated.connect(self.show_run)
        self.details.setContentsMargins(Space.M, Space.S, Space.M, Space.M)
        self.pane.below.addWidget(hairline())
        self.pane.below.addWidget(self.details)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.addWidget(self.pane, 1)
