"""The Cloud page: compute with its nodes, clusters made, scaled and deleted, quota, and a service that is away."""

from __future__ import annotations

import asyncio
import dataclasses
import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QProgressBar

from desktop_app.api import Headroom, Quota, RunSnapshot, RunStatus, Workspace
from desktop_app.places import Places
from desktop_app.presenters.clouds.compute import deleting_text
from desktop_app.ui.clouds.cluster_dialog import ClusterDialog
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.page import TABS, CloudPage
from desktop_app.ui.tasks import running
from desktop_app.ui.window_state import WindowState
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell
from tests.helpers.window_cloud import A100, CLUSTER, EAST, QUOTAS, T4, WEST, ToldCloud, ToldFault, waiting
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until


@pytest.fixture
def cloud() -> ToldCloud:
    return ToldCloud.with_workspaces(EAST, WEST)


@pytest.fixture
async def desk(places: Places, cloud: ToldCloud) -> CloudDesk:
    return CloudDesk(small_bench(places.home, cloud=cloud), WindowState(places.window))


@pytest.fixture
async def page(desk: CloudDesk, shell: FakeShell) -> AsyncIterator[CloudPage]:
    await desk.read()
    made = CloudPage(desk, shell, lambda _workspace: None)
    made.resize(1100, 700)
    made.show()
    yield made
    made.hide()
    await until(lambda: not running())
    made.deleteLater()
    desk.deleteLater()
    settle()


def table(page: CloudPage) -> list[list[str]]:
    model = page.compute.pane.model
    return [
        [str(model.index(row, column).data()) for column in range(model.columnCount())]
        for row in range(model.rowCount())
    ]


def shown_dialog() -> ClusterDialog:
    found = [each for each in QApplication.topLevelWidgets() if isinstance(each, ClusterDialog) and each.isVisible()]
    (dialog,) = found
    return dialog


async def test_a_cluster_shows_its_state_nodes_size_limits_and_priority(page: CloudPage) -> None:
    await until(page.compute.quota.isVisible)
    assert table(page) == [
        ["gpu-cluster", "Ready", "2 running, 1 idle", "Standard_NC4as_T4_v3", "0 to 4", "2 min", "dedicated"]
    ]
    names = [each.accessibleName() for each in page.compute.quota.findChildren(QProgressBar)]
    assert names == [
        "Standard NCASv3_T4 Family: 12 of 24 cores in use", "Standard NDASv4 Family: 0 of 96 cores in use",
    ]  # fmt: skip
    assert page.state.label.text() == "signed in"
    assert_sound(page)


async def test_a_cluster_is_made_as_the_articles_do_with_its_costs_and_quota_said(
    page: CloudPage, cloud: ToldCloud
) -> None:
    cloud.clusters = []
    page.compute.refresh()
    await until(lambda: page.compute.quota.isVisible() and not table(page))
    page.compute.new_button.click()
    dialog = shown_dialog()
    await until(dialog.size_box.count)
    await until(dialog.room.isVisible)
    assert dialog.size_box.itemText(0) == "Standard_NC4as_T4_v3 – 1 × T4, 4 cores"
    assert dialog.room.text() == "3 of 4 nodes fit."
    assert "nothing costs" in dialog.cost.text()
    assert_sound(dialog)
    dialog.accept()
    await until(lambda: cloud.calls("create_compute"))
    await until(lambda: table(page))
    (spec,) = cloud.calls("create_compute")
    assert (spec.name, spec.vm_size, spec.minimum, spec.maximum, spec.idle_seconds) == (
        "gpu-cluster", T4.name, 0, 4, 120,
    )  # fmt: skip


async def test_the_form_says_what_is_wrong_and_warns_of_a_size_that_is_gone(page: CloudPage, cloud: ToldCloud) -> None:
    await until(lambda: table(page))
    cloud.fits = Headroom(T4.name, "NCASv3_T4", 4, 4, 4)
    page.compute.new_cluster()
    dialog = shown_dialog()
    await until(dialog.size_box.count)
    assert dialog.name.text() == "gpu-cluster2", "the usual name is taken"
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "9")
    assert "beginning with a letter" in dialog.complaint.text()
    assert not dialog.go.isEnabled()
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "fast")
    dialog.minimum.setValue(9)
    assert "can't be above" in dialog.complaint.text()
    dialog.minimum.setValue(1)
    assert dialog.cost.text().startswith("1 node stay") or "1 node" in dialog.cost.text()
    dialog.size_box.setCurrentIndex(dialog.size_box.findData("Standard_NC24s_v3"))
    assert dialog.age.text() == ("Standard_NC24s_v3 was retired on 2025-09-30. Take Standard_NC96ads_A100_v4 instead.")
    await until(dialog.room.isVisible)
    assert dialog.room.text() == "4 nodes fit into the quota: 16 cores of NCASv3_T4."
    dialog.reject()


async def test_a_click_in_the_size_opens_the_whole_list_and_typing_narrows_it(page: CloudPage) -> None:
    await until(lambda: table(page))
    page.compute.new_cluster()
    dialog = shown_dialog()
    await until(dialog.size_box.count)
    box = dialog.size_box
    line, completer = box.lineEdit(), box.completer()
    assert line is not None
    assert completer is not None
    popup = completer.popup()
    assert popup is not None
    QTest.mouseClick(line, Qt.MouseButton.LeftButton)
    await until(popup.isVisible)
    assert popup.model().rowCount() == box.count()
    assert popup.currentIndex().data() == box.currentText()
    assert popup.width() >= popup.sizeHintForColumn(0), "nothing is cut"
    assert box.view().minimumWidth() >= box.view().sizeHintForColumn(0)
    QTest.keyClicks(popup, "a100")
    await until(lambda: popup.model().rowCount() == 1)
    QTest.keyClick(popup, Qt.Key.Key_Down)
    QTest.keyClick(popup, Qt.Key.Key_Return)
    await until(popup.isHidden)
    assert dialog.spec.vm_size == A100.name
    dialog.reject()


async def test_making_shows_progress_and_stops_waiting_when_asked(page: CloudPage, cloud: ToldCloud) -> None:
    await until(lambda: table(page))
    cloud.gates["create_compute"] = asyncio.Event()
    page.compute.new_cluster()
    dialog = shown_dialog()
    await until(dialog.size_box.count)
    dialog.accept()
    strip = page.compute.pane.strip
    await until(lambda: "Creating" in strip.text.text())
    assert strip.isVisible()
    assert not page.compute.new_button.isEnabled(), "one thing at a time"
    strip.cancel_button.click()
    await until(strip.isHidden)
    assert page.compute.new_button.isEnabled()


async def test_other_limits_are_asked_for_and_a_delete_is_confirmed(page: CloudPage, cloud: ToldCloud) -> None:
    await until(lambda: table(page))
    page.compute.scale_button.click()
    dialog = shown_dialog()
    assert (dialog.minimum.value(), dialog.maximum.value()) == (0, 4)
    dialog.maximum.setValue(8)
    dialog.accept()
    await until(lambda: cloud.calls("scale_compute"))
    assert cloud.calls("scale_compute") == [("gpu-cluster", 0, 8, 120)]
    await until(page.compute.delete_button.isEnabled)
    page.compute.delete_button.click()
    confirm = page.compute.pane.confirm
    assert "can't be undone" in confirm.text.text()
    QTest.keyClick(confirm, Qt.Key.Key_Escape)
    assert not cloud.calls("delete_compute")
    page.compute.delete_button.click()
    confirm.danger.click()
    await until(lambda: cloud.calls("delete_compute") == ["gpu-cluster"])
    await until(lambda: not table(page))


async def test_scaling_asks_for_the_nodes_that_would_come(page: CloudPage, cloud: ToldCloud) -> None:
    await until(lambda: table(page))
    page.compute.scale_button.click()
    dialog = shown_dialog()
    await until(dialog.room.isVisible)
    assert cloud.calls("headroom")[-1] == (T4.name, 1), "3 of its 4 nodes are there"
    assert dialog.room.text().startswith("3 nodes are there already.")
    dialog.maximum.setValue(2)
    assert dialog.room.isHidden(), "none would come"
    dialog.reject()


async def test_without_an_answer_the_last_known_compute_stays(page: CloudPage, cloud: ToldCloud) -> None:
    await until(page.compute.quota.isVisible)
    cloud.faults["computes"] = ToldFault("offline", "Azure can't be reached.", "Look at the network.")
    page.compute.refresh()
    await until(page.compute.pane.message.isVisible)
    assert page.compute.pane.message.heading.text() == "Azure can't be reached."
    assert len(table(page)) == 1
    assert page.state.label.text() == "offline"
    del cloud.faults["computes"]
    page.compute.refresh_button.click()
    await until(lambda: page.state.label.text() == "signed in")
    await until(page.compute.pane.message.isHidden)


async def test_another_workspace_is_looked_at_without_sending_jobs_there(
    page: CloudPage, desk: CloudDesk, cloud: ToldCloud
) -> None:
    await until(lambda: table(page))
    page.chooser.setCurrentIndex(page.chooser.findData(WEST.key))
    page.chooser.activated.emit(page.chooser.currentIndex())
    await until(lambda: WEST in cloud.calls("computes"))
    assert desk.place == "local"
    assert not cloud.calls("use")


async def test_workspaces_are_used_asked_and_forgotten_from_their_list(
    page: CloudPage, desk: CloudDesk, cloud: ToldCloud
) -> None:
    page.show_tab("workspaces")
    tab = page.workspaces
    tab.pane.view.selectRow(1)
    cloud.faults["check"] = ToldFault("signed-out", "Nobody is signed in.", "Sign in.")
    tab.check_button.click()
    await until(tab.why.isVisible)
    assert tab.why.text() == "Nobody is signed in. Sign in."
    assert not page.sign_in_button.isVisible(), "another workspace is looked at"
    desk.look_after(WEST)
    assert page.sign_in_button.isVisible()
    assert_sound(page)
    tab.use_button.click()
    assert desk.place == f"azureml:{WEST.key}"
    assert not tab.use_button.isEnabled()
    tab.forget_button.click()
    tab.pane.confirm.danger.click()
    await until(lambda: WEST.key not in cloud.known)
    await until(lambda: tab.pane.model.rowCount() == 1)
    assert desk.place == "local", "jobs can't go where nobody knows"


async def test_the_outbox_says_why_and_when_sends_now_and_withdraws(
    page: CloudPage, desk: CloudDesk, cloud: ToldCloud, shell: FakeShell
) -> None:
    cloud.outbox = [waiting("one"), waiting("two", "The quota is used up.")]
    await desk.read_outbox()
    page.show_tab("outbox")
    tab = page.outbox
    assert page.tabs.bar.tabText(TABS.index("outbox")) == "Outbox (2)"
    assert "No network." in tab.details.text()
    assert "with its files as they were" in tab.details.text()
    assert_sound(page)
    cloud.faults["send"] = ToldFault("offline", "Azure can't be reached.")
    tab.send_button.click()
    await until(tab.pane.message.isVisible)
    assert tab.pane.model.rowCount() == 2
    del cloud.faults["send"]
    tab.send_button.click()
    await until(lambda: tab.pane.model.rowCount() == 1)
    tab.show_button.click()
    assert shell.calls[-1] == ("show_run", f"azureml://{EAST.key}/two")
    tab.withdraw_button.click()
    tab.pane.confirm.danger.click()
    await until(lambda: tab.pane.model.rowCount() == 0)
    assert cloud.calls("withdraw") == [f"azureml://{EAST.key}/two"]
    assert page.tabs.bar.tabText(TABS.index("outbox")) == "Outbox"


async def test_without_a_workspace_the_page_teaches_how_to_come_to_one(places: Places, shell: FakeShell) -> None:
    asked: list[object] = []
    desk = CloudDesk(small_bench(places.home), WindowState(places.window))
    made = CloudPage(desk, shell, asked.append)
    made.resize(1000, 600)
    made.show()
    assert_sound(made)
    assert made._stack.currentIndex() == 1
    made.deleteLater()
    desk.deleteLater()


async def test_a_question_that_is_given_up_leaves_the_standing_as_it_was(
    page: CloudPage, desk: CloudDesk, cloud: ToldCloud
) -> None:
    await until(lambda: page.state.label.text() == "signed in")
    cloud.gates["computes"] = asyncio.Event()
    asked = len(cloud.calls("computes"))
    page.compute.refresh()
    await until(lambda: len(cloud.calls("computes")) > asked)
    page.compute.stop()
    await until(lambda: not running())
    assert desk.standing(EAST).standing.value == "signed in"


async def test_what_is_wrong_with_a_cluster_is_said_below_the_table(page: CloudPage, cloud: ToldCloud) -> None:
    await until(lambda: table(page))
    details = page.compute.details
    assert details.isHidden(), "nothing is wrong"
    said = "Operation results in exceeding quota limits of Core. Maximum allowed: 4, Current in use: 4. " * 6
    cloud.clusters = [dataclasses.replace(CLUSTER, errors=(said,))]
    page.compute.refresh()
    await until(details.isVisible)
    assert table(page)[0][1] == "Ready, with errors"
    assert details.text() == said
    assert details.wordWrap()
    assert details.focusPolicy() & Qt.FocusPolicy.TabFocus
    assert details.textInteractionFlags() & Qt.TextInteractionFlag.TextSelectableByKeyboard
    assert_sound(page)


async def test_quota_is_asked_anew_after_a_cluster_went_and_when_the_page_is_shown(
    page: CloudPage, cloud: ToldCloud
) -> None:
    await until(lambda: table(page) and page.compute.quota.isVisible())
    cloud.limits = [Quota("Standard NCASv3_T4 Family", 0, 24)]
    page.compute.delete_button.click()
    page.compute.pane.confirm.danger.click()
    await until(lambda: not table(page))
    (bar,) = await said_bars(page, 1)
    assert bar == "Standard NCASv3_T4 Family: 0 of 24 cores in use"
    page.hide()
    cloud.limits = QUOTAS
    page.show()
    assert len(await said_bars(page, 2)) == 2


async def said_bars(page: CloudPage, count: int) -> list[str]:
    def shown() -> list[str]:
        found = page.compute.quota.findChildren(QProgressBar)
        return [each.accessibleName() for each in found if not each.isHidden()]

    await until(lambda: len(shown()) == count)
    return shown()


def sent(folder: Path, workspace: Workspace, name: str, compute: str, status: RunStatus) -> RunSnapshot:
    """A run that was sent to a compute target, with its plan as it is kept."""
    home = folder / name
    home.mkdir()
    (home / "plan.json").write_text(json.dumps({"job": {"compute": compute}}), "utf-8")
    handle = f"azureml://{workspace.key}/{name}"
    return RunSnapshot(handle, name, "azureml", status, name, "digits", datetime.now(UTC), folder=str(home))


async def test_deleting_says_what_runs_on_the_cluster(page: CloudPage, desk: CloudDesk, tmp_path: Path) -> None:
    await until(lambda: table(page))
    live, over = RunStatus.RUNNING, RunStatus.COMPLETED
    desk.workbench.store.update([
        sent(tmp_path, EAST, "train-ddp", "azureml:gpu-cluster", live),
        sent(tmp_path, EAST, "done", "azureml:gpu-cluster", over),
        sent(tmp_path, EAST, "elsewhere", "azureml:cpu", live),
        sent(tmp_path, WEST, "far", "azureml:gpu-cluster", live),
    ])  # fmt: skip
    page.compute.delete_button.click()
    assert page.compute.pane.confirm.text.text() == (
        "2 nodes are running jobs and train-ddp is not over on it: jobs that run on it end, and those that wait for it "
        "fail. This can't be undone."
    )
    page.compute.pane.confirm.dismiss()


@pytest.mark.parametrize(
    ("nodes", "runs", "said"),
    [
        (0, [], "Jobs that run on it end"),
        (1, [], "1 node is running jobs: jobs that"),
        (0, ["a", "b"], "a and b are not over on it: jobs that"),
        (0, list("abcd"), "a, b, c and d are not over"),
        (0, list("abcde"), "a, b, c and 2 more are not over"),
    ],
)
def test_what_a_deletion_says(nodes: int, runs: list[str], said: str) -> None:
    assert deleting_text(dataclasses.replace(CLUSTER, nodes={"running": nodes}), runs).startswith(said)
