"""Why a sweep failed: its own log says what its trials were, so the cause is that of the first trial that failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from desktop_app.api import Diagnostic, Explanation, Fix, RunSnapshot, Severity
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.core.diagnosis.timed_out import CODE
from desktop_app.core.sweeps.trials import in_trial
from desktop_app.services.diagnosing.runs import diagnose_run, is_told_of
from desktop_app.services.plugins import PluginHost

MOST_TRIALS = 16
"""Trials that are looked at, to say how many failed alike."""
_NAMED = 4
_LIMIT = "limits.trial_timeout"


@dataclass(frozen=True, slots=True)
class Told:
    """What is known of a run, and of which run that speaks: a trial of it, with the sweep's job file, or itself."""

    run: RunSnapshot
    known: Diagnosis


async def diagnose_with_trials(plugins: PluginHost, run: RunSnapshot, trials: Sequence[RunSnapshot]) -> Told:
    """Return what is known of a run; of a sweep, of its first trial that failed, which is named, and how many alike."""
    fallen = [each for each in trials if is_told_of(each)] if run.sweep is not None and is_told_of(run) else []
    if not fallen:
        return Told(run, await diagnose_run(plugins, run))
    found = [(each, await diagnose_run(plugins, each)) for each in fallen[:MOST_TRIALS]]
    trial, known = next((each for each in found if each[1].cause is not None), found[0])
    main = _main(known)
    if main is None:
        return Told(run, known)
    alike = [each.run for each, other in found if _is_alike(main, _main(other))]
    others = [each.run for each, _ in found if each.run not in alike]
    unseen = len(fallen) - len(found)
    known = replace(
        _put(known, main, _named(main, trial, len(alike) - 1)),
        steps=tuple(_in_sweep(each) for each in known.steps),
        places=tuple(each and replace(each, file=f"{trial.run}/{each.file}") for each in known.places),
        missing=(*known.missing, *_not_told(others, unseen)),
    )
    return Told(replace(trial, source=run.source), known)


def of_sweep(told: Told) -> Diagnosis:
    """Return the diagnosis of a trial without its ranks and places, which the sweep's own page does not have."""
    known = told.known
    bare = tuple(replace(each, rank=None, about=None) for each in known.all)
    cause = None if known.cause is None else replace(known.cause, rank=None, about=None)
    return replace(known, cause=cause, all=bare, places=(), rank=None, falls=(), suspects=(), code=None)


def _main(known: Diagnosis) -> Explanation | None:
    """Return what a diagnosis says first: its cause, else its first symptom, else its first echo."""
    return known.cause or next(iter((*known.symptoms, *known.echoes)), None)


def _is_alike(one: Explanation | None, other: Explanation | None) -> bool:
    """Whether two trials failed by the same thing; their values may differ, and stand behind a colon."""
    if one is None or other is None:
        return one is other
    return one.code == other.code and one.cause.partition(":")[0] == other.cause.partition(":")[0]


def _named(main: Explanation, trial: RunSnapshot, more: int) -> Explanation:
    """Return an explanation that begins with its trial, and is about the sweep's file."""
    number = trial.trial.number if trial.trial is not None else 0
    also = f", and {more} more alike" if more else ""
    advice = tuple(each.replace("limits.timeout", _LIMIT) for each in main.advice)
    if main.code == CODE and more:  # where no trial had the time, the time is likelier than as many hangs
        advice = tuple(sorted(advice, key=lambda each: _LIMIT not in each))
    fix = None if main.fix is None else _in_sweep(main.fix)
    return replace(main, cause=f"Trial {number} ({trial.run}{also}): {main.cause}", advice=advice, fix=fix)


def _in_sweep(fix: Fix) -> Fix:
    """Return a change of a trial's job as one of the sweep's file."""
    (found,) = in_trial([Diagnostic(Severity.INFO, "fix", "", fix=fix)])
    return found.fix or fix


def _not_told(others: Sequence[str], unseen: int) -> list[str]:
    said = []
    if others:
        some = ", ".join(others[:_NAMED]) + (", …" if len(others) > _NAMED else "")
        said.append(f"Failed otherwise: {some}; rankzero runs diagnose {others[0]} says why.")
    if unseen:
        said.append(f"Of the trials that failed the first {MOST_TRIALS} were looked at, {unseen} more were not.")
    return said


def _put(known: Diagnosis, old: Explanation, new: Explanation) -> Diagnosis:
    """Return a diagnosis with one of its explanations in another's place."""
    every = tuple(new if each is old else each for each in known.all)
    return replace(known, all=every, cause=new if known.cause is old else known.cause)
