"""Connecting a workspace: fields checked in place, ways to sign in, the code, the report of each step, giving up."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtGui import QGuiApplication
from PySide6.QtTest import QTest

from desktop_app.api import SignInMethod, SignInPrompt, SignInReport, SignInStep, Workspace
from desktop_app.places import Places
from desktop_app.presenters.clouds.places import Standing
from desktop_app.ui.clouds.connect_dialog import ConnectDialog
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.tasks import running
from desktop_app.ui.window_state import WindowState
from tests.helpers.benches import small_bench
from tests.helpers.fake_toolchains import FakeToolchains
from tests.helpers.window_cloud import EAST, NOBODY, SUBSCRIPTION, ToldCloud, ToldFault
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until


@pytest.fixture
def cloud() -> ToldCloud:
    return ToldCloud()


@pytest.fixture
async def desk(places: Places, cloud: ToldCloud) -> CloudDesk:
    toolchains = FakeToolchains()
    toolchains.go.set()
    return CloudDesk(small_bench(places.home, toolchains=toolchains, cloud=cloud), WindowState(places.window))


@pytest.fixture
async def dialog(desk: CloudDesk) -> AsyncIterator[ConnectDialog]:
    made = ConnectDialog(desk, None)
    made.show()
    yield made
    made.reject()
    await until(lambda: not running())
    made.deleteLater()
    desk.deleteLater()
    settle()


def fill(dialog: ConnectDialog, workspace: Workspace = EAST) -> None:
    dialog.show_workspace(workspace)


async def test_what_is_typed_is_checked_at_its_field(dialog: ConnectDialog, cloud: ToldCloud) -> None:
    dialog.connect_button.click()
    assert not cloud.asked, "nothing is asked before the fields can be right"
    said = {name: each.text() for name, each in dialog.form._complaints.items()}
    assert all(said.values())
    line = dialog.form.lines["subscription"]
    assert line.hasFocus() or not dialog.isActiveWindow()
    QTest.keyClicks(line, "nonsense")
    assert "looks like" in dialog.form._complaints["subscription"].text()
    assert line.accessibleDescription() == dialog.form._complaints["subscription"].text()
    line.clear()
    QTest.keyClicks(line, SUBSCRIPTION)
    assert dialog.form._complaints["subscription"].isHidden()


async def test_connecting_signs_in_asks_the_workspace_and_keeps_it(
    dialog: ConnectDialog, desk: CloudDesk, cloud: ToldCloud
) -> None:
    kept: list[Workspace] = []
    dialog.kept.connect(kept.append)
    fill(dialog)
    dialog.form.ways.setCurrentIndex(dialog.form.ways.findData(SignInMethod.AZURE_CLI.value))
    dialog.connect_button.click()
    await until(lambda: not dialog.isVisible())
    assert cloud.calls("sign_in") == [SignInMethod.AZURE_CLI]
    (added,) = cloud.calls("add")
    assert (added.key, added.sign_in) == (EAST.key, SignInMethod.AZURE_CLI)
    assert not added.tenant, "whose a token is says nothing of whose the workspace is"
    assert [each.key for each in kept] == [EAST.key]
    assert desk.place == f"azureml:{EAST.key}"
    assert desk.standing(EAST).standing is Standing.SIGNED_IN


async def test_a_code_is_shown_large_copied_and_gone_in_the_end(dialog: ConnectDialog, cloud: ToldCloud) -> None:
    cloud.prompt = SignInPrompt("https://microsoft.com/devicelogin", "ABCD1234")
    cloud.gates["sign_in"] = asyncio.Event()
    fill(dialog)
    dialog.connect_now()
    await until(dialog.code.isVisible)
    assert dialog.code.code.text() == "ABCD1234"
    assert dialog.code.code.font().pointSizeF() > 2 * dialog.font().pointSizeF()
    dialog.code.copy_button.click()
    assert QGuiApplication.clipboard().text() == "ABCD1234"
    assert_sound(dialog)
    cloud.gates["sign_in"].set()
    await until(lambda: not dialog.isVisible())


async def test_cancel_gives_up_waiting_first_and_closes_then(dialog: ConnectDialog, cloud: ToldCloud) -> None:
    cloud.gates["sign_in"] = asyncio.Event()
    fill(dialog)
    dialog.connect_now()
    await until(lambda: cloud.calls("sign_in"))
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    await until(dialog.connect_button.isEnabled)
    assert dialog.isVisible()
    assert not cloud.known
    QTest.keyClick(dialog, Qt.Key.Key_Escape)
    assert not dialog.isVisible()


async def test_when_nobody_is_signed_in_each_step_says_what_it_lacks(
    dialog: ConnectDialog, desk: CloudDesk, cloud: ToldCloud
) -> None:
    cloud.report = NOBODY
    fill(dialog)
    dialog.connect_now()
    await until(dialog.steps.isVisible)
    assert [(each.title, each.word) for each in dialog.steps.rows] == [
        ("Variables of the environment", "did not work"), ("As the Azure CLI", "did not work"),
    ]  # fmt: skip
    assert dialog.message.heading.text() == "Nobody is signed in."
    await until(lambda: not running())
    settle()
    assert_sound(dialog)
    dialog.keep_button.click()
    await until(lambda: not dialog.isVisible())
    assert list(cloud.known) == [EAST.key]
    assert EAST.key in {each.key for each in desk.workspaces}


async def test_a_workspace_that_does_not_answer_is_the_last_step(dialog: ConnectDialog, cloud: ToldCloud) -> None:
    cloud.faults["check"] = ToldFault("not-found", "There is no workspace ml-east.", "Look at its name.")
    fill(dialog)
    dialog.connect_now()
    await until(dialog.steps.isVisible)
    await until(lambda: len(dialog.steps.rows) == 2)
    assert [each.word for each in dialog.steps.rows] == ["worked", "did not work"]
    assert dialog.message.hint.text() == "Look at its name."
    assert not cloud.known


async def test_a_config_file_fills_the_fields_or_says_what_is_wrong_with_it(
    dialog: ConnectDialog, cloud: ToldCloud, tmp_path: Path
) -> None:
    dialog.read_file(tmp_path / "config.json")
    await until(dialog.message.isVisible)
    assert "no config.json" in dialog.message.heading.text()
    cloud.config = EAST
    dialog.read_file(tmp_path / "config.json")
    await until(lambda: dialog.form.lines["group"].text() == "research")
    assert dialog.message.isHidden()


async def test_each_way_says_for_whom_it_is_and_the_clouds_are_there(dialog: ConnectDialog) -> None:
    says = set()
    for at in range(dialog.form.ways.count()):
        dialog.form.ways.setCurrentIndex(at)
        says.add(dialog.form.way_says.text())
    assert len(says) == len(SignInMethod)
    titles = [dialog.form.clouds.itemData(at) for at in range(dialog.form.clouds.count())]
    assert titles == ["AzureCloud", "AzureUSGovernment", "AzureChinaCloud"]
    assert_sound(dialog)


async def test_an_application_is_typed_with_its_secret_covered(dialog: ConnectDialog, cloud: ToldCloud) -> None:
    fill(dialog)
    assert dialog.form.secrets["client_secret"].isHidden()
    dialog.form.ways.setCurrentIndex(dialog.form.ways.findData(SignInMethod.SERVICE_PRINCIPAL.value))
    assert dialog.form.given is None, "left empty, the environment says all"
    secret = dialog.form.secrets["client_secret"]
    QTest.keyClicks(secret, "hush")
    assert secret.displayText() == "●●●●" or "hush" not in secret.displayText()
    dialog.form.secrets["client_id"].setText("an-application")
    assert_sound(dialog)
    dialog.connect_now()
    await until(lambda: not dialog.isVisible())
    assert cloud.given == [{"client_id": "an-application", "client_secret": "hush"}]


async def test_why_an_application_is_refused_is_in_sight(dialog: ConnectDialog, cloud: ToldCloud) -> None:
    """Its form fills the dialog: the reason is the message, and is scrolled to."""
    wrong = SignInStep("service-principal", False, "The secret is wrong.", "Give its value.")
    cloud.report = SignInReport(steps=(wrong,))
    fill(dialog)
    dialog.resize(dialog.width(), 420)
    dialog.form.ways.setCurrentIndex(dialog.form.ways.findData(SignInMethod.SERVICE_PRINCIPAL.value))
    settle()
    bar = dialog._area.verticalScrollBar()
    assert bar.maximum() > 0
    bar.setValue(bar.maximum())
    dialog.connect_now()
    await until(dialog.message.isVisible)
    assert (dialog.message.heading.text(), dialog.message.hint.text()) == ("The secret is wrong.", "Give its value.")
    await until(lambda: dialog.message.visibleRegion().boundingRect() == dialog.message.rect())
    assert dialog.steps.isHidden(), "it would say the same once more"


async def test_signing_in_to_a_workspace_that_is_known_is_about_that_alone(desk: CloudDesk, cloud: ToldCloud) -> None:
    known = dataclasses.replace(EAST, sign_in=SignInMethod.SERVICE_PRINCIPAL, client="an-application", tenant="t-1")
    cloud.known[EAST.key] = known
    cloud.report = dataclasses.replace(cloud.report, kept_in="memory only, as this system has no keyring")
    await desk.read()
    made = ConnectDialog(desk, None, known)
    made.show()
    assert (made.windowTitle(), made.connect_button.text()) == ("Sign in to ml-east", "Sign in")
    assert not any(each.isVisible() for each in (*made.form.lines.values(), made.form.clouds, made.from_file))
    typed = {name: each.text() for name, each in made.form.secrets.items()}
    assert typed == {"tenant_id": "t-1", "client_id": "an-application", "client_secret": ""}
    assert_sound(made)
    made.connect_button.click()
    await until(lambda: not made.isVisible())
    assert desk.place == "local", "jobs run where they ran before"
    assert desk.standing(EAST).standing is Standing.SIGNED_IN
    assert cloud.known[EAST.key].client == "an-application"
    assert "no keyring" in made.lasting
    await until(lambda: not running())
    made.deleteLater()
    desk.deleteLater()
    settle()
