"""What a run's page says: one name for an action, sizes and dates of one form, words that fit what is shown."""

from __future__ import annotations

import dataclasses
from datetime import datetime
from pathlib import Path

import pytest
from PySide6.QtCore import QLocale
from PySide6.QtWidgets import QFileDialog

from desktop_app.api import RunStatus
from desktop_app.ui.runs.log_tab import ALL
from desktop_app.ui.runs.words import date_and_time, size_words
from tests.helpers.noted import noted
from tests.ui.runs_bench import RunsBench, quiet, runs_bench
from tests.ui.windows import until

__all__ = ["runs_bench"]


@pytest.mark.parametrize(("name", "text"), [("C", "2026-11-21 12:18"), ("en_GB", "21/11/2026 12:18")])
def test_a_date_has_separators(name: str, text: str) -> None:
    before = QLocale()
    QLocale.setDefault(QLocale.c() if name == "C" else QLocale(name))
    said = date_and_time(datetime(2026, 11, 21, 12, 18, 30).astimezone())
    QLocale.setDefault(before)
    assert said == text


def test_sizes_are_those_of_a_plan() -> None:
    assert size_words(116_180) == "116 kB"


async def test_an_action_has_one_name_and_stands_in_one_place(runs_bench: RunsBench) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    page = await runs_bench.open(made)
    in_table = [each.text() for each in runs_bench.page.list.menu_for([made.snapshot]).actions()]
    assert page.header.download.text() in in_table
    assert page.header.again.isVisible()
    assert "Run &again" not in [each.text() for each in page.header.menu().actions()]
    going_on = await runs_bench.add("r-2")
    await runs_bench.open(going_on)
    assert not page.header.again.isVisible()
    assert "Run &again" in [each.text() for each in page.header.menu().actions()]
    await quiet()


async def test_what_was_not_written_fits_the_ranks_that_are_shown(runs_bench: RunsBench) -> None:
    page = await runs_bench.open(await runs_bench.add("r-1", RunStatus.COMPLETED))
    assert page.logs.tools.ranks.number == ALL
    assert page.logs.view._nothing == "No rank wrote anything."
    page.logs.show_rank(1)
    assert page.logs.view._nothing == "This rank wrote nothing."
    await quiet()


async def test_a_log_is_saved_as_it_is_shown(runs_bench: RunsBench, tmp_path: Path) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    made.append(0, b"zero\n", 1000.0)
    made.append(1, b"one \x1b[31mred\x1b[0m\n", 999.5)
    page = await runs_bench.open_and_read(made)
    assert "&Save as…" in [each.text() for each in page.logs.menu_for(0).actions()]
    page.logs.ask_file()
    dialog = page.logs.findChild(QFileDialog)
    assert dialog is not None
    dialog.fileSelected.emit(str(tmp_path / "all.txt"))
    dialog.reject()
    await quiet()
    lines = (tmp_path / "all.txt").read_text("utf-8").splitlines()
    assert [each.split("\t")[1:] for each in lines] == [["1", "one red"], ["0", "zero"]]
    page.logs.show_rank(1)
    page.logs.save_to(tmp_path / "one.txt")
    await quiet()
    assert (tmp_path / "one.txt").read_bytes() == made.log(1).read_bytes()
    assert "was saved" in noted(page)
    page.logs.save_to(made.log(1))
    await quiet()
    assert page.logs.message.heading.text() == "std_log_process_1.txt is the log itself."
    page.logs.save_to(tmp_path / "no" / "one.txt")
    await quiet()
    assert "can't be written" in page.logs.message.heading.text()


@pytest.mark.parametrize(("count", "said"), [(1, "1 file was copied to"), (2, "2 files were copied to")])
async def test_copied_files_are_counted_as_one_says_it(
    runs_bench: RunsBench, tmp_path: Path, count: int, said: str
) -> None:
    made = await runs_bench.add("r-1", RunStatus.COMPLETED)
    outputs = made.path / "outputs"
    outputs.mkdir(exist_ok=True)
    for number in range(count):
        (outputs / f"{number}.txt").write_text("x")
    run = dataclasses.replace(made.snapshot, outputs=str(outputs))
    page = await runs_bench.open(made)
    await page.deeds._download(run, tmp_path / "to")
    await until(lambda: noted(page))
    assert noted(page).startswith(said)
    await quiet()
