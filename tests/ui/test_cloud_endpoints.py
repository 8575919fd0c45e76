"""Endpoints of a workspace: listed, made by a form, tried, looked into, divided, deleted; their key stays covered."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TypeVar

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication, QDialog

from desktop_app.api import Asset, Deployment, Endpoint, Headroom
from desktop_app.places import Places
from desktop_app.ui.clouds.deploy_dialog import DeployDialog
from desktop_app.ui.clouds.deployment_log import DeploymentLog
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.endpoints_tab import EndpointsTab
from desktop_app.ui.clouds.page import CloudPage
from desktop_app.ui.clouds.traffic_dialog import TrafficDialog
from desktop_app.ui.clouds.try_dialog import TryDialog
from desktop_app.ui.tasks import running
from desktop_app.ui.window_state import WindowState
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell
from tests.helpers.noted import noted
from tests.helpers.window_cloud import EAST, KEY, ToldCloud, ToldFault
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

D = TypeVar("D", bound=QDialog)
OLD = Deployment("digits-1", "Succeeded", "digits:1", "Standard_DS3_v2", 2, 100)
NEW = Deployment("digits-2", "Succeeded", "digits:2", "Standard_DS3_v2", 1, 0)
ENDPOINT = Endpoint(
    "digits-ep", "Succeeded", "key", "https://digits-ep.eastus.inference.ml.azure.com/score", (OLD, NEW)
)
MODELS = [
    Asset("model", "digits", "2", "mlflow_model"), Asset("model", "raw", "1", "custom_model"),
    Asset("model", "birds", "4", "triton_model"),
]  # fmt: skip


@pytest.fixture
def cloud() -> ToldCloud:
    made = ToldCloud.with_workspaces(EAST)
    made.served = [ENDPOINT]
    made.held["model"] = list(MODELS)
    return made


@pytest.fixture
async def page(places: Places, cloud: ToldCloud, shell: FakeShell) -> AsyncIterator[CloudPage]:
    desk = CloudDesk(small_bench(places.home, cloud=cloud), WindowState(places.window))
    await desk.read()
    made = CloudPage(desk, shell, lambda _workspace: None)
    made.resize(1100, 700)
    made.show_tab("endpoints")
    made.show()
    yield made
    for dialog in QApplication.topLevelWidgets():
        if isinstance(dialog, QDialog):
            dialog.reject()
    made.hide()
    await until(lambda: not running())
    made.deleteLater()
    desk.deleteLater()
    settle()


@pytest.fixture
def tab(page: CloudPage) -> EndpointsTab:
    return page.endpoints


def dialog_of(kind: type[D]) -> D | None:
    return next((each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()), None)


async def opened(kind: type[D]) -> D:
    await until(lambda: dialog_of(kind))
    found = dialog_of(kind)
    assert found is not None
    return found


def cells(tab: EndpointsTab) -> list[str]:
    model = tab.pane.model
    return [str(model.index(0, column).data()) for column in range(model.columnCount())]


async def test_an_endpoint_is_listed_with_what_it_serves(page: CloudPage, tab: EndpointsTab) -> None:
    await until(tab.panel.isVisible)
    assert cells(tab) == ["digits-ep", "Ready", "digits-1 100 %", "a key", ENDPOINT.url]
    parts = tab.panel.model
    assert [str(parts.index(row, 4).data()) for row in range(parts.rowCount())] == [
        "2 × Standard_DS3_v2", "1 × Standard_DS3_v2",
    ]  # fmt: skip
    assert_sound(page)


async def test_a_model_is_deployed_from_the_list_of_models_with_its_costs_said(
    page: CloudPage, tab: EndpointsTab, cloud: ToldCloud
) -> None:
    cloud.served = []
    cloud.fits = Headroom("Standard_DS3_v2", "DSv2", 40, 3, 3)
    page.show_tab("models")
    await until(lambda: page.models.pane.model.rowCount() == 3)
    page.models.pane.view.selectRow(next(r for r in range(3) if page.models.pane.model.index(r, 0).data() == "raw"))
    assert not page.models.deploy_button.isEnabled(), "a custom model needs code"
    page.models.pane.view.selectRow(next(r for r in range(3) if page.models.pane.model.index(r, 0).data() == "birds"))
    page.models.deploy_button.click()
    dialog = await opened(DeployDialog)
    await until(lambda: dialog.model.count() == 2 and dialog.size_box.count() > 1)
    assert dialog.model.currentText() == "birds:4 – Triton"
    await until(dialog.room.isVisible)
    assert dialog.room.text() == ("The quota of DSv2 is enough. Azure counts 2 machines, to have room for upgrades.")
    assert_sound(dialog)
    dialog.count.setValue(2)
    dialog.endpoint.setEditText("birds_ep")
    assert not dialog.go.isEnabled()
    assert "single dashes" in dialog.complaint.text()
    dialog.endpoint.setEditText("birds-ep")
    dialog.accept()
    await until(lambda: cloud.calls("deploy"))
    assert cloud.calls("deploy") == [("birds-ep", "birds:4", "Standard_DS3_v2", 2)]
    await until(lambda: tab.pane.model.rowCount() == 1)
    assert noted(tab) == "birds:4 is served at birds-ep."


async def test_deploying_shows_progress_and_stops_waiting_when_asked(tab: EndpointsTab, cloud: ToldCloud) -> None:
    await until(tab.pane.model.rowCount)
    cloud.gates["deploy"] = asyncio.Event()
    tab.deploy_model("digits-ep", "digits:2", "Standard_DS3_v2", 1)
    await until(lambda: tab.pane.strip.text.text() == "Deploying digits:2 (00:01)")
    assert not tab.deploy_button.isEnabled()
    tab.pane.strip.cancel_button.click()
    await until(tab.deploy_button.isEnabled)
    cloud.faults["deploy"] = ToldFault("bad-request", "The image broke.", "Its log says more.")
    cloud.gates["deploy"].set()
    tab.deploy_model("digits-ep", "digits:2", "Standard_DS3_v2", 1)
    await until(tab.pane.message.isVisible)
    assert tab.pane.message.heading.text() == "The image broke."


async def test_the_form_names_an_endpoint_and_says_what_becomes_of_the_one_before(tab: EndpointsTab) -> None:
    await until(tab.pane.model.rowCount)
    tab.deploy()
    dialog = await opened(DeployDialog)
    await until(lambda: dialog.model.count() == 2)
    assert dialog.endpoint.currentText() == "digits-ep"
    assert dialog.endpoint_says.text().endswith("digits-1 stays, and costs.")


async def test_an_endpoint_is_tried_with_a_sample_and_its_answer_shown(tab: EndpointsTab, cloud: ToldCloud) -> None:
    await until(tab.panel.try_button.isEnabled)
    tab.panel.try_button.click()
    dialog = await opened(TryDialog)
    assert '"input_data"' in dialog.body
    assert_sound(dialog)
    dialog.editor.setPlainText("{")
    assert dialog.complaint.isVisible()
    assert not dialog.send_button.isEnabled()
    dialog.editor.setPlainText('{"input_data": [[1]]}')
    cloud.answer = '{"prediction": [7]}'
    dialog.send_button.click()
    await until(dialog.answer.toPlainText)
    assert dialog.answer.toPlainText() == '{\n  "prediction": [\n    7\n  ]\n}'
    assert cloud.calls("call_endpoint") == [("digits-ep", '{"input_data": [[1]]}')]
    cloud.faults["call_endpoint"] = ToldFault("bad-request", "It takes another form.")
    dialog.send_button.click()
    await until(dialog.message.isVisible)
    dialog.reject()
    tab.try_it()
    again = await opened(TryDialog)
    assert again.body == '{"input_data": [[1]]}', "what was typed is not lost"


async def test_the_key_is_shown_to_who_asks_and_covered_again(tab: EndpointsTab, cloud: ToldCloud) -> None:
    await until(tab.panel.key.isVisible)
    line = tab.panel.key
    assert not cloud.calls("endpoint_key"), "nothing is fetched before somebody asks"
    line.copy_button.click()
    await until(lambda: QApplication.clipboard().text() == KEY)
    assert not line.is_shown
    line.show_button.click()
    await until(lambda: line.is_shown)
    assert line.text.text() == KEY
    assert KEY not in (line.text.accessibleName(), line.text.toolTip(), line.show_button.accessibleName())
    tab.hide()
    assert not line.is_shown
    QApplication.clipboard().clear()


async def test_a_key_that_comes_too_late_is_not_shown(tab: EndpointsTab, cloud: ToldCloud) -> None:
    await until(tab.panel.key.isVisible)
    cloud.gates["endpoint_key"] = asyncio.Event()
    tab.panel.key.show_button.click()
    await until(lambda: cloud.calls("endpoint_key"))
    tab.hide()
    cloud.gates["endpoint_key"].set()
    await until(lambda: not running())
    assert not tab.panel.key.is_shown


async def test_calls_are_divided_and_of_two_the_other_gets_the_rest(tab: EndpointsTab, cloud: ToldCloud) -> None:
    await until(tab.panel.traffic_button.isEnabled)
    tab.panel.traffic_button.click()
    dialog = await opened(TrafficDialog)
    assert_sound(dialog)
    spin = dialog.spins["digits-2"]
    spin.setFocus()
    await until(spin.hasFocus)
    spin.selectAll()
    QTest.keyClicks(spin, "10")
    assert dialog.parts == {"digits-1": 90, "digits-2": 10}
    dialog.accept()
    await until(lambda: cloud.calls("send_traffic"))
    assert cloud.calls("send_traffic") == [("digits-ep", {"digits-1": 90, "digits-2": 10})]


async def test_a_deployment_has_a_log(tab: EndpointsTab, cloud: ToldCloud) -> None:
    await until(tab.panel.log_button.isEnabled)
    cloud.answer = "first\nlast\n"
    tab.panel.log_button.click()
    dialog = await opened(DeploymentLog)
    await until(lambda: dialog.text.toPlainText() == "first\nlast\n")
    assert cloud.calls("endpoint_log") == [("digits-ep", "digits-1")]
    assert_sound(dialog)


async def test_deleting_asks_first_and_one_that_gets_calls_is_not_deleted_alone(
    tab: EndpointsTab, cloud: ToldCloud
) -> None:
    await until(tab.pane.model.rowCount)
    assert not tab.panel.delete_button.isEnabled(), "digits-1 gets the calls"
    tab.panel.view.selectRow(1)
    tab.panel.delete_button.click()
    tab.pane.confirm.danger.click()
    await until(lambda: cloud.calls("delete_endpoint") == [("digits-ep", "digits-2")])
    await until(tab.delete_button.isEnabled)
    tab.delete_button.click()
    assert "2 deployments" in tab.pane.confirm.text.text()
    tab.pane.confirm.danger.click()
    await until(lambda: not tab.pane.model.rowCount())
    assert cloud.calls("delete_endpoint")[-1] == ("digits-ep", "")
    assert not tab.panel.isVisible()


async def test_offline_the_endpoints_known_last_are_shown_with_their_time(
    page: CloudPage, tab: EndpointsTab, cloud: ToldCloud, places: Places, shell: FakeShell
) -> None:
    await until(tab.pane.model.rowCount)
    assert page.age.text() == "", "what is of now says nothing of its age"
    cloud.faults["endpoints"] = ToldFault("offline", "Azure can't be reached.")
    tab.listing.refresh()
    await until(page.age.text)
    assert page.age.text().startswith("as of ")
    await until(lambda: page.state.label.text() == "offline")
    assert "offline" not in page.age.text(), "it is said once"
    assert tab.listing.note.endswith("· offline")
    desk = CloudDesk(small_bench(places.home, cloud=cloud), WindowState(places.window))
    await desk.read()
    other = CloudPage(desk, shell, lambda _workspace: None)
    other.show_tab("endpoints")
    other.show()
    await until(lambda: other.endpoints.pane.model.rowCount() and other.endpoints.pane.message.isVisible())
    assert other.age.text().startswith("as of ")
    other.hide()
    await until(lambda: not running())
    other.deleteLater()
    desk.deleteLater()
    settle()
