"""The job model from data and back; odd types are findings, never exceptions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import Diagnostic, Distribution, Job, JobInput, JobOutput, Severity, Value
from desktop_app.core.job_codec import job_from_mapping, job_to_mapping
from desktop_app.core.job_schema import JOB_KEYS, SCHEMA
from tests.helpers.jobs import JOBS, NAMES, VALUES


def read(**data: Value) -> tuple[Job, tuple[Diagnostic, ...]]:
    """Return a job with a command and what was found."""
    return job_from_mapping({"command": "python x.py", **data})


def only(found: tuple[Diagnostic, ...]) -> Diagnostic:
    """Return the one finding."""
    (one,) = found
    return one


@given(JOBS)
def test_the_mapping_of_a_job_reads_as_the_same_job(job: Job) -> None:
    assert job_from_mapping(job_to_mapping(job))[0] == job


@given(st.dictionaries(st.sampled_from(JOB_KEYS) | NAMES, VALUES, max_size=6))
def test_no_data_makes_it_raise(data: dict[str, Value]) -> None:
    job, found = job_from_mapping(data)
    assert isinstance(job.command, str)
    assert all(each.message and each.code for each in found)


def test_keys_are_in_an_experts_order_and_unknown_ones_are_kept() -> None:
    data: dict[str, Value] = {
        "compute": "azureml:c",
        "command": "python x.py",
        "services": {"a": {"type": "ssh"}},
        "$schema": SCHEMA,
        "x-own": [1, {"a": None}],
        "limits": {"timeout": 60, "later": 1},
        "code": ".",
    }
    job, _ = job_from_mapping(data)
    written = job_to_mapping(job)
    assert written == data
    assert list(written) == ["$schema", "code", "command", "compute", "limits", "services", "x-own"]


def test_the_type_goes_without_saying_and_another_schema_is_kept() -> None:
    job, found = read(**{"type": "command", "$schema": "http://elsewhere/commandJob.schema.json"})
    assert found == ()
    assert job.extra == {"$schema": "http://elsewhere/commandJob.schema.json"}
    assert job_to_mapping(job)["$schema"] == "http://elsewhere/commandJob.schema.json"


def test_inputs_and_outputs_in_all_their_forms() -> None:
    job, found = read(
        inputs={
            "a": 1,
            "b": "x",
            "c": {"type": "integer", "value": 3},
            "d": {"path": "data", "mode": "download"},
            "e": None,
        },
        outputs={"m": None, "n": {"type": "uri_file", "path": "azureml://x"}},
    )
    assert found == ()
    assert job.inputs == {
        "a": JobInput(1),
        "b": JobInput("x"),
        "c": JobInput(3, "integer"),
        "d": JobInput(path="data", mode="download"),
        "e": JobInput(),
    }
    assert job.outputs == {"m": JobOutput(), "n": JobOutput("uri_file", "azureml://x")}


@pytest.mark.parametrize(
    ("data", "path", "severity"),
    [
        ({"command": ["python", "x.py"]}, "command", Severity.ERROR),
        ({"command": {"a": 1}}, "command", Severity.ERROR),
        ({"inputs": [1]}, "inputs", Severity.ERROR),
        ({"outputs": {"a": "x"}}, "outputs.a", Severity.ERROR),
        ({"resources": "2"}, "resources", Severity.ERROR),
        ({"resources": {"instance_count": "two"}}, "resources.instance_count", Severity.ERROR),
        ({"resources": {"instance_count": True}}, "resources.instance_count", Severity.ERROR),
        ({"resources": {"instance_count": 1.5}}, "resources.instance_count", Severity.ERROR),
        ({"resources": {"instance_count": "2"}}, "resources.instance_count", Severity.WARNING),
        ({"resources": {"instance_count": 2.0}}, "resources.instance_count", Severity.WARNING),
        ({"display_name": 12}, "display_name", Severity.WARNING),
        ({"tags": {"a": [1]}}, "tags.a", Severity.ERROR),
        ({"environment": [1]}, "environment", Severity.ERROR),
        ({"distribution": "pytorch"}, "distribution", Severity.ERROR),
        ({"limits": {"timeout": "1h"}}, "limits.timeout", Severity.ERROR),
    ],
)
def test_wrong_types_are_said_at_their_place(data: dict[str, Value], path: str, severity: Severity) -> None:
    found = only(read(**data)[1])
    assert (found.code, found.path, found.severity) == ("wrong-type", path, severity)


def test_a_number_in_quotes_is_taken_and_can_be_mended() -> None:
    job, found = read(distribution={"type": "pytorch", "process_count_per_instance": "4"})
    assert job.distribution == Distribution("pytorch", 4)
    fix = only(found).fix
    assert fix is not None
    assert fix.set == {"distribution.process_count_per_instance": 4}


def test_a_misspelt_key_is_an_error_with_its_renaming() -> None:
    _, found = read(distribution={"type": "pytorch", "proces_count": 2})
    one = only(found)
    assert (one.severity, one.code, one.path) == (Severity.ERROR, "unknown-key", "distribution.proces_count")
    assert one.fix is not None
    assert one.fix.set == {"distribution.process_count_per_instance": 2}
    assert one.fix.unset == ("distribution.proces_count",)


@pytest.mark.parametrize(
    ("key", "meant"),
    [
        ("comand", "command"),
        ("displayName", "display_name"),
        ("experiment-name", "experiment_name"),
        ("input", "inputs"),
    ],
)
def test_the_nearest_right_key_is_named(key: str, meant: str) -> None:
    _, found = job_from_mapping({key: {}})
    assert meant in found[0].message


def test_a_strange_key_is_a_warning_without_a_guess() -> None:
    one = only(read(zzz=1)[1])
    assert (one.severity, one.code, one.fix) == (Severity.WARNING, "unknown-key", None)


@pytest.mark.parametrize("key", ["x-anchors", "_hidden"])
def test_keys_of_ones_own_are_left_alone(key: str) -> None:
    assert read(**{key: 1})[1] == ()


@pytest.mark.parametrize(
    ("data", "meant"),
    [
        ({"distribution": {"type": "pytorchh"}}, "pytorch"),
        ({"inputs": {"d": {"type": "uri-folder", "path": "x"}}}, "uri_folder"),
        ({"inputs": {"d": {"type": "uri_file", "path": "x", "mode": "downlaod"}}}, "download"),
    ],
)
def test_an_unknown_word_gets_the_nearest(data: dict[str, Value], meant: str) -> None:
    one = only(read(**data)[1])
    assert (one.code, one.severity) == ("unknown-value", Severity.ERROR)
    assert one.fix is not None
    assert list(one.fix.set.values()) == [meant]


def test_types_may_be_written_as_azure_ml_shows_them() -> None:
    assert read(distribution={"type": "PyTorch", "process_count_per_instance": 2})[1] == ()


def test_a_distribution_needs_its_type() -> None:
    job, found = read(distribution={"process_count_per_instance": 2})
    assert only(found).code == "missing-key"
    assert job.topology.processes_per_node == 2


def test_the_previews_forms_are_understood_and_mended() -> None:
    job, found = read(
        code={"local_path": "src"},
        compute={"target": "azureml:c", "instance_count": 2},
        inputs={"d": {"data": "azureml:x:1", "mode": "mount"}},
    )
    assert (job.code, job.compute, job.topology.nodes) == ("src", "azureml:c", 2)
    assert job.inputs == {"d": JobInput(path="azureml:x:1", mode="ro_mount")}
    assert {each.code for each in found} == {"preview-syntax"}
    changes = [each.fix.set for each in found if each.fix]
    assert {"compute": "azureml:c", "resources.instance_count": 2} in changes
    assert {"inputs.d.path": "azureml:x:1"} in changes


def test_several_instance_types_are_kept() -> None:
    job, found = read(resources={"instance_type": ["a", "b"], "instance_count": 1})
    assert found == ()
    assert job.resources.extra == {"instance_type": ["a", "b"]}
    assert job_to_mapping(job)["resources"] == {"instance_type": ["a", "b"], "instance_count": 1}


def test_environment_variables_are_text() -> None:
    job, found = read(environment_variables={"A": 1, "B": True, "C": None, "D": 1.5, "E": "x"})
    assert found == ()
    assert job.environment_variables == {"A": "1", "B": "true", "C": "", "D": "1.5", "E": "x"}


@pytest.mark.parametrize(
    ("data", "fix_set", "fix_unset"),
    [
        ({"instance_count": 2}, {"resources.instance_count": 2}, "instance_count"),
        ({"node_count": 2}, {"resources.instance_count": 2}, "node_count"),
        ({"timeout": 60}, {"limits.timeout": 60}, "timeout"),
        (
            {"resources": {"process_count_per_instance": 2}},
            {"distribution.process_count_per_instance": 2},
            "resources.process_count_per_instance",
        ),
    ],
)
def test_a_key_that_belongs_elsewhere_is_moved(
    data: dict[str, Value], fix_set: dict[str, Value], fix_unset: str
) -> None:
    one = only(read(**data)[1])
    assert one.code == "unknown-key"
    assert one.fix is not None
    assert (one.fix.set, one.fix.unset) == (fix_set, (fix_unset,))


def test_the_total_of_sdk_v1_becomes_the_processes_of_a_node() -> None:
    _, found = read(distribution={"type": "pytorch", "process_count": 4}, resources={"instance_count": 2})
    one = only(found)
    assert one.code == "v1-process-count"
    assert one.fix is not None
    assert one.fix.set == {"distribution.process_count_per_instance": 2}
