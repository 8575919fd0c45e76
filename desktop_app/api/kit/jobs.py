"""Makes the job that a wizard's answers describe, also from answers that are not finished."""

from __future__ import annotations

import re
import shlex
from dataclasses import dataclass, field

from desktop_app.api.forms import Answers, Value
from desktop_app.api.jobs import Distribution, Job, JobInput, Resources
from desktop_app.api.kit import answers as read
from desktop_app.api.kit.kinds import JobKind
from desktop_app.api.kit.presets import reference_to
from desktop_app.api.scripts import ScriptArgument
from desktop_app.api.wizards import WizardContext

DEFAULT_MINUTES = 24 * 60
_PLAIN = re.compile(r"[\w@%+=:,./-]+", re.ASCII)
_NO_INPUT_NAME = re.compile(r"\W", re.ASCII)


@dataclass(slots=True)
class Command:
    """A command as it grows: its words, and the inputs that its placeholders name."""

    words: list[str] = field(default_factory=list)
    inputs: dict[str, JobInput] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Start:
    """How a command starts: the words before the script, those right after it, and the nodes unless as answered."""

    words: tuple[str, ...] = ("python",)
    passed: tuple[str, ...] = ()
    nodes: int | None = None


def build(
    answers: Answers,
    context: WizardContext,
    kind: JobKind,
    distribution: Distribution | None,
    start: Start = Start(),
) -> Job:
    """Return the job: its command is the start, the script and the script's arguments that were answered."""
    command = Command([*start.words, script_words(answers), *start.passed])
    add_arguments(command, answers, context)
    vm = read.text(answers, "vm_size")
    compute = read.compute(answers, context)
    return Job(
        command=" ".join(command.words),
        code=str(read.code_folder(answers)),
        environment=environment(answers, context, kind),
        compute=f"azureml:{compute}" if compute else None,
        inputs=command.inputs,
        distribution=distribution,
        resources=Resources(
            instance_count=read.nodes(answers) if start.nodes is None else start.nodes,
            instance_type=vm if vm and not compute else None,
        ),
        display_name=read.text(answers, "display_name", default_name(context, kind, answers)) or None,
        experiment_name=read.text(answers, "experiment", default_experiment(context)) or None,
        tags=read.texts(answers, "tags") if "tags" in answers else default_tags(context),
        timeout=60 * read.integer(answers, "timeout", default_minutes(context)) or None,
    )


def environment(answers: Answers, context: WizardContext, kind: JobKind) -> str | dict[str, Value]:
    """Return what stands behind `environment:`."""
    chosen = read.text(answers, "environment", default_environment(context, kind))
    if chosen == read.OWN:
        own: dict[str, Value] = {"image": read.text(answers, "image", default_image(answers, context, kind))}
        conda = read.text(answers, "conda_file")
        return own | {"conda_file": conda} if conda else own
    known = {each.name: each.reference for each in (*context.presets, *kind.presets.current)}
    return known.get(chosen, chosen if ":" in chosen else reference_to(chosen))


def default_environment(context: WizardContext, kind: JobKind) -> str:
    """Return the name of the environment that an expert would take: the plugin's own best, else any."""
    offered = kind.presets.current or context.presets
    return offered[0].name if offered else read.OWN


def default_image(answers: Answers, context: WizardContext, kind: JobKind) -> str:
    """Return Azure's newest base image, with CUDA unless the VM size has no GPU."""
    vm = read.vm_size(answers, context)
    return kind.presets.base_images["cpu" if vm is not None and not vm.gpus else "gpu"]


def default_name(context: WizardContext, kind: JobKind, answers: Answers | None = None) -> str:
    """Return a display name made from the script's, else from the project folder's."""
    stem = read.script(answers).stem if answers is not None else ""
    name = re.sub(r"[^A-Za-z0-9_-]+", "-", stem).strip("-") or default_experiment(context)
    words = f"-{name}-".replace("_", "-")
    return f"{name}-{kind.suffix}" if kind.suffix and f"-{kind.suffix}-" not in words else name


def default_experiment(context: WizardContext) -> str:
    """Return an experiment's name made from the project folder's."""
    return re.sub(r"[^A-Za-z0-9_-]+", "-", context.folder.name).strip("-") or "training"


def default_minutes(context: WizardContext) -> int:
    """Return the time limit: the person's own default, else a day; 0 for none."""
    return read.integer(context.settings, "job_timeout", DEFAULT_MINUTES)


def default_tags(context: WizardContext) -> dict[str, str]:
    """Return the tags that the person wants on every job."""
    return read.texts(context.settings, "job_tags")


def differs(argument: ScriptArgument, value: Value) -> bool:
    """Whether an answer has to be said on the command line, because the script would not take it by itself."""
    if value is None or (value == "" and not argument.positional):
        return False
    if argument.type == "bool":
        return bool(value) != bool(argument.default)
    return argument.required or argument.positional or _as_text(value) != _as_text(argument.default)


def script_words(answers: Answers) -> str:
    """Return the script as a command names it: relative to the code folder, quoted; train.py until one is picked."""
    script, code = read.script(answers), read.code_folder(answers)
    inside = script.relative_to(code) if script.is_relative_to(code) else script
    return shlex.quote(str(inside)) if inside.name else "train.py"


def add_arguments(command: Command, answers: Answers, context: WizardContext) -> None:
    """Add the answered arguments of the script to a command, and the data's path to the one that takes it."""
    data_path = read.text(answers, "data_path")
    taker = read.data_argument(answers, context) if data_path else None
    options = [each for each in read.arguments(context) if not each.positional]
    positionals = [each for each in read.arguments(context) if each.positional]
    if data_path:
        _add_data(command, answers, data_path)
    for argument in (*positionals, *options):
        if argument == taker:
            command.words += _option(argument, f"${{{{inputs.{data_name(answers)}}}}}")
        else:
            _add_argument(command, argument, answers.get(f"arg.{argument.name}"))


def data_name(answers: Answers) -> str:
    """Return the name of the data's input."""
    return input_name(read.text(answers, "data_name") or "data")


def _add_data(command: Command, answers: Answers, path: str) -> None:
    command.inputs[data_name(answers)] = JobInput(
        path=path, type=read.text(answers, "data_type") or data_type(path), mode="ro_mount"
    )


def data_type(path: str) -> str:
    """Return uri_file for a path whose last part has an ending, else uri_folder."""
    last = path.rstrip("/").rpartition("/")[2]
    is_file = "." in last.lstrip(".") and not path.endswith("/") and not path.startswith("azureml:")
    return "uri_file" if is_file else "uri_folder"


def _add_argument(command: Command, argument: ScriptArgument, value: Value) -> None:
    if not differs(argument, value):
        return
    if argument.type == "bool":
        command.words.append(argument.flag)
        return
    name = _free_name(argument.name, command)
    quoted = _placeholder(name, argument, _as_text(value))
    if quoted is not None:
        command.inputs[name] = JobInput(value=_typed(value, argument))
    words = _option(argument, quoted or shlex.quote(_as_text(value)))
    command.words += ["=".join(words)] if _looks_like_an_option(value) and len(words) == 2 else words


def _placeholder(name: str, argument: ScriptArgument, value: str) -> str | None:
    """Return the placeholder, quoted as far as its value needs it; None for a value that no quotes can hold."""
    words = value.split() if argument.many else [value]
    if all(_PLAIN.fullmatch(each) for each in words) and words:
        return f"${{{{inputs.{name}}}}}"
    return f"'${{{{inputs.{name}}}}}'" if "'" not in value and not argument.many else None


def _typed(value: Value, argument: ScriptArgument) -> Value:
    """Return a picked choice, which is a text, as the number it stands for."""
    if not argument.choices or not isinstance(value, str) or argument.type not in {"int", "float"}:
        return value
    try:
        return int(value) if argument.type == "int" else float(value)
    except ValueError:
        return value


def _option(argument: ScriptArgument, value: str) -> list[str]:
    return [value] if argument.positional else [argument.flag, value]


def _looks_like_an_option(value: Value) -> bool:
    return isinstance(value, str) and value.startswith("-")


def _free_name(name: str, command: Command) -> str:
    free = input_name(name)
    while free in command.inputs:
        free += "_"
    return free


def input_name(text: str) -> str:
    """Return a name that Azure ML takes for an input: letters, digits and underscores, no digit first."""
    name = _NO_INPUT_NAME.sub("_", text)
    return f"_{name}" if name[:1].isdigit() else name


def _as_text(value: Value) -> str:
    if isinstance(value, list):
        return " ".join(_as_text(each) for each in value)
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return "" if value is None else str(value)
