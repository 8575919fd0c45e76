"""What to collect next, where logs do not hold the cause: runs again with variables set, which tell more."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from desktop_app.api import Explanation, Fix
from desktop_app.api.kit.knowledge_match import rerun_with
from desktop_app.core.diagnosis.exceptions import WEAK

MOST = 3
_VARIABLE = "environment_variables."
_TELLING = {
    "pytorch": {"TORCH_DISTRIBUTED_DEBUG": "INFO", "TORCH_CPP_LOG_LEVEL": "INFO"},
    "horovod": {"HOROVOD_STALL_CHECK_TIME_SECONDS": "10"},
    "ray": {"RAY_DEDUP_LOGS": "0"},
}
"""By framework: what each process group does; who has not sent a tensor; each worker's own words.

PyTorch's DETAIL, which compares collectives, is not among them: where DistributedDataParallel runs on CPUs, torch 2.13
crashes with it, and a run that falls otherwise tells nothing.
"""


def steps_of(cause: Explanation | None, found: Sequence[Explanation]) -> tuple[Fix, ...]:
    """Return the changes to run again with, the most telling first, each once; nothing where the cause is sure."""
    if cause is not None and cause.certainty > WEAK:
        return _once([cause.rerun])
    return _once(each.rerun for each in ([cause] if cause is not None else []) + list(found))


def steps_for(
    steps: Sequence[Fix], framework: str, variables: Mapping[str, str], *, has_cause: bool
) -> tuple[Fix, ...]:
    """Return the steps that the job does not have set already; without a cause, what tells most of its framework."""
    left = _once(_left_of(each, variables) for each in steps)
    if left or has_cause:
        return left
    return _once([_left_of(rerun_with(_TELLING.get(framework, {})), variables)])


def _left_of(step: Fix, variables: Mapping[str, str]) -> Fix | None:
    """Return what of a step is to be set yet; None where nothing is."""
    left = {path: value for path, value in step.set.items() if variables.get(path.removeprefix(_VARIABLE)) != value}
    if len(left) == len(step.set) or not all(each.startswith(_VARIABLE) for each in step.set):
        return step if step.set or step.unset else None
    return rerun_with({path.removeprefix(_VARIABLE): str(value) for path, value in left.items()}) if left else None


def _once(fixes: Iterable[Fix | None]) -> tuple[Fix, ...]:
    kept: list[Fix] = []
    for each in fixes:
        if each is not None and each not in kept:
            kept.append(each)
    return tuple(kept[:MOST])
