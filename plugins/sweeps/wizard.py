"""The wizard "Tune hyperparameters": goes on from a command job, and ends in a sweep of it."""

from __future__ import annotations

import posixpath
from collections.abc import Mapping
from dataclasses import replace

from desktop_app.api import Answers, Job, JobInput, JobWizard, Sweep, UserError, Value, WizardContext, WizardStep
from desktop_app.api.kit import answers as read
from desktop_app.api.kit import pages as kit

from . import notes, pages, policies, spreads
from .asked import Asked
from .parameters import tuned


def wizards() -> tuple[JobWizard, ...]:
    """Return the one wizard."""
    return (
        JobWizard(
            name="tune",
            title="Tune hyperparameters",
            summary="Tries a command job with many values and finds the best: a sweep, here or on Azure ML.",
            steps=_steps,
            build=build,
            icon="mdi6.tune-variant",
            tags=("sweep", "hyperparameters", "grid", "bayesian", "sobol", "bandit", "HyperDriveConfig",
                  "RandomParameterSampling", "GridParameterSampling", "BayesianParameterSampling", "BanditPolicy",
                  "primary_metric_goal", "hyperdrive", "tuning", "trials"),
            file_name="sweep.yml",
            job_action="&Tune hyperparameters…",
        ),
    )  # fmt: skip


def build(answers: Answers, context: WizardContext) -> Job:
    """Return the sweep: the job with placeholders for what is tried out, and how that is chosen."""
    if context.job is None:
        raise UserError("Pick the command job to tune: its sweep stands here then.")
    asked = Asked(answers, context)
    chosen = {name: asked.parameters[name] for name in asked.space}
    job = tuned(context.job, chosen)
    parent = read.text(answers, "job").replace("\\", "/").rpartition("/")[0]
    return replace(
        _moved(job, parent) if parent else job,
        name=None,
        display_name=read.text(answers, "display_name", pages.name_by_default(asked)) or None,
        timeout=60 * read.integer(answers, "trial_minutes", asked.trial_minutes_by_default),
        sweep=_sweep(asked),
    )


def _sweep(asked: Asked) -> Sweep:
    answers = asked.answers
    is_random = asked.sampling == "random"
    rule = read.text(answers, "rule", "random") if is_random else ""
    seed = answers.get("seed")
    form = pages.policy_form(asked)
    settings = {each.name: asked.value(each.name, each.default) for each in form.fields}
    return Sweep(
        search_space={name: spreads.written(str(each["type"]), each) for name, each in asked.space.items()},
        primary_metric=asked.metric,
        goal=str(asked.value("goal", asked.goal_by_default)),
        sampling=asked.sampling,
        rule="sobol" if rule == "sobol" else None,
        seed=seed if is_random and isinstance(seed, int) and not isinstance(seed, bool) else None,
        early_termination=policies.written(asked.policy, settings),
        max_total_trials=asked.trials,
        max_concurrent_trials=asked.together,
        timeout=60 * read.integer(answers, "sweep_minutes", asked.sweep_minutes_by_default),
    )


def _steps(answers: Answers, context: WizardContext) -> tuple[WizardStep, ...]:
    asked = Asked(answers, context)
    job, space, search = pages.job_form(), pages.space_form(asked), pages.search_form(asked)
    policy, limits = pages.policy_form(asked), pages.limits_form(asked)
    return (
        kit.step("Job", "Which job is tuned", job, notes.job_notes(asked, job)),
        kit.step("Parameters", "What is tried out, and over what", space, notes.space_notes(asked, space)),
        kit.step("Search", "How values are chosen, and what is best", search, notes.search_notes(asked, search)),
        kit.step("Early end", "Which trials end before their time", policy, notes.policy_notes(asked, policy)),
        kit.step("Review", estimate(asked), limits, notes.limits_notes(asked, limits)),
    )


def estimate(asked: Asked) -> str:
    """Return `20 trials, at most 4 at once`."""
    count = "1 trial" if asked.trials == 1 else f"{asked.trials} trials"
    return count if asked.trials <= 1 else f"{count}, at most {asked.together} at once"


def _moved(job: Job, parent: str) -> Job:
    """Return the job with its paths relative to the folder above: the sweep's file lies there."""
    inputs: dict[str, JobInput] = {
        name: replace(each, path=_path(each.path, parent)) if each.path else each for name, each in job.inputs.items()
    }
    environment = job.environment
    if isinstance(environment, Mapping):
        environment = {key: _environment_part(key, each, parent) for key, each in environment.items()}
    elif isinstance(environment, str):
        environment = _path(environment, parent) if environment.startswith(("file:", "./", "../")) else environment
    return replace(job, code=_path(job.code, parent) if job.code else None, inputs=inputs, environment=environment)


def _environment_part(key: str, value: Value, parent: str) -> Value:
    if key == "conda_file" and isinstance(value, str):
        return _path(value, parent)
    if key == "build" and isinstance(value, Mapping) and isinstance(value.get("path"), str):
        return {**value, "path": _path(str(value["path"]), parent)}
    return value


def _path(path: str, parent: str) -> str:
    if "://" in path or path.startswith(("azureml:", "/", "~", "git+")):
        return path
    prefix = "file:" if path.startswith("file:") else ""
    return prefix + posixpath.normpath(posixpath.join(parent, path.removeprefix("file:")))
