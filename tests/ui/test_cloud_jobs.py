"""The jobs of a workspace, whoever sent them: listed newest first, more while one scrolls, filtered, opened."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta

import pytest
from PySide6.QtTest import QTest

from desktop_app.api import JobPage, RunStatus, WorkspaceJob
from desktop_app.places import Places
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.jobs_tab import JobsTab
from desktop_app.ui.tasks import running
from desktop_app.ui.window_state import WindowState
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell
from tests.helpers.snapshots import snapshot
from tests.helpers.window_cloud import EAST, WEST, ToldCloud, ToldFault
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def job(number: int, status: RunStatus = RunStatus.COMPLETED, by: str = "Ada Lovelace") -> WorkspaceJob:
    """Return a job; higher numbers are older."""
    run = f"digits-{number:03d}"
    made = NOW - timedelta(minutes=number)
    return WorkspaceJob(
        f"azureml://{EAST.key}/{run}", run, "command", status, f"Digits {number:03d}", "digits", made, by
    )


def page(first: int, last: int, after: str = "") -> JobPage:
    """Return the jobs of these numbers."""
    return JobPage(tuple(job(each) for each in range(first, last + 1)), after)


@pytest.fixture
def cloud() -> ToldCloud:
    made = ToldCloud.with_workspaces(EAST, WEST)
    made.pages = {"": page(0, 39, "a"), "a": page(40, 79, "b"), "b": page(80, 99)}
    return made


@pytest.fixture
async def tab(places: Places, cloud: ToldCloud, shell: FakeShell) -> AsyncIterator[JobsTab]:
    desk = CloudDesk(small_bench(places.home, cloud=cloud), WindowState(places.window))
    made = JobsTab(desk, shell)
    made.resize(1000, 500)
    made.show_workspace(EAST)
    made.show()
    made.tools.show()
    yield made
    made.hide()
    await until(lambda: not running())
    for each in (made.tools, made, desk):
        each.deleteLater()
    settle()


def names(tab: JobsTab) -> list[str]:
    return [str(tab.pane.model.index(row, 0).data()) for row in range(tab.pane.model.rowCount())]


def to_the_end(tab: JobsTab) -> None:
    bar = tab.pane.view.verticalScrollBar()
    bar.setValue(bar.maximum())


async def test_everybodys_jobs_are_listed_with_who_sent_them(tab: JobsTab, cloud: ToldCloud) -> None:
    cloud.pages = {"": JobPage((job(0, RunStatus.RUNNING, "Grace Hopper"), job(1)))}
    tab.refresh()
    await until(lambda: len(names(tab)) == 2)
    row = [str(tab.pane.model.index(0, column).data()) for column in range(7)]
    assert row[:4] == ["Digits 000", "Running", "command", "Grace Hopper"]
    assert row[6] == "digits"
    assert tab.summary.text() == "2 jobs."
    assert not tab.more.isVisible()
    assert_sound(tab)


async def test_more_come_near_the_end_each_once_and_the_choice_stays(tab: JobsTab, cloud: ToldCloud) -> None:
    await until(lambda: len(names(tab)) == 40)
    assert tab.summary.text() == "The newest 40 jobs; more come as you scroll."
    tab.pane.view.selectRow(3)
    cloud.pages["a"] = page(38, 79, "b")  # two were sent meanwhile: what follows begins with what is there
    to_the_end(tab)
    await until(lambda: len(names(tab)) == 80)
    assert tab.chosen is not None
    assert tab.chosen.run == "digits-003"
    to_the_end(tab)
    await until(lambda: len(names(tab)) == 100)
    assert names(tab) == [f"Digits {each:03d}" for each in range(100)]
    assert tab.summary.text() == "100 jobs."
    to_the_end(tab)
    await until(lambda: not running())
    assert cloud.calls("jobs") == ["", "a", "b"]


async def test_what_is_typed_is_looked_for_in_some_more_pages(tab: JobsTab, cloud: ToldCloud) -> None:
    await until(lambda: len(names(tab)) == 40)
    QTest.keyClicks(tab.search, "ada 085")
    await until(lambda: names(tab) == ["Digits 085"])
    assert cloud.calls("jobs") == ["", "a", "b"]
    assert tab.summary.text() == "1 of the 100 jobs."
    QTest.keyClicks(tab.search, " nowhere")
    assert names(tab) == []
    assert tab.empty.text.text() == "No job that was looked through fits “ada 085 nowhere”."
    tab.search.clear()
    assert len(names(tab)) == 100


async def test_asking_again_brings_new_states_and_keeps_what_was_scrolled_to(tab: JobsTab, cloud: ToldCloud) -> None:
    await until(lambda: len(names(tab)) == 40)
    to_the_end(tab)
    await until(lambda: len(names(tab)) == 80)
    first = page(0, 37)
    later = NOW + timedelta(hours=1)
    new = dataclasses.replace(job(0), handle="azureml://new", run="new", display_name="New", created=later)
    changed = dataclasses.replace(first.jobs[0], status=RunStatus.CANCELED)
    cloud.pages[""] = JobPage((new, changed, *first.jobs[2:]), "a")
    tab.refresh()
    await until(lambda: names(tab)[0] == "New")
    assert str(tab.pane.model.index(1, 1).data()) == "Canceled"
    assert "Digits 001" not in names(tab), "it was deleted"
    assert len(names(tab)) == 80


async def test_a_job_is_opened_and_then_among_the_runs(tab: JobsTab, cloud: ToldCloud, shell: FakeShell) -> None:
    await until(lambda: len(names(tab)) == 40)
    store = tab._desk.workbench.store
    assert not store.runs, "nobody's jobs are one's runs before they are opened"
    run = dataclasses.replace(snapshot("digits-000"), handle=job(0).handle, backend="azureml")
    cloud.opened = {run.handle: run}
    cloud.gates["open"] = asyncio.Event()
    tab.open_button.click()
    await until(tab.pane.strip.isVisible)
    assert not tab.open_button.isEnabled()
    cloud.gates["open"].set()
    await until(lambda: ("show_run", run.handle) in shell.calls)
    assert set(store.runs) == {run.handle}
    await until(tab.open_button.isEnabled)
    tab.pane.activated.emit()
    assert shell.calls.count(("show_run", run.handle)) == 2
    assert cloud.calls("open") == [run.handle], "what is known is not asked for again"


async def test_when_the_service_is_away_what_is_listed_stays_and_says_why(tab: JobsTab, cloud: ToldCloud) -> None:
    await until(lambda: len(names(tab)) == 40)
    cloud.faults["jobs"] = ToldFault("offline", "Azure can't be reached.")
    tab.refresh()
    await until(tab.pane.message.isVisible)
    assert len(names(tab)) == 40
    del cloud.faults["jobs"]
    tab.refresh()
    await until(tab.pane.message.isHidden)


async def test_another_workspace_begins_anew(tab: JobsTab, cloud: ToldCloud) -> None:
    await until(lambda: len(names(tab)) == 40)
    cloud.pages = {}
    tab.show_workspace(WEST)
    assert names(tab) == []
    await until(lambda: tab.empty.heading.text() == "No jobs yet")
