"""What a file names on disk: said where it is not there, and nothing said of what is elsewhere or filled in later."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from desktop_app.api import Diagnostic, Severity
from desktop_app.documents.checks import check_text
from desktop_app.services.catalogues import facts

SCHEMAS = "$schema: https://azuremlschemas.azureedge.net/latest"
JOB = f"{SCHEMAS}/commandJob.schema.json\ncommand: ls\nenvironment: azureml:e:1\n"


def check(folder: Path, text: str, name: str = "file.yml") -> list[Diagnostic]:
    """Return what is said of a file, beside what is only good to know."""
    found = check_text(folder / name, text, lambda _job: (), facts()).diagnostics
    return [each for each in found if each.severity is not Severity.INFO]


def put(folder: Path, *names: str) -> None:
    """Make files that hold nothing."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("")


@pytest.mark.parametrize(
    "code", ["azureml:code:1", "git+https://x/y", "${{parent.inputs.code}}", "<code>", "/subscriptions/x/codes/y"]
)
def test_code_that_is_elsewhere(tmp_path: Path, code: str) -> None:
    assert [each for each in check(tmp_path, f"{JOB}code: {code}\n") if each.code == "missing-code"] == []


def test_a_folder_without_any_script_is_likely_filled_later(tmp_path: Path) -> None:
    put(tmp_path, "src/readme.md")
    text = JOB.replace("command: ls", "command: python train.py") + "code: src\n"
    (found,) = check(tmp_path, text)
    assert (found.code, found.severity) == ("script-missing", Severity.WARNING)
    put(tmp_path, "src/other.py")
    (found,) = check(tmp_path, text)
    assert found.severity is Severity.ERROR


@pytest.mark.parametrize("written", ["./comp.yml", "file:./comp.yml", "file:comp.yml", "../here/comp.yml"])
def test_a_component_of_another_file(tmp_path: Path, written: str) -> None:
    folder = tmp_path / "here"
    text = f"{SCHEMAS}/pipelineJob.schema.json\ntype: pipeline\njobs:\n  a:\n    component: {written}\n"
    put(folder, "compo.yml")
    (found,) = [each for each in check(folder, text) if each.code == "missing-file"]
    assert found.path == "jobs.a.component"
    assert found.fix is not None
    put(folder, "comp.yml")
    assert [each for each in check(folder, text) if each.code == "missing-file"] == []


def test_a_build_wants_its_folder_and_dockerfile(tmp_path: Path) -> None:
    text = f"{SCHEMAS}/environment.schema.json\nname: e\nbuild:\n  path: context\n"
    assert [(each.code, each.line) for each in check(tmp_path, text)] == [("missing-file", 4)]
    put(tmp_path, "context/conda.yml")
    assert [each.severity for each in check(tmp_path, text)] == [Severity.WARNING]
    put(tmp_path, "context/requirements.txt")
    assert [each.severity for each in check(tmp_path, text)] == [Severity.ERROR]
    put(tmp_path, "context/Dockerfile")
    assert check(tmp_path, text) == []
    other = f"{text}  dockerfile_path: gpu/Dockerfile\n"
    assert [each.path for each in check(tmp_path, other)] == ["build.dockerfile_path"]


def test_data_that_is_not_there_may_come_later(tmp_path: Path) -> None:
    text = f"{JOB}inputs:\n  data:\n    type: uri_folder\n    path: ./data\n"
    (found,) = check(tmp_path, text)
    assert (found.code, found.severity, found.path) == ("missing-file", Severity.WARNING, "inputs.data.path")
    put(tmp_path, "data/x.csv")
    assert check(tmp_path, text) == []


@pytest.mark.parametrize(
    "path", ["azureml:d:1", "azureml://datastores/x/paths/y", "https://x/y", "wasbs://c@a/x", "/mnt/x"]
)
def test_data_elsewhere_is_not_looked_for(tmp_path: Path, path: str) -> None:
    assert check(tmp_path, f"{JOB}inputs: {{d: {{type: uri_file, path: '{path}'}}}}\n") == []


def test_names_that_no_disk_takes_are_findings(tmp_path: Path) -> None:
    found = check(tmp_path, f"{JOB}code: {'x' * 5000}\n")
    assert [each.code for each in found] == ["missing-code"]


CLUSTER = "name: {name}\ntype: amlcompute\nsize: Standard_NC64as_T4_v3\n"


@pytest.mark.parametrize(
    ("asked", "there", "is_slip"),
    [
        ("gpu-clustr", "gpu-cluster", True),
        ("gpu_cluster", "gpu-cluster", True),
        ("gpu-cluster", "cpu-cluster", False),
        ("gpu-cluster", "gpu-cluster2", False),
        ("gpu-clutser", "gpu-cluster", True),
        ("other", "gpu-cluster", False),
    ],
)
def test_a_compute_of_the_folder_by_nearly_its_name(tmp_path: Path, asked: str, there: str, is_slip: bool) -> None:
    (tmp_path / "compute.yml").write_text(CLUSTER.format(name=there))
    found = check(tmp_path, f"{JOB}compute: azureml:{asked}\n")
    assert [each.code for each in found if each.code == "unknown-compute"] == (["unknown-compute"] if is_slip else [])


@pytest.mark.parametrize(
    ("own", "cluster", "most"),
    [("", "Standard_NC6s_v3", 1), ("Standard_NC24s_v3", "Standard_NC6s_v3", 4), ("Standard_NC24s_v3", "", 4)],
)
def test_more_processes_than_gpus_are_one_finding_whoever_knows_it(
    tmp_path: Path, own: str, cluster: str, most: int
) -> None:
    """The size that the job names, and that of its cluster, which a file beside it declares."""
    (tmp_path / "compute.yml").write_text(f"name: gpu\ntype: amlcompute\nsize: {cluster or 'Standard_D2_v3'}\n")
    text = f"{JOB}compute: azureml:gpu\ndistribution: {{type: pytorch, process_count_per_instance: 8}}\n"
    text += f"resources: {{instance_type: {own}}}\n" if own else ""
    (found,) = [each for each in check(tmp_path, text) if each.code == "more-processes-than-gpus"]
    assert found.fix is not None
    assert found.fix.set == {"distribution.process_count_per_instance": most}


def test_the_compute_of_a_pipeline_is_pointed_at_where_it_is_written(tmp_path: Path) -> None:
    (tmp_path / "compute.yml").write_text(CLUSTER.format(name="gpu-cluster"))
    steps = "jobs:\n  a: {command: ls, environment: 'azureml:e:1'}\n"
    text = f"type: pipeline\nsettings:\n  default_compute: azureml:gpu-clustr\n{steps}"
    (found,) = check(tmp_path, text)
    assert (found.code, found.line, found.column) == ("unknown-compute", 3, 20)
    assert found.fix is not None
    assert found.fix.set == {"settings.default_compute": "azureml:gpu-cluster"}


def test_a_deployment_and_its_endpoint(tmp_path: Path) -> None:
    (tmp_path / "endpoint.yml").write_text("name: digits\nauth_mode: key\n")
    text = f"{SCHEMAS}/managedOnlineDeployment.schema.json\nname: blue\nendpoint_name: digit\nmodel: azureml:m:1\n"
    assert [each.code for each in check(tmp_path, text) if each.path == "endpoint_name"] == ["unknown-endpoint"]


def test_a_compute_that_comes_later_is_seen(tmp_path: Path) -> None:
    """Folders that rest are remembered for a moment; one that changes is not."""
    text = f"{JOB}compute: azureml:gpu-clustr\n"
    os.utime(tmp_path, (1, 1))
    assert check(tmp_path, text) == []
    (tmp_path / "compute.yml").write_text(CLUSTER.format(name="gpu-cluster"))
    assert [each.code for each in check(tmp_path, text)] == ["unknown-compute"]


def test_files_that_can_not_be_read_are_passed_by(tmp_path: Path) -> None:
    (tmp_path / "bad.yml").write_bytes(b"\xff\xfe name: x")
    (tmp_path / "folder.yml").mkdir()
    assert check(tmp_path, f"{JOB}compute: azureml:gpu\n") == []


@pytest.mark.parametrize(
    ("text", "path"),
    [
        (f"{JOB}code: {{}}\n", "code"),
        (f"{SCHEMAS}/environment.schema.json\nname: e\nimage: a/b:1\nconda_file: {{}}\n", "conda_file"),
        (f"{SCHEMAS}/environment.schema.json\nname: e\nbuild:\n  path: {{}}\n", "build.path"),
        (f"{JOB}inputs:\n  a: {{{{type: uri_folder, path: {{}}}}}}\n", "inputs.a.path"),
        (f"{SCHEMAS}/pipelineJob.schema.json\ntype: pipeline\njobs:\n  a:\n    component: {{}}\n", "jobs.a.component"),
        (f"{SCHEMAS}/managedOnlineDeployment.schema.json\ncode_configuration:\n  code: {{}}\n  scoring_script: s.py\n",
         "code_configuration.code"),
    ],
)  # fmt: skip
def test_a_name_that_the_disk_refuses_is_said_at_its_own_place(tmp_path: Path, text: str, path: str) -> None:
    for name in ("./" + "a" * 300, '"./b\\0/c"'):
        found = [each for each in check(tmp_path, text.format(name)) if each.code.startswith("missing-")]
        (said,) = [each for each in found if each.path == path]
        assert said.line == next(at for at, row in enumerate(text.format(name).splitlines(), 1) if name in row)
        assert len(said.message) < 200
