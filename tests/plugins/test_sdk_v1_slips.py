"""The wizard "I have v1 code" where the code has slips: each is said with its line, no count is guessed silently."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Answers, Severity
from desktop_app.api.testing import fake_context
from plugins.sdk_v1.wizard import wizards

(WIZARD,) = wizards()
CODE = """\
from azureml.core import Experiment, ScriptRunConfig
from azureml.core.runconfig import MpiConfiguration, PyTorchConfiguration
n_gpus = torch.cuda.device_count()
how = PyTorchConfiguration(process_count=2, node_count=1)
src = ScriptRunConfig(source_directory=".", script="train.py", compute_target="gpus",
                      distributed_job_config=how)
Experiment(ws, "digits").submit(src)
"""
PYTORCH = "PyTorchConfiguration(process_count=2, node_count=1)"


def warned(folder: Path, text: str | None, answers: Answers | None = None, name: str = "go.py") -> dict[str, str]:
    """Return what the pages warn of, by code."""
    (folder / "train.py").write_text("import torch\n", "utf-8")
    if text is not None:
        (folder / name).write_text(text, "utf-8")
    steps = WIZARD.steps({"v1_file": name, **(answers or {})}, fake_context(folder))
    return {each.code: each.message for step in steps for each in step.notes if each.severity is Severity.WARNING}


def test_sound_code_is_not_warned_of(tmp_path: Path) -> None:
    assert warned(tmp_path, CODE) == {}


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("src = ScriptRunConfig", "src = ScriptRunConfg", "line 5: ScriptRunConfg is unknown: did you mean ScriptRunC"),
        ("script=", "scripts=", "line 5: ScriptRunConfig has no scripts: did you mean script?"),
        ("distributed_job_config=", "distributed_config=", "line 6: ScriptRunConfig has no distributed_config: did yo"),
        ("how = PyTorchC", "how = PytorchC", "line 4: PytorchConfiguration is unknown: did you mean PyTorchConfigurat"),
        ("process_count=2", "processes=2", "line 4: PyTorchConfiguration has no processes: did you mean process_count"),
        ("script=", "qx=1, script=", "line 5: ScriptRunConfig has no qx; it is left out."),
    ],
)
def test_a_name_that_v1_does_not_have_is_said_with_its_line(tmp_path: Path, old: str, new: str, said: str) -> None:
    assert old in CODE
    assert warned(tmp_path, CODE.replace(old, new, 1))["slip"].startswith(f"go.py, {said}")


def test_an_estimators_slip_is_said_and_other_classes_of_its_name_are_left_alone(tmp_path: Path) -> None:
    made = 'PyTorch(source_directory=".", compute_target="gpus", entry_scripts="train.py", shm_size="2g")\n'
    assert warned(tmp_path, made)["slip"] == "go.py, line 1: PyTorch has no entry_scripts: did you mean entry_script?"
    own = "class MyScriptRunConfig:\n    pass\n\nMyScriptRunConfig(scripts=1)\nDockerConfiguration(use_docker=True)\n"
    assert "slip" not in warned(tmp_path, CODE + own)


def test_a_file_that_can_not_be_read_is_named_with_why(tmp_path: Path) -> None:
    broken = CODE.replace('script="train.py"', 'script=["train.py"')
    assert warned(tmp_path, broken)["not-read"].startswith("go.py, line 6, is no Python 3: ")
    gone = warned(tmp_path, None, name="nothere.py")["not-read"]
    assert gone == f"There is no file nothere.py in {tmp_path}; pick another."
    conda = warned(tmp_path, "name: digits\n", name="conda.yml")["not-read"]
    assert conda.startswith("conda.yml is no Python script")


@pytest.mark.parametrize(
    ("configuration", "code", "said"),
    [
        (
            "PyTorchConfiguration(process_count=n_gpus)",
            "not-known",
            "process_count is device_count in the code",
        ),
        ("PyTorchConfiguration(process_count=0)", "no-count", "process_count is 0 in the code, which is no count"),
        ("MpiConfiguration(process_count_per_node='two')", "no-count", "process_count_per_node is 'two' in the code"),
        ("MpiConfiguration(2, node_count=-1)", "no-count", "node_count is -1 in the code"),
        ("PyTorchConfiguration(process_count=2.5)", "no-count", "process_count is 2.5 in the code"),
    ],
)
def test_a_count_that_is_none_is_said_and_so_is_what_stands_for_it(
    tmp_path: Path, configuration: str, code: str, said: str
) -> None:
    found = warned(tmp_path, CODE.replace(PYTORCH, configuration))
    assert found[code].startswith(said)
    assert "the number of processes is a guess: " in found["count-taken"]


def test_processes_that_can_not_be_shared_out_evenly_are_said(tmp_path: Path) -> None:
    found = warned(tmp_path, CODE.replace(PYTORCH, "PyTorchConfiguration(process_count=3, node_count=2)"))
    assert found["uneven"] == "3 processes can't be shared out evenly over 2 nodes: 2 on each makes 4."


def test_a_count_that_a_person_has_said_is_not_asked_for_again(tmp_path: Path) -> None:
    code = CODE.replace(PYTORCH, "PyTorchConfiguration(process_count=n_gpus)")
    assert warned(tmp_path, code, {"process_count": 4}) == {}


def test_counts_of_a_run_configuration_are_looked_at_too(tmp_path: Path) -> None:
    text = (
        "script: train.py\ntarget: gpus\ncommunicator: Nccl\nnodeCount: 1\n"
        "pytorch:\n  communicationBackend: nccl\n  processCount: {}\nmpi:\n  processCountPerNode: 0\n"
    )
    assert "no-count" not in warned(tmp_path, text.format("4"), name="a.runconfig")
    assert "no-count" not in warned(tmp_path, text.format("null"), name="b.runconfig")
    found = warned(tmp_path, text.format("two"), name="c.runconfig")
    assert found["no-count"] == "process_count is 'two' in the code, which is no count: fill it in."
