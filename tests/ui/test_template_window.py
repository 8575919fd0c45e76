"""What `rankzero plugins new` makes, in the real window: taken in as a folder, shown, asked for a job, switched off."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import cast

import pytest

from desktop_app.presenters.plugins.ways import Do
from desktop_app.services.plugins.templates import new_plugin
from desktop_app.services.plugins.translating import LANGUAGE
from desktop_app.services.workbench import Workbench
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.plugins.page import PluginsPage
from desktop_app.ui.wizard.dialog import WizardDialog
from tests.ui.conftest import settle
from tests.ui.plugin_pages import at_rest, sheet_of, view
from tests.ui.windows import Windows, until


@pytest.fixture
async def window(windows: Windows, workbench: Workbench) -> AsyncIterator[MainWindow]:
    """A window over the real services."""
    yield await windows.open(workbench)
    await at_rest()
    workbench.plugins.close()


async def titles(workbench: Workbench, folder: Path) -> list[str]:
    """Return the titles of what the New job dialog offers."""
    dialog = WizardDialog(workbench, folder)
    await until(lambda: not dialog.found.is_looking)
    offered = [wizard.title for _, wizard in dialog.found.by_key.values()]
    dialog.deleteLater()
    settle()
    return offered


async def test_a_new_plugin_shows_up_and_goes(window: MainWindow, workbench: Workbench, tmp_path: Path) -> None:
    before = await titles(workbench, tmp_path)
    session = window._session
    assert session is not None
    session.plugins.take(new_plugin("acme", tmp_path))
    page = cast("PluginsPage", window.pages.page("plugins"))
    (await sheet_of(page)).go.click()
    await until(lambda: "acme" in page.list.views, 60)
    await at_rest()
    assert view(page, "acme").card.word == "On"
    assert set(await titles(workbench, tmp_path)) - set(before) == {"Acme: a training job"}
    workbench.settings.set(LANGUAGE, "de")
    assert "Acme: ein Trainingsjob" in await titles(workbench, tmp_path)
    workbench.settings.set(LANGUAGE, None)
    page.do("acme", Do.DISABLE)
    await until(lambda: view(page, "acme").card.word == "Off")
    await at_rest()
    assert await titles(workbench, tmp_path) == before
