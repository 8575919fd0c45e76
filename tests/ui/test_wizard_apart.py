"""A wizard whose plugin has a process of its own: slow, hanging or failing, the window never waits for it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from PySide6.QtWidgets import QPushButton

from desktop_app.places import Places
from desktop_app.services.plugins import PluginState
from desktop_app.ui.wizard.dialog import WizardDialog
from desktop_app.ui.wizard.fields import TextEditor
from tests.helpers.slow_plugin import KEY, SlowPlugin, watch_calls
from tests.ui.audit import assert_sound
from tests.ui.files_bench import PlanningBackend, bench_with, project, quiet, until


class Opener:
    """Opens the wizard of a plugin that does what the test says."""

    def __init__(self, places: Places, folder: Path) -> None:
        self.plugin = SlowPlugin(places.plugins)
        self.bench = bench_with(places, PlanningBackend())
        self.folder = folder
        self.written: list[tuple[Path, bool]] = []
        self.dialogs: list[WizardDialog] = []

    def begin(self, template: str | None = KEY) -> WizardDialog:
        made = WizardDialog(self.bench, self.folder, template)
        made.job_written.connect(lambda path, runs: self.written.append((path, runs)))
        made.open()
        self.dialogs.append(made)
        return made

    async def open(self, template: str | None = KEY) -> WizardDialog:
        made = self.begin(template)
        await until(lambda: made.page if template else made.chooser)
        await quiet()
        return made

    async def close(self) -> None:
        for each in self.dialogs:
            each.reject()
        await quiet()
        await asyncio.to_thread(self.bench.plugins.close)
        for each in self.dialogs:
            each.deleteLater()


@pytest.fixture
async def slow(places: Places, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Opener]:
    """Fails the test in which the window's thread called the plugin."""
    made = Opener(places, project(tmp_path / "digits"))
    here = watch_calls(monkeypatch)
    yield made
    await made.close()
    assert not here


def script(dialog: WizardDialog) -> TextEditor:
    assert dialog.page is not None
    editor = dialog.page.form.editor("script")
    assert isinstance(editor, TextEditor)
    return editor


def type_text(dialog: WizardDialog, text: str) -> None:
    line = script(dialog).controls[0]
    line.setFocus()
    for letter in text:
        QTest.keyClicks(line, letter)


def step_name(dialog: WizardDialog) -> str:
    assert dialog.session is not None
    return dialog.session.step.name


def is_settled(dialog: WizardDialog) -> bool:
    return dialog.session is not None and dialog.session.is_fresh


def offered(dialog: WizardDialog) -> QPushButton:
    found = [each for each in dialog.message.findChildren(QPushButton) if each.text().replace("&", "") == "Try again"]
    assert found
    return found[0]


async def test_typing_never_waits_and_the_last_answers_count(slow: Opener) -> None:
    dialog = await slow.open()
    slow.plugin.do("slow")
    before = len(slow.plugin.calls)
    type_text(dialog, "train.py")
    assert not is_settled(dialog)
    assert step_name(dialog) == "job", "the page stays as it is"
    assert script(dialog).answer() == "train.py"
    assert dialog.next_button.isEnabled()
    await until(lambda: dialog.reason.text() == "Waiting for Slow…")
    await until(lambda: "python train.py" in dialog.preview.editor.text())
    await quiet()
    asked = slow.plugin.calls[before:]
    assert asked[-2:] == ["steps train.py", "build train.py"]
    assert len(asked) < len("train.py"), "not once for each letter"
    assert dialog.session is not None
    assert [each.message for each in dialog.session.notes("script")] == ["Seen: train.py."]
    assert "Waiting" not in dialog.reason.text()
    assert_sound(dialog)


async def test_next_waits_for_the_pages_of_the_present_answers(slow: Opener) -> None:
    dialog = await slow.open()
    slow.plugin.do("slow")
    type_text(dialog, "ab!")
    dialog.next()
    assert step_name(dialog) == "job"
    await quiet()
    assert step_name(dialog) == "job", "the wizard refuses what was typed last"
    assert "shout" in dialog.reason.text()
    type_text(dialog, "c")
    QTest.mouseClick(dialog.next_button, Qt.MouseButton.LeftButton)
    assert step_name(dialog) == "job"
    await quiet()
    assert step_name(dialog) == "ranks"
    assert dialog.page is not None
    assert dialog.page.says.text() == "A slow one."


async def test_whoever_types_on_stays_on_the_page(slow: Opener) -> None:
    dialog = await slow.open()
    slow.plugin.do("slow")
    type_text(dialog, "a")
    dialog.next()
    type_text(dialog, "b")
    await quiet()
    assert step_name(dialog) == "job"
    assert is_settled(dialog)


async def test_the_file_is_that_of_the_last_answers(slow: Opener) -> None:
    dialog = await slow.open()
    type_text(dialog, "a")
    await quiet()
    for name in ("ranks", "more-0", "review"):
        dialog.next()
        await until(lambda name=name: step_name(dialog) == name)  # type: ignore[misc]
    slow.plugin.do("slow")
    dialog.finish_job(runs=True)
    assert not dialog.run_button.isEnabled(), "once is enough"
    dialog.finish_job(runs=True)
    await until(lambda: slow.written)
    await quiet()
    assert slow.written == [(slow.folder / "job-2.yml", True)]
    assert "command: python a" in (slow.folder / "job-2.yml").read_text()


async def test_esc_while_the_file_is_made_writes_nothing_and_keeps_the_answers(slow: Opener) -> None:
    dialog = await slow.open()
    type_text(dialog, "a")
    await quiet()
    slow.plugin.do("slow")
    assert dialog.file_name is not None
    dialog._write(dialog.file_name.path, runs=False, overwrite=False)
    dialog.reject()
    await quiet()
    assert not slow.written
    assert not (slow.folder / "job-2.yml").exists()
    again = await slow.open()
    assert again.session is not None
    assert again.session.answers == {"script": "a"}


@pytest.mark.parametrize(("mode", "words"), [
    ("steps hangs", "did not answer for 2 s and was cut off"),
    ("build hangs", "did not answer for 2 s and was cut off"),
    ("steps raises", "no luck"),
])  # fmt: skip
async def test_a_failure_is_said_keeps_what_was_typed_and_can_be_tried_again(
    slow: Opener, mode: str, words: str
) -> None:
    dialog = await slow.open()
    slow.plugin.do(mode)
    type_text(dialog, "train.py")
    await until(dialog.message.isVisible)
    await quiet()
    assert words in dialog.message.heading.text()
    assert "still here" in dialog.message.hint.text()
    assert script(dialog).answer() == "train.py"
    assert not dialog.next_button.isEnabled()
    type_text(dialog, "3")
    await quiet()
    assert dialog.message.isVisible()
    slow.plugin.do("at once")
    offered(dialog).click()
    await until(lambda: "python train.py3" in dialog.preview.editor.text())
    await quiet()
    assert not dialog.message.isVisible()
    assert dialog.next_button.isEnabled()
    states = {each.id: each.state for each in slow.bench.plugins.plugins}
    assert states["slow"] is PluginState.OK


async def test_a_draft_outlives_a_wizard_that_fails_at_once(slow: Opener) -> None:
    dialog = await slow.open()
    type_text(dialog, "a")
    await quiet()
    dialog.next()
    await quiet()
    dialog.reject()
    slow.plugin.do("steps hangs")
    again = slow.begin()
    await until(again.message.isVisible)
    await quiet()
    assert again.page is None
    assert not again.next_button.isVisible()
    again.reject()
    slow.plugin.do("at once")
    await asyncio.to_thread(slow.bench.plugins.restart, "slow")
    once_more = await slow.open()
    assert once_more.session is not None
    assert once_more.session.answers == {"script": "a"}
    assert step_name(once_more) == "ranks"
    once_more.start_over()
    await quiet()
    assert once_more.session.answers == {}
    assert step_name(once_more) == "job"
    assert script(once_more).answer() in ("", None)


async def test_a_wizard_that_fails_at_first_is_tried_again_in_place(slow: Opener) -> None:
    slow.plugin.do("steps raises")
    dialog = slow.begin()
    await until(dialog.message.isVisible)
    slow.plugin.do("at once")
    offered(dialog).click()
    await until(lambda: dialog.page)
    assert step_name(dialog) == "job"


async def test_the_choice_is_there_at_once_and_the_slow_ones_follow(slow: Opener) -> None:
    dialog = slow.begin(None)
    assert dialog.chooser is not None
    assert not [each for each in dialog.chooser.buttons if each.card.key == KEY]
    dialog.chooser.search.setFocus()
    dialog.chooser.search.setText("slow")
    await until(lambda: dialog.chooser and [each for each in dialog.chooser.shown if each.card.key == KEY])
    await quiet()
    assert [each.card.key for each in dialog.chooser.shown] == [KEY]
    assert dialog.chooser.search.text() == "slow"
    dialog.chooser.shown[0].click()
    await until(lambda: dialog.page)
    dialog.back()
    assert dialog.stack.currentWidget() is dialog.chooser
    at_once = slow.begin(None)
    assert at_once.chooser is not None
    assert KEY in [each.card.key for each in at_once.chooser.buttons], "it is known by now"


async def test_a_wizard_of_the_program_works_as_well_beside_it(slow: Opener) -> None:
    dialog = await slow.open("rankzero-pytorch/ddp")
    dialog.next()
    await until(lambda: step_name(dialog) == "ranks")
    await quiet()
    assert dialog.page is not None
    assert dialog.page.processes.rows.rowCount() > 0
    assert "distribution" in dialog.preview.editor.text()


async def test_rows_of_many_processes_come_when_they_are_seen(slow: Opener) -> None:
    dialog = await slow.open()
    assert dialog.session is not None
    dialog._on_answer("script", "a")
    dialog._on_answer("nodes", 400)
    dialog.next()
    await until(lambda: step_name(dialog) == "ranks")
    await quiet()
    assert dialog.page is not None
    rows = dialog.page.processes.rows
    assert rows.rowCount() == 400
    there = rows.index(300, 0)
    await until(lambda: rows.data(there, int(Qt.ItemDataRole.DisplayRole)) == "300")
    await quiet()
