"""On the page of a run that waits in the outbox: send it now, with progress, or withdraw it."""

from __future__ import annotations

import asyncio

from PySide6.QtCore import QObject, Signal
from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.api import Progress, RunSnapshot
from desktop_app.presenters.clouds.run_files import may_wait
from desktop_app.services.workbench import Workbench
from desktop_app.ui.clouds.work_strip import WorkStrip
from desktop_app.ui.tasks import spawn
from desktop_app.ui.widgets import InlineMessage, button


class SendOffer(QObject):
    """Adds to the message that says why a run waits. `failed` carries a UserError."""

    withdraw_asked = Signal()
    failed = Signal(object)

    def __init__(self, workbench: Workbench, message: InlineMessage, parent: QWidget) -> None:
        super().__init__(parent)
        self._workbench, self._message = workbench, message
        self._run: RunSnapshot | None = None
        self._offered = ""
        self.strip = WorkStrip()

    @property
    def waits(self) -> bool:
        """Whether the run that is shown waits in the outbox."""
        return bool(self._offered)

    def show_run(self, run: RunSnapshot) -> None:
        """Offer it where the run waits here, and no longer where it does not."""
        before, self._run = self._run, run
        if not may_wait(run) or (before is not None and before.handle != run.handle):
            self._take_back()
        if self._offered:
            self._say(run)
        elif may_wait(run):
            spawn(self._look(run), "look into the outbox", lambda _fault: None)

    def send(self) -> None:
        """Try to send the run now."""
        run = self._run
        if run is None:
            return

        async def work(tell: Progress) -> None:
            await self._workbench.cloud.send(run.handle, tell)

        self.strip.start(self.tr("Sending {}…").format(run.display_name), work, self.failed.emit)

    async def _look(self, run: RunSnapshot) -> None:
        waiting = await asyncio.to_thread(self._workbench.cloud.waiting)
        waits = any(each.handle == run.handle and not each.withdrawn for each in waiting)
        if waits and isValid(self) and self._run is not None and self._run.handle == run.handle:
            self._offer(self._run)

    def _offer(self, run: RunSnapshot) -> None:
        if not self._offered and may_wait(run):
            self._offered = run.handle
            self._say(run)
            self._message.add_button(button(self.tr("&Send now"), "mdi6.send-outline", self.send))
            self._message.add_button(button(self.tr("With&draw…"), "mdi6.undo", self.withdraw_asked.emit))

    def _say(self, run: RunSnapshot) -> None:
        if self._message.isHidden():
            self._message.show_text("info", run.reason or self.tr("It waits to be sent."))

    def _take_back(self) -> None:
        if self._offered:
            self._offered = ""
            self._message.clear_buttons()
