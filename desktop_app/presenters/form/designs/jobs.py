"""Command jobs and sweep jobs. Names and defaults: Azure ML CLI (v2) YAML reference, read 2026-11."""

from __future__ import annotations

from collections.abc import Mapping

from desktop_app.api import Choice, Value
from desktop_app.api.kit import spread_words
from desktop_app.presenters.form.design import Box, Design, Line, Part, Table, Tree, When, choices, line
from desktop_app.presenters.form.designs.common import (
    IDENTITY,
    INPUTS,
    OUTPUTS,
    about,
    distribution,
    environment,
)
from desktop_app.presenters.form.model import Control, Start

_NAMES = (
    line("Display name", "display_name", placeholder="as Azure ML names it"),
    line("Experiment", "experiment_name", placeholder="the folder's name",
         help="Runs of one experiment stand together in the studio."),
    line("Name", "name", placeholder="a new one for each run",
         help="Has to be new for each run: better left empty."),
)  # fmt: skip
_COMPUTE = line(
    "Compute", "compute", Control.SUGGEST, offers="computes", note="compute",
    placeholder="Serverless: Azure ML brings nodes of the size below",
    help="The cluster it runs on, as azureml:NAME. Without one it runs serverless.",
)  # fmt: skip
_SIZE = line(
    "Node size", "resources.instance_type", Control.SUGGEST, offers="sizes", note="size",
    placeholder="as the cluster has", help="The VM size of a node, for serverless jobs.",
)  # fmt: skip
_QUEUE = Line(
    "Queue",
    (
        Box("queue_settings.job_tier", "Tier", Control.CHOICE, "Standard tier"),
        Box("queue_settings.priority", "Priority", Control.CHOICE, "Medium priority"),
    ),
    "For serverless jobs. The tier spot is cheaper, and may be taken away while it runs.",
)
_RUNS = Part("", (
    line("Command", "command", Control.COMMAND, help="What each process runs. It starts in the code folder."),
    line("Code", "code", Control.FOLDER, note="upload", placeholder="a folder of the project",
         help="The folder that is uploaded, and in which the command starts."),
    distribution(),
    environment(),
    _COMPUTE,
    _SIZE,
    INPUTS,
    OUTPUTS,
    Table("environment_variables", "Variables", "variable", help="Environment variables of every process."),
))  # fmt: skip
COMMAND_JOB = Design((
    _RUNS,
    Part("Limits and resources", (
        line("Time limit", "limits.timeout", Control.INTEGER, suffix="seconds", placeholder="none",
             help="The job is canceled after so many seconds."),
        line("Shared memory", "resources.shm_size", placeholder="2g",
             help="Of the container. Data loaders with many workers need more, such as 16g."),
        line("Docker options", "resources.docker_args", placeholder="none"),
        _QUEUE,
    )),
    about(*_NAMES),
    Part("More", (IDENTITY, Tree("services", "Services", "Ways into the running job: SSH, VS Code, TensorBoard."))),
), ("$schema", "type"))  # fmt: skip

_UNIFORM = ("uniform", "loguniform", "quniform", "qloguniform")
_NORMAL = ("normal", "lognormal", "qnormal", "qlognormal")
_ROUNDED = ("quniform", "qloguniform", "qnormal", "qlognormal")
_DISTRIBUTIONS = (
    Choice("choice", "Choice", "one of these values"),
    Choice("randint", "Randint", "a whole number below a limit"),
    Choice("uniform", "Uniform", "even between two limits"),
    Choice("loguniform", "Loguniform", "even in the logarithm; the limits are exponents of e"),
    Choice("quniform", "Quniform", "uniform, rounded to a step"),
    Choice("qloguniform", "Qloguniform", "loguniform, rounded to a step"),
    Choice("normal", "Normal", "around a mean"),
    Choice("lognormal", "Lognormal", "normal in the logarithm"),
    Choice("qnormal", "Qnormal", "normal, rounded to a step"),
    Choice("qlognormal", "Qlognormal", "lognormal, rounded to a step"),
)


def _says(spread: Mapping[str, Value], data: Value) -> str:
    """Return what a spread draws; of one with logarithms to another base than e nothing."""
    sampling = data.get("sampling_algorithm") if isinstance(data, dict) else None
    base = sampling.get("logbase") if isinstance(sampling, dict) else None
    return spread_words(spread) if base in (None, "e") or "log" not in str(spread.get("type")) else ""


SEARCH_SPACE = Table(
    "search_space", "Search space", "parameter", (
        Box("type", "Distribution", Control.CHOICE, "distribution", choices=_DISTRIBUTIONS, share=3),
        Box("values", "Values", Control.FLOW, "16, 32, 64", share=5, when=("choice",)),
        Box("upper", "Upper limit", Control.INTEGER, "upper", share=2, when=("randint",)),
        Box("min_value", "Smallest", Control.NUMBER, "smallest", share=3, when=_UNIFORM),
        Box("max_value", "Largest", Control.NUMBER, "largest", share=3, when=_UNIFORM),
        Box("mu", "Mean", Control.NUMBER, "mean", share=2, when=_NORMAL),
        Box("sigma", "Deviation", Control.NUMBER, "deviation", share=2, when=_NORMAL),
        Box("q", "Step", Control.NUMBER, "step", share=2, when=_ROUNDED),
    ),
    (
        Start("One of", {"type": "choice", "values": [1, 2]}),
        Start("Range", {"type": "uniform", "min_value": 0, "max_value": 1}),
    ),
    "What the trials try out; the command names them as ${{search_space.NAME}}.",
    says=_says,
)  # fmt: skip
_STOPS = choices(
    ("bandit", "Bandit: far from the best"), ("median_stopping", "Below the median"),
    ("truncation_selection", "The worst of all"),
)  # fmt: skip
_POLICY = ("bandit", "median_stopping", "truncation_selection")
_EARLY = Line("Early end", (
    Box("early_termination.type", "Policy", Control.CHOICE, "None: every trial runs to its end", choices=_STOPS,
        share=5, is_tag=True),
    Box("early_termination.slack_factor", "Slack factor", Control.NUMBER, "0.1", "of the best", share=3,
        when=("bandit",), unless="early_termination.slack_amount"),
    Box("early_termination.slack_amount", "Slack amount", Control.NUMBER, "–", "amount", share=3,
        when=("bandit",), unless="early_termination.slack_factor"),
    Box("early_termination.truncation_percentage", "Share to end", Control.INTEGER, "10", "% end", share=3,
        when=("truncation_selection",)),
), "Ends trials that promise little. Bayesian sampling takes none.")  # fmt: skip
_LOOKS = Line("Looks", (
    Box("early_termination.evaluation_interval", "Interval", Control.INTEGER, "1", "values apart", when=_POLICY),
    Box("early_termination.delay_evaluation", "Delay", Control.INTEGER, "0", "before the first", when=_POLICY),
), "When the policy looks at a trial: it counts how often the metric was logged.",
    when=When("early_termination.type"))  # fmt: skip
_ALGORITHMS = choices(
    ("random", "Random"), ("grid", "Grid: every combination"), ("bayesian", "Bayesian: learns as it goes")
)
_IS_MAPPING = When("sampling_algorithm.type")
SWEEP_JOB = Design((
    Part("Search", (
        SEARCH_SPACE,
        Line("Objective", (
            Box("objective.goal", "Goal", Control.CHOICE, "goal",
                choices=choices(("minimize", "Minimize"), ("maximize", "Maximize")), share=2),
            Box("objective.primary_metric", "Metric", Control.LINE, "the metric's name as the script logs it", share=5),
        ), "The metric by which trials are compared, named as in mlflow.log_metric."),
        Line("Sampling", (
            Box("sampling_algorithm", "Algorithm", Control.CHOICE, "Random (default)", choices=_ALGORITHMS),
        )),
        Line("Sampling", (
            Box("sampling_algorithm.type", "Algorithm", Control.CHOICE, "algorithm", choices=_ALGORITHMS, share=3,
                is_tag=True),
            Box("sampling_algorithm.rule", "Rule", Control.CHOICE, "rule", share=2, when=("random",)),
            Box("sampling_algorithm.seed", "Seed", Control.INTEGER, "–", "seed", share=2, when=("random",)),
            Box("sampling_algorithm.logbase", "Base of the logarithm", Control.LINE, "e", "base", share=2,
                when=("random",)),
        ), when=_IS_MAPPING),
        _EARLY,
        _LOOKS,
        Line("Trials", (
            Box("limits.max_total_trials", "Trials in all", Control.INTEGER, "–", "in all", minimum=1),
            Box("limits.max_concurrent_trials", "Trials at a time", Control.INTEGER, "–", "at a time", minimum=1),
        )),
        Line("Time limits", (
            Box("limits.timeout", "For the sweep", Control.INTEGER, "none", "s for the sweep", minimum=1),
            Box("limits.trial_timeout", "For a trial", Control.INTEGER, "none", "s for a trial", minimum=1),
        )),
    )),
    Part("Trial", (
        line("Command", "trial.command", Control.COMMAND, help="What each process of a trial runs."),
        line("Code", "trial.code", Control.FOLDER, note="upload", placeholder="a folder of the project"),
        distribution("trial."),
        environment("trial.environment"),
        _COMPUTE,
        _SIZE,
        INPUTS,
        OUTPUTS,
        Table("trial.environment_variables", "Variables", "variable"),
    )),
    Part("Resources", (line("Shared memory", "resources.shm_size", placeholder="2g"), _QUEUE)),
    about(*_NAMES),
    Part("More", (IDENTITY, Tree("services", "Services"))),
), ("$schema", "type"))  # fmt: skip
