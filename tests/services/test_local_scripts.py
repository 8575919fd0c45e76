"""What a plan says about scripts in the light of their job: variables that it won't set, GPUs that are not there."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Distribution, Host, Job, Resources, ScriptScan, ScriptSource, Severity
from desktop_app.backends.local.scripts import find_needs
from plugins.horovod.scan import scan as scan_mpi
from plugins.pytorch.scan import scan
from plugins.tensorflow.scan import scan as scan_tensorflow
from tests.helpers.local_ports import FakePorts

READS_OMPI = 'import os\nrank = int(os.environ["OMPI_COMM_WORLD_RANK"])\n'
READS_RANK = 'import os\nrank = int(os.environ["RANK"])\n'
TAKES_GPU = "import torch\nmodel = torch.nn.Linear(1, 1).cuda()\n"


class ScanningPorts(FakePorts):
    """Scans as the PyTorch plugin does."""

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        found = scan(source)
        assert found is not None
        return found


def said(folder: Path, job: Job, gpus: int = 0) -> dict[str, Diagnostic]:
    host = Host(("/bin/sh", "-c"), gpus=("Test GPU",) * gpus)
    return {each.code: each for each in find_needs(job, folder, ScanningPorts(), host).findings}


def job(type_: str | None, command: str = "python train.py", per_node: int = 2, **more: str) -> Job:
    distribution = Distribution(type_, per_node) if type_ else None
    return Job(command, distribution=distribution, resources=Resources(1), environment_variables=more)


@pytest.mark.parametrize(("text", "type_", "code"), [
    (READS_OMPI, "pytorch", "mpi-variable"), (READS_OMPI, "mpi", None), (READS_RANK, "mpi", "variable-not-set"),
    (READS_RANK, "pytorch", None), (READS_RANK, None, "variable-not-set"), (READS_RANK, "ray", None),
])  # fmt: skip
def test_variables_that_the_distribution_does_not_set(
    text: str, type_: str | None, code: str | None, tmp_path: Path
) -> None:
    (tmp_path / "train.py").write_text(text, "utf-8")
    found = {name: each for name, each in said(tmp_path, job(type_)).items() if name.endswith(("variable", "not-set"))}
    assert list(found) == ([code] if code else [])
    for each in found.values():
        assert (each.severity, each.path, each.line) == (Severity.WARNING, "command", None)
        assert each.message.startswith("train.py, line 2: ")


def test_what_the_job_or_a_launcher_sets_is_there(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(READS_RANK, "utf-8")
    assert "variable-not-set" not in said(tmp_path, job("mpi", RANK="0"))
    assert "variable-not-set" not in said(tmp_path, job(None, "torchrun --standalone train.py"))


def test_files_are_read_in_the_light_of_each_other(tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("import setup_ranks\n" + READS_RANK, "utf-8")
    (tmp_path / "setup_ranks.py").write_text(
        'import os\nos.environ["RANK"] = os.environ["OMPI_COMM_WORLD_RANK"]\n', "utf-8"
    )
    assert "variable-not-set" not in said(tmp_path, job("mpi"))
    found = said(tmp_path, job("tensorflow"))
    assert found["mpi-variable"].message.startswith("setup_ranks.py, line 2: ")


@pytest.mark.parametrize(("gpus", "per_node", "is_said"), [(0, 1, True), (1, 2, True), (2, 2, False), (8, 2, False)])
def test_a_script_that_takes_a_gpu(gpus: int, per_node: int, is_said: bool, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text(TAKES_GPU, "utf-8")
    found = said(tmp_path, job("pytorch", per_node=per_node), gpus)
    assert ("needs-gpu" in found) == is_said


class MpiPorts(FakePorts):
    """Scans as the plugin for Horovod and MPI does."""

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        return scan_mpi(source) or ScriptScan(imports=("init_ranks",) if "init_ranks" in source.text else ())


def codes(folder: Path, job: Job) -> set[str]:
    return {each.code for each in find_needs(job, folder, MpiPorts(), Host(("/bin/sh", "-c"))).findings}


@pytest.mark.parametrize(("command", "per_node", "is_said"), [
    ("python train.py", 2, True), ("OMP_NUM_THREADS=1 python -u train.py", 2, True), ("python train.py", 1, False),
    ("python -m mpi4py train.py", 2, False), ("python -u -m mpi4py.run train.py", 2, False),
    ("mpirun -np 2 python train.py", 1, True),
])  # fmt: skip
def test_mpi4py_that_is_not_started_by_its_module(command: str, per_node: int, is_said: bool, tmp_path: Path) -> None:
    (tmp_path / "train.py").write_text("from mpi4py import MPI\nprint(MPI.COMM_WORLD.rank)\n", "utf-8")
    assert ("mpi-exception-waits" in codes(tmp_path, job("mpi", command, per_node))) is is_said


def test_a_module_that_calls_hvd_init_settles_it(tmp_path: Path) -> None:
    text = "import horovod.torch as hvd\nimport init_ranks\nprint(hvd.size())\n"
    (tmp_path / "train.py").write_text(text, "utf-8")
    (tmp_path / "init_ranks.py").write_text("x = 1\n", "utf-8")
    assert "hvd-init-missing" in codes(tmp_path, job("mpi"))
    (tmp_path / "init_ranks.py").write_text("import horovod.torch as hvd\nhvd.init()\n", "utf-8")
    assert "hvd-init-missing" not in codes(tmp_path, job("mpi"))


class TensorFlowPorts(FakePorts):
    """Scans as the plugin for TensorFlow does."""

    def scan_script(self, source: ScriptSource) -> ScriptScan:
        return scan_tensorflow(source) or ScriptScan()


@pytest.mark.parametrize(
    ("nodes", "other", "is_said"),
    [(2, "x = 1\n", True), (1, "x = 1\n", False), (2, "tf.distribute.MultiWorkerMirroredStrategy()\n", False)],
)
def test_a_strategy_of_one_machine_in_a_job_of_several(nodes: int, other: str, is_said: bool, tmp_path: Path) -> None:
    text = "import tensorflow as tf\nimport ways\nstrategy = tf.distribute.MirroredStrategy()\n"
    (tmp_path / "train.py").write_text(text, "utf-8")
    (tmp_path / "ways.py").write_text(f"import tensorflow as tf\n{other}", "utf-8")
    asked = Job("python train.py", distribution=Distribution("tensorflow"), resources=Resources(instance_count=nodes))
    found = find_needs(asked, tmp_path, TensorFlowPorts(), Host(("/bin/sh", "-c"))).findings
    said = [each for each in found if each.code == "one-machine-strategy"]
    assert [each.message.partition(": ")[0] for each in said] == (["train.py, line 3"] if is_said else [])
    assert [(each.path, each.severity) for each in said] == ([("command", Severity.WARNING)] if is_said else [])
