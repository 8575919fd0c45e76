"""Two runs side by side: from the table, from the palette, and what the dialog shows and copies."""

from __future__ import annotations

import dataclasses
from datetime import timedelta

import pytest
from PySide6.QtCore import QItemSelectionModel
from PySide6.QtGui import QGuiApplication

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.services.compare_words import as_text
from desktop_app.ui.runs.compare import CompareDialog, compare
from desktop_app.ui.theme import theme_manager
from tests.helpers.noted import noted
from tests.ui.audit import assert_sound
from tests.ui.conftest import settle
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


async def two(runs_bench: RunsBench) -> tuple[RunSnapshot, RunSnapshot]:
    """Make two runs that end differently; the first is the older one."""
    made = []
    for number, status in enumerate((RunStatus.COMPLETED, RunStatus.CANCELED)):
        run = (await runs_bench.add(f"r-{number + 1}", status)).snapshot
        created = run.created + timedelta(hours=number)
        made.append(dataclasses.replace(run, created=created, metrics={"loss": (0.5 - 0.25 * number, 9)}))
        runs_bench.take(made[-1])
    return made[0], made[1]


def dialog_of(runs_bench: RunsBench) -> CompareDialog | None:
    return runs_bench.page.window().findChild(CompareDialog)


def shown(dialog: CompareDialog) -> dict[str, list[list[str]]]:
    """Return the cells of each part."""
    model, found = dialog.model, dict[str, list[list[str]]]()
    for row in range(model.rowCount()):
        top = model.index(row, 0)
        cells = [[model.index(below, at, top).data() for at in range(4)] for below in range(model.rowCount(top))]
        found[top.data()] = [[each for each in line if each] for line in cells]
    return found


async def test_two_chosen_runs_are_compared_older_first(runs_bench: RunsBench) -> None:
    older, newer = await two(runs_bench)
    runs_bench.page.list.menu_for([newer, older]).actions()[0].trigger()
    await until(lambda: dialog_of(runs_bench))
    dialog = dialog_of(runs_bench)
    assert dialog is not None
    said = shown(dialog)
    assert ["status", "Completed", "Canceled"] in said["Result"]
    assert said["Metric"] == [["loss", "0.5 at step 9", "0.25 at step 9", "-0.25"]]
    assert "r-1" in dialog.subtitle.text()
    dialog.copy_button.click()
    text = QGuiApplication.clipboard().text()
    assert "RESULT\tr-1\tr-2" in text
    assert "loss\t0.5 at step 9\t0.25 at step 9\t-0.25" in text
    assert "not compared: the versions of packages" in text
    dialog.accept()
    await quiet()


@pytest.mark.parametrize("mode", ["light", "dark"])
async def test_the_dialog_is_sound(runs_bench: RunsBench, mode: str) -> None:
    theme_manager().set_mode(mode)
    made = await two(runs_bench)
    found = await compare(runs_bench.workbench, made)
    dialog = CompareDialog(found, runs_bench.page)
    dialog.show()
    settle()
    assert_sound(dialog)
    dialog.close()
    dialog.deleteLater()
    await quiet()


async def test_how_a_file_differs_is_shown_with_it(runs_bench: RunsBench) -> None:
    from desktop_app.services.code_compare import FileDifference

    made = await two(runs_bench)
    found = await compare(runs_bench.workbench, made)
    diff = ("@@ -1 +1 @@", "-lr = 0.1", "+lr = 0.2")
    found = dataclasses.replace(found, code=(FileDifference("train.py", "changed", 9, 9, diff),))
    dialog = CompareDialog(found, runs_bench.page)
    dialog.show()
    assert not dialog.diff.isVisible()
    row = next(row for row in range(dialog.model.rowCount()) if dialog.model.item(row).text() == "Code")
    dialog.tree.setCurrentIndex(dialog.model.index(0, 0, dialog.model.index(row, 0)))
    assert dialog.diff.toPlainText() == "\n".join(diff)
    assert "\t+lr = 0.2" in as_text(found)
    dialog.close()
    dialog.deleteLater()
    await quiet()


async def test_runs_that_are_alike_are_said_to_be(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    twin = dataclasses.replace(made.snapshot, handle="local://r-9", run="r-9")
    found = dataclasses.replace(
        await compare(runs_bench.workbench, [made.snapshot, twin]), plan=(), code=(), job=(), phases=(), ranks=()
    )
    dialog = CompareDialog(dataclasses.replace(found, result=(), metrics=()), runs_bench.page)
    dialog.show()
    assert dialog.heading.text().startswith("Nothing differs between r-")
    assert not dialog.tree.isVisible()
    dialog.close()
    dialog.deleteLater()
    await quiet()


async def test_the_palettes_action_says_how_to_choose_two(runs_bench: RunsBench) -> None:
    await two(runs_bench)
    listed = runs_bench.page.list
    listed.view.clearSelection()
    runs_bench.shell.actions["runs.compare"].trigger()
    assert "Choose two runs first" in noted(listed)
    flags = QItemSelectionModel.SelectionFlag.Select | QItemSelectionModel.SelectionFlag.Rows
    for row in (0, 1):
        listed.view.selectionModel().select(listed.model.index(row, 0), flags)
    runs_bench.shell.actions["runs.compare"].trigger()
    await until(lambda: dialog_of(runs_bench))
    dialog = dialog_of(runs_bench)
    assert dialog is not None
    dialog.reject()
    await quiet()
