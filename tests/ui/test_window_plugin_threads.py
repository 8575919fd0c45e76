"""The whole window, with a plugin that has a process of its own: its thread never calls that plugin.

A call may take seconds (a slow plugin, one that hangs, an import), and the window must go on meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui.environments.dialog import EnvironmentsDialog
from desktop_app.ui.files.page import FilesPage
from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.models.page import ModelsPage
from desktop_app.ui.plan_review import PlanReview
from desktop_app.ui.tasks import cancel_all
from desktop_app.ui.window_state import WindowState
from desktop_app.ui.wizard.dialog import WizardDialog
from tests.helpers.slow_plugin import KEY, SlowPlugin, watch_calls
from tests.ui.conftest import settle
from tests.ui.files_bench import dialog_of, project, quiet, until


@pytest.fixture
def here(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The calls of plugins' processes that the window's thread made."""
    return watch_calls(monkeypatch)


@pytest.fixture
async def window(workbench: Workbench, places: Places, tmp_path: Path, here: list[str]) -> AsyncIterator[MainWindow]:
    """The window with a project open and its job in an editor, begun as the program begins it."""
    SlowPlugin(places.plugins)
    workbench.plugins.discover()
    await asyncio.to_thread(workbench.plugins.load)
    folder = project(tmp_path / "digits")
    bugs: list[BaseException] = []
    made = MainWindow(places, WindowState(places.window), bugs.append)
    made.resize(1280, 800)
    made.show()
    made.equip()
    made.attach(workbench)
    made.show_page("files")
    files = files_of(made)
    files.open_folder(folder)
    await until(lambda: files.project.state.is_done)
    files.open_file(folder / "job.yml")
    await until(lambda: files.pane is not None and files.pane.was_checked)
    await quiet()
    yield made
    await quiet()
    await files.project.close()
    await cancel_all()
    for each in files.editors.panes:
        each.dispose()
    made.finish()
    made.deleteLater()
    settle()
    await asyncio.to_thread(workbench.plugins.close)
    assert not bugs
    assert not here


def files_of(window: MainWindow) -> FilesPage:
    page = window.pages.page("files")
    assert isinstance(page, FilesPage)
    return page


def name_of(dialog: WizardDialog) -> str:
    return dialog.session.step.name if dialog.session is not None else ""


def test_the_watch_sees_a_call(workbench: Workbench, places: Places, here: list[str]) -> None:
    SlowPlugin(places.plugins)
    workbench.plugins.discover()
    workbench.plugins.environment_presets()
    workbench.plugins.close()
    assert here


async def test_from_new_job_to_the_review_of_its_plan(window: MainWindow) -> None:
    files = files_of(window)
    files.new_job()
    dialog = await until(lambda: dialog_of(WizardDialog))
    assert dialog.chooser is not None
    found = [each for each in dialog.chooser.buttons if each.card.key == KEY]
    assert found, "it is known since the project was opened"
    found[0].click()
    await until(lambda: dialog.page)
    dialog._on_answer("script", "a")
    for name in ("ranks", "more-0", "review"):
        dialog.next()
        await until(lambda name=name: name_of(dialog) == name)  # type: ignore[misc]
    await quiet()
    dialog.finish_job(runs=True)
    review = await until(lambda: dialog_of(PlanReview))
    assert review.plan.source.endswith("job-2.yml")
    assert "slow-check" in [each.code for each in review.plan.diagnostics]
    review.reject()
    await quiet()


async def test_menus_editors_environments_and_exports(window: MainWindow, tmp_path: Path) -> None:
    files = files_of(window)
    assert (KEY, "Make it slow…") in list(files.tree.job_wizards())
    pane = files.pane
    assert pane is not None
    pane.editor.change_to(pane.editor.text() + "# mine\n")
    await pane.check()
    assert "slow-check" in [each.code for each in pane.editor.problems]
    reading = await until(lambda: pane.views.link.reading)
    assert "slow" in repr(reading), "its environment is offered"
    files.go_on_from_job(pane.file.path, KEY)
    wizard = await until(lambda: dialog_of(WizardDialog))
    await until(lambda: wizard.page)
    wizard.reject()
    await quiet()
    window.actions_by_name["files.environments"].trigger()
    environments = await until(lambda: dialog_of(EnvironmentsDialog))
    environments.select("slow-env")
    await until(lambda: environments.environment)
    environments.close()
    for each in ("models", "plugins", "settings", "runs"):
        window.show_page(each)
        await quiet()
    models = window.pages.page("models")
    assert isinstance(models, ModelsPage)
    (tmp_path / "net.py").write_text("def build(): ...\n")
    models.export_page.begin_with(tmp_path / "net.py")
    box = models.export_page.exporters
    await until(lambda: box.findData("slow-onnx") >= 0)
    box.setCurrentIndex(box.findData("slow-onnx"))
    models.export_page._choose_exporter()
    assert not models.export_page.export_button.isEnabled(), "it is not known yet what the plugin asks"
    await until(lambda: "times" in [each.name for each in models.export_page.draft.form.fields])
    await quiet()
