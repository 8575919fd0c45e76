"""Asks a wizard what it says to the answers so far: at once, or in a thread where its plugin has its own process."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from functools import partial
from typing import Any

from PySide6.QtCore import QObject, QTimer, Signal
from shiboken6 import isValid

from desktop_app.api import Job, UserError
from desktop_app.presenters.rank_pages import RankPages
from desktop_app.presenters.wizard import Look, Preview, WizardSession
from desktop_app.services.jobs import JobService
from desktop_app.ui.tasks import spawn

_SHOWN_MS = 200
"""Who waits longer is told so."""
_START_AGAIN = "Start it again."
"""The hint of a plugin's process that is not there any more."""


class Asking(QObject):
    """One question at a time; what is said to answers that are no longer the present ones is not heard.

    `looked`: the pages belong to the answers now. `previewed` carries the job file of them, and its processes where
    they are other ones. `failed` carries why there are no pages, and `working` whether one waits already.
    """

    looked = Signal()
    previewed = Signal(object, object)
    failed = Signal(object)
    working = Signal(bool)
    rows_came = Signal()

    def __init__(self, session: WizardSession, jobs: JobService, title: str, parent: QObject) -> None:
        super().__init__(parent)
        self.session = session
        self.title = title
        self.error: UserError | None = None
        self._jobs = jobs
        self._plugin, _slash, self._name = session.key.partition("/")
        self._task: asyncio.Task[None] | None = None
        self._wish: Callable[[], object] | None = None
        self._pages: RankPages | None = None
        self._is_closed = False
        self._slow = QTimer(self, singleShot=True, interval=_SHOWN_MS)
        self._slow.timeout.connect(lambda: self.working.emit(True))

    @property
    def is_down(self) -> bool:
        """Whether the plugin takes no part any more: it failed or was cut off, and only `try_again` helps."""
        return self.error is not None and self._why_off is not None

    def ask(self, *, of_file: bool = False) -> None:
        """Ask about the answers as they are now; whoever waited for former ones waits no more.

        An answer that names a file is asked about when that was read, off the window's thread.
        """
        self._wish = None
        if of_file and not self.session.apart:
            spawn(self._look_ahead(), "read the script")
        else:
            self._ask()

    def when_settled(self, act: Callable[[], object]) -> None:
        """Do something as soon as the pages belong to the answers; not at all if they don't come, or others follow."""
        if self.is_down:
            return
        if self.session.is_fresh:
            act()
        else:
            self._wish = act
            self._ask()

    def gives_up(self, error: UserError) -> bool:
        """Whether something went wrong because the plugin is off now; then no more is asked of it."""
        if self._why_off is None:
            return False
        self._fail(error)
        return True

    def try_again(self) -> None:
        """Ask once more, of a plugin that is imported anew where it failed."""
        self._begin(self._again)

    def close(self) -> None:
        """Hear nothing any more."""
        self._is_closed = True
        self._wish = None
        self._slow.stop()

    # ----- the rest

    def _ask(self) -> None:
        if self.session.apart:
            self._begin(self._work)
            return
        try:
            self.session.settle()
        except UserError as error:
            self._fail(error)
        else:
            self._settled()

    def _begin(self, work: Callable[[], Coroutine[Any, Any, None]]) -> None:
        if self._task is not None and not self._task.done():
            return  # it looks at the answers again before it ends
        self._slow.start()
        self._task = spawn(work(), f"ask the wizard {self.session.key}", self._fail)
        self._task.add_done_callback(lambda _task: self._rest())

    def _rest(self) -> None:
        if isValid(self):
            self._slow.stop()
            if not self._is_closed:
                self.working.emit(False)

    async def _look_ahead(self) -> None:
        await asyncio.to_thread(self.session.look_ahead)
        if self._hears:
            self.session.invalidate()
            self._ask()

    async def _again(self) -> None:
        await self._renew()
        if self._hears:
            self.session.invalidate()
            await self._work()

    async def _renew(self) -> None:
        self.session.wizard = await asyncio.to_thread(self._jobs.wizards.again, self._plugin, self._name)

    async def _work(self) -> None:
        """Go on until the pages and the job file are those of the answers."""
        is_renewed = False
        while not self.session.is_fresh:
            version = self.session.version
            try:
                look = await asyncio.to_thread(self.session.question())
            except UserError as error:
                if error.hint == _START_AGAIN and self._why_off is None and not is_renewed:
                    is_renewed = True  # the plugin was updated, or switched off and on, since it was asked for wizards
                    await self._renew()
                    continue
                if version == self.session.version or self._why_off is not None:
                    raise
                continue  # it was asked about what nobody answers any more
            if not self._hears:
                return
            if self.session.take(look):
                self._settled()
                await self._show_job(look)

    async def _show_job(self, look: Look) -> None:
        preview = await asyncio.to_thread(self.session.build(look))
        pages = await asyncio.to_thread(self._processes, preview, look)
        if (why_off := self._why_off) is not None:
            raise UserError(preview.problem) if preview.problem else why_off
        if self._hears and look.version == self.session.version:
            self.previewed.emit(preview, pages)

    def _processes(self, preview: Preview, look: Look) -> RankPages | None:
        """Return what the processes will see, where a page shows it; a job that did not change is not asked about."""
        job = preview.job
        if job is not None and any(each.shows_topology for each in look.steps):
            if self._pages is None or self._pages.job != job:
                self._pages = self._pages_of(job)
            return self._pages
        return None

    def _pages_of(self, job: Job) -> RankPages:
        pages = RankPages(job, self._jobs.rank_table)
        fetched: set[int] = set()

        def want(page: int) -> None:
            if page not in fetched:
                fetched.add(page)
                spawn(self._fetch(pages, page, fetched), "ask for processes")

        pages.wanted = want
        return pages

    async def _fetch(self, pages: RankPages, page: int, fetched: set[int]) -> None:
        rows = await asyncio.to_thread(partial(pages.fetch, page))
        pages.take(page, rows)
        fetched.discard(page)
        if self._hears:
            self.rows_came.emit()

    @property
    def _why_off(self) -> UserError | None:
        return self._jobs.wizards.why_off(self._plugin)

    @property
    def _hears(self) -> bool:
        return isValid(self) and not self._is_closed

    def _settled(self) -> None:
        self.error = None
        self.looked.emit()
        wish, self._wish = self._wish, None
        if wish is not None:
            wish()

    def _fail(self, error: UserError) -> None:
        if self._hears:
            why_off = self._why_off
            if why_off is not None and error.hint == _START_AGAIN:  # what ended its process says more
                error = why_off
            self.error, self._wish = error, None
            self.failed.emit(error)
