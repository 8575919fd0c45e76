"""What differs between two runs is found, whatever of them is left; what does not is not shown."""

from __future__ import annotations

import json
import math
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import FirstFailure, MetricPoint, RunSnapshot, RunStatus, UserError
from desktop_app.cli.run_compare import comparison_shape
from desktop_app.core.paths import split_path, value_at
from desktop_app.core.redact import COVER
from desktop_app.core.shared_texts import WORTH, packed
from desktop_app.services.compare_words import cut, sections
from desktop_app.services.run_bundle import bundle_run
from desktop_app.services.run_compare import Comparison, compare_runs
from desktop_app.services.run_open import open_bundle
from desktop_app.services.run_sides import flat
from tests.helpers.run_folders import FolderOfRun, fail, make_run

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(min_size=1, max_size=4), inner, max_size=3),
    max_leaves=8,
)


@pytest.fixture
def pair(tmp_path: Path) -> tuple[FolderOfRun, FolderOfRun]:
    first = make_run(tmp_path / "runs", "r-20261121-aaaa", RunStatus.COMPLETED)
    second = make_run(tmp_path / "runs", "r-20261121-bbbb", RunStatus.COMPLETED, started=first.snapshot.started)
    return first, second


def compare(pair: tuple[FolderOfRun, FolderOfRun], *, with_diff: bool = False) -> Comparison:
    return compare_runs(pair[0].snapshot, pair[1].snapshot, with_diff=with_diff)


def edit_plan(made: FolderOfRun, **changes: object) -> None:
    path = made.path / "plan.json"
    path.write_text(json.dumps({**json.loads(path.read_text()), **changes}))


def test_two_runs_of_the_same_job_are_the_same(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    """Though each has a name, a folder and a port of its own."""
    for number, made in enumerate(pair):
        environment = {"AZUREML_RUN_ID": made.snapshot.run, "X": f"{made.path}/code", "MASTER_PORT": f"1234{number}"}
        edit_plan(made, environment=environment, run=made.snapshot.run)
    found = compare(pair)
    assert found.same, found
    assert [each.split(":")[0] for each in found.not_compared] == ["the versions of packages"]


def test_a_name_that_the_run_was_given_is_not_compared(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    """As in the files of jobs that were sent to the cloud; a name that is the job's own is."""
    files = [(each.path / "job.yml", each.snapshot.run) for each in pair]
    for path, run in files:
        path.write_text(f"{path.read_text()}\nname: {run}\n")
    assert compare(pair).job == ()
    path = files[1][0]
    path.write_text(path.read_text().replace(f"name: {files[1][1]}", "name: mine"))
    assert [each.path for each in compare(pair).job] == ["name"]


def test_a_port_that_the_job_sets_is_compared(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    for number, made in enumerate(pair):
        port = f"1234{number}"
        edit_plan(made, environment={"MASTER_PORT": port}, job={"environment_variables": {"MASTER_PORT": port}})
    assert [each.path for each in compare(pair).plan] == ["environment.MASTER_PORT"]


def test_launchers_are_compared_and_chosen_ports_are_not(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    for number, made in enumerate(pair):
        port = 12340 + number
        environment = {"TF_CONFIG": f"127.0.0.1:{port}"}
        launcher = {"rank": 0, "argv": ["mpirun", "-np", str(2 + number)], "environment": {}}
        ranks = [{"rank": 0, "argv": ["true"], "environment": environment, "ports": [port]}]
        edit_plan(made, processes=ranks, launchers=[launcher])
    assert [each.path for each in compare(pair).plan] == ["launcher: argv[2]"]
    edit_plan(pair[1], launchers=[])
    assert [(each.path, each.first, each.second) for each in compare(pair).plan] == [("launchers", 1, 0)]


def test_a_run_is_not_compared_with_itself(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    with pytest.raises(UserError, match="Both are r-20261121-aaaa"):
        compare((pair[0], pair[0]))


def test_job_and_plan_by_dotted_paths(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    job = pair[1].path / "job.yml"
    job.write_text(job.read_text().replace("lr: 0.002", "lr: '0.002'\n  more: 1").replace("tags:\n  stage:", "# "))
    plan = json.loads((pair[1].path / "plan.json").read_text())
    for each in plan["processes"]:
        each["argv"][2] += " --more 1"
    edit_plan(pair[1], **plan)
    found = compare(pair)
    assert [(each.path, each.kind, each.first, each.second) for each in found.job] == [
        ("inputs.lr", "changed", 0.002, "0.002"),
        ("tags.stage", "only-first", "sample", None),
        ("inputs.more", "only-second", None, 1),
    ]
    assert [each.path for each in found.plan] == ["ranks 0, 1: argv[2]"]


def test_a_plan_that_writes_texts_once_is_compared_as_a_whole_one(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    plan = json.loads((pair[0].path / "plan.json").read_text())
    for rank, each in enumerate(plan["processes"]):
        each["environment"] = {"TF_CONFIG": json.dumps({"cluster": "x" * WORTH, "index": rank})}
    edit_plan(pair[0], **plan)
    edit_plan(pair[1], **{**packed(plan), "run": pair[1].snapshot.run})
    assert "shared" in json.loads((pair[1].path / "plan.json").read_text())
    assert compare(pair).plan == ()


def test_secrets_are_covered_and_said_to_differ(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    for number, made in enumerate(pair):
        secret = f"hunter{number}hunter"
        edit_plan(made, environment={"MY_TOKEN": secret, "URL": f"http://x/{secret}", "MAX_TOKENS": number})
    found = {each.path: (each.first, each.second) for each in compare(pair).plan}
    assert found == {
        "environment.MY_TOKEN": (COVER, COVER),
        "environment.URL": (f"http://x/{COVER}",) * 2,
        "environment.MAX_TOKENS": (0, 1),
    }


def test_code_is_compared_by_content(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    for made in pair:
        edit_plan(made, files=[])
        (made.path / "code" / "outputs" / "model.pt").write_text(made.snapshot.run)
        (made.path / "code" / "__pycache__").mkdir()
        (made.path / "code" / "__pycache__" / "x.pyc").write_text(made.snapshot.run)
    (pair[0].path / "code" / "old.py").write_text("old")
    (pair[1].path / "code" / "data.bin").write_bytes(b"\0")
    code = pair[1].path / "code" / "train.py"
    code.write_text(code.read_text().replace("Trains", "Drains", 1))  # of the same size
    found = compare(pair, with_diff=True).code
    assert [(each.path, each.kind) for each in found] == [
        ("data.bin", "only-second"),
        ("old.py", "only-first"),
        ("train.py", "changed"),
    ]
    assert '-"""Trains."""' in found[2].diff
    assert '+"""Drains."""' in found[2].diff
    assert not compare(pair).code[2].diff


def test_what_is_no_planned_file_is_no_code(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    (pair[1].path / "code" / "downloaded.txt").write_text("by the script")
    assert compare(pair).same


def test_a_long_diff_is_cut_and_a_binary_has_none(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    code = pair[1].path / "code" / "train.py"
    code.write_text("x = 1\n" * 300)
    assert compare(pair, with_diff=True).code[0].diff[-1] == "… and more"
    code.write_bytes(b"\0\1")
    assert compare(pair, with_diff=True).code[0].diff == ()


def test_ends_metrics_phases_and_ranks(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    one, other = pair[0].snapshot, pair[1].snapshot
    fallen = replace(other.ranks[1], status=RunStatus.FAILED, exit_code=1)
    assert other.ended is not None
    other = replace(
        other, status=RunStatus.FAILED, exit_code=1, ranks=(other.ranks[0], fallen), phases=other.phases[:1],
        first_failure=FirstFailure(1, other.ended, 1, "ValueError: no"),
        metrics={"loss": (0.5, 10), "same": (1.0, 1), "bad": (math.nan, 1)},
    )  # fmt: skip
    one = replace(one, metrics={"loss": (0.25, 10), "same": (1.0, 1), "bad": (math.nan, 1)})
    found = compare_runs(one, other, ([MetricPoint("board", 3.0, 7, 0.0)], []))
    assert {each.path for each in found.result} == {
        "status", "exit_code", "first_failure.rank", "first_failure.exit_code", "first_failure.text",
    }  # fmt: skip
    assert [(each.name, each.kind, each.change) for each in found.metrics] == [
        ("board", "only-first", None),
        ("loss", "changed", 0.25),
    ]
    assert [(each.path, each.kind) for each in found.phases] == [("Running", "only-first")]
    assert [each.path for each in found.ranks] == ["rank 1: status", "rank 1: exit_code"]


def test_many_ranks_that_differ_alike_are_one_line(tmp_path: Path) -> None:
    pair = tuple(
        make_run(tmp_path / "runs", f"r-{status}", status, processes=64)
        for status in (RunStatus.COMPLETED, RunStatus.CANCELED)
    )
    found = compare_runs(pair[0].snapshot, pair[1].snapshot)
    assert [each.path for each in found.ranks] == ["ranks 0 to 63: status", "ranks 0 to 63: exit_code"]


@pytest.mark.parametrize("gone", [0, 1])
def test_a_deleted_folder_is_said(pair: tuple[FolderOfRun, FolderOfRun], gone: int) -> None:
    shutil.rmtree(pair[gone].path)
    found = compare(pair)
    assert found.same
    assert found.not_compared[0] == f"job, plan and code: the folder of {pair[gone].snapshot.run} is gone."


def test_a_damaged_plan_and_a_missing_job_are_said(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    (pair[0].path / "plan.json").write_text("{")
    (pair[1].path / "job.yml").unlink()
    shutil.rmtree(pair[1].path / "code")
    said = " ".join(compare(pair).not_compared)
    assert "the plan: that of r-20261121-aaaa is gone or can't be read" in said
    assert "the job: that of" in said
    assert "the code: that of r-20261121-bbbb" in said


def test_a_run_without_a_folder(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    """As the archive may know one of a service."""
    first: RunSnapshot = replace(pair[0].snapshot, folder="")
    assert "folder of r-20261121-aaaa is gone" in compare_runs(first, pair[1].snapshot).not_compared[0]


def environment(home: Path, **versions: str) -> Path:
    """Make what an environment with these packages looks like, and return its Python."""
    for name, version in versions.items():
        (home / "lib" / "python3.11" / "site-packages" / f"{name}-{version}.dist-info").mkdir(parents=True)
    return home / "bin" / "python"


def test_packages_are_compared(pair: tuple[FolderOfRun, FolderOfRun], tmp_path: Path) -> None:
    edit_plan(pair[0], python=str(environment(tmp_path / "a", torch="2.8.0", Idna_x="3.1", same="1", old="1.0")))
    edit_plan(pair[1], python=str(environment(tmp_path / "b", torch="2.9.1+cpu", idna_x="3.2", same="1")))
    found = compare(pair)
    assert {(each.path, each.first, each.second) for each in found.packages} == {
        ("torch", "2.8.0", "2.9.1+cpu"), ("idna-x", "3.1", "3.2"), ("old", "1.0", None),
    }  # fmt: skip
    assert found.not_compared == ()
    (package,) = (each for each in sections(found) if each.title == "Package")
    assert package.rows[0].name == "torch"


def test_what_a_bundle_knew_of_packages_is_compared(pair: tuple[FolderOfRun, FolderOfRun], tmp_path: Path) -> None:
    edit_plan(pair[0], python=str(environment(tmp_path / "a", torch="2.8.0")))
    bundle_run(pair[0].snapshot, tmp_path / "b.zip")
    opened = open_bundle(tmp_path / "b.zip", tmp_path / "others")
    theirs = replace(pair[0].snapshot, handle="local://x", folder=str(opened.folder), from_bundle="host")
    edit_plan(pair[1], python=str(environment(tmp_path / "b", torch="2.9.0")))
    found = compare_runs(theirs, pair[1].snapshot)
    assert [(each.path, each.first, each.second) for each in found.packages] == [("torch", "2.8.0", "2.9.0")]


def test_what_likely_matters_comes_first(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    """A good run and a bad one that differ in many ways: the changed line of code stands above all."""
    code = pair[1].path / "code" / "train.py"
    code.write_text(code.read_text().replace("Trains", "Drains"))
    job = pair[1].path / "job.yml"
    job.write_text(job.read_text().replace("lr: 0.002", "lr: 20\n  seed: 7").replace("sample", "other"))
    for number, made in enumerate(pair):
        edit_plan(made, environment={"NCCL_DEBUG": str(number), "EDITOR": str(number)}, timeout=number)
    bad = replace(pair[1].snapshot, status=RunStatus.FAILED, exit_code=1, display_name="bad")
    found = compare_runs(pair[0].snapshot, bad, ([MetricPoint("loss", 1.0, 1, 0.0)], []))
    assert [(each.part, each.path) for each in found.likely] == [
        ("result", "status"), ("result", "exit_code"), ("code", "train.py"), ("job", "inputs.lr"),
        ("plan", "environment.NCCL_DEBUG"), ("plan", "environment.EDITOR"), ("plan", "timeout"), ("metrics", "loss"),
        ("result", "display_name"), ("job", "tags.stage"), ("job", "inputs.seed"),
    ]  # fmt: skip
    assert [each.title for each in sections(found)] == ["Result", "Code", "Job", "Plan", "Metric"]
    (job_section,) = (each for each in sections(found) if each.title == "Job")
    assert [each.name for each in job_section.rows] == ["inputs.lr", "tags.stage", "inputs.seed"]
    shape = comparison_shape(found)
    assert shape["likely"][2] == {"about": "code", "part": "code", "path": "train.py"}


def test_a_known_cause_stands_there_instead_of_who_merely_ended_first(pair: tuple[FolderOfRun, FolderOfRun]) -> None:
    bad = fail(pair[1], 0).snapshot
    plain = compare_runs(pair[0].snapshot, bad)
    assert "first_failure.rank" in [each.path for each in plain.result]
    (result,) = (each for each in sections(plain) if each.title == "Result")
    assert "first rank to end" in [each.name for each in result.rows]
    found = compare_runs(pair[0].snapshot, bad, causes=("", "rank 1: killed by SIGKILL."))
    told = {each.path: each.second for each in found.result}
    assert told["cause"] == "rank 1: killed by SIGKILL."
    assert not [each for each in told if each.startswith(("first_failure", "reason"))]
    assert ("result", "cause") in [(each.part, each.path) for each in found.likely[:3]]


@given(st.dictionaries(st.text(min_size=1, max_size=5), VALUES, max_size=4))
def test_every_path_leads_to_its_value(data: dict[str, object]) -> None:
    for path, value in flat(data).items():
        assert value_at(data, split_path(path), "nothing") == value  # type: ignore[arg-type]


WORDS = " ".join(f"--option-{each} {each}" for each in range(40))


@pytest.mark.parametrize(
    ("first", "second", "shown"),
    [
        ("a  b", "a\nc", ("a b", "a c")),
        ("a b", "a  b", ('"a b"', '"a  b"')),
        (f"{WORDS} --lr 0.1 {WORDS}", f"{WORDS} --lr 0.25 {WORDS}", ("0.1", "0.25")),
        (f"{WORDS} --lr", f"{WORDS} --lr 3 {WORDS}", ("--lr", "--lr 3")),
        ("x" * 400 + "a", "x" * 400 + "b", ("xa", "xb")),
        ("–", f"seen {WORDS}", ("–", "seen --option-0")),
    ],
)
def test_long_texts_are_cut_so_that_both_sides_show_where_they_first_differ(
    first: str, second: str, shown: tuple[str, str]
) -> None:
    found = cut(first, second, 60)
    assert all(text in said and len(said) <= 64 for text, said in zip(shown, found, strict=True)), found
    assert found[0] != found[1]
    assert cut(second, first, 60) == found[::-1]


def test_what_a_bundle_covers_is_not_said_to_differ(pair: tuple[FolderOfRun, FolderOfRun], tmp_path: Path) -> None:
    home = str(Path.home())
    for number, made in enumerate(pair):
        values = {"MY_TOKEN": "hunter-and-hunter", "PLACE": f"{home}/data", "OTHER": f"{home}/{number}"}
        edit_plan(made, environment=values)
    bundle_run(pair[0].snapshot, tmp_path / "b.zip")
    opened = open_bundle(tmp_path / "b.zip", tmp_path / "elsewhere")
    run = replace(pair[0].snapshot, folder=str(opened.folder), from_bundle=opened.origin, handle="local://another")
    both = compare_runs(run, pair[1].snapshot)
    assert any("did not come along (--with-code bundles it)" in each for each in both.not_compared)
    found = {each.path: (each.first, each.second) for each in both.plan}
    assert found["environment.OTHER"] == ("~/0", "~/1")
    assert not {"environment.MY_TOKEN", "environment.PLACE"} & set(found)
