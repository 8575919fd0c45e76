"""The ranks: started each in a session of its own, writing straight into their logs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.arrivals import Arrivals

INHERITED_NO_MORE = (
    *("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "GROUP_RANK", "ROLE_RANK"),
    *("MASTER_ADDR", "MASTER_PORT", "TF_CONFIG", "TORCHELASTIC_RUN_ID", "TORCHELASTIC_USE_AGENT_STORE"),
    *("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"),
)
"""Variables that mean this one run: those of whoever started us must not reach a rank."""


@dataclass(slots=True)
class Rank:
    """A process of the plan: `state` is its RankState in run.json, `exit_code` None while it lives."""

    spec: Mapping[str, Any]
    state: dict[str, Any]
    log: Path
    arrivals: Arrivals
    process: subprocess.Popen[bytes] | None = None
    exit_code: int | None = None

    @property
    def number(self) -> int:
        """The rank."""
        return int(self.spec["rank"])

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self.process is not None and self.exit_code is None

    @property
    def pid(self) -> int:
        """The leader of its process group, 0 before it was started."""
        return 0 if self.process is None else self.process.pid


def make_rank(spec: Mapping[str, Any], state: dict[str, Any], folder: Path) -> Rank:
    """Return the rank, not started yet."""
    log = folder / spec["log"]
    return Rank(spec, state, log, Arrivals(log, folder / "clock" / f"{spec['rank']}.bin"))


def rank_environment(inherited: Mapping[str, str], *layers: Mapping[str, str]) -> dict[str, str]:
    """Return a rank's whole environment: the inherited one without another run's variables, then the layers."""
    own = {key: value for key, value in inherited.items() if key not in INHERITED_NO_MORE}
    for layer in layers:
        own.update(layer)
    return own


def start(rank: Rank, folder: Path, environment: Mapping[str, str], umask: int) -> None:
    """Start it in RUN/code, with the person's own `umask`.

    Raises OSError where there is nothing to start, ValueError for impossible arguments.
    """
    rank.log.parent.mkdir(parents=True, exist_ok=True)
    log = os.open(rank.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        rank.process = _spawn(list(rank.spec["argv"]), str(folder / "code"), dict(environment), log, umask)
    finally:
        os.close(log)


def _spawn(argv: list[str], folder: str, environment: dict[str, str], log: int, umask: int) -> subprocess.Popen[bytes]:
    parent = os.getpid()

    def fall_with_the_supervisor() -> None:
        processes.die_with_parent(parent, processes.KILL)

    return subprocess.Popen(
        argv,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=log,
        stderr=log,
        start_new_session=True,
        umask=-1 if sys.platform == "win32" else umask,
        # Safe: ranks are started before this process has its first thread.
        preexec_fn=fall_with_the_supervisor if sys.platform == "linux" else None,  # noqa: PLW1509
    )


def collect(ranks: Sequence[Rank]) -> Iterator[Rank]:
    """Reap what ended; yield the ranks among it, with their exit codes filled in."""
    alive = {rank.pid: rank for rank in ranks if rank.alive}
    for pid, code in _ended(alive.values()):
        rank = alive.get(pid)
        if rank is not None and rank.process is not None:
            rank.exit_code = rank.process.returncode = code  # Popen did not see it: adopted orphans are reaped too
            yield rank


def _ended(ranks: Iterable[Rank]) -> Iterator[tuple[int, int]]:
    if sys.platform != "win32":
        yield from processes.reap()
        return
    for rank in ranks:
        code = None if rank.process is None else rank.process.poll()
        if code is not None:
            yield rank.pid, code
