"""“Environments…” from the Files page: what is chosen goes into the text that is shown, and can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.ui.environments.dialog import EnvironmentsDialog
from desktop_app.ui.environments.making import MakingDialog
from tests.helpers.fake_shell import FakeShell
from tests.ui.files_bench import JOB, FilesWindow, dialog_of, pane_of, project, quiet, until


@pytest.fixture
async def files(places: Places, shell: FakeShell, tmp_path: Path) -> AsyncIterator[FilesWindow]:
    made = FilesWindow(places, shell, project(tmp_path / "digits"))
    await made.open()
    yield made
    await made.close()


async def opened(files: FilesWindow) -> EnvironmentsDialog:
    """Open the window by its action."""
    files.shell.actions["files.environments"].trigger()
    return await until(lambda: dialog_of(EnvironmentsDialog))


async def test_the_chosen_one_goes_into_the_text_and_undo_takes_it_back(files: FilesWindow) -> None:
    dialog = await opened(files)
    dialog.select("sklearn-1.5")
    await until(lambda: dialog.environment is not None and dialog.environment.title == "sklearn-1.5")
    dialog.use_button.click()
    await until(lambda: dialog_of(EnvironmentsDialog) is None)
    editor = pane_of(files.page).editor
    address = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    assert editor.text() == JOB.replace("azureml:env@latest", address)
    editor.undo()
    assert editor.text() == JOB
    await quiet()


async def test_what_was_written_is_opened(files: FilesWindow) -> None:
    dialog = await opened(files)
    await until(lambda: dialog.environment)
    dialog.make_new()
    made = await until(lambda: dialog_of(MakingDialog))
    made.name.setText("mine")
    made.write.click()
    target = files.folder / "mine" / "environment.yml"
    await until(lambda: pane_of(files.page).file.path == target)
    assert pane_of(files.page).kind == "environment"
    dialog.close()
    await quiet()
