"""The wizard's questions, page by page."""

from __future__ import annotations

from desktop_app.api import Choice, Field, FieldKind, FormSpec, Row
from desktop_app.api.kit import answers as read

from . import policies, spreads
from .asked import Asked
from .parameters import Parameter

SAMPLINGS = (
    Choice("random", "Random", "Right for most: any spread, and trials may be ended early. SDK v1: "
           "RandomParameterSampling."),
    Choice("grid", "Grid: every combination", "For few values, all of them choices. SDK v1: GridParameterSampling."),
    Choice("bayesian", "Bayesian: learns as it goes", "Fewer, dearer trials; takes choice and uniform spreads. "
           "SDK v1: BayesianParameterSampling."),
)  # fmt: skip
GOALS = (Choice("maximize", "Maximize", "SDK v1: PrimaryMetricGoal.MAXIMIZE."),
         Choice("minimize", "Minimize", "SDK v1: PrimaryMetricGoal.MINIMIZE."))  # fmt: skip
RULES = (Choice("random", "Dice", "Each trial by itself."),
         Choice("sobol", "Sobol", "Fills the space evenly, and the same way for a seed."))  # fmt: skip


def job_form() -> FormSpec:
    """Ask for the job to tune."""
    why = "Its command's arguments and literal inputs can be tuned. The file stays as it is: the sweep is a new one."
    job = Field("job", "Command job", FieldKind.FILE, required=True, patterns=("*.yml", "*.yaml"), help=why)
    words = (
        "Optional. Paste what SDK v1 said, such as HyperDriveConfig(…), RandomParameterSampling({…}) or "
        "primary_metric_goal=…: it sets what follows."
    )
    return FormSpec((job, Field("v1_words", "From SDK v1", FieldKind.TEXT, help=words)))


def space_form(asked: Asked) -> FormSpec:
    """Ask which parameters are tried out, and over what."""
    rows = tuple(_row(asked, each) for each in asked.parameters.values())
    table = Field("space", "Tried out", FieldKind.TABLE, default=asked.picked_by_default, rows=rows)
    return FormSpec((table,))


def _row(asked: Asked, parameter: Parameter) -> Row:
    spread = asked.space.get(parameter.name) or asked.spread(parameter, {})
    kind = str(spread["type"])
    kind = kind if kind in spreads.NAMES else "choice"
    which = Field("type", "Spread", FieldKind.CHOICE, default=asked.kind_by_default(parameter), choices=spreads.KINDS)
    fields = (which, *asked.fields(kind, parameter))
    return Row(parameter.name, parameter.title, fields, parameter.note, spreads.meaning(kind, spread))


def search_form(asked: Asked) -> FormSpec:
    """Ask how values are chosen, and what makes one trial better than another."""
    sampling = Field("sampling", "Sampling", FieldKind.CHOICE, default=asked.default("sampling", "random"),
                     choices=SAMPLINGS)  # fmt: skip
    only = "Random sampling alone has it." if asked.sampling != "random" else ""
    rule = Field("rule", "Drawn by", FieldKind.CHOICE, default="random", choices=RULES, disabled=only)
    seed = Field("seed", "Seed", FieldKind.INTEGER, help="The same values each time. Empty: others each time.",
                 disabled=only)  # fmt: skip
    return FormSpec((sampling, rule, seed, _metric(asked), _goal(asked)))


def _metric(asked: Asked) -> Field:
    known = asked.context.metrics
    where = 'Named as the script logs it: mlflow.log_metric("accuracy", …). SDK v1: primary_metric_name.'
    if known:
        where = "Logged by earlier runs of the job, or by its script. SDK v1: primary_metric_name."
    choices = tuple(Choice(each, each) for each in known)
    return Field("metric", "Primary metric", FieldKind.CHOICE, default=asked.metric_by_default or None,
                 choices=choices, editable=True, required=True, help=where)  # fmt: skip


def _goal(asked: Asked) -> Field:
    why = "" if asked.goal_by_default == "maximize" else f"Less is better, as the name {asked.metric} says."
    return Field("goal", "Goal", FieldKind.CHOICE, default=asked.goal_by_default, choices=GOALS, help=why)


def policy_form(asked: Asked) -> FormSpec:
    """Ask which trials are ended before their time."""
    no = policies.NO_BAYESIAN if asked.sampling == "bayesian" else ""
    default = policies.NONE if no else asked.default("policy", policies.NONE)
    which = Field("policy", "End early", FieldKind.CHOICE, default=default, choices=policies.CHOICES, disabled=no)
    return FormSpec((which, *policies.asked(asked.policy, asked.v1.answers)))


def limits_form(asked: Asked) -> FormSpec:
    """Ask for the limits, and the sweep's names."""
    grid = asked.combinations
    why = f"The grid has {grid} combinations." if grid is not None else _why_so_many(asked)
    total = Field("max_total_trials", "Trials in all", FieldKind.INTEGER, default=asked.trials_by_default, minimum=1,
                  maximum=1000, help=why)  # fmt: skip
    together = Field("max_concurrent_trials", "At a time", FieldKind.INTEGER, default=asked.together_by_default,
                     minimum=1, maximum=1000, help=_why_so_many_together(asked))  # fmt: skip
    trial = Field("trial_minutes", "Time limit of a trial", FieldKind.INTEGER, default=asked.trial_minutes_by_default,
                  minimum=1, suffix="min", help=_why_so_long(asked))  # fmt: skip
    sweep = Field("sweep_minutes", "Time limit of the sweep", FieldKind.INTEGER,
                  default=asked.sweep_minutes_by_default, minimum=1, suffix="min",
                  help="All trials, each as long as it may take.")  # fmt: skip
    name = Field("display_name", "Display name", FieldKind.TEXT, default=name_by_default(asked))
    return FormSpec((total, together, trial, sweep, name))


def name_by_default(asked: Asked) -> str:
    """Return a name for the sweep, made from the job's."""
    job = asked.context.job
    own = (job.display_name or job.name) if job is not None else None
    stem = read.text(asked.answers, "job").rpartition("/")[2].rpartition(".")[0]
    return f"{own or (stem if stem != 'job' else '') or asked.context.folder.name or 'job'}-sweep"


def _why_so_many(asked: Asked) -> str:
    if asked.sampling == "bayesian":
        return "20 for each parameter: it learns from those that are over."
    return "Enough to see which values matter; more can be run later."


def _why_so_many_together(asked: Asked) -> str:
    if asked.room is not None:
        return "As many as the cluster has room for." if asked.room else "The cluster has less nodes than one trial."
    learns = " Few at a time let it learn more." if asked.sampling == "bayesian" else ""
    return f"On this machine they share it; a cluster runs each on nodes of its own.{learns}"


def _why_so_long(asked: Asked) -> str:
    job = asked.context.job
    return "As the job itself." if job is not None and job.timeout else "So that none runs for ever."
