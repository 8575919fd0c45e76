"""What the plugin does, tried as the program does it."""

from pathlib import Path

import pytest
from desktop_app.api import FailureReport
from desktop_app.api.testing import drive, fake_context, fake_host, fake_job, load_plugin

FOLDER = Path(__file__).parents[1] / "rankzero_my_plugin"


@pytest.fixture
def plugin():
    with load_plugin(FOLDER) as loaded:
        yield loaded


def test_the_wizard_makes_the_teams_job(plugin):
    job = drive(plugin.wizard("my-plugin"), {"script": "train.py", "nodes": 2, "processes": 4}).job
    assert (job.command, job.topology.world_size) == ("python -u train.py", 8)
    assert plugin.call("check_job", job=job) == ()


def test_the_wizard_says_when_this_machine_is_small(plugin):
    context = fake_context(host=fake_host(cpu_count=2))
    page = drive(plugin.wizard("my-plugin"), {"script": "train.py", "processes": 4}, context).step("size")
    assert [each.code for each in page.notes] == ["my-plugin-cores"]


def test_a_job_without_a_time_limit_is_warned_of(plugin):
    found = {each.code: each for each in plugin.call("check_job", job=fake_job())}
    assert found["my-plugin-timeout"].fix.set == {"limits.timeout": 28800}


def test_the_time_limit_is_the_persons_choice(plugin):
    found = {each.code: each for each in plugin.call("check_job", job=fake_job(), settings={"hours": 2})}
    assert found["my-plugin-timeout"].fix.set == {"limits.timeout": 7200}
    context = fake_context(settings={"hours": 2, "compute": "gpu-cluster"})
    job = drive(plugin.wizard("my-plugin"), {"script": "train.py"}, context).job
    assert (job.timeout, job.compute) == (7200, "gpu-cluster")


def test_a_run_without_a_seat_is_explained(plugin):
    report = FailureReport(fake_job(), tails={1: "epoch 1\nseat server seats-2 refused: 8 of 8 taken"})
    (found,) = plugin.call("explain_failure", report=report)
    assert (found.code, found.rank) == ("my-plugin-no-seat", 1)
    assert found.cause == "All seats of the server seats-2 were taken."


def test_the_environment_is_offered(plugin):
    (preset,) = plugin.call("environment_presets")
    assert preset.reference.startswith("azureml:")
