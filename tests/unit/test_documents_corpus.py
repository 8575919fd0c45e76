"""Real files that nobody of this project wrote: none makes the reader raise."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from itertools import islice
from pathlib import Path

import pytest

from desktop_app.api import UserError, Value
from desktop_app.core.paths import Part, join_path, split_path, value_at
from desktop_app.documents.checks import FileReport, check_text
from desktop_app.documents.edits import set_values
from desktop_app.documents.job_document import read_job, write_job
from desktop_app.documents.kinds import COMMAND_JOB
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.yaml_text import Parsed, parse

EVERY = 8  # file is edited: all of them take half a minute
CORPUS = Path(__file__).parents[3] / "shared" / "corpora"
pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpora are not beside this clone")


def _texts() -> Iterator[tuple[Path, str]]:
    for path in sorted(CORPUS.rglob("*")):
        if path.suffix.lower() in {".yml", ".yaml"}:
            yield path, TextFile.load(path).text


@pytest.fixture(scope="module")
def reports() -> list[FileReport]:
    """Every file's report, without plugins."""
    return [check_text(path, text, lambda _job: ()) for path, text in _texts()]


def test_every_file_is_read_and_told_by_its_kind(reports: list[FileReport]) -> None:
    kinds = Counter(each.kind for each in reports)
    assert len(reports) > 700
    assert kinds[COMMAND_JOB] >= 45
    assert kinds["environment"] >= 50
    assert kinds["conda"] >= 150
    assert kinds["unknown"] < len(reports) / 8


def test_every_finding_has_its_place(reports: list[FileReport]) -> None:
    assert all(each.line and each.column for report in reports for each in report.diagnostics)


def test_every_command_job_survives_writing() -> None:
    for path, text in _texts():
        reading = read_job(text, path)
        if reading.job is not None:
            assert read_job(write_job(reading.job)).job == reading.job, path


def test_one_edit_in_a_file_changes_that_and_no_more() -> None:
    done = refused = 0
    for path, text in islice(_texts(), 0, None, EVERY):
        parsed = parse(text)
        target = _first_scalar(parsed)
        if parsed.problems or target is None:
            continue
        try:
            after = set_values(text, {target: "changed: by a test"})
        except UserError:
            refused += 1
            continue
        done += 1
        assert value_at(parse(after).data, split_path(target)) == "changed: by a test", path
        extent = parsed.extent(target)
        assert extent is not None
        assert after.startswith(text[: extent.start]), path
        assert after.endswith(text[extent.end :]), path
    assert done > 600 / EVERY
    assert refused <= done / 100


def _first_scalar(parsed: Parsed) -> str | None:
    """Return the path of the first value of one line below the second level, or of any level."""
    found: list[tuple[Part, ...]] = []
    for parts in parsed.places:
        value: Value = value_at(parsed.data, parts)
        if isinstance(value, int | float | str) and "\n" not in str(value):
            found.append(parts)
    deep = [each for each in found if len(each) > 1]
    return join_path((deep or found)[0]) if found else None
