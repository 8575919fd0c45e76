"""Printing: tables, documents, progress as lines where there is no terminal."""

from __future__ import annotations

import json

import pytest

from desktop_app.cli import console


def test_a_table_has_columns_as_wide_as_their_widest_cell(capsys: pytest.CaptureFixture[str]) -> None:
    console.table(("RUN", "STATUS"), [("r-1", "Completed"), ("r-100000", "")])
    assert capsys.readouterr().out == "RUN       STATUS\nr-1       Completed\nr-100000\n"


def test_a_document_keeps_its_letters(capsys: pytest.CaptureFixture[str]) -> None:
    console.document({"name": "Übung “eins”"})
    out = capsys.readouterr().out
    assert "Übung" in out
    assert json.loads(out) == {"name": "Übung “eins”"}


def test_progress_is_a_line_per_step_where_there_is_no_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    progress = console.ProgressLines()
    for message, part in (("Copying", 0.1), ("Copying", 0.5), ("Starting", None)):
        progress(message, part)
    progress.close()
    captured = capsys.readouterr()
    assert captured.err == "Copying\nStarting\n"
    assert captured.out == ""


def test_progress_of_thousands_of_files_is_a_few_lines_and_the_last_of_them(capsys: pytest.CaptureFixture[str]) -> None:
    progress = console.ProgressLines()
    for done in range(20_001):
        progress(f"Uploading code · {done:,} files · {done / 1000} of 20.0 kB", done / 20_000)
    progress("Sending the job", None)
    lines = capsys.readouterr().err.splitlines()
    assert 10 < len(lines) < 30
    assert lines[-2:] == ["Uploading code · 20,000 files · 20.0 of 20.0 kB", "Sending the job"]


def test_progress_is_a_bar_on_a_terminal(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    progress = console.ProgressLines()
    progress("Copying", 0.5)
    progress("Waiting", None)
    progress.close()
    shown = capsys.readouterr().err
    assert "██████████··········  50% Copying" in shown
    assert shown.endswith("… Waiting\r\x1b[K")


@pytest.mark.parametrize("part", [-1.0, 0.0, 1.0, 7.0])
def test_a_part_out_of_bounds_still_makes_a_bar(
    part: float, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    console.ProgressLines()("Copying", part)
    shown = capsys.readouterr().err
    assert sum(shown.count(each) for each in "█·") == 20


def test_notes_are_one_line_each(capsys: pytest.CaptureFixture[str]) -> None:
    console.error("Two\nlines.", "A hint.")
    console.warning("Beware.")
    assert capsys.readouterr().err == "error: Two lines. A hint.\nwarning: Beware.\n"
