"""Environments of a workspace and of the shared registry: found, told by their versions, registered, used in a job."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.api import Asset, NewAsset, Workspace
from desktop_app.places import Places
from desktop_app.services.cloud_lists import CloudLists
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.environment_dialog import EnvironmentDialog
from desktop_app.ui.clouds.environments_tab import SHARED, EnvironmentsTab, OpenProject
from desktop_app.ui.tasks import running
from desktop_app.ui.window_state import WindowState
from tests.helpers.benches import small_bench
from tests.helpers.noted import noted
from tests.helpers.window_cloud import EAST, ToldCloud, ToldFault
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

NEW = Asset(
    "environment", "torch", "3", "conda", description="For the digits", created=datetime(2026, 11, 21, tzinfo=UTC)
)
OLD = Asset("environment", "torch", "2", "conda")
OTHER = Asset("environment", "jax", "1", "image")
ACPT = Asset("environment", "acpt-pytorch-2.8-cuda12.6", "12", description="PyTorch 2.8", registry="azureml")
MLFLOW = Asset("environment", "mlflow-ubuntu22.04-py310", "4", registry="azureml")


class Environments(ToldCloud):
    """A workspace with two environments, one of them in two versions, and a registry with two more."""

    async def assets(self, workspace: Workspace, kind: str, name: str = "", registry: str = "") -> Sequence[Asset]:
        held = [ACPT, MLFLOW] if registry else [NEW, OTHER]
        if name:
            held = [NEW, OLD] if name == "torch" else [each for each in held if each.name == name]
        return await self._said("assets", (kind, name, registry), held)


@dataclass
class Job:
    """A job that is open."""

    path: Path = Path("/work/digits/job.yml")
    kind: str = "commandJob"
    text: str = "command: python x.py\nenvironment: azureml:old@latest\n"
    file: Any = field(init=False)

    def __post_init__(self) -> None:
        self.file = self

    async def change(self, edit: Any) -> None:
        self.text = edit(self.text)


@dataclass
class Open:
    """What is open in the window."""

    folder: Path | None = None
    job: Job | None = None


@pytest.fixture
def cloud() -> ToldCloud:
    return Environments({EAST.key: EAST}, EAST.key)


@pytest.fixture
def project(tmp_path: Path) -> Open:
    return Open(tmp_path)


@pytest.fixture
async def tab(places: Places, cloud: ToldCloud, project: Open) -> AsyncIterator[EnvironmentsTab]:
    desk = CloudDesk(small_bench(places.home, cloud=cloud), WindowState(places.window))
    made = EnvironmentsTab(desk, OpenProject(lambda: project.folder, lambda: cast("Any", project.job)))
    made.resize(1000, 500)
    made.show_workspace(EAST)
    made.show()
    made.tools.show()
    yield made
    made.hide()
    for dialog in QApplication.topLevelWidgets():
        if isinstance(dialog, EnvironmentDialog):
            dialog.reject()
    await until(lambda: not running())
    for each in (made.tools, made, desk):
        each.deleteLater()
    settle()


def column(tab: EnvironmentsTab, at: int) -> list[str]:
    return [str(tab.pane.model.index(row, at).data()) for row in range(tab.pane.model.rowCount())]


async def test_the_workspaces_environments_with_versions_and_what_a_job_writes(tab: EnvironmentsTab) -> None:
    await until(lambda: column(tab, 0) == ["torch", "jax"])
    assert column(tab, 2) == ["conda file", "image"]
    assert tab.reference.text() == "azureml:torch:3"
    await until(lambda: tab.version.count() == 2)
    tab.version.setCurrentText("2")
    assert tab.reference.text() == "azureml:torch:2"
    tab.pane.view.selectRow(1)
    assert tab.reference.text() == "azureml:jax:1"
    assert_sound(tab)


async def test_the_registry_is_browsed_and_searched(tab: EnvironmentsTab, cloud: ToldCloud) -> None:
    await until(lambda: column(tab, 0))
    tab.place.setCurrentIndex(1)
    tab.place.activated.emit(1)
    await until(lambda: column(tab, 0) == [ACPT.name, MLFLOW.name])
    QTest.keyClicks(tab.search, "pytorch 2.8")
    assert column(tab, 0) == [ACPT.name]
    assert tab.reference.text() == f"azureml://registries/azureml/environments/{ACPT.name}/versions/12"
    QTest.keyClicks(tab.search, " nothing")
    assert tab.empty.text.text() == "Nothing in Registry azureml fits “pytorch 2.8 nothing”."
    assert not tab.details.isVisible()
    assert ("environment", "", "azureml") in cloud.calls("assets")


async def test_an_environment_is_put_into_the_job_that_is_open(tab: EnvironmentsTab, project: Open) -> None:
    await until(lambda: column(tab, 0))
    assert not tab.use_button.isVisible(), "no job is open"
    tab.copy_button.click()
    assert QApplication.clipboard().text() == "azureml:torch:3"
    job = project.job = Job()
    tab.hide()
    tab.show()
    assert tab.use_button.text() == "&Use in job.yml"
    tab.use_button.click()
    await until(lambda: "azureml:torch:3" in job.text)
    assert job.text == "command: python x.py\nenvironment: azureml:torch:3\n"
    await until(lambda: noted(tab))
    QApplication.clipboard().clear()


async def test_one_is_registered_from_a_file_of_the_open_folder(
    tab: EnvironmentsTab, cloud: ToldCloud, tmp_path: Path
) -> None:
    file = tmp_path / "envs" / "environment.yml"
    file.parent.mkdir()
    file.write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\nname: mine\nimage: x\n"
    )
    (tmp_path / "conda.yml").write_text("dependencies: [python=3.10]\n")
    await until(lambda: column(tab, 0))
    tab.register_button.click()
    await until(lambda: [each for each in QApplication.topLevelWidgets() if isinstance(each, EnvironmentDialog)])
    (dialog,) = [each for each in QApplication.topLevelWidgets() if isinstance(each, EnvironmentDialog)]
    await until(lambda: dialog.name.text() == "mine")
    assert [dialog.files.itemText(at) for at in range(dialog.files.count())] == [str(Path("envs", "environment.yml"))]
    assert_sound(dialog)
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "bad name")
    assert dialog.complaint.isVisible()
    assert not dialog.go.isEnabled()
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "mine")
    dialog.accept()
    await until(lambda: cloud.calls("register"))
    assert cloud.calls("register") == [NewAsset("environment", "mine", str(file))]
    await until(lambda: noted(tab) == "mine is registered as version 1.")


async def test_a_folder_without_environments_says_so(tab: EnvironmentsTab, tmp_path: Path) -> None:
    dialog = EnvironmentDialog(EAST, tmp_path, tab)
    dialog.show()
    await until(dialog.says.isVisible)
    assert not dialog.go.isEnabled()
    dialog.reject()
    dialog.deleteLater()


async def test_the_registry_known_last_is_shown_offline(tab: EnvironmentsTab, cloud: ToldCloud, places: Places) -> None:
    await until(lambda: column(tab, 0))
    await CloudLists(cloud, places.lists).ask(EAST, SHARED)
    cloud.gates["assets"] = asyncio.Event()
    cloud.faults["assets"] = ToldFault("offline", "Azure can't be reached.")
    tab.place.setCurrentIndex(1)
    tab.place.activated.emit(1)
    await until(lambda: column(tab, 0) == [ACPT.name, MLFLOW.name])
    assert tab.listing.note.endswith("· updating…")
    cloud.gates["assets"].set()
    await until(lambda: tab.listing.note.endswith("· offline"))
    assert column(tab, 0) == [ACPT.name, MLFLOW.name]
