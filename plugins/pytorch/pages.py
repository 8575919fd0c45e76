"""The wizard's questions, page by page, with the defaults an expert would pick and the reasons for them."""

from __future__ import annotations

from desktop_app.api import Answers, Choice, Field, FieldKind, FormSpec, ScriptArgument, Value, VmSize, WizardContext

from . import answers as read
from . import job_builder
from .environments import base_images

_KINDS = {"int": FieldKind.INTEGER, "float": FieldKind.NUMBER, "bool": FieldKind.BOOLEAN}


def script_form(answers: Answers, context: WizardContext) -> FormSpec:
    """Ask for the script, its folder and the arguments that its parser takes."""
    script = Field(
        "script",
        "Script",
        FieldKind.FILE,
        required=True,
        patterns=("*.py",),
        help="The training script; every rank runs it.",
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


def ranks_form(answers: Answers, context: WizardContext) -> FormSpec:
    """Ask for nodes, processes per node and the VM size that the process count follows."""
    count, why = read.default_processes(answers, context)
    nodes = Field("nodes", "Nodes", FieldKind.INTEGER, default=1, minimum=1, maximum=1000, help="Machines of the job.")
    processes = Field(
        "processes_per_node",
        "Processes per node",
        FieldKind.INTEGER,
        default=count,
        minimum=1,
        maximum=64,
        help=why,
    )
    size = Field(
        "vm_size",
        "VM size",
        FieldKind.CHOICE,
        choices=tuple(_vm_choice(each) for each in context.vm_sizes if each.status == "current"),
        editable=True,
        help="On Azure ML: what a node is. The number of its GPUs sets the number of processes.",
    )
    return FormSpec((nodes, processes, size))


def _vm_choice(size: VmSize) -> Choice:
    network = ", InfiniBand" if size.infiniband else ""
    return Choice(size.name, size.name, f"{size.gpus} × {size.gpu_model}, {size.vcpus} cores{network}")


def environment_form(answers: Answers, context: WizardContext) -> FormSpec:
    """Ask for a curated environment, or an image and a conda file of one's own."""
    default = job_builder.default_environment(context)
    presets = tuple(Choice(each.name, each.title, each.summary) for each in context.presets if each.status == "current")
    own = Choice(read.OWN, "My own: an image and a conda file", "Azure ML builds it once, before the first run.")
    environment = Field(
        "environment",
        "Environment",
        FieldKind.CHOICE,
        default=default,
        choices=(*presets, own),
        editable=True,
        help="What Azure ML runs the job in. On this machine the PyTorch toolchain takes its place.",
    )
    if read.text(answers, "environment", default) != read.OWN:
        return FormSpec((environment,))
    return FormSpec((environment, *_own_fields(answers, context)))


def _own_fields(answers: Answers, context: WizardContext) -> tuple[Field, Field]:
    image = Field(
        "image",
        "Image",
        FieldKind.CHOICE,
        default=job_builder.default_image(answers, context),
        required=True,
        choices=tuple(Choice(image, image, f"Azure's base image, {kind}") for kind, image in base_images().items()),
        editable=True,
        help="The base image; take one with CUDA for GPUs.",
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
    """Ask for the training data, the argument that takes its path, and the compute target."""
    path = read.text(answers, "data_path")
    taker = read.data_argument({}, context)
    takers = [each for each in read.arguments(context) if each.type == "str" and not each.choices]
    alone = "The script finds the data by itself."
    none = Choice("", "none", "The script is not told where the data is." if path else alone)
    return FormSpec(
        (
            Field("data_path", "Data", FieldKind.FOLDER, help="A folder or file here, a URL, or azureml:NAME@latest."),
            Field(
                "data_type",
                "Kind of data",
                FieldKind.CHOICE,
                default=job_builder.data_type(path) if path else "uri_folder",
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
            Field(
                "compute",
                "Compute target",
                FieldKind.TEXT,
                help="The name of an Azure ML cluster. Empty: serverless compute, or this machine.",
            ),
        )
    )


def review_form(context: WizardContext) -> FormSpec:
    """Ask for names, the time limit and tags."""
    return FormSpec(
        (
            Field("display_name", "Display name", FieldKind.TEXT, default=job_builder.default_name(context)),
            Field(
                "experiment",
                "Experiment",
                FieldKind.TEXT,
                default=job_builder.default_experiment(context),
                help="Runs of one experiment are listed and compared together.",
            ),
            Field(
                "timeout",
                "Time limit",
                FieldKind.INTEGER,
                default=job_builder.DEFAULT_MINUTES,
                minimum=0,
                suffix="min",
                help="A day: a rank that hangs would else hold its nodes up to the service's limit. 0: no limit.",
            ),
            Field("tags", "Tags", FieldKind.KEY_VALUES),
        )
    )
