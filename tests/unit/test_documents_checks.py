"""Checks of a file's text: each bad input gets one clear message in the right place, and good ones none."""

from __future__ import annotations

import time
from collections.abc import Sequence
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Job, Severity
from desktop_app.documents.checks import FileReport, check_text
from desktop_app.documents.edits import set_values

SAMPLE = Path(__file__).parents[2] / "resources" / "samples" / "digits" / "job.yml"
SCHEMA = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
GOOD = f"""{SCHEMA}command: >-
  python train.py
  --lr ${{{{inputs.lr}}}}
code: src
environment: azureml:e@latest
inputs:
  lr: 0.1
"""


def no_checks(_job: Job) -> Sequence[Diagnostic]:
    """Stand for plugins that have nothing to say."""
    return ()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A job file to be, beside a code folder with a script."""
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("print()\n")
    return tmp_path / "job.yml"


def check(path: Path | None, text: str) -> FileReport:
    """Return the report without plugins."""
    return check_text(path, text, no_checks)


def only(report: FileReport) -> Diagnostic:
    """Return the one finding."""
    (found,) = report.diagnostics
    return found


def place(found: Diagnostic) -> tuple[int | None, int | None, int | None, int | None]:
    """Return where a finding stands."""
    return found.line, found.column, found.end_line, found.end_column


def test_a_good_job_has_no_findings(path: Path) -> None:
    assert check(path, GOOD) == FileReport(path, "commandJob", ())


def test_the_sample_has_no_findings() -> None:
    assert check(SAMPLE, SAMPLE.read_text("utf-8")).diagnostics == ()


def test_an_unsaved_text_is_checked_without_its_files() -> None:
    assert check(None, GOOD).diagnostics == ()


@pytest.mark.parametrize(
    ("line", "code", "position"),
    [
        ("distribution: {type: pytorch, process_count_per_instance: 0}", "process-count", (10, 59, 10, 60)),
        ("distribution: {type: pytorch, proces_count: 2}", "unknown-key", (10, 31, 10, 43)),
        ("resources: {instance_count: '2'}", "wrong-type", (10, 29, 10, 32)),
        ("resources: {instance_count: two}", "wrong-type", (10, 29, 10, 32)),
        ("computee: azureml:c", "unknown-key", (10, 1, 10, 9)),
        ("code: src", "duplicate-key", (10, 1, 10, 5)),
        ("limits: {timeout: -3}", "timeout", (10, 19, 10, 21)),
        ("  \tx: 1", "yaml-syntax", (10, 3, 10, 4)),
        ("nonsense", "yaml-syntax", (10, 1, 10, 9)),
    ],
)
def test_findings_stand_where_a_person_would_look(
    path: Path, line: str, code: str, position: tuple[int, int, int, int]
) -> None:
    text = GOOD.replace("environment", "# note\nenvironment")
    found = only(check(path, f"{text}{line}\n"))
    assert (found.code, place(found)) == (code, position)


def test_a_placeholder_is_pointed_at_within_the_command(path: Path) -> None:
    text = GOOD.replace("${{inputs.lr}}", "${{inputs.rate}}")
    found = only(check(path, text))
    assert (found.code, place(found)) == ("undefined-placeholder", (4, 8, 4, 24))


@pytest.mark.parametrize("written", ["{inputs.lr}", "${inputs.lr}", "{{inputs.lr}}"])
def test_a_placeholder_in_other_braces_is_mended_by_its_fix(path: Path, written: str) -> None:
    text = GOOD.replace("${{inputs.lr}}", written)
    found = only(check(path, text))
    assert (found.code, found.line, found.column) == ("malformed-placeholder", 4, 8)
    assert found.fix is not None
    assert set_values(text, found.fix.set, found.fix.unset) == GOOD


@pytest.mark.parametrize(
    "text",
    [
        GOOD.replace("inputs.lr}", "inputs.lrr}"),
        GOOD + "distribution: {type: pytorch, proces_count: 2}\n",
        GOOD.replace("code: src", "code: {local_path: src}"),
        GOOD + "compute: {target: azureml:c, instance_count: 2}\n",
        GOOD + "instance_count: 2\n",
        GOOD.replace("train.py", "trian.py"),
        GOOD.replace("code: src", "code: srcc"),
        GOOD + "resources: {instance_count: 0}\n",
        GOOD + "name: 3\n",
    ],
)
def test_every_fix_leaves_the_file_without_that_finding(path: Path, text: str) -> None:
    found = next(each for each in check(path, text).diagnostics if each.fix)
    assert found.fix is not None
    after = check(path, set_values(text, found.fix.set, found.fix.unset))
    assert after.diagnostics == ()


def test_an_absent_code_folder_and_script_name_the_nearest(path: Path) -> None:
    folder = only(check(path, GOOD.replace("code: src", "code: ./scr")))
    assert (folder.code, folder.line, folder.column) == ("missing-code", 5, 7)
    assert "“src”" in folder.message
    script = only(check(path, GOOD.replace("train.py", "trian.py")))
    assert (script.code, script.severity, place(script)) == ("script-missing", Severity.ERROR, (3, 10, 3, 18))
    assert "train.py" in script.message


def test_a_script_that_the_command_may_bring_itself_is_a_warning(path: Path) -> None:
    found = only(check(path, GOOD.replace("python train.py", "git clone https://x/y . && python other.py")))
    assert (found.code, found.severity) == ("script-missing", Severity.WARNING)


def test_code_elsewhere_is_not_looked_for(path: Path) -> None:
    for code in ("azureml:code:1", "https://github.com/x/y", "git+https://github.com/x/y"):
        assert check(path, GOOD.replace("code: src", f"code: {code}")).diagnostics == ()


@pytest.mark.parametrize("name", ["ü" * 120, "x" * 255, "it's so", "a b"])
def test_odd_folder_names_are_found_or_said(path: Path, name: str) -> None:
    (path.parent / name).mkdir()
    (path.parent / name / "train.py").write_text("")
    quoted = name.replace("'", "''")
    assert check(path, GOOD.replace("code: src", f"code: '{quoted}'")).diagnostics == ()


@pytest.mark.parametrize("name", ["x" * 4000, "y" * 300, "a\\0b", "src/train.py/deeper"])
def test_names_that_can_not_be_are_one_finding(path: Path, name: str) -> None:
    found = only(check(path, GOOD.replace("code: src", f'code: "{name}"')))
    assert found.code == "missing-code"
    assert len(found.message) <= 500


def test_code_may_be_the_one_file_that_is_run(path: Path) -> None:
    text = GOOD.replace("code: src", "code: src/train.py")
    assert check(path, text).diagnostics == ()
    assert only(check(path, text.replace("python train.py", "python other.py"))).code == "missing-code"


def test_a_message_is_one_line_whatever_it_quotes(path: Path) -> None:
    found = only(check(path, GOOD.replace("code: src", 'code: "a\\nb"')))
    assert "“a b”" in found.message


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("- a\n- b\n", "unknown"),
        ("", "unknown"),
        ("a: 1\n", "unknown"),
        ("name: e\nimage: x\n", "environment"),
        ("dependencies: [python=3.12]\n", "conda"),
        ("jobs: {{JOBS}}\n", "unknown"),
        (f"{SCHEMA}command: {{{{COMMAND}}}}\n", "unknown"),
        ("{% if gpu %}\ncompute: x\n{% endif %}\n", "unknown"),
    ],
)
def test_other_files_and_templates_have_no_findings(path: Path, text: str, kind: str) -> None:
    assert check(path, text) == FileReport(path, kind, ())


def test_a_broken_job_is_still_of_its_kind(path: Path) -> None:
    report = check(path, f"{SCHEMA}command: 'open\n")
    assert report.kind == "commandJob"
    assert only(report).code == "yaml-syntax"


def test_a_second_document_is_said(path: Path) -> None:
    assert only(check(path, f"{GOOD}---\na: 1\n")).code == "several-documents"


def test_windows_line_ends_and_a_mark_move_nothing(path: Path) -> None:
    text = "\ufeff" + GOOD.replace("lr: 0.1", "l r: 0.1").replace("\n", "\r\n")
    found = only(check(path, text))
    assert (found.code, found.line, found.column) == ("undefined-placeholder", 4, 8)


def test_what_plugins_find_gets_its_place(path: Path) -> None:
    finding = Diagnostic(Severity.WARNING, "own", "Think again.", "inputs.lr")
    seen: list[str] = []

    def plugin(job: Job) -> Sequence[Diagnostic]:
        seen.append(job.command)
        return (finding, finding, Diagnostic(Severity.INFO, "far", "Elsewhere.", "no.such.path"))

    second, first = check_text(path, GOOD, plugin).diagnostics
    assert seen == ["python train.py --lr ${{inputs.lr}}"]
    assert (first.code, place(first)) == ("own", (8, 7, 8, 10))
    assert place(second) == (1, 1, 1, 1)


def test_every_finding_of_a_wild_file_has_a_place(path: Path) -> None:
    text = (
        SCHEMA
        + "command: [1]\ninputs: 3\nresources: x\ndistribution: {}\ncode: 7\nlimits: []\ntags: {a: [1]}\n1: 2\n~: 3\n"
    )
    report = check(path, text)
    assert len(report.diagnostics) >= 8
    assert all(each.line and each.column and each.end_line and each.end_column for each in report.diagnostics)


def test_a_hundred_lines_are_checked_at_once(path: Path) -> None:
    text = GOOD + "environment_variables:\n" + "".join(f"  NAME_{n}: value {n}\n" for n in range(90))
    check(path, text)
    times = []
    for _ in range(5):
        started = time.perf_counter()
        assert check(path, text).diagnostics == ()
        times.append(time.perf_counter() - started)
    assert min(times) < 0.2  # 10 ms on a quiet machine: far from what a person feels, near what shows a blunder


@pytest.mark.parametrize("name", ["job.runconfig", "MLTable", "config.json", "conda.yml"])
@pytest.mark.parametrize("text", ["word", "- a\n", "3\n", "", "[]", "null", "!x y"])
def test_a_file_of_a_known_name_may_hold_anything(tmp_path: Path, name: str, text: str) -> None:
    report = check(tmp_path / name, text)
    assert all(each.message for each in report.diagnostics)
