"""The command job of one trial: the sweep's own, with the trial's values put in."""

from __future__ import annotations

import dataclasses
import json
import re
from collections.abc import Iterable, Iterator, Mapping

from desktop_app.api import Diagnostic, Job, Value
from desktop_app.core.paths import join_path, split_path

_IN_TRIAL = frozenset({"command", "code", "environment", "environment_variables", "distribution", "resources"})
_PLACEHOLDER = re.compile(r"\$\{\{\s*search_space\.([^{}]*?)\s*\}\}")


def trial_job(job: Job, number: int, values: Mapping[str, Value]) -> Job:
    """Return the job of a sweep's trial: placeholders replaced, its values told by AZUREML_SWEEP_NAME as well.

    A name that the search space lacks stays as it stands, to be refused where commands are resolved.
    """
    title = job.display_name or job.name or job.experiment_name or "sweep"
    return dataclasses.replace(
        job,
        command=put_in(job.command, values),
        environment_variables={**job.environment_variables, **variables(values)},
        name=None,
        display_name=f"{title} trial {number}",
        extra={key: value for key, value in job.extra.items() if key in ("identity", "queue_settings", "properties")},
        sweep=None,
    )


def put_in(command: str, values: Mapping[str, Value]) -> str:
    """Return the command with each `${{search_space.NAME}}` replaced by the value."""

    def value_of(found: re.Match[str]) -> str:
        return written(values[found[1]]) if found[1] in values else found[0]

    return _PLACEHOLDER.sub(value_of, command)


def named_in(command: str) -> frozenset[str]:
    """Return the names of the search space that a command uses."""
    return frozenset(_PLACEHOLDER.findall(command))


def variables(values: Mapping[str, Value]) -> dict[str, str]:
    """Return the environment variables by which Azure ML tells a trial its values."""
    return {f"AZUREML_SWEEP_{name}": written(value) for name, value in values.items()}


def written(value: Value) -> str:
    """Return a value as the command gets it: text as it is, anything else as JSON writes it (`0.1`, `true`)."""
    return value if isinstance(value, str) else json.dumps(value)


def in_trial(findings: Iterable[Diagnostic]) -> Iterator[Diagnostic]:
    """Yield findings about a trial's command job as findings about the sweep's file: `command` is `trial.command`."""
    for each in findings:
        fix = each.fix
        if fix is not None:
            changes = {_path_in_sweep(path): value for path, value in fix.set.items()}
            fix = dataclasses.replace(fix, set=changes, unset=tuple(_path_in_sweep(path) for path in fix.unset))
        yield dataclasses.replace(each, path=_path_in_sweep(each.path), fix=fix)


def _path_in_sweep(path: str) -> str:
    parts = split_path(path) if path else ()
    if parts[:1] and parts[0] in _IN_TRIAL:
        return join_path(("trial", *parts))
    return "limits.trial_timeout" if parts == ("limits", "timeout") else path
