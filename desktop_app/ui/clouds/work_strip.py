"""One line of work that goes on in the cloud: what, how far, and a Cancel that works."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from shiboken6 import isValid

from desktop_app.api import Progress, UserError
from desktop_app.ui.clouds.telling import telling
from desktop_app.ui.tasks import spawn
from desktop_app.ui.theme import Space
from desktop_app.ui.widgets import Card, button
from desktop_app.ui.widgets.progress_line import ProgressLine


class WorkStrip(Card):
    """Hidden while nothing goes on. One thing at a time: what is started meanwhile is refused by `busy`."""

    def __init__(self) -> None:
        super().__init__(margin=Space.S, spacing=0)
        self._task: asyncio.Task[Any] | None = None
        self.cancel_button = button(self.tr("Stop waiting"), "mdi6.close", self.cancel)
        self._line = ProgressLine(self.cancel_button, "plain")
        self.text, self.bar = self._line.text, self._line.bar
        self.body.addWidget(self._line)
        self.hide()

    @property
    def busy(self) -> bool:
        """Whether something goes on."""
        return self._task is not None

    def start(
        self, name: str, work: Callable[[Progress], Awaitable[object]], failed: Callable[[UserError], object],
        done: Callable[[], object] = lambda: None, cancel: str = "",
    ) -> None:  # fmt: skip
        """Start `work`, which is told where to tell its progress; `cancel` is what the button says."""
        if self._task is None:
            self.cancel_button.setText(cancel or self.tr("Cancel"))
            self._line.tell(name, None)
            self.show()
            self._task = spawn(self._do(work), name, failed)
            self._task.add_done_callback(lambda _task: self._end(done))  # also of one that never came to its first step

    def cancel(self) -> None:
        """Give up."""
        if self._task is not None:
            self._task.cancel()

    async def _do(self, work: Callable[[Progress], Awaitable[object]]) -> None:
        await work(telling(self, self._line.tell))

    def _end(self, done: Callable[[], object]) -> None:
        self._task = None
        if isValid(self):
            self.hide()
            done()
