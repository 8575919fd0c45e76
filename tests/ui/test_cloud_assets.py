"""Models and data of a workspace, and what a run there made: listed, fetched, registered."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QApplication

from desktop_app.api import Artifact, Asset, NewAsset, RunSnapshot, RunStatus
from desktop_app.places import Places
from desktop_app.ui.clouds.artifacts_tab import ArtifactsTab
from desktop_app.ui.clouds.asset_dialog import AssetDialog
from desktop_app.ui.clouds.assets_tab import AssetsTab
from desktop_app.ui.clouds.desk import CloudDesk
from desktop_app.ui.clouds.model_dialog import ModelDialog
from desktop_app.ui.runs.actions import RunActions
from desktop_app.ui.runs.outputs_tab import OutputsTab
from desktop_app.ui.tasks import running
from desktop_app.ui.window_state import WindowState
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell
from tests.helpers.noted import noted
from tests.helpers.snapshots import snapshot
from tests.helpers.window_cloud import EAST, ToldCloud, ToldFault
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

OLD = Asset("model", "digits", "3", "custom_model", run="digits-ddp-1", created=datetime(2026, 11, 20, tzinfo=UTC))
NEW = Asset("model", "birds", "1", "mlflow_model", created=datetime(2026, 11, 21, tzinfo=UTC))
FILES = [
    Artifact("user_logs/std_log_process_0.txt", 12), Artifact("outputs/model/MLmodel", 100),
    Artifact("outputs/model/weights.bin", 900), Artifact("outputs/report.json", None),
]  # fmt: skip


@pytest.fixture
def cloud() -> ToldCloud:
    made = ToldCloud.with_workspaces(EAST)
    made.held["model"] = [OLD, NEW]
    made.files = list(FILES)
    return made


@pytest.fixture
async def models(places: Places, cloud: ToldCloud) -> AsyncIterator[AssetsTab]:
    desk = CloudDesk(small_bench(places.home, cloud=cloud), WindowState(places.window))
    made = AssetsTab(desk, "model", "Models", ("mdi6.cube-outline", "No models yet", "A model is kept."))
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


def cloud_run(status: RunStatus = RunStatus.COMPLETED) -> RunSnapshot:
    return dataclasses.replace(
        snapshot("digits-ddp-9", status), handle=f"azureml://{EAST.key}/digits-ddp-9", backend="azureml"
    )


@pytest.fixture
async def artifacts(places: Places, cloud: ToldCloud, shell: FakeShell) -> AsyncIterator[ArtifactsTab]:
    bench = small_bench(places.home, cloud=cloud)
    window = AssetDialog("data", EAST, None)  # type: ignore[arg-type]  # any window will do as the actions' parent
    local = OutputsTab(RunActions(bench, shell, window), shell)
    made = ArtifactsTab(bench, local)
    made.resize(900, 500)
    made.show_run(cloud_run())
    made.show()
    await until(lambda: made._nodes)
    yield made
    made.hide()
    await until(lambda: not running())
    for each in (made.tools, made, local.tools, local, window):
        each.deleteLater()
    settle()


def column(tab: AssetsTab, at: int) -> list[str]:
    return [str(tab.pane.model.index(row, at).data()) for row in range(tab.pane.model.rowCount())]


async def test_models_are_listed_newest_first(models: AssetsTab) -> None:
    await until(lambda: column(models, 0) == ["birds", "digits"])
    assert column(models, 2) == ["MLflow model", "Any file or folder"]
    assert column(models, 3) == ["–", "digits-ddp-1"]
    assert_sound(models)


async def test_older_versions_are_shown_below_the_newest_to_be_downloaded_and_deployed(
    models: AssetsTab, cloud: ToldCloud, tmp_path: Path
) -> None:
    await until(lambda: column(models, 0) == ["birds", "digits"])
    first = dataclasses.replace(OLD, version="1", type="mlflow_model", created=datetime(2026, 11, 1, tzinfo=UTC))
    second = dataclasses.replace(first, version="2", created=datetime(2026, 11, 2, tzinfo=UTC))
    cloud.held["model:digits"] = [first, OLD, second]
    models.pane.view.selectRow(1)
    models.older_button.click()
    await until(lambda: column(models, 1) == ["1", "3", "2", "1"])
    assert column(models, 0) == ["birds", "digits", "digits", "digits"]
    assert_sound(models)
    models.pane.view.selectRow(3)
    asked: list[str] = []
    models.deploy_asked.connect(asked.append)
    models.deploy_button.click()
    assert asked == ["digits:1"]
    models.fetch(tmp_path)
    await until(lambda: noted(models))
    assert noted(models).startswith("digits:1 was downloaded")
    models.listing.refresh()
    await until(lambda: len(cloud.calls("assets")) >= 3)
    assert len(column(models, 0)) == 4, "asking again closes nothing"
    models.older_button.click()
    assert column(models, 1) == ["1", "3"]
    assert models.pane.row == 1


async def test_of_a_model_with_one_version_that_is_said(models: AssetsTab, cloud: ToldCloud) -> None:
    await until(lambda: column(models, 0))
    cloud.held["model:birds"] = [NEW]
    models.older_button.click()
    await until(lambda: noted(models))
    assert noted(models) == "There is no older version of birds."
    assert len(column(models, 0)) == 2


async def test_the_chosen_model_is_downloaded_with_a_cancel(
    models: AssetsTab, cloud: ToldCloud, tmp_path: Path
) -> None:
    await until(models.download_button.isEnabled)
    cloud.gates["download_asset"] = asyncio.Event()
    models.fetch(tmp_path)
    await until(models.pane.strip.isVisible)
    assert not models.download_button.isEnabled()
    models.pane.strip.cancel_button.click()
    await until(models.download_button.isEnabled)
    cloud.gates["download_asset"].set()
    models.fetch(tmp_path)
    await until(lambda: noted(models))
    assert noted(models) == f"birds:1 was downloaded to {tmp_path / 'birds'}."


async def test_a_model_is_registered_from_a_folder(models: AssetsTab, cloud: ToldCloud, tmp_path: Path) -> None:
    await until(lambda: column(models, 0))
    models.register_button.click()
    (dialog,) = [each for each in QApplication.topLevelWidgets() if isinstance(each, AssetDialog) and each.isVisible()]
    dialog.go.click()
    assert dialog.isVisible(), "an empty form says what is lacking"
    assert dialog.path_complaint.isVisible()
    dialog.show_path(str(tmp_path / "resnet 50"), is_folder=True)
    assert dialog.name.text() == "resnet-50"
    assert_sound(dialog)
    dialog.go.click()
    await until(lambda: cloud.calls("register"))
    assert cloud.calls("register") == [NewAsset("model", "resnet-50", str(tmp_path / "resnet 50"), "custom_model")]
    await until(lambda: len(cloud.calls("assets")) >= 2)


async def test_what_a_run_made_is_a_tree_with_sizes(artifacts: ArtifactsTab) -> None:
    tops = [artifacts.model.item(row, 0).text() for row in range(artifacts.model.rowCount())]
    sizes = [artifacts.model.item(row, 1).text() for row in range(artifacts.model.rowCount())]
    assert (tops, sizes) == (["outputs", "user_logs"], ["–", "12 B"])
    assert artifacts._nodes["outputs/model"].size == 1000
    assert_sound(artifacts)


async def test_everything_or_the_chosen_part_is_fetched(
    artifacts: ArtifactsTab, cloud: ToldCloud, tmp_path: Path
) -> None:
    artifacts.fetch(tmp_path)
    await until(lambda: cloud.calls("fetch") and not artifacts.strip.busy)
    outputs = artifacts.model.item(0, 0)
    artifacts.view.setCurrentIndex(outputs.child(0, 0).index())
    assert artifacts.download_button.text() == "&Download…"
    artifacts.fetch(tmp_path)
    await until(lambda: len(cloud.calls("fetch")) == 2 and not artifacts.strip.busy)
    handle = cloud_run().handle
    assert cloud.calls("fetch") == [(handle, (), tmp_path), (handle, ("outputs/model",), tmp_path)]


async def test_a_folder_with_an_mlmodel_is_registered_as_one(artifacts: ArtifactsTab, cloud: ToldCloud) -> None:
    artifacts.view.setCurrentIndex(artifacts.model.item(0, 0).child(0, 0).index())
    artifacts.register()
    (dialog,) = [each for each in QApplication.topLevelWidgets() if isinstance(each, ModelDialog) and each.isVisible()]
    assert dialog.kind.currentData() == "mlflow_model"
    assert_sound(dialog)
    dialog.name.selectAll()
    QTest.keyClicks(dialog.name, "bad name")
    assert not dialog.go.isEnabled()
    dialog.name.setText("digits")
    dialog._check()
    dialog.accept()
    await until(lambda: cloud.calls("register"))
    assert cloud.calls("register") == [NewAsset("model", "digits", "digits-ddp-9:outputs/model", "mlflow_model")]
    await until(lambda: noted(artifacts))
    assert noted(artifacts) == "digits is registered as version 1."


async def test_when_the_service_is_away_the_tree_stays_and_says_why(artifacts: ArtifactsTab, cloud: ToldCloud) -> None:
    cloud.faults["artifacts"] = ToldFault("offline", "Azure can't be reached.")
    artifacts.reload()
    await until(artifacts.message.isVisible)
    assert artifacts.model.rowCount() == 2
