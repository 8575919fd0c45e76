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
    port that was free a moment ago; `gpus` are the names of this host's GPUs, empty where there is none.
    """

    shell: tuple[str, ...]
    master_address: str = "127.0.0.1"
    master_port: int = 6105
    cpu_count: int = 1
    gpus: tuple[str, ...] = ()
    python: str = ""


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process to start: a rank, or an agent such as torchrun that starts the ranks of its node.

    `environment` holds what the plugin sets for this process alone, on top of what the backend sets for all.
    `log` is the path of its log relative to the run's folder.
    """

    rank: int
    local_rank: int
    node: int
    argv: tuple[str, ...]
    environment: Mapping[str, str] = field(default_factory=dict)
    role: str = "worker"
    log: str = ""


@dataclass(frozen=True, slots=True)
class SubmissionPlan:
    """All that a submission does, complete and immutable.

    `source` is the job file, `job` what it says; `files` go along (the working copy); `inputs` and
    `outputs` map names to what `${{inputs.x}}` and `${{outputs.y}}` become; `environment` is set for every
    process; `python` is the interpreter `python` means; `timeout` in seconds; `facts` are (label, value)
    pairs worth a look before submitting, such as ("Ranks", "2 × 2 = 4"). `run` is the short name that the run
    will have, where the backend gives it when planning; `source_text` is the job file's text as it was planned.
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

    @property
    def bytes(self) -> int:
        """The size of all files that go along, in bytes."""
        return sum(each.size for each in self.files)
