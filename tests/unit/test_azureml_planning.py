"""What a submission to Azure ML would do."""

from __future__ import annotations

from pathlib import Path

import pytest
from ruamel.yaml import YAML

from desktop_app.api import Severity, SubmissionPlan
from desktop_app.backends.azureml.jobs.gathering import gather
from desktop_app.backends.azureml.jobs.planning import texts_of
from desktop_app.documents import upload
from tests.helpers.azure_backends import desk
from tests.helpers.cloud_jobs import JOB


def errors(plan: SubmissionPlan) -> dict[str, str]:
    """Return the codes of what keeps a job from being sent, with their places."""
    return {each.code: each.path for each in plan.diagnostics if each.severity is Severity.ERROR}


async def test_a_plan_says_what_goes_where(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan()
        assert errors(plan) == {}
        assert plan.run.startswith("digits-ddp-")
        assert [(each.target, each.size) for each in plan.files] == [("code/train.py", 15)]
        assert [(each.rank, each.node, each.log) for each in plan.processes] == [
            (0, 0, "user_logs/std_log_process_0.txt"), (1, 0, "user_logs/std_log_process_1.txt"),
            (2, 1, "user_logs/std_log_process_2.txt"), (3, 1, "user_logs/std_log_process_3.txt"),
        ]  # fmt: skip
        facts = dict(plan.facts)
        assert facts["Workspace"] == "vision (research)"
        assert facts["Compute"] == "gpu-cluster"
        assert facts["Ranks"] == "2 nodes × 2 processes = 4 ranks"
        assert "not yet against the real service" in facts["Checked"]
        assert made.jobs.wire.asked == []
        assert not (made.home / "outbox").exists()


async def test_nothing_is_planned_without_a_workspace(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        made.backend.workspaces.forget("vision")
        assert "no-workspace" in errors(await made.plan())


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("azureml:gpu-cluster", "local", "local-compute", "compute"),
        ("environment: azureml:torch@latest\n", "", "no-environment", "environment"),
        ("./src", "./nowhere", "missing-path", "code"),
        ("./src", "./empty", "empty-code", "code"),
        ("azureml:torch@latest", "./none.yml", "missing-path", "environment"),
    ],
)
async def test_what_is_missing_is_said_at_its_place(old: str, new: str, code: str, path: str, tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        (made.project / "empty").mkdir()
        assert errors(await made.plan(JOB.replace(old, new)))[code] == path


async def test_serverless_compute_needs_no_name(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        text = JOB.replace("compute: azureml:gpu-cluster\n", "") + "  instance_type: Standard_NC6s_v3\n"
        plan = await made.plan(text)
        assert errors(plan) == {}
        assert dict(plan.facts)["Compute"] == "serverless Standard_NC6s_v3"


async def test_a_job_without_any_compute_is_served_by_azure_which_is_said(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan(JOB.replace("compute: azureml:gpu-cluster\n", ""))
        assert errors(plan) == {}
        assert [each.code for each in plan.diagnostics if each.path == "compute"] == ["no-compute"]
        assert dict(plan.facts)["Compute"] == "serverless"


async def test_a_name_of_ones_own_is_only_a_beginning(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        plan = await made.plan("name: My_Run\n" + JOB)
        assert plan.run.startswith("my_run-")
        assert "name-taken" in [each.code for each in plan.diagnostics]
        assert f"name: {plan.run}\n" in texts_of(plan, made.project)["job.yml"]


async def test_a_code_folder_without_end_is_refused_by_the_bound_and_nothing_else_is_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(upload, "MOST_LOOKED_AT", 2)
    monkeypatch.setattr(upload, "SNAPSHOT_FILES", 1)
    async with desk(tmp_path) as made:
        for number in range(4):
            (made.project / "src" / f"{number}.txt").write_text("x")
        plan = await made.plan()
    (said,) = [each.message for each in plan.diagnostics if each.code == "too-many-files"]
    assert "holds more than 50,000 files and folders, too many to be sent" in said
    assert errors(plan)["too-many-files"] == "code"
    assert "snapshot-files" not in {each.code for each in plan.diagnostics}


def test_all_that_a_job_names_goes_along(tmp_path: Path) -> None:
    (tmp_path / "src" / "sub").mkdir(parents=True)
    (tmp_path / "src" / "a.py").write_text("a")
    (tmp_path / "src" / "sub" / "big.bin").write_text("b")
    (tmp_path / "src" / ".amlignore").write_text("*.bin\n")
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "x.csv").write_text("1,2")
    (tmp_path / "one.csv").write_text("1")
    (tmp_path / "env").mkdir()
    (tmp_path / "env" / "conda.yml").write_text("name: e\n")
    text = """\
# a remark that stays
command: python a.py ${{inputs.all}} ${{inputs.one}} ${{inputs.there}}
code: src
environment:
  image: mcr.microsoft.com/azureml/openmpi5.0-ubuntu24.04
  conda_file: env/conda.yml
inputs:
  all: {type: uri_folder, path: ./data}
  one: {type: uri_file, path: one.csv}
  there: {type: uri_folder, path: azureml://datastores/workspaceblobstore/paths/x}
compute: c
"""
    found = gather(text, tmp_path)
    assert sorted(each.target for each in found.files) == [
        "code/.amlignore", "code/a.py", "data/all/x.csv", "data/one/one.csv", "environment/conda.yml",
    ]  # fmt: skip
    sent = YAML(typ="safe").load(found.texts["job.yml"])
    assert sent["code"] == "./code"
    assert sent["environment"]["conda_file"] == "./environment/conda.yml"
    assert sent["inputs"]["all"]["path"] == "./data/all"
    assert sent["inputs"]["one"]["path"] == "./data/one/one.csv"
    assert sent["inputs"]["there"]["path"] == "azureml://datastores/workspaceblobstore/paths/x"
    assert "# a remark that stays" in found.texts["job.yml"]
    assert [(what, given) for what, given, _size in found.parts] == [
        ("code", "src"), ("data", "./data"), ("data", "one.csv")
    ]  # fmt: skip


def test_an_environment_in_a_file_of_its_own_goes_along(tmp_path: Path) -> None:
    (tmp_path / "envs" / "docker").mkdir(parents=True)
    (tmp_path / "envs" / "docker" / "Dockerfile").write_text("FROM x\n")
    (tmp_path / "envs" / "env.yml").write_text("name: e\nbuild:\n  path: docker\n")
    found = gather("command: a\nenvironment: file:./envs/env.yml\ncompute: c\n", tmp_path)
    assert [each.target for each in found.files] == ["build/Dockerfile"]
    assert "environment: file:./environment/environment.yml" in found.texts["job.yml"]
    assert YAML(typ="safe").load(found.texts["environment/environment.yml"])["build"]["path"] == "../build"


def test_a_conda_file_beside_an_environments_file_goes_along(tmp_path: Path) -> None:
    (tmp_path / "envs").mkdir()
    (tmp_path / "envs" / "conda.yml").write_text("name: e\n")
    (tmp_path / "envs" / "env.yml").write_text("name: e\nimage: i\nconda_file: conda.yml\n")
    found = gather("command: a\nenvironment: ./envs/env.yml\ncompute: c\n", tmp_path)
    assert [each.target for each in found.files] == ["environment/conda.yml"]
    assert YAML(typ="safe").load(found.texts["environment/environment.yml"])["conda_file"] == "./conda.yml"


SWEEP = """\
type: sweep
display_name: Tuned
compute: azureml:gpu-cluster
trial:
  command: python train.py --lr ${{search_space.lr}} --layers ${{search_space.layers}} --data ${{inputs.data}}
  code: ./src
  environment:
    image: ubuntu
    conda_file: conda.yml
  distribution: {type: pytorch, process_count_per_instance: 2}
  resources: {instance_count: 2}
inputs:
  data: {type: uri_folder, path: ./data}
sampling_algorithm: {type: random, seed: 7, rule: sobol}
search_space:
  lr: {type: uniform, min_value: 0.01, max_value: 0.1}
  layers: {type: choice, values: [1, 2, 3]}
objective: {primary_metric: accuracy, goal: maximize}
early_termination: {type: bandit, slack_factor: 0.1, evaluation_interval: 2}
limits: {max_total_trials: 20, max_concurrent_trials: 4, timeout: 7200, trial_timeout: 600}
"""


async def test_a_sweep_says_how_it_searches_and_takes_its_trials_files_along(tmp_path: Path) -> None:
    async with desk(tmp_path) as made:
        (made.project / "conda.yml").write_text("dependencies: [python]\n")
        (made.project / "data").mkdir()
        (made.project / "data" / "a.csv").write_text("1,2\n")
        plan = await made.plan(SWEEP)
        assert errors(plan) == {}
        assert sorted(each.target for each in plan.files) == [
            "code/train.py",
            "data/data/a.csv",
            "environment/conda.yml",
        ]
        facts = dict(plan.facts)
        assert facts["Trials"] == "20 at most, 4 at a time"
        assert facts["Sampling"] == "random, sobol, seed 7"
        assert facts["Search space"] == "lr: uniform from 0.01 to 0.1; layers: choice of 1, 2, 3"
        assert facts["Primary metric"] == "accuracy, to maximize"
        assert facts["Early termination"] == "bandit, slack factor 0.1, evaluation interval 2"
        assert facts["Time limit"] == "2 h, of a trial 10 min"
        assert facts["Ranks"] == "2 nodes × 2 processes = 4 ranks, in each trial"
        sent = YAML(typ="safe").load(texts_of(plan, made.project)["job.yml"])
        assert sent["name"] == plan.run
        assert (sent["trial"]["code"], sent["inputs"]["data"]["path"]) == ("./code", "./data/data")
        assert sent["trial"]["environment"]["conda_file"] == "./environment/conda.yml"
        handle = await made.submit(SWEEP)
        run = await made.look(handle)
        assert run.sweep is not None
        assert (run.ranks, run.nodes, run.processes_per_node) == ((), 2, 2)
        assert (run.sweep.primary_metric, run.sweep.total, run.sweep.sampling) == ("accuracy", 20, "random")


@pytest.mark.parametrize(
    ("old", "new", "code", "path"),
    [
        ("azureml:gpu-cluster", "local", "local-compute", "compute"),
        ("./src", "./nowhere", "missing-path", "trial.code"),
        ("conda_file: conda.yml", "conda_file: none.yml", "missing-path", "trial.environment.conda_file"),
        ("  environment:\n    image: ubuntu\n    conda_file: conda.yml\n", "", "no-environment", "trial.environment"),
        ("  environment:\n    image: ubuntu\n    conda_file: conda.yml\n", "  environment: ./none.yml\n",
         "missing-path", "trial.environment"),
    ],
)  # fmt: skip
async def test_what_a_sweep_lacks_is_said_at_its_place(
    old: str, new: str, code: str, path: str, tmp_path: Path
) -> None:
    async with desk(tmp_path) as made:
        (made.project / "conda.yml").write_text("dependencies: [python]\n")
        (made.project / "data").mkdir()
        assert errors(await made.plan(SWEEP.replace(old, new)))[code] == path
