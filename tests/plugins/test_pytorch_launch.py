"""The processes that a job means, as data and, with the toolchain, as a real run."""

from __future__ import annotations

import dataclasses
import os
import socket
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

from desktop_app.api import Distribution, Job, ProcessSpec
from plugins.pytorch.launch import MOST_RANKS, processes
from tests.helpers.pytorch_jobs import HOST, pytorch_job

SIX = {"MASTER_ADDR", "MASTER_PORT", "NODE_RANK", "WORLD_SIZE", "RANK", "LOCAL_RANK"}
WHO = """
import os, torch.distributed as dist
dist.init_process_group("gloo")
said = f"I am {dist.get_rank()} of {dist.get_world_size()} local {os.environ['LOCAL_RANK']}\\n"
os.write(1, said.encode())  # at once: the ranks of a launcher share one pipe
dist.barrier()  # a rank that leaves while others still connect breaks their connections
dist.destroy_process_group()
"""


def planned(job: Job) -> Sequence[ProcessSpec]:
    found = processes(job, HOST)
    assert found is not None
    return found


def test_a_process_per_rank_with_the_six_variables() -> None:
    found = planned(pytorch_job(nodes=2, per_node=2))
    assert [(each.rank, each.node, each.local_rank) for each in found] == [(0, 0, 0), (1, 0, 1), (2, 1, 0), (3, 1, 1)]
    assert all(set(each.environment) == SIX for each in found)
    assert dict(found[3].environment) == {
        "MASTER_ADDR": "127.0.0.1",
        "MASTER_PORT": "6105",
        "NODE_RANK": "1",
        "WORLD_SIZE": "4",
        "RANK": "3",
        "LOCAL_RANK": "1",
    }


def test_the_command_goes_to_the_hosts_shell_with_its_placeholders() -> None:
    (only,) = planned(pytorch_job("python train.py --lr ${{inputs.lr}}", per_node=1))
    assert only.argv == ("/bin/bash", "-c", "python train.py --lr ${{inputs.lr}}")
    assert only.role == "worker"


def test_each_rank_has_a_log_of_its_own() -> None:
    logs = [each.log for each in planned(pytorch_job(per_node=3))]
    assert logs == [f"user_logs/std_log_process_{rank}.txt" for rank in range(3)]


def test_a_launcher_is_an_agent_per_node() -> None:
    found = planned(pytorch_job("torchrun --nnodes=2 --nproc-per-node=4 t.py", nodes=2, per_node=1))
    assert [(each.role, each.node, each.rank) for each in found] == [("agent", 0, 0), ("agent", 1, 1)]
    assert found[0].environment["WORLD_SIZE"] == "2"


@pytest.mark.parametrize("kind", ["pytorch", "PyTorch", " pytorch "])
def test_the_types_case_does_not_matter(kind: str) -> None:
    assert planned(Job("python t.py", distribution=Distribution(kind)))


@pytest.mark.parametrize(
    "job", [Job("python t.py"), Job("mpirun x", distribution=Distribution("mpi")), Job("torchrun t.py")]
)
def test_jobs_of_another_kind_are_left_to_others(job: Job) -> None:
    assert processes(job, HOST) is None


def test_absent_counts_are_one() -> None:
    assert len(planned(pytorch_job(nodes=None, per_node=None))) == 1


@pytest.mark.parametrize(("nodes", "per_node"), [(0, 2), (2, 0), (-1, -1), (1, MOST_RANKS + 1), (10**9, 10**9)])
def test_absurd_counts_make_no_processes(nodes: int, per_node: int) -> None:
    assert planned(pytorch_job(nodes=nodes, per_node=per_node)) == ()


@pytest.mark.torch
@pytest.mark.parametrize(
    ("command", "nodes", "per_node"),
    [
        ("python who.py", 2, 2),
        ("torchrun --standalone --nproc-per-node=2 who.py", 1, 1),
        (
            "torchrun --nnodes=2 --nproc-per-node=2 --node-rank=$NODE_RANK --master-addr=$MASTER_ADDR"
            " --master-port=$MASTER_PORT who.py",
            2,
            1,
        ),
    ],
    ids=["per process", "per node", "per node, two nodes"],
)
def test_the_planned_processes_find_each_other(
    tmp_path: Path, torch_toolchain: Path, command: str, nodes: int, per_node: int
) -> None:
    (tmp_path / "who.py").write_text(WHO, "utf-8")
    host = dataclasses.replace(HOST, master_port=_free_port())
    found = processes(pytorch_job(command, nodes=nodes, per_node=per_node), host)
    assert found is not None
    path = f"{torch_toolchain.parent}{os.pathsep}{os.environ['PATH']}"
    children = [
        subprocess.Popen(
            each.argv,
            cwd=tmp_path,
            env={**os.environ, "PATH": path, "OMP_NUM_THREADS": "1", **each.environment},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        for each in found
    ]
    said = "".join(each.communicate(timeout=240)[0] for each in children)
    assert [each.returncode for each in children] == [0] * len(children), said
    world = 2 if nodes == 1 else 4
    expected = {f"I am {rank} of {world} local {rank % 2}" for rank in range(world)}
    assert {line for line in said.splitlines() if line.startswith("I am")} == expected


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
