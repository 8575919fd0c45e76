"""The upload preview in words and rows."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Severity
from desktop_app.documents.upload import BIG, LeftOut, UploadFile
from desktop_app.presenters.upload_preview import findings, headline, may_upload, part_title, rows, rule_words
from desktop_app.services.uploads import PartPreview, UploadPreview

FILES = (
    UploadFile("a.py", 10, "/p/a.py"),
    UploadFile("big.bin", BIG, "/p/big.bin"),
    UploadFile(".env", 1, "/p/.env", is_private=True),
    UploadFile("c.yml", 5, "/p/c.yml", holds="a GitHub token"),
    UploadFile("far", 7, "/p/far", link="/else/far"),
)
SAID = (Diagnostic(Severity.INFO, "b", "B."), Diagnostic(Severity.ERROR, "a", "A."))


def part(*files: UploadFile, left: tuple[LeftOut, ...] = (), ignore_file: str = "", given: str = "src") -> PartPreview:
    """Return a part that holds `files`."""
    return PartPreview("code", "code", given, Path("/p"), files, left, SAID, ignore_file)


def test_risky_files_come_first_then_large_ones_each_with_its_note() -> None:
    found = rows(part(*FILES))
    assert [(each.path, each.note, each.risk) for each in found] == [
        ("big.bin", "large", True),
        ("c.yml", "seems to hold a GitHub token", True),
        (".env", "looks like a secret", True),
        ("a.py", "", False),
        ("far", "a link to /else/far", False),
    ]


def test_typing_filters_names_and_notes() -> None:
    assert [each.path for each in rows(part(*FILES), " GITHUB")] == ["c.yml"]
    assert [each.path for each in rows(part(*FILES), ".PY")] == ["a.py"]


def test_what_stays_behind_says_by_which_line() -> None:
    left = (LeftOut("x.log", 3, "*.log", 2), LeftOut("__pycache__/a.pyc", 9, "__pycache__", 0))
    found = rows(part(left=left), left_out=True)
    assert [(each.path, each.note, each.stays) for each in found] == [
        ("__pycache__/a.pyc", "__pycache__", True),
        ("x.log", "line 2: *.log", True),
    ]


@pytest.mark.parametrize(
    ("count", "ignore_file", "said"),
    [
        (0, "", "No ignore file: everything in the folder goes along."),
        (1, ".gitignore", ".gitignore leaves out 1 file."),
        (2, ".amlignore", ".amlignore leaves out 2 files and switches .gitignore off."),
    ],
)
def test_which_rules_count(count: int, ignore_file: str, said: str) -> None:
    left = tuple(LeftOut(str(each), 1, "*", 1) for each in range(count))
    assert rule_words(part(left=left, ignore_file=ignore_file)) == said


def test_the_headline_counts_all_parts() -> None:
    def preview(*parts: PartPreview) -> UploadPreview:
        return UploadPreview(Path("job.yml"), "commandJob", parts)

    assert headline(preview(part(FILES[0]), part(FILES[3]))) == "2 files, 15 B would go up"
    assert headline(preview(part(FILES[0]))) == "1 file, 10 B would go up"
    assert headline(preview()) == "Nothing of this machine would go up"


def test_a_long_place_keeps_its_end() -> None:
    assert part_title(part(given="src")) == "code src (0)"
    assert part_title(part(given=f"{'../' * 20}code")).endswith("../code (0)")


def test_the_gravest_finding_comes_first() -> None:
    assert [each.code for each in findings(part())] == ["a", "b"]


@pytest.mark.parametrize(
    ("kind", "may"),
    [("commandJob", True), ("managedOnlineDeployment", True), ("component", True), ("compute", False), ("yaml", False)],
)
def test_which_kinds_send_something_up(kind: str, may: bool) -> None:
    assert may_upload(kind) is may
