"""The wizard "Tune hyperparameters": what can be tuned, what is proposed, and the sweep that comes of it."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from desktop_app.api import FieldKind, Job, JobInput, ScriptScan, Severity, Sweep, WizardContext
from desktop_app.api.testing import Driven, LoadedPlugin, assert_plugin_sound, drive, fake_context, load_plugin
from desktop_app.core.sweeps.choices import choices
from desktop_app.documents.job_document import read_job, write_job
from desktop_app.places import Places
from desktop_app.services.checking import FileChecks
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings

ROOT = Path(__file__).parents[2]
PLUGIN = ROOT / "plugins" / "sweeps"
SAMPLE = ROOT / "resources" / "samples" / "digits"
SCRIPT = """\
import argparse, mlflow
parser = argparse.ArgumentParser()
parser.add_argument("--lr", type=float, default=0.01)
parser.add_argument("--momentum", type=float, default=0.9)
parser.add_argument("--optimizer", choices=["sgd", "adam"], default="sgd")
parser.add_argument("--data", default="data/train.csv")
parser.add_argument("--quiet", action="store_true")
args = parser.parse_args()
mlflow.log_metric("train_loss", 0.5)
mlflow.log_metrics({"val_accuracy": 0.9, "epoch": 1})
mlflow.MlflowClient().log_metric("run", "val_loss", 0.1)
run.log("v1_metric", 3)
logger.log("no metric", 3)
mlflow.log_metric(name, 1)
"""
COMMAND = "torchrun --nproc_per_node 2 train.py --lr 0.01 --batch-size=64 --data ${{inputs.data}} --note 'a b'"


@pytest.fixture(name="plugin", scope="module")
def loaded() -> Iterator[LoadedPlugin]:
    with load_plugin(PLUGIN) as plugin:
        yield plugin


def job(command: str = COMMAND, **more: object) -> Job:
    return Job(command, environment="azureml:acme@latest", **more)  # type: ignore[arg-type]


def context(given: Job | None = None, scan: ScriptScan | None = None, *metrics: str) -> WizardContext:
    return replace(fake_context(scan=scan, job=given or job()), metrics=metrics)


def driven(plugin: LoadedPlugin, answers: Any = None, where: WizardContext | None = None) -> Driven:
    given = {"job": "job.yml", "metric": "accuracy", **(answers or {})}
    return drive(plugin.wizard("tune"), given, where or context())


def notes(driven: Driven, step: str, *severities: Severity) -> list[str]:
    return [each.message for each in driven.step(step).notes if not severities or each.severity in severities]


def test_the_plugin_is_sound() -> None:
    assert_plugin_sound(PLUGIN)


def test_the_scan_finds_what_is_logged(plugin: LoadedPlugin) -> None:
    scan = plugin.scan(SCRIPT)
    assert scan is not None
    assert scan.metrics == ("train_loss", "val_accuracy", "epoch", "val_loss", "v1_metric")
    assert [each.flag for each in scan.arguments][:2] == ["--lr", "--momentum"]
    assert plugin.scan("print('nothing')") is None


def test_arguments_of_the_command_are_found_and_replaced(plugin: LoadedPlugin) -> None:
    space = {"lr": {}, "batch_size": {"type": "choice", "values": "32, 64"}, "note": {"type": "choice"}}
    made = driven(plugin, {"space": space})
    assert made.job.command == (
        "torchrun --nproc_per_node 2 train.py --lr ${{search_space.lr}} --batch-size=${{search_space.batch_size}}"
        " --data ${{inputs.data}} --note ${{search_space.note}}"
    )
    assert made.job.sweep is not None
    assert made.job.sweep.search_space["batch_size"] == {"type": "choice", "values": [32, 64]}
    rows = made.step("parameters").form.fields[0].rows
    assert [(each.name, each.title, each.note) for each in rows] == [
        ("lr", "--lr", "0.01 now"), ("batch_size", "--batch-size", "64 now"), ("note", "--note", "'a b' now"),
    ]  # fmt: skip


def test_literal_inputs_become_parameters(plugin: LoadedPlugin) -> None:
    inputs = {"lr": JobInput(0.1), "data": JobInput(path="data", type="uri_folder"), "unused": JobInput(3)}
    given = job("python train.py --lr ${{ inputs.lr }} --data ${{inputs.data}}", inputs=inputs)
    made = driven(plugin, {"space": {"lr": {"type": "uniform", "low": 0.1, "high": 0.5}}}, context(given))
    assert made.job.command == "python train.py --lr ${{search_space.lr}} --data ${{inputs.data}}"
    assert list(made.job.inputs) == ["data", "unused"]


def test_what_the_script_takes_besides_is_offered_and_added(plugin: LoadedPlugin) -> None:
    scan = plugin.scan(SCRIPT)
    where = context(job("python train.py --lr 0.01 && echo done"), scan)
    made = driven(plugin, {"space": {"momentum": {}, "optimizer": {}}}, where)
    assert [each.name for each in made.step("parameters").form.fields[0].rows] == ["lr", "momentum", "optimizer"]
    wanted = "train.py --momentum ${{search_space.momentum}} --optimizer ${{search_space.optimizer}} --lr 0.01 && echo"
    assert wanted in made.job.command
    assert made.job.sweep is not None
    assert made.job.sweep.search_space == {
        "momentum": {"type": "uniform", "min_value": 0.8, "max_value": 0.99},
        "optimizer": {"type": "choice", "values": ["sgd", "adam"]},
    }


def test_a_rate_is_proposed_over_two_powers_of_ten_and_its_real_range_is_said(plugin: LoadedPlugin) -> None:
    made = driven(plugin)
    table = made.step("parameters").form.fields[0]
    assert (table.kind, table.default) == (FieldKind.TABLE, {"lr": {}})
    assert [each.default for each in table.rows[0].fields] == ["loguniform", 0.001, 0.1]
    assert table.rows[0].help == (
        "0.001 to 0.1, as often below 0.01 as above. The file holds the exponents: exp(-6.908) to exp(-2.303)."
    )
    assert made.job.sweep is not None
    spread = made.job.sweep.search_space["lr"]
    assert math.isclose(math.exp(float(str(spread["min_value"]))), 0.001, rel_tol=1e-4)


@pytest.mark.parametrize(
    ("answer", "written", "said"),
    [
        ({"type": "uniform", "low": 0.1, "high": 1}, {"min_value": 0.1, "max_value": 1}, "Any number from 0.1 to 1."),
        ({"type": "quniform", "low": 8, "high": 64, "step": 8}, {"min_value": 8, "max_value": 64, "q": 8},
         "Any number from 8 to 64, in steps of 8."),
        ({"type": "randint", "upper": 32}, {"upper": 32}, "A whole number from 0 to 31."),
        ({"type": "normal", "mean": 1, "deviation": 0.5}, {"mu": 1, "sigma": 0.5},
         "Around 1: two of three between 0.5 and 1.5."),
        ({"type": "lognormal", "mean": 1, "factor": 2}, {"mu": 0.0, "sigma": 0.6931},
         "Around 1: two of three between 0.5 and 2. The file says exp(normal(0, 0.6931))."),
        ({"type": "choice", "values": "sgd, 'adam', 3, 1e-3, true"}, {"values": ["sgd", "adam", 3, 0.001, True]},
         "5 values, each as often."),
        ({"type": "choice", "values": [1, 2]}, {"values": [1, 2]}, "2 values, each as often."),
    ],
)  # fmt: skip
def test_each_spread_as_the_file_has_it_and_in_words(
    plugin: LoadedPlugin, answer: Any, written: dict[str, object], said: str
) -> None:
    answers: Any = {"job": "job.yml", "metric": "a", "space": {"lr": answer}}
    made = drive(plugin.wizard("tune"), answers, context(), complete=False)
    assert made.job.sweep is not None
    assert made.job.sweep.search_space["lr"] == {"type": answer["type"], **written}
    assert made.step("parameters").form.fields[0].rows[0].help == said


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"type": "choice", "values": " , "}, "--lr: list at least one value."),
        ({"type": "uniform", "low": 2, "high": 1}, "--lr: the first limit is below the second."),
        ({"type": "loguniform", "low": 0, "high": 1}, "--lr: a logarithmic spread has values above 0 alone."),
        ({"type": "quniform", "step": 0}, "--lr: step and deviation are above 0."),
        ({"type": "uniform", "low": "much"}, "--lr: write a number in each field."),
        ({"type": "randint", "upper": 0}, "--lr: the limit is a whole number above 0."),
        ({"type": "triangular"}, "--lr: there is no spread triangular."),
    ],
)
def test_what_can_not_be_drawn_is_said(plugin: LoadedPlugin, row: Any, said: str) -> None:
    answers: Any = {"job": "job.yml", "space": {"lr": row}}
    made = drive(plugin.wizard("tune"), answers, context(), complete=False)
    assert said in notes(made, "parameters", Severity.ERROR)


def test_sampling_takes_its_own_spreads(plugin: LoadedPlugin) -> None:
    grid = driven(plugin, {"sampling": "grid", "space": {"lr": {}, "batch_size": {}}})
    assert grid.job.sweep is not None
    assert {each["type"] for each in grid.job.sweep.search_space.values()} == {"choice"}
    assert grid.job.sweep.max_total_trials == 9
    assert grid.step("review").summary == "9 trials, at most 4 at once"
    bad: Any = {"job": "job.yml", "metric": "m", "sampling": "bayesian", "space": {"lr": {"type": "loguniform"}}}
    made = drive(plugin.wizard("tune"), bad, context(), complete=False)
    assert notes(made, "search", Severity.ERROR)[0].startswith("Bayesian sampling takes choice, uniform and quniform")


def test_bayesian_sampling_takes_no_policy(plugin: LoadedPlugin) -> None:
    made = driven(plugin, {"policy": "bandit", "sampling": "bayesian"})
    fields = made.step("early end").form.fields
    assert [each.name for each in fields] == ["policy"]
    assert fields[0].disabled.startswith("Bayesian sampling learns")
    assert made.job.sweep is not None
    assert made.job.sweep.early_termination is None
    rule = next(each for each in made.step("search").form.fields if each.name == "rule")
    assert rule.disabled


def test_policies_and_their_settings(plugin: LoadedPlugin) -> None:
    bandit = driven(plugin, {"policy": "bandit", "slack": 0.2, "slack_kind": "amount", "delay_evaluation": 3})
    assert bandit.job.sweep is not None
    assert bandit.job.sweep.early_termination == {
        "type": "bandit", "slack_amount": 0.2, "evaluation_interval": 1, "delay_evaluation": 3,
    }  # fmt: skip
    truncation = driven(plugin, {"policy": "truncation_selection"})
    assert truncation.job.sweep is not None
    assert truncation.job.sweep.early_termination == {
        "type": "truncation_selection", "truncation_percentage": 20, "evaluation_interval": 1, "delay_evaluation": 5,
    }  # fmt: skip


def test_the_metric_is_offered_and_says_its_goal(plugin: LoadedPlugin) -> None:
    made = drive(plugin.wizard("tune"), {"job": "job.yml"}, context(None, None, "epoch", "val_loss", "train_loss"))
    assert made.job.sweep is not None
    assert (made.job.sweep.primary_metric, made.job.sweep.goal) == ("val_loss", "minimize")
    made = driven(plugin, {"metric": "acuracy"}, context(None, None, "accuracy"))
    assert notes(made, "search", Severity.WARNING)[0].startswith("Nothing is known to log acuracy, but accuracy.")


def test_limits_follow_from_the_job(plugin: LoadedPlugin) -> None:
    made = driven(plugin, {"max_total_trials": 10}, context(job(timeout=1800)))
    assert made.job.sweep is not None
    assert (made.job.timeout, made.job.sweep.timeout) == (1800, 3 * 1800)
    assert made.step("review").summary == "10 trials, at most 4 at once"
    made = driven(plugin, {"max_total_trials": 2, "max_concurrent_trials": 5})
    assert "There are 2 trials at most: 5 at a time never happens." in notes(made, "review", Severity.WARNING)
    assert made.job.sweep is not None
    assert made.job.sweep.max_concurrent_trials == 2


def test_what_is_no_job_and_what_has_nothing_to_tune_is_said(plugin: LoadedPlugin) -> None:
    wizard = plugin.wizard("tune")
    none = wizard.steps({"job": "environment.yml"}, fake_context())
    said = "environment.yml holds no command job. Pick the file that you would run."
    assert said in [each.message for each in none[0].notes]
    nothing = drive(wizard, {"job": "job.yml"}, context(job("python train.py")), complete=False)
    assert notes(nothing, "job", Severity.ERROR)[0].startswith("Nothing of its command can be tuned")
    sweep = context(replace(job(), sweep=Sweep({}, "a")))
    assert "a sweep already" in notes(drive(wizard, {"job": "s.yml"}, sweep, complete=False), "job", Severity.ERROR)[0]


def test_a_job_in_a_folder_keeps_its_files(plugin: LoadedPlugin) -> None:
    inputs = {"data": JobInput(path="../data", type="uri_folder"), "far": JobInput(path="azureml:d:1", type="uri_file")}
    environment = {"image": "i", "conda_file": "conda.yml", "build": {"path": "docker"}}
    given = Job("python train.py --lr 0.1", code="src", environment=environment, inputs=inputs)  # type: ignore[arg-type]
    made = driven(plugin, {"job": "team/job.yml"}, context(given))
    assert made.job.code == "team/src"
    assert [each.path for each in made.job.inputs.values()] == ["data", "azureml:d:1"]
    assert made.job.environment == {"image": "i", "conda_file": "team/conda.yml", "build": {"path": "team/docker"}}


V1 = """
from azureml.train.hyperdrive import *
param_sampling = RandomParameterSampling({"--lr": loguniform(-6, -1), "--batch-size": choice(16, 32),
                                          "--epochs": choice(range(5, 8))})
config = HyperDriveConfig(estimator=est, hyperparameter_sampling=param_sampling,
    policy=BanditPolicy(evaluation_interval=2, slack_factor=0.2), primary_metric_name="val_acc",
    primary_metric_goal=PrimaryMetricGoal.MAXIMIZE, max_total_runs=12, max_concurrent_runs=3,
    max_duration_minutes=90)
"""


def test_words_of_sdk_v1_set_what_follows(plugin: LoadedPlugin) -> None:
    made = drive(plugin.wizard("tune"), {"job": "job.yml", "v1_words": V1}, context())
    sweep = made.job.sweep
    assert sweep is not None
    assert sweep.search_space == {
        "lr": {"type": "loguniform", "min_value": -6.0, "max_value": -1.0},
        "batch_size": {"type": "choice", "values": [16, 32]},
    }
    assert sweep.early_termination == {
        "type": "bandit", "slack_factor": 0.2, "evaluation_interval": 2, "delay_evaluation": 5,
    }  # fmt: skip
    assert (sweep.primary_metric, sweep.goal, sweep.max_total_trials, sweep.max_concurrent_trials, sweep.timeout) == (
        "val_acc", "maximize", 12, 3, 5400,
    )  # fmt: skip
    said = notes(made, "job")
    assert any("primary_metric_goal" in each or "HyperDriveConfig" in each for each in said)
    assert any("no argument --epochs" in each for each in said)


@pytest.mark.parametrize(
    ("words", "goal"),
    [
        ("primary_metric_goal=PrimaryMetricGoal.MINIMIZE, primary_metric_name='m'", "minimize"),
        ("primary_metric_goal = MAXIMIZE", "maximize"),
        ("nothing of it", "maximize"),
        ("f(", "maximize"),
    ],
)
def test_single_words_are_understood(plugin: LoadedPlugin, words: str, goal: str) -> None:
    made = driven(plugin, {"v1_words": words})
    assert made.job.sweep is not None
    assert made.job.sweep.goal == goal
    unread = [each for each in notes(made, "job", Severity.WARNING) if "No word of SDK v1" in each]
    assert bool(unread) == ("primary" not in words)


def test_the_file_is_read_back_as_it_was_made_and_nothing_is_wrong_with_it(
    plugin: LoadedPlugin, tmp_path: Path, places: Places
) -> None:
    host = PluginHost(places, Settings(places.settings))
    host.discover()
    checks = FileChecks(host)
    (tmp_path / "train.py").write_text(SCRIPT, encoding="utf-8")
    spaces: Any = ({"lr": {}}, {"batch_size": {"type": "quniform"}, "lr": {"type": "uniform"}})
    ways = (("random", "bandit"), ("random", "median_stopping"), ("grid", "none"), ("bayesian", "none"))
    for sampling, policy in ways:
        space: Any = {"lr": {}, "batch_size": {}} if sampling == "grid" else spaces[sampling == "bayesian"]
        answers = {"sampling": sampling, "policy": policy, "space": space}
        data = JobInput(path="azureml:d:1", type="uri_folder")
        given = job(code=".", compute="azureml:cpu-cluster", inputs={"data": data})
        text = write_job(driven(plugin, answers, context(given)).job)
        (tmp_path / "sweep.yml").write_text(text, encoding="utf-8")
        report = checks.check_text(tmp_path / "sweep.yml", text)
        assert [each.message for each in report.diagnostics] == []
        read = read_job(text).job
        assert read is not None
        assert read.sweep is not None
        assert set(next(choices(read.sweep))) == set(space)


numbers = st.floats(-1e6, 1e6, allow_nan=False)


@given(st.sampled_from(["lr", "batch_size", "note"]), st.sampled_from(["choice", "loguniform", "qnormal", "randint"]),
       numbers, numbers)  # fmt: skip
def test_no_answer_stops_the_preview(name: str, kind: str, low: float, high: float) -> None:
    with load_plugin(PLUGIN) as plugin:
        row: Any = {"type": kind, "low": low, "high": high, "mean": low, "step": high}
        made = drive(plugin.wizard("tune"), {"job": "j.yml", "space": {name: row}}, context(), complete=False)
        write_job(made.job)


def test_the_sample_can_be_tuned_as_it_is() -> None:
    text = (SAMPLE / "job.yml").read_text(encoding="utf-8")
    given = read_job(text).job
    assert given is not None
    with load_plugin(PLUGIN) as plugin:
        scan = plugin.scan((SAMPLE / "src" / "train.py").read_text(encoding="utf-8"))
        assert scan is not None
        made = drive(plugin.wizard("tune"), {"job": "job.yml"}, context(given, scan, *scan.metrics))
    written = write_job(made.job, text)
    assert "# Handwritten digits" in written
    assert made.job.sweep is not None
    assert list(made.job.sweep.search_space) == ["lr"]
