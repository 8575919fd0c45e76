"""Sweep jobs from a document's data and back: one `Job`, whose `sweep` says how the values of its trials are searched.

What stands under `trial:` are the job's own command, code, environment, distribution and resources. Keys that the model
does not know are kept in `extra`, at the place that they have in the file.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from desktop_app.api import Diagnostic, Job, Sweep, Value
from desktop_app.core.findings import Findings
from desktop_app.core.job_fields import Fields
from desktop_app.core.job_parts import (
    distribution_data,
    filled,
    input_data,
    mapping,
    output_data,
    plain,
    present,
    read_distribution,
    read_environment,
    read_input,
    read_output,
    read_resources,
    resources_data,
)
from desktop_app.core.job_schema import (
    OBJECTIVE_KEYS,
    SAMPLING_KEYS,
    SAMPLINGS,
    SHOWN_KEYS,
    SWEEP_KEYS,
    SWEEP_LIMIT_KEYS,
    SWEEP_SCHEMA,
    TRIAL_KEYS,
)

_MODELLED = frozenset({
    "trial", "compute", "inputs", "outputs", "resources", "limits", "name", "display_name", "experiment_name",
    "description", "tags", "search_space", "sampling_algorithm", "objective", "early_termination",
})  # fmt: skip
_TRIAL = ("command", "code", "environment", "environment_variables", "distribution", "resources")
TRIAL_ELSEWHERE = "trial-elsewhere"


def is_sweep(data: Mapping[str, Value]) -> bool:
    """Whether a document's data is that of a sweep: it says so, or has a trial instead of a command."""
    return data.get("type") == "sweep" or ("trial" in data and "command" not in data)


def sweep_from_mapping(data: Mapping[str, Value]) -> tuple[Job, tuple[Diagnostic, ...]]:
    """Return the sweep that a document's data describes, and what is wrong with its keys and types, by dotted path."""
    findings = Findings()
    fields = Fields(data, findings)
    fields.know((*SWEEP_KEYS, *SHOWN_KEYS))
    nodes = fields.preview_compute()
    trial = _trial(fields)
    limits = fields.group("limits")
    job = Job(
        command=trial.text("command") or "",
        code=trial.preview_code(),
        environment=read_environment(trial),
        compute=fields.text("compute"),
        inputs={name: read_input(fields, name) for name in fields.names("inputs")},
        outputs={name: read_output(fields, name) for name in fields.names("outputs")},
        distribution=read_distribution(trial),
        resources=read_resources(fields if _has_own_resources(fields) else trial, nodes),
        environment_variables=trial.texts("environment_variables"),
        name=fields.text("name"),
        display_name=fields.text("display_name"),
        experiment_name=fields.text("experiment_name"),
        description=fields.text("description"),
        tags=fields.texts("tags"),
        timeout=limits.integer("trial_timeout"),
        extra=_extra(fields),
        sweep=_sweep(fields, limits),
    )
    return job, tuple(findings.made)


def _trial(fields: Fields) -> Fields:
    given = fields.data.get("trial")
    if given is not None and not isinstance(given, dict):
        message = (
            "Write the trial's command, code and environment below trial: here"
            f" a sweep whose trial lies elsewhere ({given}) can't be run."
        )
        fields.findings.error(TRIAL_ELSEWHERE, ("trial",), message)
        return Fields({}, fields.findings, ("trial",), usable=False)
    trial = fields.group("trial")
    trial.know(TRIAL_KEYS)
    return trial


def _has_own_resources(fields: Fields) -> bool:
    """Whether the resources stand beside the trial, as the service takes them too, and not in it."""
    trial = fields.data.get("trial")
    inner = trial.get("resources") if isinstance(trial, dict) else None
    return inner is None and fields.data.get("resources") is not None


def _sweep(fields: Fields, limits: Fields) -> Sweep:
    limits.know(SWEEP_LIMIT_KEYS)
    objective, sampling = fields.group("objective"), _sampling(fields)
    objective.know(OBJECTIVE_KEYS)
    spaces = fields.group("search_space")
    policy = fields.group("early_termination")
    return Sweep(
        search_space={name: spaces.group(name).data for name in spaces.data},
        primary_metric=objective.text("primary_metric") or "",
        goal=objective.word("goal", ("minimize", "maximize"), any_case=True) or "maximize",
        sampling=sampling.word("type", SAMPLINGS, any_case=True) or "random",
        rule=sampling.word("rule", ("random", "sobol"), any_case=True),
        seed=sampling.integer("seed"),
        logbase=sampling.data.get("logbase"),
        early_termination=policy.data or None,
        max_total_trials=limits.integer("max_total_trials"),
        max_concurrent_trials=limits.integer("max_concurrent_trials"),
        timeout=limits.integer("timeout"),
    )


def _sampling(fields: Fields) -> Fields:
    """Return the sampling algorithm, which may be a word alone, as a mapping."""
    given = fields.data.get("sampling_algorithm")
    if not isinstance(given, str):
        sampling = fields.group("sampling_algorithm")
        sampling.know(SAMPLING_KEYS)
        return sampling
    fields.word("sampling_algorithm", SAMPLINGS, any_case=True)
    return Fields({"type": given}, Findings(), ("sampling_algorithm",))


def _extra(fields: Fields) -> dict[str, Value]:
    extra = fields.rest(*_MODELLED)
    if extra.get("$schema") == SWEEP_SCHEMA:
        del extra["$schema"]
    if extra.get("type") == "sweep":
        del extra["type"]
    known: dict[str, tuple[str, ...]] = {
        "trial": _TRIAL,
        "objective": OBJECTIVE_KEYS,
        "sampling_algorithm": SAMPLING_KEYS,
        "limits": SWEEP_LIMIT_KEYS,
    }
    inner = {key: fields.group(key, quiet=True).rest(*keys) for key, keys in known.items()}
    return {**extra, **{key: rest for key, rest in inner.items() if rest}}


def sweep_to_mapping(job: Job) -> dict[str, Value]:
    """Return a sweep as a document holds it, in the order an expert writes the keys; absent keys stay absent."""
    extra = dict(job.extra)
    sweep = job.sweep or Sweep({}, "")
    trial = mapping(extra.pop("trial", None))
    data: dict[str, Any] = {
        "$schema": SWEEP_SCHEMA,
        "type": "sweep",
        **present(
            name=job.name,
            display_name=job.display_name,
            experiment_name=job.experiment_name,
            description=job.description,
        ),
        **filled(tags=dict(job.tags)),
        "trial": {**_trial_data(job), **trial},
        **filled(
            inputs={name: input_data(each) for name, each in job.inputs.items()},
            outputs={name: output_data(each) for name, each in job.outputs.items()},
        ),
        **present(compute=job.compute),
        "sampling_algorithm": _sampling_data(sweep, mapping(extra.pop("sampling_algorithm", None))),
        "search_space": {name: dict(spread) for name, spread in sweep.search_space.items()},
        "objective": {
            "goal": sweep.goal,
            "primary_metric": sweep.primary_metric,
            **mapping(extra.pop("objective", None)),
        },
        **filled(
            early_termination=dict(sweep.early_termination or {}),
            limits={**_limits(job, sweep), **mapping(extra.pop("limits", None))},
        ),
    }
    data = {**data, **extra}
    return {**{key: data[key] for key in SWEEP_KEYS if key in data}, **data}


def _trial_data(job: Job) -> dict[str, Value]:
    return {
        **present(code=job.code),
        "command": job.command,
        **present(environment=plain(job.environment)),
        **filled(environment_variables=dict(job.environment_variables)),
        **present(distribution=distribution_data(job.distribution)),
        **filled(resources=resources_data(job.resources)),
    }


def _sampling_data(sweep: Sweep, extra: Mapping[str, Value]) -> Value:
    rest = {**present(rule=sweep.rule, seed=sweep.seed, logbase=sweep.logbase), **extra}
    return {"type": sweep.sampling, **rest} if rest else sweep.sampling


def _limits(job: Job, sweep: Sweep) -> dict[str, Value]:
    return present(
        max_total_trials=sweep.max_total_trials,
        max_concurrent_trials=sweep.max_concurrent_trials,
        timeout=sweep.timeout,
        trial_timeout=job.timeout,
    )
