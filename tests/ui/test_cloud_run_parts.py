"""What a run of a workspace has on its page: sending and withdrawing while it waits, its own words, no empty offers."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest
from PySide6.QtWidgets import QPushButton, QVBoxLayout, QWidget

from desktop_app.api import Artifact, RunSnapshot, RunStatus
from desktop_app.places import Places
from desktop_app.ui.clouds.artifacts_tab import ArtifactsTab
from desktop_app.ui.clouds.send_offer import SendOffer
from desktop_app.ui.files.tree_panel import TreePanel
from desktop_app.ui.runs.actions import RunActions
from desktop_app.ui.runs.header import Header
from desktop_app.ui.runs.outputs_tab import OutputsTab
from desktop_app.ui.runs.words import local_now
from desktop_app.ui.tasks import running
from desktop_app.ui.widgets import InlineMessage
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell
from tests.helpers.snapshots import snapshot
from tests.helpers.window_cloud import EAST, ToldCloud, ToldFault, waiting
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

MADE = datetime(2026, 11, 21, 10, tzinfo=UTC)


def run_of(status: RunStatus = RunStatus.NOT_STARTED, **facts: object) -> RunSnapshot:
    handle = f"azureml://{EAST.key}/digits-ddp-7f3k"
    made = dataclasses.replace(snapshot("digits-ddp-7f3k", status), handle=handle, backend="azureml", created=MADE)
    return dataclasses.replace(made, **facts)  # type: ignore[arg-type]  # fields by name


class Page(QWidget):
    """The part of a run's page that says why it waits."""

    def __init__(self, cloud: ToldCloud, places: Places) -> None:
        super().__init__()
        self.message = InlineMessage(can_close=False)
        self.offer = SendOffer(small_bench(places.home, cloud=cloud), self.message, self)
        column = QVBoxLayout(self)
        column.addWidget(self.message)
        column.addWidget(self.offer.strip)
        self.resize(800, 200)
        self.show()

    def buttons(self) -> dict[str, QPushButton]:
        settle()
        found = self.message.findChildren(QPushButton)
        return {each.text(): each for each in found if each.isVisible()}


@pytest.fixture
def cloud() -> ToldCloud:
    made = ToldCloud.with_workspaces(EAST)
    made.outbox = [waiting()]
    return made


@pytest.fixture
async def page(cloud: ToldCloud, places: Places) -> AsyncIterator[Page]:
    made = Page(cloud, places)
    yield made
    await until(lambda: not running())
    made.close()
    made.deleteLater()
    settle()


async def test_a_waiting_run_is_sent_with_progress(page: Page, cloud: ToldCloud) -> None:
    page.message.show_text("info", "No network.")
    page.offer.show_run(run_of(reason="No network."))
    await until(lambda: page.offer.waits)
    assert set(page.buttons()) == {"&Send now", "With&draw…"}
    assert_sound(page)
    cloud.gates["send"] = asyncio.Event()
    page.buttons()["&Send now"].click()
    await until(page.offer.strip.isVisible)
    cloud.gates["send"].set()
    await until(page.offer.strip.isHidden)
    assert cloud.calls("send") == [run_of().handle]
    page.offer.show_run(run_of(RunStatus.QUEUED))
    assert not page.offer.waits
    assert page.buttons() == {}


async def test_one_without_a_reason_says_that_it_waits(page: Page) -> None:
    page.offer.show_run(run_of(reason=""))
    await until(page.message.isVisible)
    assert page.message.heading.text() == "It waits to be sent."


async def test_why_it_could_not_be_sent_is_told(page: Page, cloud: ToldCloud) -> None:
    told: list[object] = []
    page.offer.failed.connect(told.append)
    cloud.faults["send"] = ToldFault("offline", "No network.")
    page.offer.show_run(run_of())
    await until(lambda: page.offer.waits)
    page.buttons()["&Send now"].click()
    await until(lambda: told)
    assert page.offer.waits, "it can be tried again"


async def test_withdrawing_is_left_to_the_page(page: Page) -> None:
    asked: list[bool] = []
    page.offer.withdraw_asked.connect(lambda: asked.append(True))
    page.offer.show_run(run_of())
    await until(lambda: page.offer.waits)
    page.buttons()["With&draw…"].click()
    assert asked == [True]


@pytest.mark.parametrize("withdrawn", [True, False])
async def test_one_that_does_not_wait_here_is_not_offered(page: Page, cloud: ToldCloud, withdrawn: bool) -> None:
    cloud.outbox = [dataclasses.replace(waiting(), withdrawn=True)] if withdrawn else []
    page.offer.show_run(run_of())
    await until(lambda: not running())
    assert not page.offer.waits
    page.offer.show_run(dataclasses.replace(snapshot("local-1", RunStatus.NOT_STARTED)))
    assert not running()


async def test_outputs_of_a_workspace_are_downloaded_not_copied(places: Places, shell: FakeShell) -> None:
    window = QWidget()
    header = Header(RunActions(small_bench(places.home), shell, window), lambda: -1)
    header.resize(1400, 60)
    header.show()
    header.show_run(run_of(RunStatus.COMPLETED, outputs="/x/outputs"), local_now())
    assert header.download.text() == "Download o&utputs…"
    assert header.download.accessibleName() == "Download outputs…"
    assert header.download.isEnabled()
    header.show_run(run_of(RunStatus.CANCELED, outputs="/x/outputs", ended=MADE, started=None), local_now())
    assert not header.download.isEnabled(), "it was withdrawn before it was sent"
    header.show_run(snapshot("local-1", RunStatus.COMPLETED), local_now())
    assert header.download.text() == "Copy o&utputs…"
    header.resize(300, 60)
    settle()
    header.show_run(run_of(RunStatus.COMPLETED), local_now())
    assert header.download.text() == ""
    assert header.download.toolTip() == "Download outputs…"
    for each in (header, window):
        each.deleteLater()


async def test_a_run_that_was_never_sent_is_not_asked_for_files(
    places: Places, cloud: ToldCloud, shell: FakeShell
) -> None:
    cloud.files = [Artifact("outputs/model.pt", 1)]
    window = QWidget()
    bench = small_bench(places.home, cloud=cloud)
    local = OutputsTab(RunActions(bench, shell, window), shell)
    tab = ArtifactsTab(bench, local)
    tab.show_run(run_of())
    tab.show()
    assert tab.empty.text.text().startswith("It waits to be sent")
    assert not tab.download_button.isEnabled()
    tab.show_run(run_of(RunStatus.CANCELED, ended=MADE, started=None))
    assert tab.empty.text.text() == "It was withdrawn before it was sent."
    tab.download()
    assert cloud.calls("artifacts") == []
    tab.show_run(run_of(RunStatus.QUEUED))
    await until(tab.model.rowCount)
    await until(lambda: not running())
    for each in (tab.tools, tab, local.tools, local, window):
        each.deleteLater()
    settle()


async def test_the_trees_menu_says_where_a_job_goes() -> None:
    panel = TreePanel()
    panel.set_place("ml-east")
    assert panel._actions["run"].text() == "&Submit to ml-east…"
    panel.set_place("")
    assert panel._actions["run"].text() == "&Run here…"
    panel.deleteLater()
