"""The v1 wizard follows what v1 code assigns to attributes of its configurations, or says the line."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from desktop_app.api import Job
from desktop_app.api.testing import fake_context
from plugins.sdk_v1.job import build
from plugins.sdk_v1.submissions import Submission, find_submissions
from plugins.sdk_v1.wizard import wizards

(WIZARD,) = wizards()
MPI = "mpi = MpiConfiguration()\nmpi.process_count_per_node = 2\nmpi.node_count = 3\n"
SERVED = "tf = TensorflowConfiguration()\ntf.worker_count = 3\ntf.parameter_server_count = 2\n"
SET = """
rc.node_count = 3
rc.communicator = "IntelMpi"
rc.mpi.process_count_per_node = 2
rc.target = "gpu"
rc.environment = Environment.get(ws, "ours")
rc.framework = "Python"
"""
RUN = f"rc = RunConfiguration(){SET}"


def found(text: str) -> tuple[Submission, ...]:
    return find_submissions(ast.parse(text))


def counts(made: Job) -> tuple[object, ...]:
    kind = made.distribution
    assert kind is not None
    return (kind.type, made.resources.instance_count, kind.process_count_per_instance, kind.worker_count,
            kind.parameter_server_count)  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (MPI + "src = ScriptRunConfig('.', 't.py', distributed_job_config=mpi)", ("mpi", 3, 2, None, None)),
        (MPI + "src = PyTorch('.', entry_script='t.py', distributed_training=mpi)", ("mpi", 3, 2, None, None)),
        (SERVED + "src = ScriptRunConfig('.', 't.py', distributed_job_config=tf)", ("tensorflow", 5, None, 3, 2)),
        (RUN + "src = ScriptRunConfig('.', 't.py', run_config=rc)", ("mpi", 3, 2, None, None)),
        (RUN + "src = ScriptRunConfig('.', 't.py', [], rc)", ("mpi", 3, 2, None, None)),
        (RUN + "src = ScriptRunConfig('.', 't.py')\nsrc.run_config = rc", ("mpi", 3, 2, None, None)),
        ("src = ScriptRunConfig('.', 't.py')\nrc = src.run_config\n" + SET,
         ("mpi", 3, 2, None, None)),
        ("src = ScriptRunConfig('.', 't.py')" + SET.replace("rc.", "src.run_config."),
         ("mpi", 3, 2, None, None)),
        ("src = ScriptRunConfig('.', 't.py')\nsrc.run_config.communicator = 'ParameterServer'\n"
         "src.run_config.tensorflow = TensorflowConfiguration(worker_count=3)\n"
         "src.run_config.tensorflow.parameter_server_count = 2", ("tensorflow", 5, None, 3, 2)),
        ("mpi = MpiConfiguration()\nsetattr(mpi, 'process_count_per_node', 2)\n"
         "ScriptRunConfig('.', 't.py', distributed_job_config=mpi)", ("mpi", 1, 2, None, None)),
    ],
)  # fmt: skip
def test_counts_set_by_attribute_are_taken(text: str, expected: tuple[object, ...], tmp_path: Path) -> None:
    (tmp_path / "submit.py").write_text(text, "utf-8")
    assert counts(build({"v1_file": "submit.py"}, fake_context(tmp_path))) == expected


def test_each_job_takes_what_is_set_above_it() -> None:
    text = "rc = RunConfiguration()\n" + "".join(
        f"rc.node_count = {nodes}\nsrc = ScriptRunConfig('.', 't.py', run_config=rc)\n"
        f"src.run_config.mpi.process_count_per_node = {nodes * 2}\n"
        for nodes in (2, 4)
    )
    assert [(each.words["node_count"], each.words["process_count_per_node"]) for each in found(text)] == [
        (2, 4), (4, 8),
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text",
    [
        "mpi = MpiConfiguration()\nmpi.node_count = count()\nScriptRunConfig('.', 't', distributed_job_config=mpi)",
        "src = ScriptRunConfig('.', 't.py')\nsrc.run_config.node_count += 1",
        "src = ScriptRunConfig('.', 't.py')\nconfigurations[0].node_count = 2",
    ],
)
def test_a_count_that_can_t_be_followed_is_said_with_its_line(text: str, tmp_path: Path) -> None:
    assert "(line 2)" in found(text)[0].unread["node_count"]
    (tmp_path / "submit.py").write_text(text, "utf-8")
    pages = WIZARD.steps({"v1_file": "submit.py"}, fake_context(tmp_path))
    assert any("(line 2)" in each.message and each.path == "node_count" for page in pages for each in page.notes)
