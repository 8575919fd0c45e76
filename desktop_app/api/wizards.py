"""Job wizards: steps as data, and a function from answers to a job."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.environments import EnvironmentPreset
from desktop_app.api.forms import Answers, FormSpec, Value
from desktop_app.api.jobs import Job
from desktop_app.api.plans import Host
from desktop_app.api.scripts import ScriptScan


@dataclass(frozen=True, slots=True)
class VmSize:
    """A VM size of Azure ML: GPUs and vCPUs per node, memory in GiB, and whether it is still to be had."""

    name: str
    gpus: int = 0
    vcpus: int = 0
    memory_gib: float = 0
    gpu_model: str = ""
    status: str = "current"
    infiniband: bool = False


@dataclass(frozen=True, slots=True)
class Cluster:
    """A compute target that a job can name: of the workspace in use as it was last seen, or of a file in the folder.

    `maximum` is the most nodes it has; 0 where that is not known.
    """

    name: str
    vm_size: str = ""
    maximum: int = 0
    state: str = ""


@dataclass(frozen=True, slots=True)
class WizardContext:
    """What a wizard may know beside the answers.

    `folder` is the project folder that FILE and FOLDER answers are relative to; `scan` is the scan of the
    script that was picked (the answer to the field named `script`), None until one is. A field named `job` is special,
    too: `job` is the job in the file that it names, `job_text` that file's text, whose comments are kept in the file
    that the wizard writes; `scan` is then that of the job's script, and `metrics` are the names of what runs of that
    file logged, the last run's first, and of what its script logs. `settings` are those of the wizard's plugin.
    """

    folder: Path
    host: Host
    scan: ScriptScan | None = None
    presets: tuple[EnvironmentPreset, ...] = ()
    vm_sizes: tuple[VmSize, ...] = ()
    job: Job | None = None
    job_text: str = ""
    metrics: tuple[str, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    settings: Mapping[str, Value] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class WizardStep:
    """One page: a form, what there is to say about the answers so far, and whether ranks are pictured.

    A note's `path` names the field it belongs to; an error keeps the page from being left.
    """

    name: str
    title: str
    form: FormSpec
    notes: tuple[Diagnostic, ...] = ()
    shows_topology: bool = False
    summary: str = ""


@dataclass(frozen=True, slots=True)
class JobWizard:
    """A way to describe a job.

    `steps(answers, context)` returns every page for the answers given so far: later pages may depend on
    earlier answers, the number and names of the pages may not. It is called on each keystroke and must be
    quick. `build(answers, context)` returns the job, also for unfinished answers (the preview shows it);
    it raises UserError only where no job can be made at all. `file_name` is what its file is called unless that is
    taken. A wizard that goes on from a command job, by its field `job`, is offered for each such file as `job_action`.
    """

    name: str
    title: str
    summary: str
    steps: Callable[[Answers, WizardContext], tuple[WizardStep, ...]]
    build: Callable[[Answers, WizardContext], Job]
    icon: str = "mdi6.creation"
    tags: tuple[str, ...] = field(default=())
    file_name: str = "job.yml"
    job_action: str = ""
