"""In the real window, switching a plugin off takes away whatever switching it on had brought, with nobody's help."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest
from PySide6.QtGui import QAction
from PySide6.QtWidgets import QApplication, QMenu, QWidget

from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.files.page import FilesPage
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.palette import Palette
from desktop_app.ui.settings_page import SettingsPage
from desktop_app.ui.tasks import cancel_all
from desktop_app.ui.window_state import WindowState
from desktop_app.ui.wizard.dialog import WizardDialog
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.whole_plugin import ID, write_project, write_whole
from tests.ui.conftest import settle
from tests.ui.files_bench import quiet, until


@pytest.fixture
def job_file(places: Places, tmp_path: Path) -> Path:
    """A project, with the plugin there and switched off; another one is on, whose process goes on."""
    write_whole(places.plugins)
    write_plugin(places.plugins, "other")
    return write_project(tmp_path / "project")


@pytest.fixture
async def window(workbench: Workbench, places: Places, job_file: Path) -> AsyncIterator[MainWindow]:
    """The window with the project open, the job in an editor, and the settings shown once."""
    workbench.plugins.discover()
    workbench.plugins.disable(ID)
    bugs: list[BaseException] = []
    made = MainWindow(places, WindowState(places.window), bugs.append)
    made.resize(1280, 800)
    made.show()
    made.equip()
    made.attach(workbench)
    made.show_page("settings")
    made.show_page("files")
    files = files_of(made)
    files.open_folder(job_file.parent)
    await until(lambda: files.project.state.is_done)
    files.open_file(job_file)
    await until(lambda: files.pane is not None and files.pane.was_checked)
    yield made
    await quiet()
    await files.project.close()
    await cancel_all()
    for each in files.editors.panes:
        each.dispose()
    made.finish()
    made.deleteLater()
    settle()
    workbench.plugins.close()
    assert not bugs


def files_of(window: MainWindow) -> FilesPage:
    page = window.pages.page("files")
    assert isinstance(page, FilesPage)
    return page


async def seen(window: MainWindow, bench: Workbench) -> dict[str, object]:
    """Return what a person sees of plugins in the window, by the place."""
    await quiet()
    files, settings = files_of(window), window.pages.page("settings")
    assert isinstance(settings, SettingsPage)
    assert files.folder is not None
    problems = files.project.problems
    return {
        "menus": [text for menu in window.actions_by_name.menus.values() for text in _texts(menu)],
        "palette": _palette(window),
        "wizards": _wizards(bench, files.folder),
        "goes on from a job": list(files.tree.job_wizards()),
        "toolchains": list(settings.toolchains._rows),
        "languages": [settings.languages.box.itemText(row) for row in range(settings.languages.box.count())],
        "editor": _codes(files),
        "problems": problems.counts if problems else None,
        "status": window.status_row.findChildren(QWidget)[0].accessibleName(),
    }


def _texts(menu: QMenu) -> list[str]:
    found: list[str] = []
    for each in menu.actions():
        assert isinstance(each, QAction)
        inner = each.menu()
        found += _texts(inner) if isinstance(inner, QMenu) else [f"{each.text()} {each.isEnabled()}"]
    return found


def _palette(window: MainWindow) -> list[tuple[str, str]]:
    window.actions_by_name["view.palette"].trigger()
    palette = next(each for each in QApplication.topLevelWidgets() if isinstance(each, Palette) and each.isVisible())
    found = [(each.key, each.title) for each in palette._entries]
    palette.close()
    settle()
    return found


def _wizards(bench: Workbench, folder: Path) -> list[str]:
    dialog = WizardDialog(bench, folder)
    assert dialog.chooser is not None
    found = [each.accessibleName() for each in dialog.chooser.buttons]
    dialog.close()
    dialog.deleteLater()
    settle()
    return found


def children() -> list[list[str]]:
    """Return the words that each process below this one was started with."""
    found = []
    for each in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.NoSuchProcess):
            found.append(each.cmdline())
    return sorted(found)


async def test_the_window_is_as_it_was_before(window: MainWindow, workbench: Workbench) -> None:
    before, held = await seen(window, workbench), children()
    await asyncio.to_thread(workbench.plugins.enable, ID)
    files = files_of(window)
    await until(lambda: "whole-check" in _codes(files))
    await until(lambda: files.project.problems is not None and files.project.problems.counts != before["problems"])
    settings = window.pages.page("settings")
    assert isinstance(settings, SettingsPage)
    await until(lambda: "whole-tools" in settings.toolchains._rows and "Deutsch" in _languages(settings))
    on = await seen(window, workbench)
    changed = {name for name in on if on[name] != before[name]}
    assert changed >= {"wizards", "goes on from a job", "toolchains", "languages", "editor", "problems"}

    await asyncio.to_thread(workbench.plugins.disable, ID)
    await until(lambda: files.project.problems is not None and files.project.problems.counts == before["problems"])
    await until(lambda: "whole-tools" not in settings.toolchains._rows and "Deutsch" not in _languages(settings))
    await until(lambda: "whole-check" not in _codes(files))
    assert await seen(window, workbench) == before
    await until(lambda: children() == held, what="its processes to end")


def _codes(files: FilesPage) -> list[str]:
    assert files.pane is not None
    return sorted(each.code for each in files.pane.editor.problems)


def _languages(page: SettingsPage) -> list[str]:
    return [page.languages.box.itemText(row) for row in range(page.languages.box.count())]
