"""Names, sizes, forms, secrets, bindings of pipelines, sweeps, endpoints and the files beside a job."""

from __future__ import annotations

import pytest

from desktop_app.api import Diagnostic, Severity, Value
from desktop_app.core.rules import NO_FACTS, check_meaning
from desktop_app.core.rules.loose import check_ignore_file
from desktop_app.services.catalogues import facts

GUID = "0f5c1d2e-1a2b-4c3d-8e9f-001122334455"


def check(kind: str, **data: Value) -> list[Diagnostic]:
    """Return what is said of a file."""
    return check_meaning(kind, data, facts())


def job(**data: Value) -> list[str]:
    """Return the codes of what is said of a job that is else in order."""
    return [each.code for each in check("commandJob", **{"command": "x", "environment": "azureml:e:1", **data})]


def test_without_facts_only_logic_speaks() -> None:
    data: dict[str, Value] = {"command": "x", "environment": "azureml:AzureML-x@latest", "name": "!", "tags": {}}
    assert check_meaning("commandJob", data, NO_FACTS) == []


@pytest.mark.parametrize(
    ("kind", "name", "is_wrong"),
    [
        ("commandJob", "my_job-1", False),
        ("commandJob", "my job", True),
        ("commandJob", "a" * 256, True),
        ("commandJob", "${{name}}", False),
        ("environment", "sklearn-1.5", False),
        ("model", "Phi-3.5", False),
        ("compute", "gpu-cluster", False),
        ("compute", "2cluster", True),
        ("compute", "c", True),
        ("managedOnlineEndpoint", "my-endpoint", False),
        ("managedOnlineEndpoint", "my--endpoint", True),
        ("managedOnlineEndpoint", "ab", True),
        ("workspace", "w", True),
    ],
)
def test_names_as_azure_takes_them(kind: str, name: str, is_wrong: bool) -> None:
    found = [each for each in check(kind, name=name) if each.path == "name"]
    assert [each.code for each in found] == (["name"] if is_wrong else [])


@pytest.mark.parametrize("name", ["training-cluster-with-4-gpus", "gpu-cluster-2"])
def test_what_is_written_down_of_instances_only_warns_of_clusters(name: str) -> None:
    assert [each.severity for each in check("compute", name=name, type="amlcompute")] == [Severity.WARNING]
    found = check("computeInstance", name=name, type="computeinstance")
    assert [each.severity for each in found if each.code == "name"] == [Severity.ERROR]


def test_a_name_is_mended_where_that_is_plain() -> None:
    found = next(each for each in check("commandJob", command="x", name="my job!") if each.code == "name")
    assert found.fix is not None
    assert found.fix.set == {"name": "my-job"}


def test_tags_have_a_limit() -> None:
    assert job(tags={f"t{n}": "x" for n in range(50)}) == []
    assert job(tags={f"t{n}": "x" for n in range(51)}) == ["tags"]


@pytest.mark.parametrize("written", ["2g", "512m", "64M", "1024k", "1073741824b"])
def test_shared_memory_in_order(written: str) -> None:
    assert job(resources={"shm_size": written}) == []


@pytest.mark.parametrize(
    ("written", "meant"), [("8gb", "8g"), ("8 GiB", "8g"), ("16", "16g"), ("8", "8g"), ("0g", None), ("much", None)]
)
def test_shared_memory_is_mended(written: str, meant: str | None) -> None:
    (found,) = check("commandJob", command="x", environment="azureml:e:1", resources={"shm_size": written})
    assert found.code == "shm-size"
    assert (found.fix.set if found.fix else {}).get("resources.shm_size") == meant


@pytest.mark.parametrize(("written", "seconds"), [("5m", 300), ("2 hours", 7200), ("PT1H30M", 5400), ("soon", None)])
def test_times_become_seconds(written: str, seconds: int | None) -> None:
    (found,) = check("commandJob", command="x", environment="azureml:e:1", limits={"timeout": written})
    assert found.code == "timeout"
    assert (found.fix.set if found.fix else {}).get("limits.timeout") == seconds


def test_a_size_that_goes_is_told_with_its_day() -> None:
    (found,) = check("compute", name="cpu", type="amlcompute", size="Standard_DS3_v2")
    assert (found.code, found.severity) == ("retiring-vm-size", Severity.INFO)
    assert "2028" in found.message


@pytest.mark.parametrize("size", ["Standard_NEW_v9", "gpu-small", "${{inputs.size}}"])
def test_sizes_that_are_not_known_may_be_new(size: str) -> None:
    assert job(resources={"instance_type": size}) == []


@pytest.mark.parametrize(
    ("name", "value", "is_secret"),
    [
        ("AZURE_CLIENT_SECRET", "abc", True),
        ("GITHUB_TOKEN", "abc", True),
        ("HF_TOKEN_1", "abc", True),
        ("dbPassword", "abc", True),
        ("STORAGE_ACCOUNT_KEY", "abc", True),
        ("APPINSIGHTS_CONNECTION_STRING", "abc", True),
        ("TOKENIZERS_PARALLELISM", "false", False),
        ("MAX_TOKENS", "abc", False),
        ("TOKEN_LIMIT", "100", False),
        ("EOS_TOKEN", "</s>", False),
        ("PRIMARY_KEY", "id", False),
        ("API_KEY", "${{inputs.key}}", False),
        ("API_KEY", "<your key>", False),
        ("API_KEY", "xxxx", False),
        ("API_KEY", "", False),
    ],
)
def test_secrets_by_the_names_of_variables(name: str, value: str, is_secret: bool) -> None:
    assert job(environment_variables={name: value}) == (["secret"] if is_secret else [])


@pytest.mark.parametrize(
    "command",
    ["python t.py --password hunter22", "curl https://me:hunter22@host/x", "export K=ghp_" + "a1B2" * 9],
)
def test_secrets_in_the_command(command: str) -> None:
    found = check("commandJob", command=command, environment="azureml:e:1")
    assert [each.code for each in found] == ["secret"]
    assert all("hunter22" not in each.message and "a1B2" not in each.message for each in found)


def test_options_that_are_no_secrets() -> None:
    assert (
        job(command="python t.py --password $PASSWORD --secret ${{inputs.s}} --max-tokens 5", inputs={"s": "a"}) == []
    )


STEP: dict[str, Value] = {"command": "python t.py", "environment": "azureml:e:1"}


def test_steps_of_a_pipeline_are_called_by_small_letters() -> None:
    (found,) = check("pipelineJob", jobs={"my-step": STEP})
    assert (found.code, found.path) == ("step-name", "jobs.my-step")


def test_a_step_of_a_component_elsewhere_may_have_any_output() -> None:
    jobs: dict[str, Value] = {
        "a": {"type": "command", "component": "azureml:c:1"},
        "b": {**STEP, "inputs": {"x": "${{parent.jobs.a.outputs.any}}"}},
    }
    assert check("pipelineJob", jobs=jobs) == []


def test_pipelines_within_pipelines_are_checked_too() -> None:
    inner: dict[str, Value] = {"type": "pipeline", "jobs": {"s": {**STEP, "inputs": {"x": "${{parent.inputs.no}}"}}}}
    (found,) = check("pipelineJob", jobs={"p": inner})
    assert (found.code, found.path) == ("undefined-placeholder", "jobs.p.jobs.s.inputs.x")


def test_the_fix_of_a_link_keeps_the_rest() -> None:
    step: dict[str, Value] = {**STEP, "inputs": {"x": {"type": "uri_folder", "path": "${{parent.inputs.dta}}"}}}
    (found,) = check("pipelineJob", inputs={"data": {"path": "azureml:d:1"}}, jobs={"s": step})
    assert found.fix is not None
    assert found.fix.set == {"jobs.s.inputs.x.path": "${{parent.inputs.data}}"}


def test_a_value_that_the_command_does_not_use_is_noted() -> None:
    space: dict[str, Value] = {"lr": {"type": "choice", "values": [1]}, "bs": {"type": "choice", "values": [1]}}
    trial: dict[str, Value] = {**STEP, "command": "x ${{search_space.lr}}"}
    found = check("sweepJob", trial=trial, search_space=space)
    (noted,) = [each for each in found if each.code == "unused-search-space"]
    assert (noted.path, noted.severity) == ("search_space.bs", Severity.INFO)
    assert "AZUREML_SWEEP_bs" in noted.message


def test_a_sweep_of_a_pipeline_is_checked() -> None:
    sweep: dict[str, Value] = {
        "type": "sweep", "trial": {**STEP, "command": "x ${{search_space.no}}"}, "search_space": {"lr": {}},
        "limits": {"max_total_trials": 0},
    }  # fmt: skip
    found = check("pipelineJob", jobs={"s": sweep})
    assert {(each.code, each.path) for each in found} == {
        ("undefined-placeholder", "jobs.s.trial.command"),
        ("process-count", "jobs.s.limits.max_total_trials"),
        ("unused-search-space", "jobs.s.search_space.lr"),
    }


def test_other_steps_have_keys_of_their_own() -> None:
    assert check("pipelineJob", jobs={"a": {"type": "automl", "target": "x", "framework": "y"}}) == []


def test_traffic_adds_up() -> None:
    assert check("managedOnlineEndpoint", traffic={"blue": 90, "green": 10}) == []
    assert check("managedOnlineEndpoint", traffic={"blue": 0}) == []
    assert [each.path for each in check("managedOnlineEndpoint", traffic={"blue": 90})] == ["traffic"]


def test_a_workspaces_address() -> None:
    assert check("config", subscription_id=GUID, resource_group="g", workspace_name="w") == []
    assert check("config", Id="/subscriptions/x/resourceGroups/y") == []
    assert [each.path for each in check("config", subscription_id=GUID, resource_group="")] == [
        "resource_group", "workspace_name",
    ]  # fmt: skip
    (found,) = check("config", subscription_id=GUID, resourceGroup="g", workspace_name="w")
    assert found.fix is not None
    assert found.fix.set == {"resource_group": "g"}


def test_a_run_configuration_of_sdk_v1() -> None:
    assert check("runconfig", script="t.py", framework="PyTorch", nodeCount=2, mpi={"processCountPerNode": 1}) == []
    assert check("runconfig", script="t.R", framework="R") == []
    found = check("runconfig", framework="Torch", nodeCount=0)
    assert {each.path for each in found} == {"framework", "nodeCount", "script"}


@pytest.mark.parametrize(
    ("line", "is_wrong"), [("*", True), ("./x", True), ("a\\b", True), ("data/", False), ("# *", False)]
)
def test_lines_of_an_ignore_file(line: str, is_wrong: bool) -> None:
    found = check_ignore_file(f"\n{line}\n")
    assert [each.line for each in found] == ([2] if is_wrong else [])
