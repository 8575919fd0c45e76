"""Ordinary mistakes in PyTorch jobs, each named in one sentence, most mended by one click."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from desktop_app.api import Diagnostic, Distribution, Job, Resources, Severity
from plugins.pytorch.checks import check
from tests.helpers.pytorch_jobs import pytorch_job

PER_NODE = "distribution.process_count_per_instance"
MEET = "--node-rank=$NODE_RANK --master-addr=$MASTER_ADDR --master-port=$MASTER_PORT"
RUN = f"torchrun --nnodes=2 --nproc-per-node=4 {MEET}"
OLD = "python -m torch.distributed.launch"


def found(job: Job) -> dict[str, Diagnostic]:
    return {each.code: each for each in check(job)}


def with_distribution(nodes: int = 1, **values: Any) -> Job:
    return replace(pytorch_job(nodes=nodes), distribution=Distribution("pytorch", **values))


SOUND = [
    pytorch_job(),
    pytorch_job(nodes=2, per_node=4, size="Standard_NC64as_T4_v3"),
    pytorch_job("python train.py --local-rank $LOCAL_RANK"),
    pytorch_job(per_node=None),
    pytorch_job(size="Standard_D4ds_v5"),
    Job("python train.py"),
    Job("python train.py", distribution=Distribution("tensorflow", worker_count=2)),
    Job("mpirun python t.py", distribution=Distribution("mpi", process_count_per_instance=4)),
]


@pytest.mark.parametrize("job", SOUND)
def test_sound_jobs(job: Job) -> None:
    assert found(job) == {}


MISTAKES: list[tuple[str, Job, str, Severity]] = [
    ("too-many-ranks", pytorch_job(nodes=100, per_node=100), PER_NODE, Severity.ERROR),
    (
        "rank-variable-fixed",
        pytorch_job(environment_variables={"MASTER_ADDR": "x"}),
        "environment_variables.MASTER_ADDR",
        Severity.WARNING,
    ),
    ("launcher-deprecated", pytorch_job(f"{OLD} t.py", per_node=1), "command", Severity.WARNING),
    (
        "launcher-per-node",
        pytorch_job("torchrun --standalone --nproc-per-node=2 t.py", per_node=1),
        "command",
        Severity.INFO,
    ),
    (
        "local-rank-too-early",
        pytorch_job("torchrun --standalone t.py --r $LOCAL_RANK", per_node=1),
        "command",
        Severity.WARNING,
    ),
    (
        "standalone-on-many-nodes",
        pytorch_job("torchrun --standalone t.py", nodes=2, per_node=1),
        "command",
        Severity.ERROR,
    ),
    ("nnodes-mismatch", pytorch_job(f"{RUN} t.py", nodes=4, per_node=1), "command", Severity.ERROR),
    (
        "nnodes-mismatch",
        pytorch_job("torchrun --node-rank=$NODE_RANK --master-addr=$MASTER_ADDR t.py", nodes=2, per_node=1),
        "command",
        Severity.ERROR,
    ),
    (
        "node-rank-missing",
        pytorch_job("torchrun --nnodes=2 --master-addr=$MASTER_ADDR t.py", nodes=2, per_node=1),
        "command",
        Severity.ERROR,
    ),
    (
        "node-rank-missing",
        pytorch_job("torchrun --nnodes=2 --node-rank=0 --master-addr=$MASTER_ADDR t.py", nodes=2, per_node=1),
        "command",
        Severity.ERROR,
    ),
    (
        "master-address-missing",
        pytorch_job("torchrun --nnodes=2 --node-rank=$NODE_RANK t.py", nodes=2, per_node=1),
        "command",
        Severity.ERROR,
    ),
    (
        "rendezvous-missing",
        pytorch_job("torchrun --nnodes=2 --rdzv-backend=c10d t.py", nodes=2, per_node=1),
        "command",
        Severity.ERROR,
    ),
    (
        "rendezvous-missing",
        pytorch_job("torchrun --nnodes=2 --rdzv-backend=c10d --rdzv-endpoint=localhost:1 t.py", nodes=2, per_node=1),
        "command",
        Severity.ERROR,
    ),
    ("distribution-missing", Job(f"{RUN} t.py", resources=Resources(instance_count=2)), "distribution", Severity.ERROR),
    (
        "more-processes-than-gpus",
        pytorch_job("torchrun --standalone --nproc-per-node=8 t.py", per_node=1, size="STANDARD_NC64AS_T4_V3"),
        "command",
        Severity.WARNING,
    ),
    ("idle-gpus", pytorch_job(per_node=1, size="Standard_NC64as_T4_v3"), PER_NODE, Severity.INFO),
    (
        "idle-gpus",
        pytorch_job("torchrun --standalone t.py", per_node=1, size="Standard_NC64as_T4_v3"),
        "command",
        Severity.INFO,
    ),
]


@pytest.mark.parametrize(
    ("code", "job", "path", "severity"), MISTAKES, ids=[f"{each[0]}-{n}" for n, each in enumerate(MISTAKES)]
)
def test_mistake_is_named(code: str, job: Job, path: str, severity: Severity) -> None:
    diagnostic = found(job)[code]
    assert (diagnostic.path, diagnostic.severity) == (path, severity)
    assert diagnostic.message.endswith(".")
    assert "\n" not in diagnostic.message


def fix_of(code: str, job: Job) -> tuple[dict[str, Any], tuple[str, ...]]:
    fix = found(job)[code].fix
    assert fix is not None
    return dict(fix.set), fix.unset


def test_a_launcher_on_many_nodes_gets_its_distribution() -> None:
    job = next(job for code, job, _, _ in MISTAKES if code == "distribution-missing")
    assert fix_of("distribution-missing", job)[0] == {"distribution.type": "pytorch", PER_NODE: 1}


def test_what_holds_for_any_job_is_left_to_the_house() -> None:
    assert found(pytorch_job("torchrun t.py", per_node=4)).keys() <= {"launcher-per-node"}
    assert found(with_distribution(worker_count=2, extra={"process_count": 8})) == {}
    assert found(pytorch_job(per_node=8, size="Standard_NC64as_T4_v3")) == {}


def test_the_old_launcher_becomes_torchrun_where_that_changes_nothing() -> None:
    changed, _ = fix_of("launcher-deprecated", pytorch_job(f"{OLD} --nproc_per_node 2 --use_env t.py --a", per_node=1))
    assert changed == {"command": "torchrun --nproc_per_node 2 t.py --a"}


def test_the_old_launcher_that_passes_the_local_rank_is_explained_only() -> None:
    diagnostic = found(pytorch_job(f"{OLD} t.py", per_node=1))["launcher-deprecated"]
    assert diagnostic.fix is None
    assert "--local-rank" in diagnostic.message


@pytest.mark.parametrize(
    "command",
    [
        f"{RUN} t.py",
        "torchrun --nnodes=1:2 --rdzv-backend=c10d --rdzv-endpoint=$MASTER_ADDR:$MASTER_PORT t.py",
        f"{OLD} --use_env --nnodes 2 --node_rank ${{NODE_RANK}} --master_addr $MASTER_ADDR t.py",
    ],
)
def test_launchers_on_two_nodes_done_right(command: str) -> None:
    assert all(each.severity is not Severity.ERROR for each in check(pytorch_job(command, nodes=2, per_node=1)))
