"""A job wizard's questions, page by page, with the defaults an expert would pick and the reasons for them.

Every page is made of fields that can be had alone, for a wizard that asks otherwise.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from desktop_app.api.diagnostics import Diagnostic
from desktop_app.api.environments import EnvironmentPreset
from desktop_app.api.forms import Answers, Choice, Field, FieldKind, FormSpec, Value
from desktop_app.api.kit import answers as read
from desktop_app.api.kit import jobs, notes
from desktop_app.api.kit.kinds import JobKind
from desktop_app.api.kit.v1_said import example
from desktop_app.api.scripts import ScriptArgument
from desktop_app.api.wizards import Cluster, VmSize, WizardContext, WizardStep

_IMAGES = {"gpu": "Azure's base image with CUDA, for GPUs.", "cpu": "Azure's base image without CUDA, for CPUs alone."}
_DATA = (
    "Optional: a folder or file here, a URL, or azureml:NAME@latest. What lies in the code folder goes along anyway."
)
_SERVERLESS = "Empty: serverless compute, of the VM size below."
_YOURS = "Your own default, from the plugin's settings."
_LIMIT = "day: a rank that hangs would else hold its nodes up to the service's limit."
_KINDS = {"int": FieldKind.INTEGER, "float": FieldKind.NUMBER, "bool": FieldKind.BOOLEAN}


def script_form(
    answers: Answers, context: WizardContext, why: str = "The training script; every rank runs it."
) -> FormSpec:
    """Ask for the script, its folder and the arguments that its parser takes; `why` says who runs it."""
    script = Field(
        "script",
        "Script",
        FieldKind.FILE,
        required=True,
        patterns=("*.py",),
        help=why,
    )
    code = Field(
        "code",
        "Code folder",
        FieldKind.FOLDER,
        default=str(read.code_folder(answers)),
        help="Everything in it goes along. By default the script's own folder.",
    )
    return FormSpec((script, code, *(_argument_field(each) for each in read.arguments(context))))


def _argument_field(argument: ScriptArgument) -> Field:
    kind = FieldKind.CHOICE if argument.choices else _KINDS.get(argument.type, FieldKind.TEXT)
    return Field(
        f"arg.{argument.name}",
        argument.flag,
        FieldKind.TEXT if argument.many and not argument.choices else kind,
        default=_default(argument),
        help=argument.help,
        required=argument.required and not read.is_data_argument(argument),
        choices=tuple(Choice(each, each) for each in argument.choices),
        editable=argument.many,
    )


def _default(argument: ScriptArgument) -> Value:
    """Return a default that its field can show: that of a choice is one of the choices, and a text."""
    if not argument.choices or argument.default is None:
        return argument.default
    shown = str(argument.default)
    return shown if argument.many or shown in argument.choices else None


def ranks_form(answers: Answers, context: WizardContext, kind: JobKind | None = None) -> FormSpec:
    """Ask for nodes, processes per node, the VM size that the process count follows, and SDK v1's words."""
    count, why = read.default_processes(answers, context, kind)
    per_node = count_field("processes_per_node", "Processes per node", count, why, read.PROCESSES)
    nodes = nodes_field(read.within(read.v1_words(answers).nodes, read.NODES, 1))
    return FormSpec((nodes, per_node, compute_field(context), vm_size_field(context), v1_words_field(kind)))


def v1_words_field(kind: JobKind | None = None) -> Field:
    """Return the question for what SDK v1 said, which sets the defaults of the counts; its name is `v1_words`."""
    why = f"Optional. Paste what SDK v1 or a .runconfig said, such as {example(kind)}: it sets the counts."
    return Field("v1_words", "From SDK v1", FieldKind.TEXT, help=why)


def nodes_field(default: int = 1, why: str = "Machines of the job.") -> Field:
    """Return the question for the number of nodes; its name is `nodes`."""
    return count_field("nodes", "Nodes", default, why, read.NODES)


def count_field(name: str, title: str, default: int, why: str, limits: tuple[int, int] = (1, 1000)) -> Field:
    """Return a question for a number of nodes, processes, workers or parameter servers."""
    low, high = limits
    return Field(name, title, FieldKind.INTEGER, default=default, minimum=low, maximum=high, help=why)


def compute_field(context: WizardContext) -> Field:
    """Return the question for the compute target; its name is `compute`."""
    choices = tuple(Choice(each.name, each.name, _cluster_note(each)) for each in context.clusters)
    yours = read.compute({}, context)
    return Field(
        "compute",
        "Compute target",
        FieldKind.CHOICE if choices else FieldKind.TEXT,
        default=yours or None,
        choices=choices,
        editable=bool(choices),
        help=f"{_YOURS} {_SERVERLESS}" if yours else f"On Azure ML: the name of a cluster. {_SERVERLESS}",
    )


def _cluster_note(cluster: Cluster) -> str:
    most = "1 node at most" if cluster.maximum == 1 else f"{cluster.maximum} nodes at most"
    return ", ".join(filter(None, (cluster.vm_size, most if cluster.maximum else "", cluster.state)))


def vm_size_field(
    context: WizardContext,
    why: str = "On Azure ML: what a node is. The number of its GPUs sets the number of processes.",
) -> Field:
    """Return the question for the VM size; its name is `vm_size`."""
    choices = tuple(_vm_choice(each) for each in context.vm_sizes if each.status == "current")
    return Field("vm_size", "VM size", FieldKind.CHOICE, choices=choices, editable=True, help=why)


def _vm_choice(size: VmSize) -> Choice:
    network = ", InfiniBand" if size.infiniband else ""
    return Choice(size.name, size.name, f"{size.gpus} × {size.gpu_model}, {size.vcpus} cores{network}")


def environment_form(answers: Answers, context: WizardContext, kind: JobKind) -> FormSpec:
    """Ask for a curated environment, or an image and a conda file of one's own."""
    default = jobs.default_environment(context, kind)
    offered = {each.name: each for each in (*kind.presets.current, *context.presets) if _fits(each, kind)}
    presets = tuple(Choice(each.name, each.title, each.summary) for each in offered.values())
    own = Choice(read.OWN, "My own: an image and a conda file", "Azure ML builds it once, before the first run.")
    environment = Field(
        "environment",
        "Environment",
        FieldKind.CHOICE,
        default=default,
        choices=(*presets, own),
        editable=True,
        help=f"What Azure ML runs the job in. On this machine the {kind.toolchain or 'toolchain'} takes its place.",
    )
    if read.text(answers, "environment", default) != read.OWN:
        return FormSpec((environment,))
    return FormSpec((environment, *_own_fields(answers, context, kind)))


def _fits(preset: EnvironmentPreset, kind: JobKind) -> bool:
    """Whether an environment is still to be had, and known to hold what the script imports or not known to lack it."""
    is_own = preset in kind.presets.current
    return preset.status == "current" and (is_own or not preset.packages or kind.module in preset.packages)


def _own_fields(answers: Answers, context: WizardContext, kind: JobKind) -> tuple[Field, Field]:
    images = kind.presets.base_images
    image = Field(
        "image",
        "Image",
        FieldKind.CHOICE,
        default=jobs.default_image(answers, context, kind),
        required=True,
        choices=tuple(Choice(each, each, _IMAGES.get(gpus, "Azure's base image.")) for gpus, each in images.items()),
        editable=True,
        help="What the packages are installed into.",
    )
    conda = Field(
        "conda_file",
        "Conda file",
        FieldKind.FILE,
        patterns=("*.yml", "*.yaml"),
        help="The packages to add; leave it empty for an image that has them all.",
    )
    return image, conda


def data_form(answers: Answers, context: WizardContext) -> FormSpec:
    """Ask for the training data and the argument that takes its path."""
    path = read.text(answers, "data_path")
    taker = read.data_argument({}, context)
    takers = [each for each in read.arguments(context) if each.type == "str" and not each.choices]
    alone = "The script finds the data by itself."
    none = Choice("", "none", "The script is not told where the data is." if path else alone)
    return FormSpec(
        (
            Field("data_path", "Data", FieldKind.FOLDER, help=_DATA),
            Field(
                "data_type",
                "Kind of data",
                FieldKind.CHOICE,
                default=jobs.data_type(path) if path else "uri_folder",
                choices=(Choice("uri_folder", "a folder"), Choice("uri_file", "a single file")),
            ),
            Field("data_name", "Name of the input", FieldKind.TEXT, default="data"),
            Field(
                "data_argument",
                "Argument that takes it",
                FieldKind.CHOICE,
                default=taker.flag if taker else "",
                choices=(none, *(Choice(each.flag, each.flag, each.help) for each in takers)),
            ),
        )
    )


def review_form(context: WizardContext, kind: JobKind, answers: Answers | None = None) -> FormSpec:
    """Ask for names, the time limit and tags; the answers name the script."""
    minutes, tags = jobs.default_minutes(context), jobs.default_tags(context)
    why = f"A {_LIMIT}" if minutes == jobs.DEFAULT_MINUTES else _YOURS
    return FormSpec(
        (
            Field("display_name", "Display name", FieldKind.TEXT, default=jobs.default_name(context, kind, answers)),
            Field(
                "experiment",
                "Experiment",
                FieldKind.TEXT,
                default=jobs.default_experiment(context),
                help="Runs of one experiment are listed and compared together.",
            ),
            Field(
                "timeout",
                "Time limit",
                FieldKind.INTEGER,
                default=minutes,
                minimum=0,
                suffix="min",
                help=f"{why} 0: no limit.",
            ),
            Field("tags", "Tags", FieldKind.KEY_VALUES, default=_pairs(tags), help=_YOURS if tags else ""),
        )
    )


def _pairs(texts: dict[str, str]) -> Value:
    return {**texts} if texts else None


def job_settings(*own: Field) -> FormSpec:
    """Ask what new jobs begin with, after questions of the plugin's own; for the hook `settings_form`."""
    minutes = Field(
        "job_timeout",
        "Time limit of new jobs",
        FieldKind.INTEGER,
        default=jobs.DEFAULT_MINUTES,
        minimum=0,
        suffix="min",
        help=f"By default a {_LIMIT} 0: no limit.",
    )
    target = "The name of the cluster that your jobs usually go to. Empty: serverless compute."
    compute = Field("job_compute", "Compute target of new jobs", FieldKind.TEXT, help=target)
    why = "Such as team or cost centre: every job that a wizard makes begins with them."
    tags = Field("job_tags", "Tags of new jobs", FieldKind.KEY_VALUES, help=why)
    return FormSpec((*own, minutes, compute, tags))


def step(
    title: str, summary: str, form: FormSpec, notes: Iterable[Diagnostic], *, shows_topology: bool = False
) -> WizardStep:
    """Return a page; its name is its title in small letters."""
    return WizardStep(title.lower(), title, form, tuple(notes), shows_topology=shows_topology, summary=summary)


def usual_steps(
    answers: Answers, context: WizardContext, kind: JobKind, own: Sequence[WizardStep], review: str
) -> tuple[WizardStep, ...]:
    """Return a wizard's pages: its own, then environment, data and review as others have them.

    `review` is the last page's summary, a sentence on what was chosen. Where an environment is among its own, no other
    one follows.
    """
    form, data = environment_form(answers, context, kind), data_form(answers, context)
    last = review_form(context, kind, answers)
    packages = environment_step(form, notes.environment_notes(answers, context, form, kind))
    return (
        *own,
        *([] if any(each.name == packages.name for each in own) else [packages]),
        step("Data", "What it learns from", data, notes.data_notes(answers, context, data)),
        step("Review", review, last, notes.review_notes(answers, context, last)),
    )


def environment_step(form: FormSpec, notes: Iterable[Diagnostic]) -> WizardStep:
    """Return the page of the environment."""
    return step("Environment", "The packages it runs with", form, notes)
