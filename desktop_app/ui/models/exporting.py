"""One export that goes on: its task, what it asks, and how it ends. Lives as long as the window."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING

from PySide6.QtCore import QObject, Signal
from shiboken6 import isValid

from desktop_app.api import UserError
from desktop_app.core.exports.report import ExportReport
from desktop_app.presenters.models import questions
from desktop_app.presenters.models.stages import Stage, stage_after
from desktop_app.services.exports.allowed import Allowed
from desktop_app.services.exports.orders import Answer, ExportOrder, Question
from desktop_app.ui.tasks import spawn

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench


class Exporting(QObject):
    """One export at a time.

    `began`; `told` when there is something new to show; `asked` with a `Question`; `done` with the report; `failed`
    with a `UserError`; `given_up` when it was canceled, or a question was not answered.
    """

    began = Signal()
    told = Signal()
    asked = Signal(object)
    done = Signal(object)
    failed = Signal(object)
    given_up = Signal()

    def __init__(self, workbench: Workbench, parent: QObject) -> None:
        super().__init__(parent)
        self._exports = workbench.exports
        self._allowed = Allowed(workbench.places.exports)
        self._task: asyncio.Task[None] | None = None
        self._answer: asyncio.Future[Answer | None] | None = None
        self._started, self._declined = 0.0, False
        self.part: float | None = None
        self.order: ExportOrder | None = None
        self.stage, self.message = Stage.LOAD, ""

    @property
    def is_busy(self) -> bool:
        """Whether an export goes on."""
        return self._task is not None

    @property
    def waits(self) -> bool:
        """Whether it waits for an answer."""
        return self._answer is not None

    @property
    def seconds(self) -> float:
        """For how long it goes on."""
        return time.monotonic() - self._started

    def start(self, order: ExportOrder) -> None:
        """Begin an export, unless one goes on."""
        if self._task is not None:
            return
        self.order, self._started = order, time.monotonic()
        self.stage, self.message, self.part = Stage.LOAD, self.tr("Looking at the model"), None
        self._task = spawn(self._run(order), f"export {order.model.path.name}", self._fail)
        self._task.add_done_callback(lambda _task: self._end())
        self.began.emit()

    def cancel(self) -> None:
        """Give up; the workers are ended, and nothing is left behind."""
        if self._task is not None:
            self._task.cancel()

    def answer(self, answer: Answer | None) -> None:
        """Answer what was asked; None gives the export up."""
        if self._answer is not None and not self._answer.done():
            self._answer.set_result(answer)

    async def _run(self, order: ExportOrder) -> None:
        loop = asyncio.get_running_loop()

        def tell(message: str, part: float | None) -> None:
            loop.call_soon_threadsafe(self._tell, message, part)

        try:
            report = await self._exports.export(order, tell, self._decide)
        except UserError:
            if self._declined:
                self._declined = False
                self._end()
                return
            raise
        self._finish(report)

    async def _decide(self, question: Question) -> Answer | None:
        known = await asyncio.to_thread(self._allowed.read)
        asks_for_names = questions.asks_for_names(question)
        if asks_for_names and (found := questions.remembered(question, known)) is not None:
            return found
        self._answer = asyncio.get_running_loop().create_future()
        try:
            self.asked.emit(question)
            answer = await self._answer
        finally:
            self._answer = None
        self._declined = answer is None
        if answer is not None and asks_for_names:
            kept = questions.with_allowed(question, answer.allowed, known)
            await asyncio.to_thread(self._allowed.keep, kept)
        return answer

    def _tell(self, message: str, part: float | None) -> None:
        if isValid(self) and self._task is not None:
            file = self.order.output.name if self.order is not None else ""
            self.stage, self.message, self.part = stage_after(self.stage, message, file), message, part
            self.told.emit()

    def _fail(self, error: UserError) -> None:
        if isValid(self):
            self._task = None
            self.failed.emit(error)

    def _finish(self, report: ExportReport) -> None:
        if isValid(self):
            self._task = None
            self.done.emit(report)

    def _end(self) -> None:
        """Called when the task is over, and by itself: what was told already is not told again."""
        if isValid(self) and self._task is not None:
            self._task = None
            self.given_up.emit()
