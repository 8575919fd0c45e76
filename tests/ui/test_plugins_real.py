"""The Plugins page over the real manager: a wheel is installed in the window, its wizard comes, and goes with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from desktop_app.presenters.plugins import history
from desktop_app.presenters.plugins.ways import Do
from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.plugins.page import PluginsPage
from desktop_app.ui.wizard.dialog import WizardDialog
from tests.helpers.plugin_wheels import write_plugin_wheel
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.plugin_pages import at_rest, sheet_of, view
from tests.ui.windows import Windows, until

WIZARD = """
from desktop_app.api import FormSpec, Job, JobWizard, WizardStep, hookimpl


@hookimpl
def job_wizards():
    return [JobWizard("slurm", "Slurm job", "A job for Slurm.", steps, build)]


def steps(answers, context):
    return (WizardStep("job", "Job", FormSpec()),)


def build(answers, context):
    return Job("python train.py", environment="azureml:some@latest")
"""


@pytest.fixture
async def window(windows: Windows, workbench: Workbench) -> AsyncIterator[MainWindow]:
    """A window over the real services."""
    yield await windows.open(workbench)
    await at_rest()
    workbench.plugins.close()


async def new_job_list(workbench: Workbench, folder: Path) -> list[str]:
    """Return what the New job dialog offers."""
    dialog = WizardDialog(workbench, folder)
    await until(lambda: not dialog.found.is_looking)
    offered = list(dialog.found.by_key)
    dialog.deleteLater()
    settle()
    return offered


async def test_a_wheel_is_installed_updated_switched_removed_and_taken_back(
    window: MainWindow, workbench: Workbench, tmp_path: Path
) -> None:
    session = window._session
    assert session is not None
    session.plugins.take(write_plugin_wheel(tmp_path, "slurm", "1.0", WIZARD))
    page = cast("PluginsPage", window.pages.page("plugins"))
    sheet = await sheet_of(page)
    assert sheet.words.questions, "the first from this file"
    assert sheet.cancel_button.hasFocus() or not sheet.isActiveWindow()
    assert_sound(sheet)
    sheet.go.click()
    await until(lambda: "slurm" in page.list.views, 60)
    await at_rest()
    assert page.list.done.text.text() == "Installed Slurm 1.0."
    assert view(page, "slurm").card.origin == "1.0 · from a wheel"
    assert "slurm/slurm" in await new_job_list(workbench, tmp_path)

    page.do("slurm", Do.DISABLE)
    await until(lambda: view(page, "slurm").card.word == "Off")
    await at_rest()
    assert "slurm/slurm" not in await new_job_list(workbench, tmp_path)
    page.do("slurm", Do.ENABLE)
    await until(lambda: view(page, "slurm").card.word == "On")
    await at_rest()

    session.plugins.take(write_plugin_wheel(tmp_path, "slurm", "1.1", WIZARD))
    sheet = await sheet_of(page)
    assert [each.change for each in sheet.words.changes] == ["1.0 → 1.1"]
    sheet.go.click()
    await until(lambda: "1.1" in view(page, "slurm").card.origin, 60)
    await at_rest()

    page.do("slurm", Do.OPEN)
    await at_rest()
    assert page.plugin_page.isVisible()
    assert_sound(page)
    page.do("slurm", Do.REMOVE)
    await until(lambda: "slurm" not in page.list.views)
    await at_rest()
    assert page.currentWidget() is page.list
    assert page.list.done.undo.isVisible()
    assert "slurm/slurm" not in await new_job_list(workbench, tmp_path)
    page.list.done.undo.click()
    await until(lambda: "slurm" in page.list.views)
    await at_rest()
    assert "slurm/slurm" in await new_job_list(workbench, tmp_path)
    assert [each.text for each in history.lines(page.desk.history)] == [
        "Took back a change of Slurm", "Removed Slurm", "Updated Slurm 1.0 → 1.1", "Enabled Slurm", "Disabled Slurm",
        "Installed Slurm 1.0",
    ]  # fmt: skip
