"""The ranks: started each in a session of its own, writing straight into their logs."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol, TypeVar

from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.arrivals import Arrivals

C = TypeVar("C", bound="Child")

INHERITED_NO_MORE = (
    *("RANK", "LOCAL_RANK", "WORLD_SIZE", "LOCAL_WORLD_SIZE", "NODE_RANK", "GROUP_RANK", "ROLE_RANK"),
    *("MASTER_ADDR", "MASTER_PORT", "TF_CONFIG", "TORCHELASTIC_RUN_ID", "TORCHELASTIC_USE_AGENT_STORE"),
    *("MLFLOW_TRACKING_URI", "MLFLOW_RUN_ID", "MLFLOW_EXPERIMENT_ID", "MLFLOW_EXPERIMENT_NAME"),
)
"""Variables that mean this one run: those of whoever started us must not reach a rank."""
_OF_A_LAUNCHER = ("OMPI_COMM_", "OMPI_UNIVERSE_", "OMPI_APP_", "PMIX_", "PMI_", "HOROVOD_RANK", "HOROVOD_SIZE")
"""What a launcher tells its ranks; should one have started us, its words are not for ours."""


@dataclass(slots=True)
class Rank:
    """A process of the plan: `state` is its RankState in run.json, `exit_code` None while it lives.

    `pid` is the leader of its process group, 0 before it was started; `process` is there for our own children alone,
    not for a rank that a launcher started.
    """

    spec: Mapping[str, Any]
    state: dict[str, Any]
    log: Path
    arrivals: Arrivals
    pid: int = 0
    process: subprocess.Popen[bytes] | None = None
    exit_code: int | None = None

    @property
    def number(self) -> int:
        """The rank."""
        return int(self.spec["rank"])

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""
        return self.pid > 0 and self.exit_code is None

    @property
    def launched(self) -> bool:
        """Whether a launcher starts it."""
        return bool(self.spec.get("launched"))

    @property
    def serves(self) -> bool:
        """Whether it never ends by itself."""
        return bool(self.spec.get("serves"))


def make_rank(spec: Mapping[str, Any], state: dict[str, Any], folder: Path) -> Rank:
    """Return the rank, not started yet."""
    log = folder / spec["log"]
    return Rank(spec, state, log, Arrivals(log, folder / "clock" / f"{spec['rank']}.bin"))


def rank_environment(inherited: Mapping[str, str], *layers: Mapping[str, str]) -> dict[str, str]:
    """Return a rank's whole environment: the inherited one without another run's variables, then the layers."""
    own = {key: value for key, value in inherited.items() if not _is_strange(key)}
    for layer in layers:
        own.update(layer)
    return own


def _is_strange(name: str) -> bool:
    return name in INHERITED_NO_MORE or name.startswith(_OF_A_LAUNCHER)


def start(rank: Rank, folder: Path, environment: Mapping[str, str], umask: int) -> None:
    """Start it in RUN/code, with the person's own `umask`.

    Raises OSError where there is nothing to start, ValueError for impossible arguments.
    """
    rank.process = spawn(rank.spec["argv"], folder / "code", environment, rank.log, umask)
    rank.pid = rank.process.pid


def spawn(
    argv: Sequence[str], folder: Path, environment: Mapping[str, str], log: Path, umask: int
) -> subprocess.Popen[bytes]:
    """Start a child in a session of its own that writes straight into `log` and dies with us.

    Raises OSError and ValueError.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return _spawn(list(argv), str(folder), dict(environment), file, umask)
    finally:
        os.close(file)


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


class Child(Protocol):
    """What we started, or adopted: a rank or a launcher."""

    pid: int
    process: subprocess.Popen[bytes] | None
    exit_code: int | None

    @property
    def alive(self) -> bool:
        """Whether it was started and has not ended."""


def collect(children: Iterable[C]) -> Iterator[C]:
    """Reap what ended; yield those among it, with their exit codes filled in."""
    alive = {each.pid: each for each in children if each.alive}
    for pid, code in _ended(alive.values()):
        child = alive.get(pid)
        if child is not None:
            child.exit_code = code
            if child.process is not None:
                child.process.returncode = code  # Popen did not see it: adopted orphans are reaped too
            yield child


def _ended(children: Iterable[Child]) -> Iterator[tuple[int, int]]:
    if sys.platform != "win32":
        yield from processes.reap()
        return
    for each in children:
        code = None if each.process is None else each.process.poll()
        if code is not None:
            yield each.pid, code
