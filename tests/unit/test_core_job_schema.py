"""The keys and words of a command job in the code say what the schemas of Azure ML's SDK say, but for what is named."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from desktop_app.api import Value
from desktop_app.core import job_schema
from desktop_app.documents.shapes import Shape, shape_of

_MORE_JOB_KEYS = {"component", "is_deterministic", "notification_setting", "parent"}  # of the published JSON schema
_READ_ONLY = {"parameters", "parent_job_name"}  # made by the service
_MORE_INPUT_KEYS = {"default", "description", "optional"}  # of components
_MORE_OUTPUT_KEYS = {"description", "early_available", "path_on_compute"}
_MORE_RESOURCE_KEYS = {"docker_args_list"}
_MORE_DATA_TYPES = {"safe_tensors_model"}
_OLD_MODES = {"mount"}


def at(*keys: str) -> Shape:
    """Return the shape at keys of a command job; `*` is what a free key of a mapping holds."""
    here = shape_of("commandJob")
    assert here is not None
    for key in keys:
        found = here.values if key == "*" else here.properties[key]
        assert found is not None
        here = found
    return here


def branches(shape: Shape) -> Iterator[Shape]:
    """Yield a shape and its alternatives."""
    yield shape
    for each in shape.any_of:
        yield from branches(each)


def keys_of(*path: str) -> set[str]:
    """Return the keys that may stand there."""
    return {key for each in branches(at(*path)) for key in each.properties} - {"$schema"}


def words_of(key: str, *path: str) -> set[Value]:
    """Return the words that may stand at a key there."""
    shapes = [each.properties[key] for each in branches(at(*path)) if key in each.properties]
    return {word for shape in shapes for each in branches(shape) for word in each.enum}


@pytest.mark.parametrize(
    ("ours", "path", "more"),
    [
        (job_schema.INPUT_KEYS, ("inputs", "*"), _MORE_INPUT_KEYS),
        (job_schema.OUTPUT_KEYS, ("outputs", "*"), _MORE_OUTPUT_KEYS),
        (job_schema.RESOURCE_KEYS, ("resources",), _MORE_RESOURCE_KEYS),
        (job_schema.LIMIT_KEYS, ("limits",), set()),
    ],
)
def test_keys(ours: tuple[str, ...], path: tuple[str, ...], more: set[str]) -> None:
    assert set(ours) == keys_of(*path) | more
    assert not keys_of(*path) & more, "what the schema has by now is named no more"


def test_keys_of_a_job() -> None:
    assert set(job_schema.JOB_KEYS) | set(job_schema.SHOWN_KEYS) | _READ_ONLY >= keys_of()
    assert set(job_schema.JOB_KEYS) - keys_of() == _MORE_JOB_KEYS | {"$schema"}


def test_keys_of_distributions() -> None:
    theirs = sorted(sorted(each.properties) for each in branches(at("distribution")) if each.properties)
    assert sorted(map(sorted, job_schema.DISTRIBUTION_KEYS.values())) == theirs


def test_words() -> None:
    assert set(job_schema.DATA_TYPES) == words_of("type", "inputs", "*") | _MORE_DATA_TYPES
    assert set(job_schema.INPUT_MODES) >= words_of("mode", "inputs", "*") - _OLD_MODES
    assert set(job_schema.OUTPUT_MODES) == words_of("mode", "outputs", "*") - _OLD_MODES


def test_the_keys_of_sweeps_are_those_of_the_schema() -> None:
    sweep = shape_of("sweepJob")
    assert sweep is not None
    assert {*sweep.properties} - {*job_schema.SHOWN_KEYS} == {*job_schema.SWEEP_KEYS}
    ours = {
        "trial": job_schema.TRIAL_KEYS,
        "limits": job_schema.SWEEP_LIMIT_KEYS,
        "objective": job_schema.OBJECTIVE_KEYS,
        "sampling_algorithm": job_schema.SAMPLING_KEYS,
    }
    for key, known in ours.items():
        assert {name for each in branches(sweep.properties[key]) for name in each.properties} == {*known}, key
