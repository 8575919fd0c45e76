"""“Bundle for support…” in the menu of a run's page."""

from __future__ import annotations

import zipfile
from pathlib import Path

from PySide6.QtWidgets import QFileDialog

from tests.ui.files_bench import dialog_of, until
from tests.ui.runs_bench import RunsBench, quiet, runs_bench

__all__ = ["runs_bench"]


async def told(said: list[str], count: int) -> None:
    """Wait until so much was said; looking at the machine takes its time."""
    await until(lambda: len(said) == count, 120, f"{count} sentences after {said}")


async def test_a_bundle_is_asked_for_and_written(runs_bench: RunsBench, tmp_path: Path) -> None:
    page = await runs_bench.open_and_read(await runs_bench.add_failed("r-1"))
    said: list[str] = []
    page.deeds.said.connect(said.append)
    page.deeds.failed.connect(lambda error: said.append(str(error)))
    target = tmp_path / "sent.zip"
    for turn in (1, 2):
        menu = page.header.menu()
        (entry,) = (each for each in menu.actions() if each.text() == "&Bundle for support…")
        assert entry.isEnabled()
        entry.trigger()
        menu.deleteLater()
        box = await until(lambda: dialog_of(QFileDialog))
        assert box.testOption(QFileDialog.Option.DontConfirmOverwrite)
        box.fileSelected.emit(str(target))
        box.close()
        await told(said, turn)
    assert said[0].startswith(f"{target} was written; ")
    assert said[1].startswith(f"{target} is there already."), "nothing is overwritten"
    with zipfile.ZipFile(target) as archive:
        assert "user_logs/std_log_process_3.txt" in archive.namelist()
        assert b"Python" in archive.read("doctor.txt")
    await quiet()
