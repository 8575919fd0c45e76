"""One line while a bundle or logs are taken in: what, how far, and a Cancel. What is quick shows none."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtCore import QTimer
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.services.run_staging import TakenIn, Taking
from desktop_app.ui.clouds.telling import telling
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, button
from desktop_app.ui.widgets.progress_line import ProgressLine

_LATE = 400  # milliseconds: a line that comes and goes at once would only be a jump


class OpeningStrip(Card):
    """Hidden while nothing is taken in; one thing at a time."""

    def __init__(self) -> None:
        super().__init__(margin=Space.S, spacing=0)
        self._taking: Taking | None = None
        self.cancel_button = button(self.tr("Cancel"), "mdi6.close", self.cancel)
        self.line = ProgressLine(self.cancel_button, "plain")
        self.body.addWidget(self.line)
        self._timer = QTimer(self, singleShot=True, interval=_LATE)
        self._timer.timeout.connect(self.show)
        self.hide()

    def cancel(self) -> None:
        """Give up; what is half there is deleted."""
        if self._taking is not None:
            self._taking.stop()

    async def follow(self, work: Callable[[Taking], TakenIn]) -> TakenIn | None:
        """Do it in a thread and return what was taken in; None if it was given up here. Raises as `work` does."""
        if self._taking is not None:
            said = self.tr("Something else is being opened.")
            raise UserError(said, hint=self.tr("Wait until it is there, or cancel it."))
        taking = self._taking = Taking(telling(self, self.line.tell))
        self._timer.start()
        try:
            return await asyncio.to_thread(work, taking)
        except UserError:
            if taking.is_stopped:
                return None
            raise
        finally:
            taking.stop()
            self._end()

    def _end(self) -> None:
        self._taking = None
        if isValid(self):
            self._timer.stop()
            self.hide()
