"""Sweeps: a search space that the sampling can read, limits that make sense, and a rule to end trials early.

Sources: sweep job YAML reference; azure-ai-ml's sweep schemas.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from desktop_app.api import Value
from desktop_app.core.rules import spreads
from desktop_app.core.rules.formats import check_times
from desktop_app.core.rules.notes import Notes, change
from desktop_app.core.rules.values import Path, mapping, text, whole
from desktop_app.core.sweeps.trials import named_in


def check(kind: str, data: Value, notes: Notes) -> None:
    """Check every sweep of a file: the job itself, or the steps of a pipeline."""
    for path, sweep in _sweeps(kind, mapping(data), ()):
        _limits((*path, "limits"), mapping(sweep.get("limits")), notes)
        _space(path, sweep, notes)


def _sweeps(kind: str, data: Mapping[str, Value], path: Path) -> Iterator[tuple[Path, Mapping[str, Value]]]:
    if kind == "sweepJob" or text(data.get("type")).lower() == "sweep":
        yield path, data
    for name, step in mapping(data.get("jobs")).items():
        yield from _sweeps("", mapping(step), (*path, "jobs", name))


def _limits(path: Path, limits: Mapping[str, Value], notes: Notes) -> None:
    check_times(path, limits, ("timeout", "trial_timeout"), notes)
    counts = {key: whole(limits.get(key)) for key in ("max_total_trials", "max_concurrent_trials")}
    for key, count in counts.items():
        if count is not None and count < 1:
            message = f"Write at least 1 at {key}, not {count}."
            notes.error("process-count", (*path, key), message, change("Write 1", (*path, key), 1))
    total, together = counts["max_total_trials"], counts["max_concurrent_trials"]
    if total is not None and together is not None and together > total >= 1:
        message = f"Write at most {total} at max_concurrent_trials: {together} at once is more than max_total_trials."
        fix = change(f"Write {total}", (*path, "max_concurrent_trials"), total)
        notes.warning("process-count", (*path, "max_concurrent_trials"), message, fix)


def _unused(path: Path, sweep: Mapping[str, Value], notes: Notes) -> None:
    """Say which names of the search space the command leaves to a variable that the script may never read."""
    command = text(mapping(sweep.get("trial")).get("command"))
    used = named_in(command)
    for name in mapping(sweep.get("search_space")) if command else ():
        if name not in used:
            message = f"The command does not use ${{{{search_space.{name}}}}}: trials find it in AZUREML_SWEEP_{name}."
            notes.info("unused-search-space", (*path, "search_space", name), message)


def _space(path: Path, sweep: Mapping[str, Value], notes: Notes) -> None:
    algorithm = sweep.get("sampling_algorithm")
    sampling = text(algorithm if isinstance(algorithm, str) else mapping(algorithm).get("type")).lower()
    spreads.check(path, sweep, sampling, notes)
    _unused(path, sweep, notes)
    for name, given in mapping(sweep.get("search_space")).items():
        spread = mapping(given)
        kind = text(spread.get("type")).lower()
        here = (*path, "search_space", name)
        least, most = spread.get("min_value"), spread.get("max_value")
        if isinstance(least, int | float) and isinstance(most, int | float) and least >= most:
            notes.error("search-space", (*here, "min_value"), f"Write less than max_value ({most}) at min_value.")
        if kind == "choice" and spread.get("values") == []:
            notes.error("search-space", (*here, "values"), "List at least one value to choose from.")
        if sampling == "grid" and kind and kind != "choice":
            message = f"Grid sampling goes through lists alone: make {name} a choice, or sample at random."
            notes.error("search-space", (*here, "type"), message)
