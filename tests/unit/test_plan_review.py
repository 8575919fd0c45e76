"""The plan as rows."""

from __future__ import annotations

import pytest

from desktop_app.api import (
    Diagnostic,
    Job,
    PlannedFile,
    ProcessSpec,
    Severity,
    SubmissionPlan,
    Sweep,
    ToolchainSpec,
    Topology,
)
from desktop_app.presenters import plan_review
from desktop_app.presenters.plan_review import HIDDEN, Mend


def plan(*findings: Diagnostic, **changes: object) -> SubmissionPlan:
    facts: dict[str, object] = {
        "backend": "local",
        "job": Job("python train.py", display_name="digits-ddp"),
        "source": "job.yml",
        "topology": Topology(2, 2),
        "processes": (ProcessSpec(0, 0, 0, ("/bin/bash", "-c", "python  train.py \\\n  --lr 1"), {"RANK": "0"}),),
        "files": (PlannedFile("/p/b.py", "b.py", 1500), PlannedFile("/p/a.py", "a.py", 10)),
        "environment": {"PATH": "/bin", "RANK": "shadowed", "HF_TOKEN": "hf_abc"},
        "diagnostics": findings,
    }
    return SubmissionPlan(**{**facts, **changes})  # type: ignore[arg-type]


def error(code: str, message: str) -> Diagnostic:
    return Diagnostic(Severity.ERROR, code, message)


def test_a_process_shows_its_own_variables_first_and_no_secret() -> None:
    made = plan()
    found = plan_review.variables(made, made.processes[0])
    assert [(each.name, each.value, each.own) for each in found] == [
        ("RANK", "0", True), ("HF_TOKEN", HIDDEN, False), ("PATH", "/bin", False),
    ]  # fmt: skip


@pytest.mark.parametrize("name", ["AZURE_CLIENT_SECRET", "WANDB_API_KEY", "DB_PASSWORD", "STORAGE_SAS", "MY_TOKEN"])
def test_secrets_are_covered(name: str) -> None:
    made = plan(environment={name: "s3cret"})
    assert plan_review.variables(made, made.processes[0])[-1].value == HIDDEN


@pytest.mark.parametrize("name", ["MASTER_ADDR", "KEYBOARD", "MONKEY", "SASQUATCH", "PYTHONPATH"])
def test_what_is_no_secret_is_shown(name: str) -> None:
    made = plan(environment={name: "value"})
    assert plan_review.variables(made, made.processes[0])[-1].value == "value"


def test_a_shells_command_is_shown_as_one_would_type_it() -> None:
    assert plan_review.command_text(plan().processes[0]) == "python train.py --lr 1"
    assert plan_review.command_text(ProcessSpec(0, 0, 0, ("torchrun", "a b.py"))) == "torchrun 'a b.py'"


def test_lines_of_a_command_are_told_apart_in_one() -> None:
    shell = ProcessSpec(0, 0, 0, ("bash", "-c", "wait 2 || exit\npython \\\n  train.py\n\n"))
    assert plan_review.command_text(shell) == "wait 2 || exit ↵ python train.py"
    assert plan_review.command_to_copy(shell) == shell.argv[-1]


def test_files_by_name_with_their_size() -> None:
    assert [each.name for each in plan_review.file_rows(plan())] == ["a.py", "b.py"]
    assert plan_review.files_text(plan()) == "2 files, 1.5 kB"
    assert plan_review.files_text(plan(files=())) == "no files"


def test_the_backends_facts_are_taken_as_they_are() -> None:
    assert plan_review.facts(plan(facts=(("Ranks", "four"),))) == (("Ranks", "four"),)
    own = dict(plan_review.facts(plan(timeout=90, toolchain="pytorch")))
    assert own == {
        "Ranks": "2 nodes × 2 processes = 4 ranks", "Python": "pytorch", "Time limit": "1 min 30 s",
        "Files": "2 files, 1.5 kB",
    }  # fmt: skip


def test_an_error_stands_in_the_way_and_a_warning_does_not() -> None:
    warning = Diagnostic(Severity.WARNING, "w", "slow")
    assert plan_review.why_not(plan(warning)) == ""
    assert "mend it first" in plan_review.why_not(plan(error("x", "no")))
    assert plan_review.why_not(plan(error("x", "no"), error("y", "no"))).startswith("2 errors")
    assert plan_review.by_severity((warning, error("x", "no")))[0].code == "x"


def test_a_missing_toolchain_can_be_set_up_by_a_click() -> None:
    message = "The toolchain pytorch (PyTorch 2.13) is not made yet: run `rankzero toolchains create pytorch`."
    (mend,) = plan_review.mends(plan(error("toolchain-missing", message)))
    assert (mend, mend.text) == (Mend("create", "pytorch"), "Set up the pytorch toolchain")
    specs = [ToolchainSpec("pytorch", "PyTorch", "p", (), size_mb=900, minutes=1)]
    (mend,) = plan_review.mends(plan(error("toolchain-missing", message)), specs)
    assert mend.text == "Set up the pytorch toolchain (about 1 minute, 900 MB)"
    assert mend.title == "Set up the pytorch toolchain"


def test_missing_packages_are_added_together() -> None:
    text = "The script imports {}, which the toolchain pytorch lacks: run `rankzero toolchains add pytorch {}`."
    found = [error("missing-package", text.format(a, b)) for a, b in (("yaml", "PyYAML"), ("cv2", "opencv-python"))]
    (mend,) = plan_review.mends(plan(*found, error("missing-package", "Do something by hand.")))
    assert mend == Mend("add", "pytorch", ("PyYAML", "opencv-python"))
    assert mend.title == "Add PyYAML, opencv-python to pytorch"


def test_the_title_is_the_best_name_there_is() -> None:
    assert plan_review.title(plan()) == "digits-ddp"
    assert plan_review.title(plan(job=Job("x", experiment_name="e"))) == "e"
    assert plan_review.title(plan(job=Job("x"))) == "Job"


def test_the_line_of_a_workspace_is_shown_and_copied_as_it_was_written() -> None:
    process = ProcessSpec(0, 0, 0, ("python train.py \\\n  --epochs 3\necho done",))
    assert plan_review.command_text(process) == "python train.py --epochs 3 ↵ echo done"
    assert plan_review.command_to_copy(process) == process.argv[0]


def test_of_a_sweep_it_is_said_what_each_trial_starts() -> None:
    job = Job("python t.py\n  --lr ${{search_space.lr}}", sweep=Sweep({"lr": {}}, "loss"))
    controller = ProcessSpec(0, 0, 0, ("/python", "control_sweep.py", "r-1"), role="controller")
    (row,) = plan_review.process_rows(SubmissionPlan("local", job, "", job.topology, (controller,)))
    assert row.starts == "each trial: python t.py --lr ${{search_space.lr}}"
