"""What is wrong with TensorFlow jobs and their environments; and the plugin as the program sees it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from desktop_app.api import Diagnostic, Distribution, Job, Resources, Severity, Value
from desktop_app.api.testing import assert_plugin_sound
from desktop_app.core.rules import NO_FACTS, check_meaning
from desktop_app.places import Places, shipped
from desktop_app.services.plugins import PluginHost, PluginState
from desktop_app.services.settings import Settings
from plugins.tensorflow import environment_checks
from plugins.tensorflow.checks import check
from plugins.tensorflow.launch import processes
from tests.helpers.tensorflow_jobs import HOST, tensorflow_job

FOLDER = shipped("plugins") / "tensorflow"
PLUGIN = "rankzero-tensorflow"


def found(job: Job) -> dict[str, Diagnostic]:
    return {each.code: each for each in check(job)}


@pytest.mark.parametrize(
    "job", [tensorflow_job(workers=2), tensorflow_job(nodes=4, workers=3, servers=1), Job("torchrun t.py")]
)
def test_nothing_is_said_of_good_jobs_and_of_others(job: Job) -> None:
    assert found(job) == {}


@pytest.mark.parametrize(
    "command", ["torchrun t.py", "mpirun -np 2 python t.py", "python -m torch.distributed.run t.py"]
)
def test_a_launcher_of_another_kind(command: str) -> None:
    said = found(tensorflow_job(command))["launcher-of-another-kind"]
    assert (said.severity, said.path) == (Severity.WARNING, "command")
    assert "type pytorch" in said.message or "type mpi" in said.message


def test_a_count_that_means_nothing() -> None:
    said = found(tensorflow_job(per_node=2))["tensorflow-per-node"]
    assert said.fix is not None
    assert said.fix.unset == ("distribution.process_count_per_instance",)


def test_a_fixed_tf_config() -> None:
    job = tensorflow_job(environment_variables={"TF_CONFIG": "{}", "LR": "1"})
    said = found(job)["rank-variable-fixed"]
    assert said.path == "environment_variables.TF_CONFIG"
    assert said.fix is not None


@pytest.mark.parametrize(("workers", "nodes", "warned"), [(1, 2, True), (None, 2, True), (2, 3, False)])
def test_a_coordinator_without_workers(workers: int | None, nodes: int, warned: bool) -> None:
    assert ("no-worker-left" in found(tensorflow_job(nodes=nodes, workers=workers, servers=1))) == warned


def environments_said(environment: Any, job: Job | None = None) -> list[str]:
    return [each.code for each in environment_checks.check(environment, job or tensorflow_job())]


BARE = "mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04"


@pytest.mark.parametrize(
    ("environment", "codes"),
    [
        ({"image": BARE, "conda_file": {"dependencies": ["numpy", {"pip": ["pandas==2"]}]}}, ["tensorflow-missing"]),
        ({"image": BARE, "conda_file": {"dependencies": ["numpy", {"pip": ["tensorflow[and-cuda]==2.16"]}]}}, []),
        ({"image": BARE, "conda_file": {"dependencies": ["conda-forge::tensorflow=2.16"]}}, []),
        ({"image": BARE}, []),
        ({"image": "acme/own", "conda_file": {"dependencies": ["numpy"]}}, []),
        ("azureml://registries/azureml/environments/tensorflow-2.16-cuda12/labels/latest", []),
        ("azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest", ["tensorflow-missing"]),
        ("azureml:own@latest", []),
    ],
)
def test_environments_without_tensorflow(environment: Any, codes: list[str]) -> None:
    assert environments_said(environment) == codes
    other = replace(tensorflow_job(), distribution=Distribution("mpi", 1))
    assert environments_said(environment, other) == []


@pytest.fixture
def host(places: Places) -> PluginHost:
    made = PluginHost(places, Settings(places.settings))
    made.discover()
    return made


def test_it_is_sound_by_the_test_kit_for_plugin_authors() -> None:
    assert_plugin_sound(FOLDER)


def test_every_hook_works_through_the_host(host: PluginHost) -> None:
    info = next(each for each in host.plugins if each.id == PLUGIN)
    assert (info.source, info.state) == ("bundled", PluginState.OK)
    assert info.contributes["wizards"] == tuple(each.name for plugin, each in host.wizards() if plugin.id == PLUGIN)
    planned = host.launch_plan(tensorflow_job(), HOST)
    assert planned is not None
    assert (planned[0], len(planned[1])) == (PLUGIN, 2)
    assert {"tensorflow-2.16-cuda12"} <= {each.name for each in host.environment_presets()}
    bare: dict[str, Value] = {"image": "ubuntu", "conda_file": {"dependencies": ["numpy"]}}
    assert "tensorflow-missing" in {each.code for each in host.check_environment(tensorflow_job(environment=bare))}
    assert "launcher-of-another-kind" in {each.code for each in host.check_job(tensorflow_job("torchrun t.py"))}
    assert next(each for each in host.plugins if each.id == PLUGIN).state is PluginState.OK


@pytest.mark.parametrize(
    ("distribution", "refused", "planned"),
    [
        (Distribution("tensorflow", parameter_server_count=3), True, 0),
        (Distribution("tensorflow", worker_count=0), True, 0),
        (Distribution("tensorflow", parameter_server_count=-1), True, 0),
        (Distribution("tensorflow", worker_count=3), False, 3),
        (Distribution("tensorflow", worker_count=1), False, 1),
        (Distribution("tensorflow", worker_count=1, parameter_server_count=1), False, 2),
    ],
)
def test_plan_and_rules_agree_on_counts(distribution: Distribution, refused: bool, planned: int) -> None:
    """What the rules for all jobs refuse has no processes; what they warn of is planned as it is written."""
    given: dict[str, Value] = {
        "type": "tensorflow",
        "worker_count": distribution.worker_count,
        "parameter_server_count": distribution.parameter_server_count,
    }
    body: dict[str, Value] = {
        "command": "x",
        "environment": "azureml:x@latest",
        "distribution": {key: value for key, value in given.items() if value is not None},
        "resources": {"instance_count": 2},
    }
    said = check_meaning("commandJob", body, NO_FACTS)
    assert any(each.severity is Severity.ERROR for each in said) == refused
    job = Job("x", distribution=distribution, resources=Resources(instance_count=2))
    assert len(processes(job, HOST) or ()) == planned
