"""Environments from the Files page and the form: what is chosen goes into the text, and can be taken back."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtWidgets import QLabel, QPushButton

from desktop_app.places import Places
from desktop_app.ui.environments.dialog import EnvironmentsDialog
from desktop_app.ui.environments.making import MakingDialog
from desktop_app.ui.files.editor_pane import EditorPane
from tests.helpers.fake_shell import FakeShell
from tests.ui.audit import assert_sound
from tests.ui.files_bench import JOB, FilesWindow, dialog_of, pane_of, project, quiet, until
from tests.ui.files_bench import opened as opened_file
from tests.ui.test_files_form import form_of, line


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


async def button_of(pane: EditorPane, name: str) -> QPushButton:
    """Return the form's button of a name."""
    await until(lambda: pane.views.is_offered, what="a form")
    pane.views.choose("both")
    panel = await until(lambda: pane.views.panel, what="the panel")

    def found() -> QPushButton | None:
        made = [each for each in panel.findChildren(QPushButton) if each.isVisible() and each.accessibleName() == name]
        return made[0] if made else None

    return await until(found, what=name)


async def test_the_form_lets_one_choose_and_undo_takes_it_back(files: FilesWindow) -> None:
    files.page.resize(1400, 800)
    pane = pane_of(files.page)
    (await button_of(pane, "Choose an environment")).click()
    dialog = await until(lambda: dialog_of(EnvironmentsDialog))
    dialog.select("sklearn-1.5")
    await until(lambda: dialog.environment is not None and dialog.environment.title == "sklearn-1.5")
    dialog.use_button.click()
    await until(lambda: dialog_of(EnvironmentsDialog) is None)
    address = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    changed = JOB.replace("azureml:env@latest", address)
    await until(lambda: pane.editor.text() == changed)
    await quiet()
    panel = pane.views.panel
    assert panel is not None
    assert_sound(panel)
    (await button_of(pane, "Choose an environment")).click()  # opens at what stands there now
    dialog = await until(lambda: dialog_of(EnvironmentsDialog))
    await until(lambda: dialog.environment is not None and dialog.environment.title == "sklearn-1.5")
    dialog.close()
    pane.editor.undo()
    assert pane.editor.text() == JOB
    await quiet()


async def test_the_trial_of_a_sweep_gets_what_is_chosen(files: FilesWindow) -> None:
    text = "type: sweep\ntrial:\n  command: ls # list\n  environment: {image: x}\n"
    (files.folder / "sweep.yml").write_text(text)
    pane = await opened_file(files, "sweep.yml")
    (await button_of(pane, "Choose an environment for trial")).click()
    dialog = await until(lambda: dialog_of(EnvironmentsDialog))
    dialog.select("sklearn-1.5")
    await until(lambda: dialog.environment is not None and dialog.environment.title == "sklearn-1.5")
    dialog.use_button.click()
    address = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    await until(lambda: pane.editor.text() == text.replace("{image: x}", address), what=pane.editor.text())
    await quiet()


async def test_the_form_of_an_environment_lists_its_conda_file_and_opens_it(files: FilesWindow) -> None:
    image = "mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu20.04"
    (files.folder / "environment.yml").write_text(f"name: e\nimage: {image}\nconda_file: conda.yml\n")
    pane = await opened_file(files, "environment.yml")
    link = await button_of(pane, "Open conda.yml")
    panel = pane.views.panel
    assert panel is not None

    def said(begins: str, ends: str) -> bool:
        texts = [each.text() for each in panel.findChildren(QLabel) if each.isVisible()]
        return any(each.startswith(begins) and each.endswith(ends) for each in texts)

    assert said("Packages: ", "python")
    await until(lambda: said("deprecated", "take openmpi4.1.0-ubuntu22.04"), what="what is known of the image")
    assert_sound(panel, doubled=False)  # with twice the font a fix names an image in less room than it takes
    link.click()
    await until(lambda: pane_of(files.page).file.path == files.folder / "conda.yml")
    await quiet()


async def test_what_is_being_typed_in_the_form_stays(files: FilesWindow) -> None:
    found = line(await form_of(pane_of(files.page)), "code")
    dialog = await opened(files)
    dialog.select("sklearn-1.5")
    await until(lambda: dialog.environment is not None and dialog.environment.title == "sklearn-1.5")
    found.selectAll()
    found.insert("lib")
    found.textEdited.emit("lib")
    dialog.use_button.click()
    await until(lambda: dialog_of(EnvironmentsDialog) is None)
    address = "azureml://registries/azureml/environments/sklearn-1.5/labels/latest"
    wanted = JOB.replace("azureml:env@latest", address).replace("code: src", "code: lib")
    await until(lambda: pane_of(files.page).editor.text() == wanted)
    await quiet()
