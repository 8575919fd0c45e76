"""What is right though it looks odd: times, addresses, spreads, defaults and links that the rules leave alone."""

from __future__ import annotations

import pytest

from desktop_app.api import Diagnostic, Severity, Value
from desktop_app.core.rules import check_meaning
from desktop_app.core.rules.conda import packages_in
from desktop_app.core.rules.notes import Notes
from desktop_app.core.rules.quotes import check as check_quotes
from desktop_app.core.rules.times import check_cron, check_moment
from desktop_app.core.rules.values import slip_of
from desktop_app.documents.checks import check_text
from desktop_app.services.catalogues import facts

SCHEMAS = "$schema: https://azuremlschemas.azureedge.net/latest"


def check(kind: str, **data: Value) -> list[Diagnostic]:
    """Return what is said of a file, beside what is only good to know."""
    return [each for each in check_meaning(kind, data, facts()) if each.severity is not Severity.INFO]


@pytest.mark.parametrize(
    ("expression", "is_wrong"),
    [
        ("0 3 * * 1", False), ("*/15 0-6,22 1,15 JAN-MAR MON", False), ("0 3 ? * 1", True), ("${{x}}", False),
        ("0 0 31 12 7", False), ("60 0 * * *", True), ("0 24 * * *", True), ("*/0 * * * *", True), ("a b c", True),
    ],
)  # fmt: skip
def test_cron_expressions(expression: str, is_wrong: bool) -> None:
    notes = Notes()
    check_cron(("expression",), expression, notes)
    assert bool(notes.made) == is_wrong


@pytest.mark.parametrize(
    ("given", "is_wrong"),
    [
        ("2026-01-31T08:00:00", False), ("2026-01-31", False), ("2026-01-31 08:00", False), (None, False),
        ("2026-01-31T08:00:00.5+01:00", False), ("soon", True), ("31.1.2026", True), ("<start>", False),
    ],
)  # fmt: skip
def test_moments(given: Value, is_wrong: bool) -> None:
    notes = Notes()
    check_moment(("start_time",), given, notes)
    assert bool(notes.made) == is_wrong


@pytest.mark.parametrize(
    "path",
    [
        "azureml:digits:3", "azureml:digits@latest", "azureml://datastores/a/paths/b.csv", "./data", "C:\\data",
        "azureml://jobs/x/outputs/artifacts/paths/model", "https://a.blob.core.windows.net/c/d", "wasbs://c@a/d",
        "abfss://c@a.dfs.core.windows.net/d", "azureml:/subscriptions/x/resourceGroups/y", "runs:/x/model",
        "azureml://subscriptions/s/resourcegroups/r/workspaces/w/datastores/d/paths/p", "adl://x/y", "${{name}}",
        "azureml://registries/azureml/data/x/versions/1", "azureml://datastores/${{default_datastore}}/paths/x",
    ],
)  # fmt: skip
def test_addresses_that_lead_somewhere(path: str) -> None:
    assert check("data", name="x", type="uri_folder", path=path) == []


def test_computes_that_are_left_alone() -> None:
    for compute in ("local", "azureml:cpu-cluster", "azureml:/subscriptions/x/computes/y", "serverless", "${{x}}"):
        assert check("commandJob", command="x", environment="azureml:e:1", compute=compute) == []


def test_a_spread_in_order_and_bayesian_sampling() -> None:
    space: Value = {
        "a": {"type": "choice", "values": [1, 2]},
        "b": {"type": "uniform", "min_value": 0, "max_value": 1},
        "c": {"type": "quniform", "min_value": 0, "max_value": 9, "q": 3},
    }
    assert check("sweepJob", sampling_algorithm="bayesian", search_space=space) == []
    policy: Value = {"type": "truncation_selection", "truncation_percentage": 20, "evaluation_interval": 1}
    assert check("sweepJob", sampling_algorithm="random", search_space=space, early_termination=policy) == []


@pytest.mark.parametrize(
    "given",
    [
        {"type": "number", "default": "0.5", "min": 0, "max": 1}, {"type": "boolean", "default": False},
        {"type": "integer", "default": 3.0}, {"type": "string", "default": "a", "enum": ["a", 1]},
        {"type": "string", "default": "1", "enum": [1, 2]}, {"type": "uri_folder"}, {"type": "number", "default": None},
    ],
)  # fmt: skip
def test_defaults_in_order(given: Value) -> None:
    assert check("component", type="command", command="x ${{inputs.a}}", inputs={"a": given}) == []


def test_a_spark_job_with_dynamic_allocation_needs_no_number_of_executors() -> None:
    conf: dict[str, Value] = {
        f"spark.{each}.{what}": 1 for each in ("driver", "executor") for what in ("cores", "memory")
    }
    entry: Value = {"file": "x.py"}
    short: dict[str, Value] = {each.replace("spark.", "").replace(".", "_"): 1 for each in conf}
    short["executor_instances"] = 2
    assert {each.code for each in check("sparkJob", entry=entry, conf=dict(conf))} == {"spark-conf"}
    assert check("sparkJob", entry=entry, conf={**conf, "spark.dynamicAllocation.enabled": True}) == []
    assert check("sparkJob", entry=entry, conf=short) == []


def test_steps_take_from_each_other_and_from_steps_within() -> None:
    inner: Value = {"type": "pipeline", "jobs": {}, "inputs": {"x": "${{parent.inputs.x}}"}}
    jobs: Value = {
        "a": {"command": "x ${{inputs.x}}", "environment": "azureml:e:1", "inputs": {"x": "${{parent.inputs.x}}"},
              "outputs": {"y": {"type": "uri_folder", "path": "azureml://datastores/${{parent.inputs.x}}/paths/z"}}},
        "b": {"component": "azureml:c:1", "inputs": {"z": {"path": "${{parent.jobs.a.outputs.y}}"}}},
        "c": inner,
    }  # fmt: skip
    assert check("pipelineJob", type="pipeline", inputs={"x": 1}, jobs=jobs) == []


def test_what_people_read_may_hold_any_quote() -> None:
    notes = Notes()
    check_quotes({"description": "“so”", "tags": {"a": "“b”"}, "command": "“x”", "compute": "azureml:a“b”"}, notes)
    assert notes.made == []


def test_tags_of_yaml_itself_and_words_that_are_no_texts() -> None:
    text = (
        f"{SCHEMAS}/commandJob.schema.json\ncommand: !!str x!\nenvironment: azureml:e:1\ntags: {{a: 'yes', b: ! c}}\n"
    )
    assert check_text(None, text, lambda _job: (), facts()).diagnostics == ()
    flag = f"{SCHEMAS}/commandComponent.schema.json\ntype: command\nname: x\ncommand: x!\nis_deterministic: yes\n"
    assert check_text(None, f"{flag}environment: azureml:e:1\n", lambda _job: (), facts()).diagnostics == ()


@pytest.mark.parametrize(
    "line", ["numpy>=1.26,<2", "numpy>=1.26,<=1.26", "numpy>1,!=1.5", "numpy~=1.26", "numpy[x]>=1"]
)
def test_ranges_with_versions_in_them(line: str) -> None:
    assert list(packages_in((), {"dependencies": [line]}))
    assert check("conda", dependencies=[line]) == []


@pytest.mark.parametrize(
    ("word", "meant"),
    [("dependancies", "dependencies"), ("chanels", "channels"), ("name", "name"), ("pips", "pip"), ("pit", None)],
)
def test_slips_of_the_finger(word: str, meant: str | None) -> None:
    assert slip_of(word, ("dependencies", "channels", "name", "pip")) == meant
