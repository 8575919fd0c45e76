"""A Runs page over real services and run folders, for the tests of its parts."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass

import pytest

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui import tasks
from desktop_app.ui.runs.page import RunsPage
from desktop_app.ui.runs.run_page import RunPage
from tests.helpers.fake_shell import FakeShell
from tests.helpers.run_folders import FolderOfRun, fail, make_run, train
from tests.ui.conftest import settle
from tests.ui.windows import until


@dataclass
class RunsBench:
    """The page, and what it stands on."""

    page: RunsPage
    workbench: Workbench
    shell: FakeShell
    places: Places

    async def add(self, name: str, status: RunStatus = RunStatus.RUNNING, **options: object) -> FolderOfRun:
        """Write a run and let the monitor find it."""
        made = make_run(self.places.runs, name, status, **options)  # type: ignore[arg-type]
        await self.workbench.monitor.refresh()
        return made

    async def add_failed(self, name: str, rank: int = 3) -> FolderOfRun:
        """Write a run of 2 × 2 that trained for a while and then fell."""
        made = make_run(self.places.runs, name, RunStatus.FAILED, nodes=2, processes=2)
        train(made, 60)
        made = fail(made, rank)
        await self.workbench.monitor.refresh()
        return made

    def take(self, run: RunSnapshot) -> None:
        """Put a snapshot into the store, as the monitor would."""
        self.workbench.store.update([run])

    async def open(self, made: FolderOfRun) -> RunPage:
        """Open a run's page and wait until nothing is going on any more."""
        self.page.show_run(made.snapshot.handle)
        assert self.page.run_page is not None
        await quiet()
        return self.page.run_page

    async def open_and_read(self, made: FolderOfRun) -> RunPage:
        """Open a run's page and wait until its log is there and nothing is going on any more."""
        page = await self.open(made)
        await until(lambda: page.logs.view.page.rows)
        await quiet()
        return page

    async def close(self) -> None:
        """Take everything away."""
        await quiet()
        self.page.close_down()
        self.page.close()
        self.page.deleteLater()
        settle()


async def quiet() -> None:
    """Wait until no task of the window runs any more."""
    await until(lambda: not [each for each in tasks.running() if each is not asyncio.current_task()])


async def pause(seconds: float) -> None:
    """Let the loop turn for a while in which nothing may happen."""
    end = time.monotonic() + seconds
    await until(lambda: time.monotonic() > end)


@pytest.fixture
async def runs_bench(workbench: Workbench, shell: FakeShell, places: Places) -> AsyncIterator[RunsBench]:
    """A Runs page without runs, shown."""
    places.runs.mkdir(parents=True)
    page = RunsPage(workbench, shell)
    page.resize(1120, 720)
    page.show()
    made = RunsBench(page, workbench, shell, places)
    yield made
    await made.close()
