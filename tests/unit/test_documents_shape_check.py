"""The check of a document against the shape of its kind."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import cast

import pytest

from desktop_app.api import Diagnostic, Severity, Value
from desktop_app.core.paths import Part, split_path
from desktop_app.documents.shape_check import check_shape

JOB: dict[str, Value] = {
    "$schema": "https://azuremlschemas.azureedge.net/latest/commandJob.schema.json",
    "code": "src",
    "command": "python train.py --epochs ${{inputs.epochs}}",
    "inputs": {"epochs": 5, "data": {"type": "uri_folder", "path": "azureml:d:1", "mode": "ro_mount"}},
    "environment": "azureml:env@latest",
    "compute": "azureml:gpu-cluster",
    "distribution": {"type": "pytorch", "process_count_per_instance": 4},
    "resources": {"instance_count": 2},
}
COMPUTE: dict[str, Value] = {"type": "amlcompute", "name": "cpu", "size": "Standard_DS3_v2", "max_instances": 2}
PIPELINE: dict[str, Value] = {
    "type": "pipeline",
    "inputs": {"data": {"type": "uri_folder", "path": "azureml:d:1"}},
    "jobs": {
        "train": {
            "type": "command",
            "component": "azureml:train:1",
            "inputs": {"data": "${{parent.inputs.data}}"},
            "resources": {"instance_count": "${{parent.inputs.nodes}}"},
            "outputs": {"model": "${{parent.outputs.model}}"},
        },
        "score": {"type": "command", "component": "./score.yml"},
    },
}


def mended(document: Mapping[str, Value], finding: Diagnostic) -> dict[str, Value]:
    """Return the document with the fix of a finding made."""
    made = copy.deepcopy(dict(document))
    assert finding.fix is not None
    for path in finding.fix.unset:
        parent, key = _parent(made, path)
        del cast("dict[Part, Value]", parent)[key]
    for path, value in finding.fix.set.items():
        parent, key = _parent(made, path)
        cast("dict[Part, Value]", parent)[key] = value
    return made


def _parent(document: Value, path: str) -> tuple[Value, Part]:
    *above, last = split_path(path)
    here = document
    for part in above:
        here = cast("dict[Part, Value]", here).setdefault(part, {}) if isinstance(here, dict) else None
    return here, last


def changed(document: Mapping[str, Value], path: str, value: Value) -> dict[str, Value]:
    """Return a document with another value at a path."""
    made = copy.deepcopy(dict(document))
    parent, key = _parent(made, path)
    cast("dict[Part, Value]", parent)[key] = value
    return made


@pytest.mark.parametrize(("kind", "document"), [("commandJob", JOB), ("compute", COMPUTE), ("pipelineJob", PIPELINE)])
def test_what_the_sdk_takes_has_no_findings(kind: str, document: dict[str, Value]) -> None:
    """With references, bindings, files and inputs of every form."""
    assert check_shape(kind, document) == []


@pytest.mark.parametrize(
    ("path", "value", "code", "said"),
    [
        ("distribution.type", "pytorchh", "unknown-value", "write pytorch"),
        ("distribution.process_count_per_instance", "four", "wrong-type", "a whole number"),
        ("resources.instanc_type", "x", "unknown-key", "write “instance_type”"),
        ("distribution.worker_count", 2, "unknown-key", "goes with type tensorflow, not pytorch"),
        ("distribution.node_count", 2, "unknown-key", "write it as resources.instance_count"),
        ("inputs.data.type", "uri_fodler", "unknown-value", "write uri_folder"),
        ("inputs.data.mode", "rw_mount", "unknown-value", "ro_mount"),
        ("enviroment", "x", "unknown-key", "enviroment"),
        ("queue_settings", {"job_tier": "spott"}, "unknown-value", "write spot"),
        ("environment", "pytorch", "wrong-format", "azureml:NAME:VERSION"),
        ("environment", None, "wrong-type", "nothing stands there"),
        ("description", 5, "wrong-type", 'in quotes, as "5"'),
        ("compute", {"target": "azureml:c"}, "wrong-type", "text at compute, not keys with values"),
        ("distribution.proces_count_per_instance", 2, "unknown-key", "process_count_per_instance is there already"),
        ("resources", ["a"], "wrong-type", "keys with values at resources, not a list"),
        ("frobnicate", 1, "unknown-key", "Remove “frobnicate”"),
    ],
)
def test_one_fault_is_one_sentence_at_its_place(path: str, value: Value, code: str, said: str) -> None:
    """The mistakes that the SDK refuses too."""
    found = check_shape("commandJob", changed(JOB, path, value))
    assert [(each.code, each.severity) for each in found] == [(code, Severity.ERROR)], found
    assert said in found[0].message
    assert found[0].path.startswith(path)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("resources.instance_count", "2"),
        ("limits", {"timeout": "60"}),
        ("description", 5),
        ("distribution.node_count", 2),
        ("inputs.data.type", "uri_fodler"),
        ("frobnicate", 1),
    ],
)
def test_a_fix_mends_what_it_is_offered_for(path: str, value: Value) -> None:
    """After it, nothing is left to say."""
    document = changed(JOB, path, value)
    (one,) = check_shape("commandJob", document)
    assert check_shape("commandJob", mended(document, one)) == []


@pytest.mark.parametrize("key", ["command", "environment"])
def test_a_missing_key_is_named(key: str) -> None:
    """And stands at the place where it belongs."""
    (one,) = check_shape("commandJob", {name: value for name, value in JOB.items() if name != key})
    assert (one.code, one.path) == ("missing-key", key)


@pytest.mark.parametrize("word", ["AmlCompute", "AMLCOMPUTE", "amlcompute"])
def test_words_are_read_in_any_case_where_the_sdk_does(word: str) -> None:
    """The types of compute are."""
    assert check_shape("compute", {**COMPUTE, "type": word}) == []


def test_the_word_that_picks_the_alternative_is_checked_against_all() -> None:
    """Not only against those of the best fit."""
    (one,) = check_shape("compute", {**COMPUTE, "type": "computeinstanc"})
    assert one.fix is not None
    assert one.fix.set == {"type": "computeinstance"}


def test_a_missing_word_names_all_there_are() -> None:
    """A compute without its type can be any."""
    (one,) = check_shape("compute", {"name": "cpu"})
    assert (one.code, one.path) == ("missing-key", "type")
    assert "amlcompute" in one.message
    assert "computeinstance" in one.message


def test_a_number_in_quotes_is_only_a_warning() -> None:
    """The SDK takes it for what is meant."""
    (one,) = check_shape("commandJob", changed(JOB, "resources.instance_count", "2"))
    assert one.severity is Severity.WARNING


@pytest.mark.parametrize("word", ["yes", "no", "on", "off"])
def test_a_word_that_yaml_1_1_reads_as_true_or_false_is_fine(word: str) -> None:
    """Azure ML reads YAML 1.1."""
    assert check_shape("compute", {**COMPUTE, "enable_node_public_ip": word}) == []


def test_a_document_that_holds_itself_ends() -> None:
    """Anchors can make one."""
    inner: dict[str, Value] = {"type": "command"}
    inner["component"] = inner
    assert len(check_shape("pipelineJob", {"type": "pipeline", "jobs": {"a": inner}})) < 300


def test_a_great_document_is_checked_in_part() -> None:
    """Nobody reads thousands of findings."""
    jobs: dict[str, Value] = {f"job{number}": {"type": "commnd"} for number in range(5000)}
    assert 0 < len(check_shape("pipelineJob", {"type": "pipeline", "jobs": jobs})) <= 200


@pytest.mark.parametrize("data", [None, 1, "text", [], {}, {"type": []}, {"type": {}}, {"jobs": [1]}, {1: 2}])
@pytest.mark.parametrize("kind", ["commandJob", "pipelineJob", "compute", "schedule", "component"])
def test_anything_can_be_checked(kind: str, data: Value) -> None:
    """Whatever a file holds."""
    assert check_shape(kind, data)


def test_a_misspelt_key_beside_the_right_one_is_for_a_person_to_merge() -> None:
    document = changed(JOB, "enviroment", "azureml:e:1")
    (one,) = check_shape("commandJob", document)
    assert one.message == "Remove “enviroment”, or merge it into environment: environment is there already."
    assert one.fix is None


def test_a_distribution_written_as_a_word_is_its_type() -> None:
    (one,) = check_shape("commandJob", changed(JOB, "distribution", "pytorch"))
    assert one.message == "Write type: pytorch below distribution, on a line of its own."
    assert one.fix is not None
    assert one.fix.set == {"distribution": {"type": "pytorch"}}


def test_what_an_input_takes_is_said_in_plain_words() -> None:
    (one,) = check_shape("commandJob", changed(JOB, "inputs.epochs", [1]))
    assert "keys with values or a single value (a number, text, true) at inputs.epochs, not a list" in one.message
