"""What the local backend plans: processes, environment, data, files, and everything that can be wrong."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import os
import re
import socket
import subprocess
import threading
from collections.abc import Mapping
from pathlib import Path

import pytest

from desktop_app.api import (
    Distribution,
    Host,
    Job,
    JobInput,
    JobOutput,
    JobSource,
    OutsideError,
    PlannedFile,
    ProcessSpec,
    Resources,
    Severity,
    SubmissionPlan,
)
from desktop_app.api._records import from_json, to_json
from desktop_app.backends.local.backend import LocalBackend
from desktop_app.backends.local.submitting import first_snapshot, make_folder
from desktop_app.places import Places
from tests.helpers.local_ports import FakePorts


class Project:
    """A project folder with a job, and a backend to plan it."""

    def __init__(self, folder: Path, places: Places) -> None:
        self.folder = folder
        self.code = folder / "src"
        self.code.mkdir(parents=True)
        (self.code / "train.py").write_text("import torch\nimport os\n")
        self.ports = FakePorts()
        self.backend = LocalBackend(places, self.ports)

    async def plan(self, job: Job, text: str = "") -> SubmissionPlan:
        """Plan a job."""
        return await self.backend.plan(job, JobSource(self.folder / "job.yml", self.folder, text))


@pytest.fixture
def project(tmp_path: Path, places: Places) -> Project:
    """A project with one script."""
    return Project(tmp_path / "my project", places)


def errors(plan: SubmissionPlan) -> dict[str, str]:
    """Return the path of each error by its code."""
    return {each.code: each.path for each in plan.diagnostics if each.severity is Severity.ERROR}


def codes(plan: SubmissionPlan) -> set[str]:
    """Return the codes of all findings."""
    return {each.code for each in plan.diagnostics}


def ddp(nodes: int = 1, processes: int = 2, command: str = "python train.py", **more: object) -> Job:
    """Return a DistributedDataParallel job."""
    return Job(
        command=command,
        code="src",
        distribution=Distribution("pytorch", processes),
        resources=Resources(nodes),
        **more,  # type: ignore[arg-type]
    )


async def test_two_nodes_of_two(project: Project) -> None:
    plan = await project.plan(ddp(2, 2))
    assert not errors(plan)
    assert [(each.rank, each.node, each.local_rank) for each in plan.processes] == [
        (0, 0, 0), (1, 0, 1), (2, 1, 0), (3, 1, 1),
    ]  # fmt: skip
    assert [each.log for each in plan.processes] == [f"user_logs/std_log_process_{rank}.txt" for rank in range(4)]
    assert {each.environment["WORLD_SIZE"] for each in plan.processes} == {"4"}
    assert len({each.environment["MASTER_PORT"] for each in plan.processes}) == 1
    assert plan.environment["AZUREML_NODE_COUNT"] == "2"
    assert dict(plan.facts)["Ranks"] == "2 nodes × 2 processes = 4 ranks"


async def test_what_every_process_finds(project: Project) -> None:
    job = ddp(experiment_name="digits", environment_variables={"NCCL_DEBUG": "INFO", "AZUREML_NODE_COUNT": "mine"})
    plan = await project.plan(job)
    assert re.fullmatch(r"r-\d{8}-\w{4}", plan.run)
    assert plan.environment["AZUREML_RUN_ID"] == plan.run
    assert plan.environment["AZUREML_EXPERIMENT_NAME"] == "digits"
    assert plan.environment["NCCL_DEBUG"] == "INFO"
    assert plan.environment["AZUREML_NODE_COUNT"] == "mine", "the job's own variables win"
    assert plan.environment["PATH"].startswith(str(Path(plan.python).parent) + os.pathsep)
    assert plan.toolchain == "pytorch"
    assert plan.framework == "pytorch"


async def test_the_plan_does_not_carry_the_persons_environment(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "hunter2")
    plan = await project.plan(ddp())
    assert "hunter2" not in json.dumps(to_json(plan))


async def test_a_plan_survives_its_file(project: Project) -> None:
    plan = await project.plan(ddp(2, 2, inputs={"lr": JobInput(value=0.1)}))
    assert from_json(SubmissionPlan, json.loads(json.dumps(to_json(plan)))) == plan


async def test_unset_python_buffering_is_switched_off(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTHONUNBUFFERED", raising=False)
    assert (await project.plan(ddp())).environment["PYTHONUNBUFFERED"] == "1"
    monkeypatch.setenv("PYTHONUNBUFFERED", "0")
    assert "PYTHONUNBUFFERED" not in (await project.plan(ddp())).environment


@pytest.mark.parametrize(("cores", "processes", "threads"), [(8, 2, "4"), (4, 4, "1"), (2, 4, "1")])
async def test_ranks_share_the_cores(
    project: Project, monkeypatch: pytest.MonkeyPatch, cores: int, processes: int, threads: str
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    project.ports.cores = cores
    plan = await project.plan(ddp(1, processes))
    assert plan.environment["OMP_NUM_THREADS"] == threads
    assert dict(plan.facts)["Threads per rank"].startswith(f"{threads} ")


@pytest.mark.parametrize(
    ("option", "ranks", "each"),
    [("--nproc-per-node=2", "2 launchers (4 ranks)", 2), ("--nproc-per-node=gpu", "2 launchers, which", None)],
)
async def test_launchers_start_the_ranks(
    project: Project, monkeypatch: pytest.MonkeyPatch, option: str, ranks: str, each: int | None
) -> None:
    monkeypatch.delenv("OMP_NUM_THREADS", raising=False)
    project.ports.cores, project.ports.role = 8, "agent"
    plan = await project.plan(ddp(2, 1, command=f"torchrun --nnodes=2 {option} train.py"))
    assert dict(plan.facts)["Ranks"].startswith(ranks)
    assert plan.environment["OMP_NUM_THREADS"] == ("2" if each else "1")
    assert first_snapshot(plan, project.folder).launched == (4 if each else None)


async def test_threads_that_the_person_chose(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OMP_NUM_THREADS", "3")
    plan = await project.plan(ddp())
    assert "OMP_NUM_THREADS" not in plan.environment
    assert "your environment" in dict(plan.facts)["Threads per rank"]
    plan = await project.plan(ddp(environment_variables={"OMP_NUM_THREADS": "7"}))
    assert plan.environment["OMP_NUM_THREADS"] == "7"


async def test_literals_go_into_the_command_as_they_are(project: Project) -> None:
    inputs = {"lr": JobInput(value=0.001), "flags": JobInput(value="--fast --wide"), "on": JobInput(value=True)}
    command = "python train.py ${{inputs.lr}} ${{inputs.flags}} ${{inputs.on}}"
    plan = await project.plan(ddp(command=command, inputs=inputs))
    assert plan.processes[0].argv == ("/bin/bash", "-c", "python train.py 0.001 --fast --wide True")
    assert plan.environment["AZURE_ML_INPUT_lr"] == "0.001"


@pytest.mark.parametrize("name", ["plain", "with space", "quo'te", 'dou"ble', "Daten-Ü", "$HOME `id`"])
@pytest.mark.parametrize("before", ["", "# don't\n", "true 'a\"b' \"it's\" \\' && ", "echo a#'b' >/dev/null; "])
@pytest.mark.parametrize("around", ["{}", '"{}"', "'{}'", "--data={}/x", '"--data={}/x"'])
async def test_paths_stay_one_word_however_they_are_quoted(
    project: Project, name: str, around: str, before: str
) -> None:
    data = project.folder / name
    data.mkdir()
    command = before + "printf '%s' " + around.format("${{inputs.data}}")
    plan = await project.plan(ddp(command=command, inputs={"data": JobInput(path=name, type="uri_folder")}))
    assert not errors(plan)
    said = await asyncio.to_thread(subprocess.check_output, plan.processes[0].argv, text=True)
    assert said == re.sub("^[\"'](.*)[\"']$", r"\1", around).format(str(data))
    assert plan.inputs["data"] == str(data)


async def test_an_input_that_lies_elsewhere_is_said_once(project: Project) -> None:
    inputs = {"data": JobInput(path="azureml:mydata@latest")}
    plan = await project.plan(ddp(command="python train.py ${{inputs.data}}", inputs=inputs))
    assert errors(plan) == {"remote-input": "inputs.data.path"}


@pytest.mark.parametrize(
    "command",
    [
        "which pip python && pip install six && python train.py",
        "X=1 pip3 install -r requirements.txt; python train.py",
        "if ! pip --quiet install six; then exit 1; fi; python train.py",
        "uv pip install six && python train.py",
    ],
)
async def test_packages_that_a_command_installs_stay_for_other_runs(
    project: Project, tmp_path: Path, command: str
) -> None:
    project.ports.bin = tmp_path
    for name in ("pip", "pip3"):
        (tmp_path / name).write_text("#!/bin/sh\n")
        (tmp_path / name).chmod(0o755)
    plan = await project.plan(ddp(command=command))
    assert not errors(plan)
    (finding,) = (each for each in plan.diagnostics if each.code == "installs-packages")
    assert "they go into the toolchain “pytorch” that other runs use too" in finding.message


async def test_the_python_of_another_toolchain_is_warned_of(project: Project, tmp_path: Path) -> None:
    project.ports.bin = tmp_path
    plan = await project.plan(ddp(command="X=1 python train.py"))
    (finding,) = (each for each in plan.diagnostics if each.code == "python-elsewhere")
    assert f"which {tmp_path} lacks" in finding.message


async def test_a_copy_that_the_disk_can_not_hold_is_no_fault_of_the_job(project: Project, places: Places) -> None:
    plan = await project.plan(ddp())
    plan = dataclasses.replace(plan, files=(*plan.files, PlannedFile(str(project.code), "big", 10**18)))
    with pytest.raises(OutsideError, match="of files are more than is free"):
        make_folder(plan, places.runs)
    assert list(places.runs.iterdir()) == []


async def test_the_pip_of_another_python_is_not_called(project: Project, tmp_path: Path) -> None:
    project.ports.bin = tmp_path
    plan = await project.plan(ddp(command="pip install six && python train.py"))
    assert errors(plan) == {"pip-elsewhere": "command"}
    assert "`rankzero toolchains add pytorch PACKAGE`" in plan.diagnostics[-1].message
    await project.plan(ddp(command="python -m pip install six"))
    assert "pip" in project.ports.asked[-1][1]


@pytest.mark.parametrize(
    "command",
    [
        "echo pip install six",
        "python -m venv v && . v/bin/activate && pip install six",
        "v/bin/pip install six",
        "python train.py --install pip",
        "uv pip install --target lib six",
    ],
)
async def test_what_does_not_touch_the_toolchain_is_not_warned_of(
    project: Project, tmp_path: Path, command: str
) -> None:
    project.ports.bin = tmp_path
    assert not codes(await project.plan(ddp(command=command))) & {"installs-packages", "pip-elsewhere"}


async def test_outputs_are_folders_of_the_run(project: Project, places: Places) -> None:
    outputs = {"model": JobOutput(), "report": JobOutput(type="uri_file")}
    plan = await project.plan(ddp(command="python train.py ${{outputs.model}} ${{outputs.report}}", outputs=outputs))
    folder = places.runs / plan.run / "named_outputs"
    assert plan.outputs == {"model": str(folder / "model"), "report": str(folder / "report" / "report")}
    assert plan.processes[0].argv[-1] == f"python train.py {plan.outputs['model']} {plan.outputs['report']}"


@pytest.mark.parametrize(
    ("given", "code"),
    [
        (JobInput(path="azureml:data@latest"), "remote-input"),
        (JobInput(path="azureml://datastores/x/paths/y"), "remote-input"),
        (JobInput(path="https://example.com/a.csv"), "remote-input"),
        (JobInput(path="nowhere"), "input-missing"),
        (JobInput(path="x" * 300), "input-missing"),
        (JobInput(path="nul\0"), "input-missing"),
        (JobInput(path="src/train.py", type="uri_folder"), "input-kind"),
        (JobInput(path="src", type="uri_file"), "input-kind"),
    ],
)
async def test_inputs_that_are_not_here(project: Project, given: JobInput, code: str) -> None:
    plan = await project.plan(ddp(inputs={"data": given}))
    assert errors(plan) == {code: "inputs.data.path"}


@pytest.mark.parametrize("name", ["../up", "a/b", "..", "x" * 256])
async def test_outputs_that_can_be_no_folder(project: Project, name: str) -> None:
    assert "output-name" in errors(await project.plan(ddp(outputs={name: JobOutput()})))


@pytest.mark.parametrize("name", ["x" * 255, "größe 'x'", "with space"])
async def test_outputs_of_unusual_names(project: Project, name: str) -> None:
    assert not errors(await project.plan(ddp(outputs={name: JobOutput()})))


async def test_a_placeholder_without_its_input(project: Project) -> None:
    plan = await project.plan(ddp(command="python train.py ${{inputs.lr}}"))
    assert errors(plan) == {"undefined-placeholder": "command"}
    assert len(plan.diagnostics) == 1, "said once, not for each rank"


@pytest.mark.parametrize(
    ("job", "path"),
    [
        (ddp(0, 2), "resources.instance_count"),
        (ddp(1, 0), "distribution.process_count_per_instance"),
        (ddp(-3, 2), "resources.instance_count"),
    ],
)
async def test_counts_below_one(project: Project, job: Job, path: str) -> None:
    plan = await project.plan(job)
    assert errors(plan) == {"process-count": path}
    assert plan.processes == ()
    assert project.ports.asked == [(None, ())], "whose Python it would be is not known"


async def test_absurd_counts_are_refused_without_being_planned(project: Project) -> None:
    plan = await project.plan(ddp(100_000, 100_000))
    assert "process-count" in errors(plan)
    assert plan.processes == ()


async def test_more_ranks_than_cores_are_warned_of(project: Project) -> None:
    plan = await project.plan(ddp(1, 5))
    assert not errors(plan)
    assert "more-ranks-than-cores" in codes(plan)


async def test_a_plain_command_is_one_process(project: Project) -> None:
    plan = await project.plan(Job(command="python train.py", code="src"))
    assert [each.argv for each in plan.processes] == [("/bin/bash", "-c", "python train.py")]
    assert plan.processes[0].environment == {}
    assert "one-process" in codes(await project.plan(Job(command="true", resources=Resources(3))))


async def test_a_distribution_that_nobody_launches(project: Project) -> None:
    plan = await project.plan(Job(command="python train.py", code="src", distribution=Distribution("mpi", 2)))
    assert errors(plan) == {"no-launcher": "distribution.type"}


async def test_the_window_goes_on_while_plugins_think(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    """A plugin may take long over a thousand processes: it is asked beside the loop."""
    goes_on, answer = threading.Event(), project.ports.launch_plan
    waited: list[bool] = []

    def slow(_ports: FakePorts, job: Job, host: Host) -> tuple[str, tuple[ProcessSpec, ...]] | None:
        loop.call_soon_threadsafe(goes_on.set)
        waited.append(goes_on.wait(20))
        return answer(job, host)

    loop = asyncio.get_running_loop()
    monkeypatch.setattr(FakePorts, "launch_plan", slow)
    assert (await project.plan(ddp())).processes
    assert waited == [True]


async def test_a_port_of_the_jobs_own(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        plan = await project.plan(ddp(environment_variables={"MASTER_PORT": str(port)}))
        assert errors(plan) == {"port-in-use": "environment_variables.MASTER_PORT"}
    plan = await project.plan(ddp(environment_variables={"MASTER_PORT": str(port)}))
    assert not errors(plan)
    assert plan.processes[1].environment["MASTER_PORT"] == str(port)
    assert "bad-port" in errors(await project.plan(ddp(environment_variables={"MASTER_PORT": "many"})))


@pytest.mark.parametrize(
    ("code", "finding"),
    [
        ("nowhere", "missing-code"),
        ("x" * 300, "missing-code"),
        ("src/train.py", "missing-code"),
        ("git+https://example.com/x", "remote-code"),
        ("azureml:code:1", "remote-code"),
    ],
)
async def test_code_that_is_not_here(project: Project, code: str, finding: str) -> None:
    plan = await project.plan(Job(command="python train.py", code=code))
    assert errors(plan) == {finding: "code"}


async def test_a_script_that_is_not_there(project: Project) -> None:
    plan = await project.plan(ddp(command="python training.py"))
    assert list(errors(plan).values()) == ["command"]


async def test_a_script_that_the_command_fetches_first(project: Project) -> None:
    plan = await project.plan(ddp(command="wget https://example.com/training.py && python training.py"))
    assert not errors(plan)
    assert "script-missing" in codes(plan)


async def test_a_script_that_does_not_parse(project: Project) -> None:
    (project.code / "train.py").write_text("def f(:\n")
    plan = await project.plan(ddp())
    assert errors(plan) == {"script-syntax": "command"}
    assert "train.py" in plan.diagnostics[0].message


async def test_imports_that_the_toolchain_lacks(project: Project) -> None:
    (project.code / "train.py").write_text("import torch, helper, os, pack.deep, absent_one\n")
    (project.code / "helper.py").write_text("import absent_two\nimport train\n")
    (project.code / "pack").mkdir()
    (project.code / "pack" / "deep.py").write_text("import absent_three\n")
    plan = await project.plan(ddp())
    ((plugin, imports),) = project.ports.asked
    assert plugin == "rankzero-pytorch"
    assert sorted(imports) == ["absent_one", "absent_three", "absent_two", "torch"]
    assert errors(plan) == {"missing-package": "command"}


async def test_findings_about_scripts_name_script_and_line(project: Project) -> None:
    (project.code / "train.py").write_text("# notice\n")
    (finding,) = (await project.plan(ddp())).diagnostics
    assert finding.message == "train.py, line 3: Noticed."
    assert finding.line is None


async def test_variables_that_no_process_can_have(project: Project) -> None:
    plan = await project.plan(ddp(environment_variables={"A=B": "x"}))
    assert errors(plan) == {"bad-variable": "environment_variables.A=B"}


async def test_files_that_go_along(project: Project) -> None:
    (project.code / ".amlignore").write_text("*.log\n")
    (project.code / "a.log").write_text("x")
    (project.code / "größe 'x'.txt").write_text("x")
    plan = await project.plan(ddp())
    assert {"train.py", "größe 'x'.txt"} <= {each.target for each in plan.files}
    assert "a.log" not in {each.target for each in plan.files}
    assert dict(plan.facts)["Files"].startswith(str(len(plan.files)))


async def test_planning_changes_nothing(project: Project, places: Places) -> None:
    before = sorted(project.folder.rglob("*"))
    await project.plan(ddp(outputs={"model": JobOutput()}))
    assert sorted(project.folder.rglob("*")) == before
    assert not places.home.exists()


async def test_the_text_of_the_job_goes_along(project: Project) -> None:
    (project.folder / "job.yml").write_bytes("command: true # größe\r\n".encode())
    assert (await project.plan(ddp())).source_text == "command: true # größe\r\n"
    assert (await project.plan(ddp(), "command: false")).source_text == "command: false"


@pytest.mark.parametrize("timeout", [None, 90])
async def test_facts_tell_the_time_limit(project: Project, timeout: int | None) -> None:
    facts: Mapping[str, str] = dict((await project.plan(ddp(timeout=timeout))).facts)
    assert facts["Time limit"] == ("none" if timeout is None else "1 min 30 s")
    assert facts["When a rank fails"] == "the others are ended after 5 s, and killed 5 s later"
    assert facts["Ranks meet at"].startswith("127.0.0.1:")
