"""The folder's problems: grouped, filtered, counted, and mended all of a kind."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Fix, Severity
from desktop_app.documents.checks import FileReport, check_text
from desktop_app.presenters.mending import plan_mending, undo_mending, write_mended
from desktop_app.presenters.problems import Counts, Filter, ProjectProblems

JOB = "$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json\n"
HOROVOD = f"{JOB}command: python x.py  # as ever\nenvironment: azureml:e:1\ndistribution:\n  type: horovod\n"


def finding(message: str, severity: Severity = Severity.ERROR, code: str = "x", path: str = "a") -> Diagnostic:
    return Diagnostic(severity, code, message, path, 3, 1, 3, 5, Fix("Write b", {path: "b"}))


def problems_of(folder: Path, **files: tuple[Diagnostic, ...]) -> ProjectProblems:
    made = ProjectProblems(folder)
    for name, found in files.items():
        made.take(FileReport(folder / name.replace("__", "/"), "commandJob", found))
    made.set_filter(Filter())
    return made


def test_the_folders_own_files_come_first_then_those_of_its_folders(tmp_path: Path) -> None:
    found = problems_of(tmp_path, b__x=(finding("one"),), z=(finding("two"),), a__y=(finding("three"),), Y=())
    assert [each.name for each in found.groups] == ["z", "a/y", "b/x"]


def test_a_filter_takes_words_of_the_message_the_file_and_the_code(tmp_path: Path) -> None:
    made = problems_of(tmp_path, job=(finding("Write mpi."), finding("Slow.", Severity.WARNING, "slow-disk")))
    for words, count in {"": 2, "mpi": 1, "JOB write": 1, "slow-disk": 1, "nothing": 0}.items():
        made.set_filter(Filter(words))
        assert sum(len(each.problems) for each in made.groups) == count, words
    made.set_filter(Filter("", frozenset({Severity.WARNING})))
    assert [each.message for group in made.groups for each in group.problems] == ["Slow."]
    assert made.counts == Counts(1, 1, 0), "what is not shown counts as well"


def test_a_text_in_an_editor_goes_before_its_file(tmp_path: Path) -> None:
    made = problems_of(tmp_path, job=(finding("one"), finding("two")))
    made.show_open(tmp_path / "job", "commandJob", ())
    assert made.counts.all == 0
    assert made.group_of(tmp_path / "job") is None
    made.show_open(tmp_path / "job", "", None)
    assert made.counts.errors == 2
    made.forget(tmp_path / "job")
    assert made.counts.all == 0


def test_alike_is_what_has_the_same_code_at_the_same_key(tmp_path: Path) -> None:
    types = finding("a", code="unknown-value", path="distribution.type")
    steps = finding("b", code="unknown-value", path="jobs.a.distribution.type")
    mode = finding("c", code="unknown-value", path="auth_mode")
    made = problems_of(tmp_path, one=(types, mode), two=(steps,))
    assert {each.message for _, each in made.alike(types)} == {"a", "b"}


@pytest.fixture
def horovods(tmp_path: Path) -> Path:
    (tmp_path / "one.yml").write_bytes(HOROVOD.replace("\n", "\r\n").encode())
    (tmp_path / "two.yml").write_text(HOROVOD)
    (tmp_path / "open.yml").write_text(HOROVOD)
    return tmp_path


def found_in(folder: Path) -> list[tuple[Path, Diagnostic]]:
    reports = [check_text(each, HOROVOD, lambda _job: ()) for each in sorted(folder.glob("*.yml"))]
    return [(r.path, each) for r in reports for each in r.diagnostics if r.path and each.fix and "mpi" in each.message]


def test_all_of_a_kind_are_mended_and_their_bytes_come_back(horovods: Path) -> None:
    before = {each: each.read_bytes() for each in horovods.glob("*.yml")}
    mine = HOROVOD + "# mine\n"
    plan = plan_mending("x", found_in(horovods), {horovods / "open.yml": mine}, horovods, lambda path: path.name)
    assert (plan.fixes, len(plan.files), plan.left) == (3, 3, ())
    assert plan.diff.count("-  type: horovod") == plan.diff.count("+  type: mpi") == 3
    assert {each: each.read_bytes() for each in before} == before, "a plan changes nothing"
    undo, left = write_mended(plan)
    assert left == []
    assert (horovods / "one.yml").read_bytes() == before[horovods / "one.yml"].replace(b"horovod", b"mpi")
    assert (horovods / "open.yml").read_bytes() == before[horovods / "open.yml"], "its editor has it"
    assert next(each.new for each in plan.files if each.is_open).endswith("# mine\n")
    assert undo_mending(undo) == []
    assert {each: each.read_bytes() for each in before} == before


def test_a_file_that_changed_meanwhile_is_left_alone(horovods: Path) -> None:
    plan = plan_mending("x", found_in(horovods), {}, horovods, lambda path: path.name)
    (horovods / "one.yml").write_text("# theirs\n")
    undo, left = write_mended(plan)
    assert len(left) == 1
    assert "one.yml" in left[0]
    assert (horovods / "one.yml").read_text() == "# theirs\n"
    (horovods / "two.yml").write_text("# later\n")
    left = undo_mending(undo)
    assert len(left) == 1
    assert (horovods / "two.yml").read_text() == "# later\n"
    assert (horovods / "open.yml").read_text() == HOROVOD


@pytest.mark.skipif(os.name == "nt", reason="links need a right there")
def test_a_link_that_leads_out_of_the_folder_is_left_alone(
    horovods: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "theirs.yml"
    elsewhere.write_text(HOROVOD)
    (horovods / "link.yml").symlink_to(elsewhere)
    (horovods / "inner.yml").symlink_to(horovods / "two.yml")
    plan = plan_mending("x", found_in(horovods), {}, horovods, lambda path: path.name)
    assert "link.yml" not in [each.name for each in plan.files]
    assert "inner.yml" in [each.name for each in plan.files]
    (said,) = plan.left
    assert said.startswith(f"link.yml is a link to {elsewhere}")


@pytest.mark.skipif(os.name == "nt", reason="names of one file are POSIX's")
def test_a_file_with_two_names_keeps_both(horovods: Path, tmp_path: Path) -> None:
    os.link(horovods / "one.yml", tmp_path / "other name")
    undo, _ = write_mended(plan_mending("x", found_in(horovods), {}, horovods, lambda path: path.name))
    undo_mending(undo)
    assert (tmp_path / "other name").samefile(horovods / "one.yml")
