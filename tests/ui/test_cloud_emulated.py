"""The real window on the emulated cloud: connect, make a cluster, submit, watch, fetch; and with the network pulled."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TypeVar, cast

import pytest
from PySide6.QtWidgets import QApplication, QDialog

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.compose import open_workbench
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.clouds.cluster_dialog import ClusterDialog
from desktop_app.ui.clouds.connect_dialog import ConnectDialog
from desktop_app.ui.clouds.hooks import CloudHooks
from desktop_app.ui.clouds.page import CloudPage
from desktop_app.ui.files.page import FilesPage
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.runs.page import RunsPage
from desktop_app.ui.runs.run_page import OUTPUTS, RESOURCES
from desktop_app.ui.tasks import cancel_all, spawn
from desktop_app.ui.window_state import WindowState
from tests.helpers.emulated_jobs import PLAIN
from tests.helpers.emulators import Emulator, running_emulator
from tests.helpers.made_toolchains import lend
from tests.ui.conftest import settle
from tests.ui.windows import until

LIMIT = 120
D = TypeVar("D", bound=QDialog)
SCRIPT = """\
import os
rank = os.environ["RANK"]
print("rank", rank, "of", os.environ["WORLD_SIZE"], flush=True)
os.makedirs("outputs", exist_ok=True)
if rank == "0":
    open("outputs/model.txt", "w").write("weights")
"""
JOB = f"""\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
display_name: digits-ddp
command: python train.py
code: ./src
environment: {PLAIN}
compute: azureml:gpu-cluster
distribution:
  type: pytorch
  process_count_per_instance: 1
resources:
  instance_count: 2
"""


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    with running_emulator(tmp_path_factory.mktemp("emulator")) as running:
        yield running


@pytest.fixture
def project(tmp_path: Path, emulator: Emulator) -> Path:
    folder = tmp_path / "digits"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text(SCRIPT)
    (folder / "job.yml").write_text(JOB)
    (folder / "config.json").write_text(emulator.config.read_text())
    return folder


@pytest.fixture
async def window(
    places: Places, emulator: Emulator, azureml_python: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[MainWindow]:
    """The whole window, its services led to the emulator, with the monitor at work."""
    for name, value in emulator.environment.items():
        monkeypatch.setenv(name, value)
    lend(places, "azureml", azureml_python)
    bugs: list[BaseException] = []
    bench = open_workbench(places.home)
    made = MainWindow(places, WindowState(places.window), bugs.append)
    made.resize(1280, 800)
    made.show()
    made.equip()
    made.attach(bench)
    spawn(bench.monitor.watch(), "monitor")
    yield made
    emulator.control("network", {"away": False})
    runs = made.pages.made("runs")
    if isinstance(runs, RunsPage):
        runs.close_down()
    await cancel_all()
    await bench.cloud.close()
    made.finish()
    made.deleteLater()
    settle()
    assert not bugs


def hooks(window: MainWindow) -> CloudHooks:
    assert window._session is not None
    return window._session.clouds


def bench_of(window: MainWindow) -> Workbench:
    return hooks(window).desk.workbench


async def dialog(kind: type[D]) -> D:
    def find() -> list[D]:
        return [each for each in QApplication.topLevelWidgets() if isinstance(each, kind) and each.isVisible()]

    await until(find, LIMIT)
    return find()[0]


async def connect(window: MainWindow, project: Path) -> None:
    """Connect the workspace whose config.json lies in the open folder."""
    window.open_path(project)
    desk = hooks(window).desk
    await until(lambda: desk.offered, LIMIT)
    assert desk.offered is not None
    hooks(window).connect_workspace(desk.offered[1])
    shown = await dialog(ConnectDialog)
    shown.connect_button.click()
    await until(lambda: desk.place.startswith("azureml:"), LIMIT)
    assert "signed in" in window.title_row.place.accessibleName()


async def make_cluster(window: MainWindow) -> None:
    """Make the articles' cluster by the form."""
    hooks(window).show_tab("compute")
    page = window.pages.page("cloud")
    assert isinstance(page, CloudPage)
    page.compute.new_cluster()
    shown = await dialog(ClusterDialog)
    await until(shown.size_box.count, LIMIT)
    shown.size_box.setCurrentIndex(max(0, shown.size_box.findText("Standard_DS3_v2")))
    shown.accept()
    await until(lambda: page.compute.pane.model.rowCount() and not page.compute.pane.strip.busy, LIMIT)
    assert page.compute.pane.model.index(0, 0).data() == "gpu-cluster"


async def submit(window: MainWindow, project: Path) -> RunSnapshot:
    """Submit the job from the Files page, by its review; return the run as it is then."""
    before = set(bench_of(window).store.runs)
    window.run_file(project / "job.yml")
    review = await dialog(PlanReview)
    await until(lambda: review.run_button.text() == "&Submit to emulated" and review.run_button.isEnabled(), LIMIT)
    review.run_button.click()
    await until(lambda: set(bench_of(window).store.runs) - before, LIMIT)
    (handle,) = set(bench_of(window).store.runs) - before
    await until(
        lambda: not [e for e in QApplication.topLevelWidgets() if isinstance(e, PlanReview) and e.isVisible()], LIMIT
    )
    return bench_of(window).store.runs[handle]


def status(window: MainWindow, handle: str) -> RunStatus:
    return bench_of(window).store.runs[handle].status


async def test_a_job_goes_from_config_json_to_its_outputs_and_waits_while_the_network_is_away(
    window: MainWindow, project: Path, emulator: Emulator, tmp_path: Path
) -> None:
    await connect(window, project)
    await make_cluster(window)
    run = await submit(window, project)
    await until(lambda: status(window, run.handle) is RunStatus.COMPLETED, LIMIT)
    runs = cast("RunsPage", window.pages.page("runs"))
    page = runs.run_page
    assert page is not None
    assert page.handle == run.handle
    assert [each.rank for each in bench_of(window).store.runs[run.handle].ranks] == [0, 1]
    page.tabs.show_tab(RESOURCES)
    await until(lambda: "Azure Monitor" in page.resources.empty.text.text(), LIMIT)
    page.tabs.show_tab(OUTPUTS)
    await until(lambda: "outputs/model.txt" in page.artifacts._nodes, LIMIT)
    page.artifacts.fetch(tmp_path / "fetched")
    await until(lambda: list((tmp_path / "fetched").rglob("model.txt")) and not page.artifacts.strip.busy, LIMIT)
    hooks(window).show_tab("jobs")
    cloud_page = cast("CloudPage", window.pages.page("cloud"))
    await until(lambda: [each.handle for each in cloud_page.jobs._rows] == [run.handle], LIMIT)
    files = cast("FilesPage", window.pages.page("files"))
    assert files.editors.run_button.text() == "Submit to emulated…"

    emulator.control("network", {"away": True})
    waiting = await submit(window, project)
    part = window.status_row._outbox
    await until(lambda: part.text() == "Offline: 1 job waiting to be sent", LIMIT)
    await until(lambda: "outbox" in page.state_message.heading.text() and page.sending.waits, LIMIT)
    hooks(window).show_tab("compute")
    await until(lambda: cloud_page.age.text().startswith("as of "), LIMIT)
    assert cloud_page.compute.pane.model.index(0, 0).data() == "gpu-cluster", "as it was known last"
    emulator.control("network", {"away": False})
    await until(cloud_page.outbox.send_button.isEnabled, LIMIT)
    cloud_page.outbox.send()
    await until(lambda: status(window, waiting.handle) is RunStatus.COMPLETED, LIMIT)
    await until(part.isHidden, LIMIT)
