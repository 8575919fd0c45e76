"""What the ranks of a PyTorch job will see: as data, and beside what real processes find in their environment."""

from __future__ import annotations

import dataclasses
import json
import os
import socket
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

from desktop_app.api import Job, RankTable, Topology, VmSize
from plugins.pytorch.launch import MOST_RANKS, processes
from plugins.pytorch.rank_table import FREE_PORT, table
from tests.helpers.pytorch_jobs import HOST, VM_SIZES, pytorch_job

FOUR_GPUS = VM_SIZES[0]
STATIC = (
    "torchrun --nnodes=2 --nproc-per-node=2 --node-rank=$NODE_RANK"
    " --master-addr=$MASTER_ADDR --master-port=$MASTER_PORT"
)
PRINT = "import json, os; os.write(1, (json.dumps(dict(os.environ)) + chr(10)).encode())"
ADDRESS = {"MASTER_ADDR", "MASTER_PORT"}
"""Differ by design: on Azure ML it is the first node's address."""


def asked(job: Job, size: VmSize | None = None, first: int = 0, count: int = 64) -> RankTable:
    found = table(job, size, first, count)
    assert found is not None
    return found


def test_the_six_variables_of_a_process_per_gpu() -> None:
    found = asked(pytorch_job(nodes=2, per_node=4), FOUR_GPUS)
    assert (found.topology, len(found.rows), found.says) == (Topology(2, 4), 8, "")
    row = found.rows[6]
    assert (row.rank, row.node, row.local_rank, row.name, row.gpu) == (6, 1, 2, "6", "2")
    assert dict(row.environment) == {
        "MASTER_ADDR": "node-0",
        "MASTER_PORT": "6105",
        "NODE_RANK": "1",
        "WORLD_SIZE": "8",
        "RANK": "6",
        "LOCAL_RANK": "2",
    }


def test_only_the_rows_that_were_asked_for() -> None:
    job = pytorch_job(nodes=512, per_node=8)
    assert [each.rank for each in asked(job, None, 4090, 64).rows] == list(range(4090, 4096))
    assert asked(job, None, 4096, 64).rows == ()


@pytest.mark.parametrize("nodes", [0, -1, MOST_RANKS])
def test_counts_that_make_no_sense_have_no_rows(nodes: int) -> None:
    assert asked(pytorch_job(nodes=nodes, per_node=2)).rows == ()


def test_no_gpu_is_named_where_none_is_known_or_there_are_too_few() -> None:
    job = pytorch_job(per_node=6)
    assert {each.gpu for each in asked(job).rows} == {""}
    assert [each.gpu for each in asked(job, FOUR_GPUS).rows] == ["0", "1", "2", "3", "", ""]


def test_a_job_of_another_kind_is_somebody_elses() -> None:
    assert table(Job("python t.py"), None, 0, 64) is None


def test_a_launchers_ranks_are_shown_with_what_it_sets() -> None:
    found = asked(pytorch_job(f"{STATIC} t.py", nodes=2, per_node=1))
    assert found.topology == Topology(2, 2)
    assert found.says == "Azure ML starts torchrun on each of 2 nodes, and torchrun starts these ranks."
    last = dict(found.rows[3].environment)
    assert last["RANK"] == last["ROLE_RANK"] == "3"
    assert (last["GROUP_RANK"], last["LOCAL_RANK"], last["LOCAL_WORLD_SIZE"]) == ("1", "1", "2")
    assert (last["MASTER_PORT"], last["WORLD_SIZE"]) == ("6105", "4")


def test_gpu_means_one_for_each_gpu_of_the_size() -> None:
    job = pytorch_job("torchrun --nproc-per-node=gpu t.py", per_node=1)
    known, unknown = asked(job, FOUR_GPUS), asked(job)
    assert (known.topology, unknown.topology) == (Topology(1, 4), Topology(1, 1))
    assert known.says.endswith("Standard_NC64as_T4_v3 has 4 GPUs.")
    assert "name an instance_type" in unknown.says


def test_a_count_from_a_variable_is_said_to_be_unknown() -> None:
    found = asked(pytorch_job("torchrun --nproc-per-node=$GPUS t.py", per_node=1), FOUR_GPUS)
    assert found.topology == Topology(1, 1)
    assert "$GPUS, is known on the node only" in found.says


@pytest.mark.parametrize("how", ["--standalone", "--rdzv-backend=c10d --rdzv-endpoint=$MASTER_ADDR:29400"])
def test_a_rendezvous_finds_its_own_port(how: str) -> None:
    found = asked(pytorch_job(f"torchrun {how} --nproc-per-node=2 t.py", per_node=1))
    assert {each.environment["MASTER_PORT"] for each in found.rows} == {FREE_PORT}


def test_who_gets_which_ranks_is_open_where_nodes_meet() -> None:
    command = "torchrun --nnodes=2 --rdzv-backend=c10d --rdzv-endpoint=$MASTER_ADDR:29400 t.py"
    assert "settled when the nodes meet" in asked(pytorch_job(command, nodes=2, per_node=1)).says


@pytest.mark.torch
@pytest.mark.parametrize("command", ["python see.py", f"{STATIC} see.py"], ids=["by Azure ML", "by torchrun"])
def test_real_processes_see_what_the_table_says(tmp_path: Path, torch_toolchain: Path, command: str) -> None:
    (tmp_path / "see.py").write_text(PRINT, "utf-8")
    job = pytorch_job(command, nodes=2, per_node=1 if "torchrun" in command else 2)
    seen = _seen(job, tmp_path, torch_toolchain)
    rows = asked(job).rows
    assert seen.keys() == {each.rank for each in rows} == {0, 1, 2, 3}
    for row in rows:
        assert {name: seen[row.rank].get(name) for name in row.environment if name not in ADDRESS} == {
            name: value for name, value in row.environment.items() if name not in ADDRESS
        }
        assert seen[row.rank].keys() >= ADDRESS


def _seen(job: Job, folder: Path, python: Path) -> dict[int, Mapping[str, str]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        host = dataclasses.replace(HOST, master_port=int(probe.getsockname()[1]))
    ours = {name: value for name, value in os.environ.items() if name not in {"RANK", "WORLD_SIZE", "LOCAL_RANK"}}
    ours["PATH"] = f"{python.parent}{os.pathsep}{ours['PATH']}"
    children = [
        subprocess.Popen(
            each.argv, cwd=folder, env={**ours, **each.environment}, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            text=True,
        )
        for each in processes(job, host) or ()
    ]  # fmt: skip
    said = [each.communicate(timeout=240) for each in children]
    assert [each.returncode for each in children] == [0] * len(children), said
    found = [json.loads(line) for out, _err in said for line in out.splitlines() if line.startswith("{")]
    return {int(each["RANK"]): each for each in found}
