"""Files that nobody of this project wrote: an error on one that the SDK takes is a false alarm, and warnings are rare.

Files that only name others which are not beside them (code folders, scripts, conda files, components) are counted
apart: the SDK refuses them as well where it looks, and the real files here came without those others.
"""

from __future__ import annotations

import json
import os
import subprocess
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Severity
from desktop_app.documents.checks import FileReport, check_text
from desktop_app.documents.text_file import TextFile
from desktop_app.services.catalogues import facts
from tests.corpora.good_files import FILES

ROOT = Path(__file__).resolve().parents[2]
SHARED = ROOT.parent / "shared" / "corpora" / "yaml"
VERDICTS = ROOT / "tests" / "helpers" / "azureml_verdicts.py"
EVERY = 1 if os.environ.get("RANKZERO_WHOLE_CORPUS") else 8
"""Of the real files one in so many is asked of the SDK, which takes a tenth of a second for each."""
ABSENT = frozenset({"missing-code", "missing-file", "script-missing"})
here = pytest.mark.skipif(not SHARED.is_dir(), reason="there are no real files here")


@cache
def _reports() -> tuple[FileReport, ...]:
    paths = sorted(each for each in SHARED.rglob("*") if each.suffix.lower() in {".yml", ".yaml"})
    return tuple(check_text(path, TextFile.load(path).text, lambda _job: (), facts()) for path in paths)


def _is_error(found: Diagnostic) -> bool:
    return found.severity is Severity.ERROR and found.code not in ABSENT


def _is_warning(found: Diagnostic) -> bool:
    return found.severity is Severity.WARNING and found.code not in ABSENT


def _files_with(holds: Callable[[Diagnostic], bool]) -> list[FileReport]:
    return [report for report in _reports() if any(holds(each) for each in report.diagnostics)]


def _taken_by_the_sdk(python: Path, reports: list[FileReport]) -> list[FileReport]:
    """Return those that the SDK loads; it is not asked whether what they name is there."""
    asked = subprocess.run(
        [str(python), str(VERDICTS)],
        input=json.dumps([(str(each.path), each.kind) for each in reports]),
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert asked.returncode == 0, asked.stderr[-2000:]
    return [report for report, why in zip(reports, json.loads(asked.stdout), strict=True) if why == ""]


@pytest.mark.parametrize("name", FILES)
def test_our_own_good_files_raise_no_alarm(tmp_path: Path, name: str) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print()\n")
    for each, text in FILES.items():
        (tmp_path / each).write_text(text, "utf-8")
    report = check_text(tmp_path / name, FILES[name], lambda _job: (), facts())
    assert report.kind != "unknown"
    assert [each for each in report.diagnostics if each.severity is not Severity.INFO] == []


@here
def test_files_that_the_sdk_takes_get_no_error(azureml_python: Path) -> None:
    """None today; one in a hundred would be too many."""
    taken = _taken_by_the_sdk(azureml_python, list(_reports()[::EVERY]))
    alarms = [(report.path, found) for report in taken for found in report.diagnostics if _is_error(found)]
    assert len(taken) > 300 / EVERY
    assert len({path for path, _ in alarms}) <= len(taken) * 0.01, alarms


@here
def test_errors_are_no_more_than_they_were() -> None:
    """Files of a preview of 2021, tests of the SDK that are wrong on purpose, keys that no version knows."""
    found = _files_with(_is_error)
    assert len(found) <= 115, Counter(each.code for report in found for each in report.diagnostics)


@here
def test_files_without_what_they_name_are_counted_apart() -> None:
    """Their folders did not come along; a folder without any script is no error for one that lacks."""
    absent = _files_with(lambda each: each.code in ABSENT and each.severity is Severity.ERROR)
    assert len(absent) <= 240
    scripts = [each for report in _reports() for each in report.diagnostics if each.code == "script-missing"]
    assert all(each.severity is Severity.WARNING for each in scripts)


@here
def test_warnings_are_rare() -> None:
    """In one file of twelve at most: each costs attention."""
    assert len(_files_with(_is_warning)) <= len(_reports()) / 12


@here
def test_every_finding_is_one_sentence_with_a_place() -> None:
    for report in _reports():
        for each in report.diagnostics:
            assert each.line, (report.path, each)
            assert each.column, (report.path, each)
            assert "\n" not in each.message
            assert each.message[-1] in ".?", each
