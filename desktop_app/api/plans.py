"""The plan: every process that a job means. What a person reviews is the very object that is submitted."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from desktop_app.api.backends import PlannedFile
from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.jobs import Job, Topology


@dataclass(frozen=True, slots=True)
class Host:
    """Where a job would run, as far as a plugin needs to know it.

    `shell` runs a command line given as one more argument (`("/bin/bash", "-c")`); `master_port` is a
    port that was free a moment ago, and so are `ports`, one for each process that the job may mean; `gpus` are the
    names of this host's GPUs, empty where there is none. `programs` maps `mpirun` and its like to the file that is
    really run, links followed, and leaves out what is not there. `rank_starter` are the words by which a launcher
    such as mpirun starts a rank; see `ProcessSpec.launched`.
    """

    shell: tuple[str, ...]
    master_address: str = "127.0.0.1"
    master_port: int = 6105
    cpu_count: int = 1
    gpus: tuple[str, ...] = ()
    python: str = ""
    ports: tuple[int, ...] = ()
    programs: Mapping[str, str] = field(default_factory=dict)
    is_root: bool = False
    rank_starter: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process: a rank, an agent such as torchrun that starts the ranks of its node, or a launcher of ranks.

    `environment` holds what the plugin sets for this process alone, on top of what the backend sets for all.
    `log` is the path of its log relative to the run's folder. `role` is a word that a person reads: worker, chief,
    ps, head; two mean something to the backend. An `agent` starts ranks that nobody else sees. A `launcher`, such as
    mpirun, is no rank: it starts every process that is `launched`, with the words `(*host.rank_starter, NAME)`, NAME
    being the environment variable by which it numbers them, and the backend knows each of them as a rank of its own
    with its own log. The `environment` of a launched one is then what the launcher is known to set. `rank` counts
    launchers by themselves.

    `serves` says that a process never ends by itself, as a parameter server: it is ended once all others are done.
    `ports` are those that it listens at; the run does not start while another program has one of them.
    """

    rank: int
    local_rank: int
    node: int
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    role: str = "worker"
    log: str = ""
    launched: bool = False
    serves: bool = False
    ports: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SubmissionPlan:
    """All that a submission does, complete and immutable.

    `source` is the job file, `job` what it says; `files` go along (the working copy); `inputs` and
    `outputs` map names to what `${{inputs.x}}` and `${{outputs.y}}` become; `environment` is set for every
    process; `python` is the interpreter `python` means; `timeout` in seconds; `facts` are (label, value)
    pairs worth a look before submitting, such as ("Ranks", "2 × 2 = 4"). `run` is the short name that the run
    will have, where the backend gives it when planning; `source_text` is the job file's text as it was planned.
    `processes` are the ranks (and agents), `launchers` the processes of that role.
    """

    backend: str
    job: Job
    source: str
    topology: Topology
    processes: tuple[ProcessSpec, ...]
    files: tuple[PlannedFile, ...] = ()
    inputs: Mapping[str, str] = field(default_factory=dict)
    outputs: Mapping[str, str] = field(default_factory=dict)
    environment: Mapping[str, str] = field(default_factory=dict)
    toolchain: str = ""
    python: str = ""
    timeout: int | None = None
    diagnostics: tuple[Diagnostic, ...] = ()
    facts: tuple[tuple[str, str], ...] = ()
    framework: str = ""
    run: str = ""
    source_text: str = ""
    launchers: tuple[ProcessSpec, ...] = ()

    @property
    def bytes(self) -> int:
        """The size of all files that go along, in bytes."""
        return sum(each.size for each in self.files)
