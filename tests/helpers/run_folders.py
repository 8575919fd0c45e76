"""Run folders as the supervisor leaves them (docs/architecture.md), without running anything."""

from __future__ import annotations

import json
import math
import os
import random
import struct
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from desktop_app.api import (
    FirstFailure,
    Job,
    JobInput,
    MetricPoint,
    Phase,
    PhaseName,
    PlannedFile,
    ProcessSpec,
    RankState,
    ResourcePoint,
    RunSnapshot,
    RunStatus,
    SubmissionPlan,
    Topology,
)
from desktop_app.api._records import to_json
from desktop_app.worker.supervisor import processes

TRACEBACK = """Traceback (most recent call last):
  File "{code}/train.py", line 58, in <module>
    main()
  File "{code}/train.py", line 41, in main
    logits = model(batch)
RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)
"""
ECHO = "[rank{rank}]: Connection closed by peer [127.0.0.1]:41877\n"


@dataclass(frozen=True, slots=True)
class FolderOfRun:
    """A run's folder and the snapshot that its `run.json` holds."""

    path: Path
    snapshot: RunSnapshot

    def log(self, rank: int) -> Path:
        """The log of a rank."""
        return self.path / "user_logs" / f"std_log_process_{rank}.txt"

    def append(self, rank: int, data: bytes, time: float) -> None:
        """Write to a rank's log, and the mark that says when."""
        with self.log(rank).open("ab") as file:
            file.write(data)
            size = file.tell()
        with (self.path / "clock" / f"{rank}.bin").open("ab") as file:
            file.write(struct.pack("<dQ", time, size))

    def write_state(self, snapshot: RunSnapshot) -> None:
        """Replace `run.json` in one step, as the supervisor does."""
        data = to_json(snapshot)
        me = {"pid": os.getpid(), "started": processes.identity(os.getpid())}  # who looks finds the run cared for
        data |= {"supervisor": me, "guardian": me}
        data["updated"] = to_json(datetime.now(UTC))
        draft = self.path / "run.json.tmp"
        draft.write_text(json.dumps(data), encoding="utf-8")
        draft.replace(self.path / "run.json")

    def add_metrics(self, points: Sequence[MetricPoint]) -> None:
        """Append to `metrics.jsonl`."""
        _append(self.path / "metrics.jsonl", points)

    def add_resources(self, points: Sequence[ResourcePoint]) -> None:
        """Append to `resources.jsonl`."""
        _append(self.path / "resources.jsonl", points)


def _append(path: Path, points: Sequence[MetricPoint] | Sequence[ResourcePoint]) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.writelines(json.dumps(to_json(each)) + "\n" for each in points)


def make_run_with_outputs(runs: Path, named: str, file: str) -> FolderOfRun:
    """Make a run that is over and left a model and a deep text, and `file` as its named output `named`."""
    made = make_run(runs, "r-20261121-7f3k", RunStatus.COMPLETED)
    outputs = made.path / "code" / "outputs"
    (outputs / "deep" / "er").mkdir(parents=True)
    (outputs / "model.pt").write_bytes(b"m" * 100)
    (outputs / "deep" / "er" / "x.txt").write_bytes(b"x" * 10)
    (made.path / "named_outputs" / named).mkdir(parents=True)
    (made.path / "named_outputs" / named / file).write_bytes(b"w")
    return made


def make_run(
    runs: Path,
    name: str,
    status: RunStatus = RunStatus.RUNNING,
    *,
    nodes: int = 1,
    processes: int = 2,
    display_name: str = "digits-ddp",
    started: datetime | None = None,
    seconds: float = 68.0,
    framework: str = "pytorch",
) -> FolderOfRun:
    """Write a run in some state, with empty logs, its plan and its job file."""
    started = started or datetime.now(UTC) - timedelta(seconds=seconds)
    path = runs / name
    for each in ("user_logs", "clock", "code/outputs", "code/logs", "requests"):
        (path / each).mkdir(parents=True)
    snapshot = make_snapshot(
        path, name, status, nodes=nodes, processes=processes, display_name=display_name,
        started=started, seconds=seconds, framework=framework,
    )  # fmt: skip
    made = FolderOfRun(path, snapshot)
    for rank in range(nodes * processes):
        made.log(rank).touch()
    (path / "job.yml").write_text(JOB.format(name=display_name, nodes=nodes, processes=processes), encoding="utf-8")
    (path / "code" / "train.py").write_text('"""Trains."""\n' * 60, encoding="utf-8")
    plan = make_plan(path, snapshot)
    (path / "plan.json").write_text(json.dumps(to_json(plan)), encoding="utf-8")
    made.write_state(snapshot)
    return made


JOB = """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
# tuned by hand, do not touch
display_name: {name}
command: python train.py --lr ${{{{inputs.lr}}}}
code: src
inputs:
  lr: 0.002
environment: azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest
distribution:
  type: pytorch
  process_count_per_instance: {processes}
resources:
  instance_count: {nodes}
tags:
  stage: "sample"
"""


def make_plan(path: Path, snapshot: RunSnapshot) -> SubmissionPlan:
    """Return the plan that such a run was submitted with."""
    source = path.parent.parent / "project"
    processes = tuple(
        ProcessSpec(
            each.rank, each.local_rank, each.node, ("/bin/bash", "-c", "python train.py --lr 0.002"),
            {"RANK": str(each.rank), "LOCAL_RANK": str(each.local_rank), "WORLD_SIZE": str(len(snapshot.ranks))},
            "worker", each.log,
        )
        for each in snapshot.ranks
    )  # fmt: skip
    return SubmissionPlan(
        backend="local",
        job=Job("python train.py --lr ${{inputs.lr}}", code="src", inputs={"lr": JobInput(0.002)}),
        source=str(source / "job.yml"),
        topology=Topology(snapshot.nodes, snapshot.processes_per_node),
        processes=processes,
        files=(PlannedFile(str(source / "src" / "train.py"), "train.py", 3210),),
        inputs={"lr": "0.002"},
        environment={"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": "6105"},
        framework=snapshot.framework,
    )


def make_snapshot(
    path: Path,
    name: str,
    status: RunStatus,
    *,
    nodes: int,
    processes: int,
    display_name: str,
    started: datetime,
    seconds: float,
    framework: str,
) -> RunSnapshot:
    """Return a snapshot that fits its state: phases, ranks, times and exit codes."""
    running = started + timedelta(seconds=min(4.0, seconds / 4))
    end = started + timedelta(seconds=seconds)
    over = status in (RunStatus.COMPLETED, RunStatus.FAILED, RunStatus.CANCELED)
    waiting = status in (RunStatus.NOT_STARTED, RunStatus.QUEUED)
    phases: tuple[Phase, ...] = ()
    if status is RunStatus.PREPARING:
        phases = (Phase(PhaseName.PREPARING, started),)
    elif not waiting:
        phases = (
            Phase(PhaseName.PREPARING, started, running),
            Phase(PhaseName.RUNNING, running, end if over else None),
        )
    active = status in (RunStatus.RUNNING, RunStatus.CANCEL_REQUESTED, RunStatus.UNKNOWN)
    rank_status = status if over else RunStatus.RUNNING if active else RunStatus.NOT_STARTED
    if status is RunStatus.FAILED:
        rank_status = RunStatus.CANCELED
    exit_code = {RunStatus.COMPLETED: 0, RunStatus.CANCELED: -15}.get(rank_status)
    ranks = tuple(
        RankState(
            rank, local, node, rank_status, 4242 + rank, exit_code, running if active or over else None,
            end if over else None, f"user_logs/std_log_process_{rank}.txt",
        )
        for rank, node, local in Topology(nodes, processes).ranks()
    )  # fmt: skip
    return RunSnapshot(
        handle=f"local://{name}",
        run=name,
        backend="local",
        status=status,
        display_name=display_name,
        experiment="digits",
        created=started,
        started=None if waiting else started,
        ended=end if over else None,
        exit_code=0 if status is RunStatus.COMPLETED else None,
        nodes=nodes,
        processes_per_node=processes,
        framework=framework,
        phases=phases,
        ranks=ranks,
        outputs=str(path / "code" / "outputs"),
        folder=str(path),
        source=str(path.parent.parent / "project" / "job.yml"),
        tags={"stage": "sample"},
    )


def fail(made: FolderOfRun, rank: int, *, exit_code: int = 1, before: float = 0.3) -> FolderOfRun:
    """Return the run as one in which `rank` fell first, `before` seconds before the others were ended."""
    ended = made.snapshot.ended or datetime.now(UTC)
    at = ended - timedelta(seconds=before)
    ranks = tuple(
        replace(each, status=RunStatus.FAILED, exit_code=exit_code, ended=at) if each.rank == rank else each
        for each in made.snapshot.ranks
    )
    text = "RuntimeError: mat1 and mat2 shapes cannot be multiplied (32x63 and 64x128)"
    line = made.log(rank).read_bytes().count(b"\n") + TRACEBACK.count("\n")
    made.append(rank, TRACEBACK.format(code=made.path / "code").encode(), at.timestamp() - 0.01)
    for each in made.snapshot.ranks:
        if each.rank != rank:
            made.append(each.rank, ECHO.format(rank=each.rank).encode(), ended.timestamp() - 0.05)
    snapshot = replace(
        made.snapshot,
        status=RunStatus.FAILED,
        ranks=ranks,
        exit_code=exit_code,
        first_failure=FirstFailure(rank, at, exit_code, text, line),
        reason=f"Rank {rank} ended with exit code {exit_code}.",
    )
    made.write_state(snapshot)
    return FolderOfRun(made.path, snapshot)


def train(made: FolderOfRun, steps: int = 300, *, until: float | None = None) -> None:
    """Write what a training of `steps` steps would have: logs of every rank, metrics, resources."""
    noise = random.Random(7)
    end = until or (made.snapshot.ended or datetime.now(UTC)).timestamp() - 1
    begin = end - 60.0
    world = len(made.snapshot.ranks)
    for rank in range(world):
        made.append(rank, f"rank {rank} of {world} on cpu\n".encode(), begin + 0.01 * rank)
        made.append(rank, b"UserWarning: 1Torch was not compiled with flash attention.\n", begin + 0.1 + 0.01 * rank)
    points: list[MetricPoint] = []
    for step in range(1, steps + 1):
        time = begin + 60.0 * step / steps
        loss = 2.3 * math.exp(-step / 60) + 0.1 + noise.uniform(-0.03, 0.03)
        accuracy = 1 - 0.9 * math.exp(-step / 60) + noise.uniform(-0.01, 0.01)
        points += [MetricPoint("loss", loss, step, time), MetricPoint("accuracy", accuracy, step, time)]
        points += [
            MetricPoint("step_ms", (62 if rank == world - 1 else 30) + noise.uniform(-2, 2), step, time, rank)
            for rank in range(world)
        ]
        if step % 20 == 0:
            line = f"epoch {step // 100} step {step:>4}  loss {loss:.3f}  acc {min(accuracy, 1):.3f}\n"
            for rank in range(world):
                made.append(rank, line.encode(), time + 0.001 * rank)
    made.add_metrics(points)
    made.add_resources(
        [
            ResourcePoint(rank, begin + second, noise.uniform(70, 99), (500 + 4 * second + 30 * rank) << 20)
            for second in range(60)
            for rank in range(world)
        ]
    )
