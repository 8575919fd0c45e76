"""The DeepSpeed wizard: Azure ML starts every rank, the PyTorch way or by MPI, and DeepSpeed finds them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath

from desktop_app.api import (
    Answers,
    Choice,
    Diagnostic,
    Distribution,
    Field,
    FieldKind,
    FormSpec,
    Job,
    JobWizard,
    ScriptArgument,
    UserError,
    WizardContext,
    WizardStep,
)
from desktop_app.api.kit import JobKind, error, info, jobs, notes, pages, warning
from desktop_app.api.kit import answers as read

from . import job_builder
from .deepspeed_config import check_config, compile_note, read_config
from .environments import PRESETS

CONFIG, STARTS = "ds_config", "starts"
_WORDS = {"deepspeed_config", "ds_config", "ds_config_file", "ds_config_path", "deepspeed_config_file"}
_PYTORCH = JobKind("pytorch", PRESETS, ("deepspeed",), "deepspeed", "DeepSpeed toolchain", "deepspeed")
_MPI = JobKind("mpi", PRESETS, ("deepspeed",), "deepspeed", "DeepSpeed toolchain", "deepspeed")


def wizard() -> JobWizard:
    """Return the wizard."""
    return JobWizard(
        name="deepspeed",
        title="PyTorch with DeepSpeed",
        summary="A process per GPU, and DeepSpeed's ZeRO shares out weights, gradients and optimizer among them. Right "
        "for models that are large for one GPU.",
        steps=_steps,
        build=build,
        icon="mdi6.speedometer",
        tags=("pytorch", "distributed", "deepspeed", "zero", "lightning"),
    )


def build(answers: Answers, context: WizardContext) -> Job:
    """Return the job; the configuration goes to the argument that takes it, by its path in the code folder."""
    kind = _kind(answers)
    _, per_node = read.topology(answers, context, kind)
    variable = "OMPI_COMM_WORLD_LOCAL_RANK" if kind is _MPI else "LOCAL_RANK"
    flag = job_builder.local_rank_flag(context) if job_builder.takes_local_rank(context) else ""
    passed = (f"{flag}=${variable}",) if flag else ()
    told = _with_config(answers, context)
    return jobs.build(told, context, kind, Distribution(kind.distribution, per_node), jobs.Start(passed=passed))


def _kind(answers: Answers) -> JobKind:
    return _MPI if read.text(answers, STARTS) == "mpi" else _PYTORCH


def _steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
    kind = _kind(answers)
    script = _script_form(answers, context)
    ranks = _ranks_form(answers, context, kind)
    of_script = [*notes.script_notes(answers, context, script, kind), *_config_notes(answers, context)]
    of_ranks = [*notes.ranks_notes(answers, context, ranks, kind), *_ranks_notes(answers, context)]
    own = (
        pages.step("Script", "What every rank runs, and DeepSpeed's settings", script, of_script),
        pages.step("Ranks", "How many ranks, and who starts them", ranks, of_ranks, shows_topology=True),
    )
    return pages.usual_steps(answers, context, kind, own, _sentence(answers, context))


def _script_form(answers: Answers, context: WizardContext) -> FormSpec:
    taker = _taker(context)
    field = Field(
        CONFIG,
        "DeepSpeed's configuration",
        FieldKind.FILE,
        default=_default_config(answers, context),
        patterns=("*.json",),
        help=f"The JSON file, given to {taker.flag}."
        if taker
        else "The JSON file that the script reads; it is checked.",
    )
    form = pages.script_form(answers, context)
    own = f"arg.{taker.name}" if taker else ""
    first = tuple(each for each in form.fields if not each.name.startswith("arg."))
    rest = tuple(each for each in form.fields if each.name.startswith("arg.") and each.name != own)
    return FormSpec((*first, field, *rest))


def _ranks_form(answers: Answers, context: WizardContext, kind: JobKind) -> FormSpec:
    ways = (
        Choice("pytorch", "Azure ML, the PyTorch way", "Sets RANK and its like, which DeepSpeed reads. The usual way."),
        Choice("mpi", "mpirun", "DeepSpeed asks MPI: the environment needs mpi4py."),
    )
    starts = Field(STARTS, "Started by", FieldKind.CHOICE, default="pytorch", choices=ways)
    return FormSpec((*pages.ranks_form(answers, context, kind).fields, starts))


def _taker(context: WizardContext) -> ScriptArgument | None:
    """Return the script's argument that takes the configuration's path."""
    found = (each for each in read.arguments(context) if each.type == "str" and each.name in _WORDS)
    return next(found, None)


def _default_config(answers: Answers, context: WizardContext) -> str | None:
    """Return the file that the script takes by itself, or the usual one beside it."""
    taker = _taker(context)
    names = [str(taker.default)] if taker and taker.default else ["ds_config.json", "deepspeed_config.json"]
    places = (str(read.code_folder(answers) / each) for each in names)
    return next((each for each in places if (context.folder / each).is_file()), None)


def _config(answers: Answers, context: WizardContext) -> str:
    return read.text(answers, CONFIG, _default_config(answers, context) or "").replace("\\", "/")


def _with_config(answers: Answers, context: WizardContext) -> Answers:
    taker, config = _taker(context), PurePosixPath(_config(answers, context))
    if taker is None or not config.name:
        return answers
    code = read.code_folder(answers)
    inside = config.relative_to(code) if config.is_relative_to(code) else config
    return {**answers, f"arg.{taker.name}": str(inside)}


def _config_notes(answers: Answers, context: WizardContext) -> Iterator[Diagnostic]:
    config = _config(answers, context)
    if not config:
        if context.scan is not None:
            yield warning("deepspeed-config-missing", "Pick DeepSpeed's configuration, to have it checked.", CONFIG)
        return
    if not PurePosixPath(config).is_relative_to(read.code_folder(answers)):
        message = f"{config} lies outside {read.code_folder(answers)} and would not go along; move it there."
        yield error("deepspeed-config-outside", message, CONFIG)
    try:
        found = read_config(context.folder / config)
    except UserError as problem:
        yield error("deepspeed-config", f"{problem.message} {problem.hint}", CONFIG)
        return
    nodes, per_node = read.topology(answers, context, _kind(answers))
    batches = [each for each in check_config(found, max(1, nodes * per_node), CONFIG) if "batch-" not in each.code]
    yield from (*batches, *compile_note(found, CONFIG))


def _ranks_notes(answers: Answers, context: WizardContext) -> Iterator[Diagnostic]:
    if _kind(answers) is _MPI:
        message = (
            "By mpirun DeepSpeed looks for AZ_BATCH_MASTER_NODE, which Azure ML's documentation no longer names: the "
            "PyTorch way is the safe one."
        )
        yield info("deepspeed-over-mpi", message, STARTS)
    nodes, per_node = read.topology(answers, context, _kind(answers))
    config = _config(answers, context)
    try:
        found = read_config(context.folder / config) if config else {}
    except UserError:
        return  # said on the page before
    if found and nodes * per_node > 0:
        yield from (
            each for each in check_config(found, nodes * per_node, "processes_per_node") if "batch-" in each.code
        )


def _sentence(answers: Answers, context: WizardContext) -> str:
    nodes, per_node = read.topology(answers, context, _kind(answers))
    return (
        f"{nodes} × {per_node} = {nodes * per_node} ranks of {read.script(answers).name or 'the script'} with DeepSpeed"
    )
