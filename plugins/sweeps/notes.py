"""What each page says about the answers so far; an error keeps it from being left."""

from __future__ import annotations

from collections.abc import Iterator

from desktop_app.api import Diagnostic, FormSpec
from desktop_app.api.kit import answers as read
from desktop_app.api.kit import error, info, notes, warning

from . import spreads
from .asked import Asked

_V2 = {"HyperDriveConfig": "a sweep", "primary_metric_name": "objective.primary_metric",
       "primary_metric_goal": "objective.goal", "max_total_runs": "limits.max_total_trials",
       "max_concurrent_runs": "limits.max_concurrent_trials",
       "max_duration_minutes": "limits.timeout, in seconds"}  # fmt: skip


def job_notes(asked: Asked, form: FormSpec) -> Iterator[Diagnostic]:
    """Say whether the job can be tuned, and what was understood of SDK v1's words."""
    yield from notes.form_errors(asked.answers, form)
    name, job = read.text(asked.answers, "job"), asked.context.job
    if name and job is None:
        yield error("no-job", f"{name} holds no command job. Pick the file that you would run.", "job")
    elif job is not None and job.sweep is not None:
        yield error("is-sweep", f"{name} is a sweep already: its form in Files has all that is asked here.", "job")
    elif job is not None and not asked.parameters:
        message = (
            "Nothing of its command can be tuned: give the script an argument with a value, such as --lr 0.1, or the"
            " job a literal input."
        )
        yield error("nothing-to-tune", message, "job")
    elif job is not None:
        names = [each.title for each in asked.parameters.values()]
        yield info("found", f"Can be tuned: {', '.join(names[:8])}{' …' if len(names) > 8 else ''}", "job")
    yield from _v1_notes(asked)


def _v1_notes(asked: Asked) -> Iterator[Diagnostic]:
    typed = read.text(asked.answers, "v1_words")
    if not typed:
        return
    if not asked.v1.known:
        message = "No word of SDK v1's hyperdrive is in that. It reads HyperDriveConfig(…), or words of it."
        yield warning("v1-unread", message, "v1_words")
        return
    said = "; ".join(f"{word} is {_V2[word]}" for word in asked.v1.known if word in _V2)
    yield info("v1-words", f"Understood: {', '.join(asked.v1.known)}.{f' In v2 {said}.' if said else ''}", "v1_words")
    strange = [name for name in asked.v1.space if name not in asked.parameters]
    if strange and asked.context.job is not None:
        message = f"The job's command has no argument {', '.join(f'--{each}' for each in strange)}: add it first."
        yield warning("v1-argument", message, "v1_words")


def space_notes(asked: Asked, form: FormSpec) -> Iterator[Diagnostic]:
    """Say what can't be drawn."""
    yield from notes.form_errors(asked.answers, form)
    if asked.context.job is not None and not asked.space:
        yield error("nothing-picked", "Tick at least one parameter to try out.", "space")
    for name, each in asked.space.items():
        said = spreads.problem(str(each["type"]), each)
        if said:
            yield error("spread", f"{asked.parameters[name].title}: {said}.", "space")


def search_notes(asked: Asked, form: FormSpec) -> Iterator[Diagnostic]:
    """Say where sampling and spreads don't fit, and where the script does not log the metric."""
    yield from notes.form_errors(asked.answers, form)
    wanted = {"grid": ("choice",), "bayesian": spreads.BAYESIAN}.get(asked.sampling, spreads.NAMES)
    odd = [asked.parameters[name].title for name, each in asked.space.items() if each["type"] not in wanted]
    if odd and asked.sampling == "grid":
        yield error("sampling", f"A grid goes through lists alone: make {', '.join(odd)} a choice.", "sampling")
    elif odd:
        message = f"Bayesian sampling takes choice, uniform and quniform alone: change {', '.join(odd)}."
        yield error("sampling", message, "sampling")
    known = asked.context.metrics
    if known and asked.metric and asked.metric not in known:
        message = (
            f"Nothing is known to log {asked.metric}, but {', '.join(known[:5])}. Without it no trial is the best."
        )
        yield warning("metric", message, "metric")


def policy_notes(asked: Asked, form: FormSpec) -> Iterator[Diagnostic]:
    """Check the settings of the policy."""
    yield from notes.form_errors({name: asked.answers.get(name) for name in _names(form)}, form)
    if asked.policy != "none":
        message = (
            "It counts the values that a trial logs: a script that logs the metric once, at its end, is never ended."
        )
        yield info("policy", message, "policy")


def limits_notes(asked: Asked, form: FormSpec) -> Iterator[Diagnostic]:
    """Check the limits, and say how many trials there will be."""
    yield from notes.form_errors(asked.answers, form)
    total = read.integer(asked.answers, "max_total_trials", asked.trials_by_default)
    together = read.integer(asked.answers, "max_concurrent_trials", asked.together_by_default)
    if together > total:
        yield warning("together", f"There are {total} trials at most: {together} at a time never happens.",
                      "max_concurrent_trials")  # fmt: skip
    if asked.room is not None and together > asked.room > 0:
        message = f"The cluster has room for {asked.room} at a time: others wait for nodes."
        yield warning("room", message, "max_concurrent_trials")
    grid = asked.combinations
    if grid is not None and total < grid:
        yield warning("grid", f"{grid - total} of the grid's {grid} combinations are left out.", "max_total_trials")


def _names(form: FormSpec) -> tuple[str, ...]:
    return tuple(each.name for each in form.fields)
