"""The wizard's questions; the defaults are what the v1 code says, and where it says nothing, what v1 took."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from desktop_app.api import Choice, Field, FieldKind, FormSpec, WizardContext
from desktop_app.api.kit import pages

from . import environments, horovod
from .job import experiment_of
from .words import COUNTS, V1

Make = Callable[..., Field]


def _with(v1: V1, name: str, title: str, kind: FieldKind = FieldKind.TEXT, why: str = "", **more: object) -> Field:
    return Field(name, title, kind, default=v1.defaults.get(name), help=why, **more)  # type: ignore[arg-type]


def code_form(v1: V1) -> FormSpec:
    """Ask for the v1 file, and which of its jobs is meant."""
    file = Field(
        "v1_file",
        "Script, notebook or .runconfig",
        FieldKind.FILE,
        patterns=("*.py", "*.ipynb", "*.runconfig"),
        help="Optional. It is read, never run; what it says becomes the defaults of the next pages.",
    )
    if len(v1.submissions) < 2:
        return FormSpec((file,))
    choices = tuple(Choice(str(number), each.title) for number, each in enumerate(v1.submissions, 1))
    return FormSpec((file, Field("submission", "Which job", FieldKind.CHOICE, default="1", choices=choices)))


def script_form(v1: V1) -> FormSpec:
    """Ask for the training script and its arguments."""
    script = Field(
        "script",
        "entry_script",
        FieldKind.FILE,
        default=v1.text("script") or None,
        required=not v1.text("launch_command"),
        patterns=("*.py",),
        help="The training script; it stays the same file.",
    )
    return FormSpec(
        (
            _with(v1, "code", "source_directory", FieldKind.FOLDER, "Everything in it goes along."),
            script,
            _with(v1, "script_params", "script_params", FieldKind.KEY_VALUES,
                  "Names with their values; one without a value is a switch. ${{inputs.NAME}} is the path of data."),
            _with(v1, "more_arguments", "Other arguments", why="What has no name; it follows the script."),
            _with(v1, "launch_command", "command", why="Only where v1 had command=[…] in place of a script."),
        )
    )  # fmt: skip


def processes_form(v1: V1, context: WizardContext) -> FormSpec:
    """Ask for the framework, how its processes talk, and v1's counts."""
    titles = {"none": "none: one process", "Mpi": "MPI (Horovod)", "Nccl": "NCCL", "Gloo": "Gloo",
              "ParameterServer": "TensorFlow's own (TF_CONFIG)"}  # fmt: skip
    return FormSpec(
        (
            _with(v1, "distributed_training", "distributed_training", FieldKind.CHOICE,
                  "v1 also called it communicator or distributed_job_config.",
                  choices=tuple(Choice(each, title) for each, title in titles.items())),
            *_counts(v1),
            _compute_target(v1, context),
            pages.vm_size_field(context, "Without a compute target: what a node is on serverless compute."),
        )
    )  # fmt: skip


def _compute_target(v1: V1, context: WizardContext) -> Field:
    offered = pages.compute_field(context)
    return replace(
        offered,
        name="compute_target",
        title="compute_target",
        default=v1.defaults.get("compute_target"),
        help="The cluster's name. Empty: serverless compute.",
    )


_ASKED = {
    "none": ("node_count",),
    "Mpi": ("node_count", "process_count_per_node"),
    "Nccl": ("node_count", "process_count_per_node", "process_count"),
    "Gloo": ("node_count", "process_count_per_node", "process_count"),
    "ParameterServer": ("node_count", "worker_count", "parameter_server_count"),
}
_WHY = {
    "process_count_per_node": "As v2 counts too. 0: not said, so one.",
    "process_count": "process_count is the total over all nodes, process_count_per_node that of one; 0: not said.",
    "parameter_server_count": "v1 took one parameter server where nothing was said.",
}


def _counts(v1: V1) -> tuple[Field, ...]:
    """Return the counts that go with the way the processes talk, and others that were said all the same."""
    asked = _ASKED.get(v1.text("distributed_training"), COUNTS)
    names = [each for each in COUNTS if each in asked or v1.count(each)]
    return tuple(
        _with(
            v1,
            each,
            each,
            FieldKind.INTEGER,
            _WHY.get(each, ""),
            minimum=1 if each == "node_count" else 0,
            maximum=1000,
        )
        for each in names
    )


def environment_form(v1: V1, context: WizardContext) -> FormSpec:
    """Ask for what v1's environment held, and for an image of one's own where Horovod has to be compiled."""
    own = (horovod.field_of(v1, context),) if horovod.is_wanted(v1, context) else ()
    frameworks = {"pytorch": "PyTorch", "tensorflow": "TensorFlow", "other": "another, or none"}
    return FormSpec(
        (
            _with(v1, "framework", "Framework", FieldKind.CHOICE, "The estimator's class, or what the script imports.",
                  choices=tuple(Choice(each, title) for each, title in frameworks.items())),
            _with(v1, "framework_version", "framework_version", why="Taken where it can still be installed."),
            _with(v1, "use_gpu", "use_gpu", FieldKind.BOOLEAN, "With it the base image has CUDA."),
            _with(v1, "pip_packages", "pip_packages", why="Parted by spaces; versions are kept."),
            _with(v1, "conda_packages", "conda_packages", why="Parted by spaces."),
            _with(v1, "v1_environment", "Environment", why="The name that Environment.get took, if any."),
            _with(v1, "conda_file", "Conda file", FieldKind.FILE, "The file of from_conda_specification, if any.",
                  patterns=("*.yml", "*.yaml")),
            _with(v1, "base_image", "Base image", why="docker.base_image or custom_docker_image, if any."),
            *own,
        )
    )  # fmt: skip


def data_form(v1: V1) -> FormSpec:
    """Ask where the data lies that v1 mounted or downloaded."""
    why = "Name of an input → a folder or file here, a URL, or azureml:NAME@latest. The script gets ${{inputs.NAME}}."
    return FormSpec((_with(v1, "data", "Inputs", FieldKind.KEY_VALUES, why),))


def review_form(v1: V1, context: WizardContext) -> FormSpec:
    """Ask for names, the time limit and tags."""
    fields = {each.name: each for each in pages.review_form(context, environments.KIND, v1.filled).fields}
    old = fields["experiment"]
    fields["experiment"] = Field(old.name, old.title, old.kind, default=experiment_of(v1, context), help=old.help)
    return FormSpec(tuple(fields.values()))
