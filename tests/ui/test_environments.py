"""The environments' window: choosing, using, comparing, trying, writing."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent
from PySide6.QtGui import QFontMetrics
from PySide6.QtWidgets import QApplication, QFileDialog, QLabel

from desktop_app.api import Value
from desktop_app.core.environments import Environment
from desktop_app.services.environments.custom import Given, environment_of
from desktop_app.services.environments.reading import Reader
from desktop_app.services.environments.trying import Trial, Wish
from desktop_app.services.workbench import Workbench
from desktop_app.ui.environments import making
from desktop_app.ui.environments.actions import pick_environment
from desktop_app.ui.environments.dialog import EnvironmentsDialog
from desktop_app.ui.environments.making import MakingDialog
from tests.helpers.wheels import write_wheel
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.windows import until

IMAGE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04:latest"


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "conda.yml").write_text(
        "channels: [conda-forge]\ndependencies: [python=3.7, pip, {pip: [torch==2.8.0]}]\n"
    )
    (folder / "requirements.txt").write_text("tinything\nbrokenthing\n")
    (folder / "wrong.yml").write_text("channels: [\ndependencies:\n- a\n")
    (folder / "job.yml").write_text("command: python a.py\ncode: .\nenvironment: azureml:old@latest  # mine\n")
    return folder


@pytest.fixture
async def dialog(bench: Workbench, project: Path) -> AsyncIterator[EnvironmentsDialog]:
    made = EnvironmentsDialog(bench, project, None)
    made.show()
    await until(lambda: made.environment)
    yield made
    await until(lambda: not made.is_reading)
    made.close()
    made.deleteLater()
    settle()


async def choose(dialog: EnvironmentsDialog, name: str, title: str = "") -> None:
    """Select an environment and wait until it is shown."""
    dialog.select(name)
    await until(lambda: dialog.environment is not None and dialog.environment.title == (title or Path(name).name))


async def test_the_window_is_sound(dialog: EnvironmentsDialog) -> None:
    await choose(dialog, "acpt-pytorch-2.8-cuda12.6")
    for index in range(dialog.tabs.count()):
        dialog.tabs.setCurrentIndex(index)
        settle()
        assert_sound(dialog)


async def test_it_fits_a_small_screen_and_shows_whole_names(dialog: EnvironmentsDialog, project: Path) -> None:
    dialog.offer_use(project / "a-job-with-a-name.yml", lambda _entry: None)
    least = dialog.minimumSizeHint()
    assert least.width() <= 876, "a screen of 900 × 600, without what the desktop draws around a window"
    assert least.height() <= 536
    name = "assets/environment/docker-image.yaml"
    (project / name).parent.mkdir(parents=True)
    (project / name).write_text("dependencies: [python=3.12, pip, {pip: [torch==2.8.0]}]\n")
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.WindowActivate))
    await until(lambda: name in [each.name for each in dialog.table.rows.rows])
    assert dialog.table.columnWidth(0) > dialog.fontMetrics().horizontalAdvance(name)
    at = next(index for index, each in enumerate(dialog.table.rows.rows) if each.name == name)
    assert [dialog.table.rows.index(at, column).data() for column in (2, 4)] == ["3.12", "torch 2.8.0"]


async def test_ones_own_come_first_and_words_filter(dialog: EnvironmentsDialog) -> None:
    names = [each.name for each in dialog.table.rows.rows]
    assert names[:4] == ["conda.yml", "requirements.txt", "wrong.yml", "acpt-pytorch-2.8-cuda12.6"]
    assert "AzureML-PyTorch-1.6-GPU" not in names
    dialog.filter_line.setText("tensorflow cuda12")
    assert [each.name for each in dialog.table.rows.rows] == ["tensorflow-2.16-cuda12"]
    await until(lambda: dialog.environment is not None and dialog.environment.title == "tensorflow-2.16-cuda12")
    dialog.filter_line.setText("no such words")
    assert dialog.environment is None
    assert not dialog.save_button.isEnabled()


async def test_a_retired_one_leads_to_its_successor(dialog: EnvironmentsDialog) -> None:
    await choose(dialog, "AzureML-PyTorch-1.6-GPU")
    assert dialog.retired.isChecked()
    assert dialog.advice.text() == "It is gone: take acpt-pytorch-2.8-cuda12.6."
    dialog.successor.click()
    await until(lambda: dialog.environment is not None and dialog.environment.title == "acpt-pytorch-2.8-cuda12.6")
    assert dialog.advice.isHidden()


async def test_what_does_not_fit_together_is_counted_and_said(dialog: EnvironmentsDialog, project: Path) -> None:
    await choose(dialog, str(project / "conda.yml"))
    await until(lambda: dialog.tabs.tabText(1) == "Check (1)")
    assert "does not install on Python 3.7" in dialog.findings.lines[0].text


async def test_a_broken_file_says_so_in_its_place(dialog: EnvironmentsDialog, project: Path) -> None:
    dialog.select(str(project / "wrong.yml"))
    await until(lambda: not dialog.message.isHidden())
    assert "can't be read as YAML" in dialog.message.heading.text()
    assert dialog.tabs.isHidden()
    await choose(dialog, "sklearn-1.5")
    assert dialog.message.isHidden()


async def test_two_are_compared(dialog: EnvironmentsDialog, project: Path) -> None:
    await choose(dialog, str(project / "conda.yml"))
    pane = dialog.comparison
    pane.other.setCurrentIndex(pane.other.findData("acpt-pytorch-2.8-cuda12.6"))
    await until(lambda: pane.difference)
    assert pane.rows.index(0, 0).data() == "Python"
    assert [pane.rows.index(0, column).data() for column in (1, 2)] == ["3.7", "3.10"]
    assert "differences" in pane.summary.text()


async def test_a_file_that_changed_is_read_again_at_each_use(dialog: EnvironmentsDialog, project: Path) -> None:
    await choose(dialog, str(project / "conda.yml"))
    pane = dialog.comparison
    pane.other.setCurrentIndex(pane.other.findData("acpt-pytorch-2.8-cuda12.6"))
    await until(lambda: pane.difference)
    changed = "channels: [conda-forge]\ndependencies: [python=3.12, pip, {pip: [tqdm]}]\n"
    (project / "conda.yml").write_text(changed)
    pane.other.setCurrentIndex(pane.other.findData("sklearn-1.5"))
    await until(lambda: pane.rows.index(0, 1).data() == "3.12")
    taken: list[Value] = []
    dialog.trying._trials = _Noting(taken)  # type: ignore[assignment]
    dialog.trying.begin()
    await until(lambda: taken)
    assert taken == [["pip", "tqdm"]]
    await until(lambda: not dialog.trying.is_running)


async def test_a_file_that_changed_is_shown_anew_where_the_window_comes_to_the_front(
    dialog: EnvironmentsDialog, project: Path
) -> None:
    await choose(dialog, str(project / "conda.yml"))
    dialog.trying.said.setText("It works.")
    await until(lambda: not dialog.is_reading)
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.WindowActivate))
    await until(lambda: not dialog.is_reading)
    assert dialog.trying.said.text() == "It works.", "nothing changed: what was said stays"
    (project / "conda.yml").write_text("dependencies: [python=3.12, pip, {pip: [tqdm, rich]}]\n")
    (project / "more-requirements.txt").write_text("tqdm\n")
    QApplication.sendEvent(dialog, QEvent(QEvent.Type.WindowActivate))
    await until(lambda: dialog.environment is not None and dialog.environment.python == "3.12")
    assert {dialog.holdings.rows.index(row, 0).data() for row in range(3)} == {"pip", "rich", "tqdm"}
    assert dialog.trying.said.text() != "It works."
    assert "more-requirements.txt" in [each.name for each in dialog.table.rows.rows]
    assert dialog.table.current is not None
    assert dialog.table.current.name == "conda.yml"


async def test_what_one_holds_is_as_tall_as_its_text(dialog: EnvironmentsDialog, project: Path) -> None:
    await choose(dialog, str(project / "conda.yml"))
    settle()
    labels = [each for each in dialog.holdings._content.findChildren(QLabel) if each.isVisible()]
    assert len(labels) >= 4
    assert all(each.height() <= each.heightForWidth(each.width()) + 4 for each in labels if each.wordWrap())
    assert max(each.geometry().bottom() for each in labels) < 40 * len(labels)
    for name, value in zip(labels[::2], labels[1::2], strict=True):
        assert abs(name.y() - value.y()) <= 2, (name.text(), value.text())


class _Noting:
    """Notes what is to be tried, and tries nothing."""

    def __init__(self, taken: list[Value]) -> None:
        self._taken = taken

    async def run(self, wish: Wish, _progress: object) -> Trial:
        self._taken.append([each.name for each in wish.environment.packages])
        return Trial(wish.environment, "3.12")


async def test_the_chosen_one_goes_into_the_job(bench: Workbench, project: Path, dialog: EnvironmentsDialog) -> None:
    taken: list[Value] = []
    picking = pick_environment(bench, project / "job.yml", "azureml:AzureML-sklearn-1.5@latest", taken.append, dialog)
    await until(lambda: picking.environment is not None and picking.environment.title == "sklearn-1.5")
    assert picking.use_button.text() == "&Use in job.yml"
    picking.use_button.click()
    await until(lambda: taken)
    assert taken == ["azureml://registries/azureml/environments/sklearn-1.5/labels/latest"]


async def test_what_a_job_can_not_take_is_said(dialog: EnvironmentsDialog, project: Path) -> None:
    taken: list[Value] = []
    dialog.offer_use(project / "job.yml", taken.append)
    await choose(dialog, str(project / "requirements.txt"))
    dialog.use_button.click()
    await until(lambda: not dialog.message.isHidden())
    assert "names no image" in dialog.message.heading.text()
    assert not taken


async def test_a_try_shows_what_failed(
    dialog: EnvironmentsDialog, project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wheel(tmp_path / "wheels", "tinything")
    write_wheel(tmp_path / "wheels", "brokenthing", files={"brokenthing.py": "raise RuntimeError('no libx')\n"})
    for name, value in (("CONFIG_FILE", os.devnull), ("FIND_LINKS", str(tmp_path / "wheels")), ("NO_INDEX", "1")):
        monkeypatch.setenv(f"PIP_{name}", value)
    await choose(dialog, str(project / "requirements.txt"))
    pane = dialog.trying
    dialog.tabs.setCurrentWidget(pane)
    pane.start.click()
    assert pane.is_running
    assert pane.stop.isVisible()
    assert not pane.start.isEnabled()
    await until(lambda: pane.trial, 60)
    assert [(each.word, each.text) for each in pane.results.lines] == [
        ("Works", "import tinything (tinything 1.0)"),
        ("Failed", "import brokenthing (brokenthing 1.0): RuntimeError: no libx"),
    ]
    assert "It does not work yet." in pane.said.text()
    assert pane.stop.isHidden()
    assert_sound(dialog)
    pane.imports.setText("time")
    pane.start.click()
    pane.stop.click()
    await until(lambda: not pane.is_running)
    assert "Canceled" in pane.said.text()


async def test_a_new_one_is_written_and_shown(dialog: EnvironmentsDialog, project: Path) -> None:
    written: list[list[Path]] = []
    dialog.written.connect(written.append)
    dialog.new_button.click()
    made = dialog.findChild(MakingDialog)
    assert made is not None
    made.name.setText("azureml-mine")
    await until(lambda: not made.write.isEnabled())  # the name is reserved
    made.name.setText("mine")
    await until(lambda: f"image: {IMAGE}" in made.preview.toPlainText())
    lines = QFontMetrics(made.packages.font()).lineSpacing()
    assert made.packages.viewport().height() >= 10 * lines
    assert made.minimumSizeHint().height() <= 536, "it fits a screen of 900 × 600"
    made.packages.setPlainText("dependencies:\n  - python=3.11\n - pip\n")
    await until(lambda: "line 3" in made.message.heading.text())
    made.packages.setPlainText("")
    for index in range(made.kind.count()):
        made.kind.setCurrentIndex(index)
        settle()
        assert_sound(made)
    await until(lambda: not made.write.isEnabled())  # a build context is missing
    made.kind.setCurrentIndex(1)
    made.packages.setPlainText("mlflow\n")
    await until(made.write.isEnabled)
    made.write.click()
    await until(lambda: written)
    assert [each.name for each in written[0]] == ["environment.yml", "conda.yml"]
    assert (project / "mine" / "environment.yml").is_file()
    await until(lambda: dialog.environment is not None and dialog.environment.title == "mine")


async def test_what_is_typed_does_not_wait_for_the_disk(
    dialog: EnvironmentsDialog, project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: list[threading.Thread] = []

    def noted(given: Given, reader: Reader) -> Environment:
        threads.append(threading.current_thread())
        return environment_of(given, reader)

    monkeypatch.setattr(making, "environment_of", noted)
    dialog.new_button.click()
    made = dialog.findChild(MakingDialog)
    assert made is not None
    made.kind.setCurrentIndex(1)
    made.packages.setPlainText("")
    for letter in "-r other.txt":
        made.packages.insertPlainText(letter)
    assert not threads, "nothing is read while one types"
    (project / "other.txt").write_text("mlflow\n")
    await until(lambda: threads)
    assert threading.main_thread() not in threads
    await until(lambda: made.write.isEnabled() or made.message.isVisible())
    made.close()


async def test_a_clone_never_overwrites(dialog: EnvironmentsDialog, project: Path) -> None:
    await choose(dialog, "sklearn-1.5")
    (project / "my-sklearn-1.5").mkdir()
    (project / "my-sklearn-1.5" / "environment.yml").write_text("mine")
    dialog.clone_button.click()
    await until(lambda: dialog.findChild(MakingDialog))
    made = dialog.findChild(MakingDialog)
    assert made is not None
    assert made.name.text() == "my-sklearn-1.5"
    made.write.click()
    await until(lambda: "already" in made.message.heading.text())
    assert (project / "my-sklearn-1.5" / "environment.yml").read_text() == "mine"
    made.close()
    assert dialog.findChild(QFileDialog) is None
