"""A plugin's settings on its page: saved at once, wrong ones said at their field, the defaults one click away."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton, QWidget

from desktop_app.api import Value
from desktop_app.services.plugins.plugin_settings import stored_settings
from desktop_app.services.settings import Settings
from desktop_app.services.workbench import Workbench
from desktop_app.ui.plugins.settings_form import PluginSettingsForm
from desktop_app.ui.tasks import cancel_all, running
from desktop_app.ui.widgets import scrolled
from desktop_app.ui.wizard.choices import ChoiceEditor
from desktop_app.ui.wizard.fields import PairsEditor, TextEditor, WholeNumberEditor
from tests.helpers.plugin_folders import write_plugin
from tests.helpers.whole_plugin import ID, write_whole
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.plugin_pages import Pages, pages
from tests.ui.windows import until

__all__ = ["pages"]

PYTORCH = "rankzero-pytorch"


@pytest.fixture
async def view(bench: Workbench) -> AsyncIterator[PluginSettingsForm]:
    bench.plugins.discover()
    made = PluginSettingsForm(bench.plugins, bench.settings)
    made.resize(700, 600)
    await show(made, PYTORCH)
    yield made
    await until(lambda: not running())
    made.close()
    made.deleteLater()


async def show(view: PluginSettingsForm, plugin_id: str) -> None:
    """Show a plugin's settings as its page does."""
    view.show_plugin(plugin_id)
    await until(lambda: not running())
    if view._own is not None and view._own.form.fields:
        view.activateWindow()
        settle()


def stored(bench: Workbench, plugin_id: str = PYTORCH) -> dict[str, Value]:
    return stored_settings(bench.settings, plugin_id)


def minutes(view: PluginSettingsForm) -> WholeNumberEditor:
    editor = view.form.editor("job_timeout")
    assert isinstance(editor, WholeNumberEditor)
    return editor


def undo_button(view: QWidget) -> QPushButton:
    return next(each for each in view.findChildren(QPushButton) if each.text() == "&Undo" and each.isVisible())


async def test_what_is_chosen_is_saved_at_once(view: PluginSettingsForm, bench: Workbench) -> None:
    assert view.isVisible()
    assert not view.reset_button.isEnabled()
    minutes(view).spin.setValue(90)
    await until(lambda: stored(bench) == {"job_timeout": 90})
    first, compute, tags = (view.form.editor(each) for each in ("first", "job_compute", "job_tags"))
    assert isinstance(first, ChoiceEditor)
    assert isinstance(compute, TextEditor)
    assert isinstance(tags, PairsEditor)
    first.box.setFocus()
    QTest.keyClick(first.box, Qt.Key.Key_Down)
    compute.line.setFocus()
    QTest.keyClicks(compute.line, "gpu")
    tags.add_button.click()
    QTest.keyClicks(tags.controls[0], "team")
    QTest.keyClicks(tags.controls[1], "vision")
    wanted: dict[str, Value] = {
        "job_timeout": 90, "first": "torchrun", "job_compute": "gpu", "job_tags": {"team": "vision"},
    }  # fmt: skip
    await until(lambda: stored(bench) == wanted)
    names = [wizard.name for info, wizard in bench.plugins.wizards() if info.id == PYTORCH]
    assert names[0] == "torchrun", "it holds at once"
    minutes(view).spin.setValue(1440)
    await until(lambda: "job_timeout" not in stored(bench))  # the default's own value is no choice


async def test_what_is_wrong_is_said_at_its_field_and_not_saved(view: PluginSettingsForm, bench: Workbench) -> None:
    compute = view.form.editor("job_compute")
    assert isinstance(compute, TextEditor)
    compute.line.setFocus()
    QTest.keyClicks(compute.line, "ghp_" + "a1" * 18)
    await until(lambda: not running())
    assert "keep no secrets" in compute.line.accessibleDescription()
    assert compute.line.property("invalid")
    assert "ghp_" + "a1" * 18 not in str(stored(bench))
    compute.line.clear()
    QTest.keyClicks(compute.line, "gpu")
    await until(lambda: stored(bench) == {"job_compute": "gpu"})
    assert not compute.line.property("invalid")


async def test_the_defaults_come_back_and_undo_takes_that_back(view: PluginSettingsForm, bench: Workbench) -> None:
    minutes(view).spin.setValue(7)
    await until(lambda: stored(bench) == {"job_timeout": 7})
    view.reset_button.click()
    await until(lambda: not stored(bench) and view.message.isVisible())
    assert (minutes(view).answer(), view.reset_button.isEnabled()) == (1440, False)
    undo_button(view).click()
    await until(lambda: stored(bench) == {"job_timeout": 7} and minutes(view).answer() == 7)
    assert not view.message.isVisible()


async def test_what_the_command_line_sets_is_shown(view: PluginSettingsForm, bench: Workbench) -> None:
    bench.settings.set(f"plugins.settings.{PYTORCH}", {"job_timeout": 5, "old": 1, "first": "walk"})
    await until(lambda: minutes(view).answer() == 5)
    assert "“First of the wizards” wants one of its choices, not 'walk'; its default holds." in view.note.text()
    assert "doesn't know it: old" in view.note.text()


async def test_what_another_program_sets_is_shown_when_one_looks_again(
    view: PluginSettingsForm, bench: Workbench
) -> None:
    Settings(bench.settings.path).set(f"plugins.settings.{PYTORCH}", {"job_timeout": 5})
    await show(view, PYTORCH)
    assert minutes(view).answer() == 5
    minutes(view).spin.setValue(6)
    await until(lambda: stored(bench) == {"job_timeout": 6})


async def test_a_disk_that_takes_nothing_is_said(view: PluginSettingsForm, bench: Workbench) -> None:
    bench.settings.path.unlink(missing_ok=True)
    bench.settings.path.mkdir(parents=True)
    minutes(view).spin.setValue(7)
    await until(view.message.isVisible)
    assert "can't be saved" in view.message.heading.text()
    assert minutes(view).answer() == 1440
    bench.settings.path.rmdir()


async def test_a_plugin_that_is_off_fails_or_asks_nothing_shows_no_form(
    view: PluginSettingsForm, bench: Workbench
) -> None:
    write_plugin(bench.places.plugins, "plain")
    failing = "from desktop_app.api import hookimpl\n\n\n@hookimpl\ndef settings_form():\n    return 1 / 0\n"
    write_plugin(bench.places.plugins, "failing", failing)
    bench.plugins.discover()
    for each in ("plain", "failing", "gone"):
        await show(view, PYTORCH)
        assert view.isVisible()
        await show(view, each)
        assert not view.isVisible(), each
    bench.plugins.disable(PYTORCH)
    await show(view, PYTORCH)
    assert not view.isVisible()
    bench.plugins.enable(PYTORCH)
    await show(view, PYTORCH)
    assert view.isVisible()
    bench.plugins.disable("plain")


async def test_what_was_typed_last_is_saved_when_the_window_closes(view: PluginSettingsForm, bench: Workbench) -> None:
    for number in (5, 6, 7):
        minutes(view).spin.setValue(number)
    await cancel_all()
    assert stored(bench) == {"job_timeout": 7}


async def test_it_is_sound(view: PluginSettingsForm) -> None:
    area = scrolled(view, "The plugin", has_controls=True)
    area.resize(900, 600)
    area.show()
    assert_sound(area)
    minutes(view).spin.setValue(7)
    await until(view.reset_button.isEnabled)
    order: list[QWidget] = list(view.form.controls)
    order[0].setFocus()
    seen = []
    for _ in range(len(order) + 1):
        seen.append(view.focusWidget())
        QTest.keyClick(view.focusWidget(), Qt.Key.Key_Tab)
    assert seen == [*order, view.reset_button]
    area.takeWidget()
    area.deleteLater()


async def test_the_questions_are_in_the_persons_language(view: PluginSettingsForm, bench: Workbench) -> None:
    folder = write_whole(bench.places.plugins)
    translations = folder / "translations" / "de.json"
    translations.write_text('{"Time limit": "Zeitgrenze"}', "utf-8")
    bench.plugins.discover()
    await show(view, ID)
    assert view.form.editor("limit").controls[0].accessibleName() == "Time limit"
    bench.settings.set("language", "de")
    await show(view, ID)
    assert view.form.editor("limit").controls[0].accessibleName() == "Zeitgrenze"
    bench.plugins.disable(ID)


async def test_translations_that_can_not_be_used_are_said_on_the_page(pages: Pages, bench: Workbench) -> None:
    folder = write_whole(bench.places.plugins)
    (folder / "translations" / "de.json").write_text('{"Time limit": 3}', "utf-8")
    bench.settings.set("language", "de")
    bench.plugins.discover()
    page = await pages.open(bench)
    page.show_plugin(ID)
    await until(page.plugin_page.settings.isVisible)
    said = page.plugin_page.problem.heading.text()
    assert said == "translations/de.json: The translation of “Time limit” is no text. Its texts stay English."
    bench.plugins.disable(ID)
