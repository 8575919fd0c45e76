"""The one job model: the Azure ML v2 command job.

Source of names and defaults: Azure ML CLI (v2) command job YAML reference, read 2026-11.
Keys that this model does not know live in `extra` and are written back unchanged.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from desktop_app.api.forms import Value
from desktop_app.api.sweeps import Sweep


@dataclass(frozen=True, slots=True)
class JobInput:
    """An input: a literal (`value`), or data at `path`.

    `type` is one of integer, number, boolean, string, uri_file, uri_folder, mltable, mlflow_model,
    custom_model, triton_model; `mode` one of ro_mount, download, direct, eval_mount, eval_download.
    """

    value: Value = None
    type: str | None = None
    path: str | None = None
    mode: str | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)

    @property
    def is_literal(self) -> bool:
        """Whether the input is a plain value and no file or folder."""
        return self.path is None


@dataclass(frozen=True, slots=True)
class JobOutput:
    """An output folder or file; without `path` the service (or the run folder) chooses where it lies."""

    type: str = "uri_folder"
    path: str | None = None
    mode: str | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Distribution:
    """How a job's processes come about: `type` is pytorch, mpi, tensorflow or ray.

    Process counts are **per node** (SDK v1 counted the total). None means the key is absent.
    """

    type: str
    process_count_per_instance: int | None = None
    worker_count: int | None = None
    parameter_server_count: int | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Resources:
    """What a job asks for; `instance_count` is the number of nodes and 1 where it is absent."""

    instance_count: int | None = None
    instance_type: str | None = None
    shm_size: str | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Job:
    """A command job. `environment` is a reference such as `azureml:NAME@latest`, or an inline mapping.

    `timeout` is `limits.timeout` in seconds. With `sweep` it is a sweep job: the rest is what each of its trials runs.
    """

    command: str
    code: str | None = None
    environment: str | Mapping[str, Value] | None = None
    compute: str | None = None
    inputs: Mapping[str, JobInput] = field(default_factory=dict)
    outputs: Mapping[str, JobOutput] = field(default_factory=dict)
    distribution: Distribution | None = None
    resources: Resources = field(default_factory=Resources)
    environment_variables: Mapping[str, str] = field(default_factory=dict)
    name: str | None = None
    display_name: str | None = None
    experiment_name: str | None = None
    description: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)
    timeout: int | None = None
    extra: Mapping[str, Value] = field(default_factory=dict)
    sweep: Sweep | None = None

    @property
    def topology(self) -> Topology:
        """Nodes × processes per node, with Azure ML's defaults (1 and 1) for absent keys."""
        per_node = self.distribution.process_count_per_instance if self.distribution else None
        return Topology(
            nodes=1 if self.resources.instance_count is None else self.resources.instance_count,
            processes_per_node=1 if per_node is None else per_node,
        )


@dataclass(frozen=True, slots=True)
class Topology:
    """Nodes × processes per node. Ranks count through node 0 first, as Azure ML and torchrun do."""

    nodes: int = 1
    processes_per_node: int = 1

    @property
    def world_size(self) -> int:
        """The number of ranks in all; what SDK v1 called `process_count`."""
        return self.nodes * self.processes_per_node

    def ranks(self) -> Iterator[tuple[int, int, int]]:
        """Yield (rank, node, local rank) for every process, by rank."""
        for node in range(self.nodes):
            for local in range(self.processes_per_node):
                yield node * self.processes_per_node + local, node, local
