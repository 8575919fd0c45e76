"""Finds what runs something in a file: the job, a sweep's trial, the steps of a pipeline, a component."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from desktop_app.api import Value
from desktop_app.core.rules.values import Path, mapping, text

JOB_KINDS = frozenset({"commandJob", "sweepJob", "pipelineJob", "sparkJob", "autoMLJob", "parallelJob", "importJob"})


@dataclass(frozen=True, slots=True)
class Body:
    """What runs something: `data` at `path` holds its command, code, environment and distribution.

    `kind` is job, trial, step, component or task. Inputs and outputs are those that its placeholders may name;
    a sweep's stand beside its trial. `resources` are the nodes' number and size, wherever they stand.
    """

    kind: str
    path: Path
    data: Mapping[str, Value]
    inputs: Mapping[str, Value] = field(default_factory=dict)
    outputs: Mapping[str, Value] = field(default_factory=dict)
    search_space: Mapping[str, Value] | None = None
    resources: Mapping[str, Value] = field(default_factory=dict)
    resources_path: Path = ()
    compute: str = ""
    compute_path: Path = ()

    @property
    def is_elsewhere(self) -> bool:
        """Whether its component is described in another place."""
        return "component" in self.data

    @property
    def command(self) -> str:
        """The command line; empty where there is none."""
        found = self.data.get("command")
        return found if isinstance(found, str) else ""


def is_job(kind: str) -> bool:
    """Whether files of this kind are submitted as jobs."""
    return kind in JOB_KINDS


def bodies(kind: str, data: Value) -> Iterator[Body]:
    """Yield every body of a document."""
    root = mapping(data)
    if kind in {"commandJob", "sparkJob"}:
        yield _body("job", (), root, root, _NONE)
    elif kind == "sweepJob":
        yield from _trial((), root, _NONE)
    elif kind == "pipelineJob":
        yield from _steps((), root, _NONE)
    elif _is_component(kind):
        yield from _component((), root, kind)


def _is_component(kind: str) -> bool:
    return kind.lower().endswith("component")


class _Compute(NamedTuple):
    """The compute that a step gets where it names none, and where that is written."""

    name: str = ""
    path: Path = ()


_NONE = _Compute()


def _body(kind: str, path: Path, data: Mapping[str, Value], owner: Mapping[str, Value], compute: _Compute) -> Body:
    """Return a body; `owner` is where the inputs and, unless it has its own, the resources stand."""
    at_home = "resources" in data or data is owner
    home = path if at_home else path[:-1]
    own = _Compute(text(owner.get("compute")), (*(path if data is owner else path[:-1]), "compute"))
    compute = own if own.name else compute
    return Body(
        kind,
        path,
        data,
        inputs=mapping(owner.get("inputs")),
        outputs=mapping(owner.get("outputs")),
        search_space=mapping(owner.get("search_space")) if "search_space" in owner else None,
        resources=mapping((data if at_home else owner).get("resources")),
        resources_path=(*home, "resources"),
        compute=compute.name,
        compute_path=compute.path,
    )


def _trial(path: Path, sweep: Mapping[str, Value], compute: _Compute) -> Iterator[Body]:
    trial = sweep.get("trial")
    if isinstance(trial, dict) and "component" not in trial:
        yield _body("trial", (*path, "trial"), trial, sweep, compute)


def _steps(path: Path, pipeline: Mapping[str, Value], compute: _Compute) -> Iterator[Body]:
    for found in (
        _Compute(
            text(mapping(pipeline.get("settings")).get("default_compute")), (*path, "settings", "default_compute")
        ),
        _Compute(text(pipeline.get("compute")), (*path, "compute")),
    ):
        compute = found if found.name else compute
    for name, step in mapping(pipeline.get("jobs")).items():
        if isinstance(step, dict):
            yield from _step((*path, "jobs", name), step, compute)


def _step(path: Path, step: Mapping[str, Value], compute: _Compute) -> Iterator[Body]:
    kind = text(step.get("type")).lower()
    component = step.get("component")
    if isinstance(component, dict):
        yield from _component((*path, "component"), component, "component")
    elif kind == "sweep":
        yield from _trial(path, step, compute)
    elif kind == "pipeline" or "jobs" in step:
        yield from _steps(path, step, compute)
    elif isinstance(step.get("task"), dict):
        yield _body("task", (*path, "task"), mapping(step["task"]), step, compute)
    elif component is None:
        yield _body("step", path, step, step, compute)


def _component(path: Path, data: Mapping[str, Value], kind: str) -> Iterator[Body]:
    kind = text(data.get("type")).lower() or kind.lower()
    if kind.startswith("sweep"):
        yield from _trial(path, data, _NONE)
    elif kind.startswith("pipeline"):
        yield from _steps(path, data, _NONE)
    elif isinstance(data.get("task"), dict):
        yield _body("task", (*path, "task"), mapping(data["task"]), data, _NONE)
    else:
        yield _body("component", path, data, data, _NONE)
