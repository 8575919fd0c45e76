"""`rankzero models`, `data`, `environments`: registered from here and from a run, listed, fetched whole."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.helpers.emulators import Emulator
from tests.helpers.program import Program

JOB = """\
$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
display_name: makes a model
command: python make.py
code: src
environment: azureml://registries/azureml/environments/acpt-pytorch-2.8-cuda12.6/labels/latest
compute: azureml:gpu-cluster
"""
MAKE = """\
import pathlib
folder = pathlib.Path("outputs/model")
folder.mkdir(parents=True)
(folder / "MLmodel").write_text("flavors: {}")
(folder / "weights.bin").write_bytes(bytes(1000))
pathlib.Path("outputs/model.pt").write_text("weights")
pathlib.Path("outputs/model2.pt").write_text("others")
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A model as MLflow lays it out."""
    made = tmp_path / "model"
    (made / "data").mkdir(parents=True)
    (made / "MLmodel").write_text("flavors: {}")
    (made / "data" / "weights.bin").write_bytes(bytes(range(256)))
    return made


def files(folder: Path) -> dict[str, bytes]:
    """Return what lies below a folder."""
    return {each.relative_to(folder).as_posix(): each.read_bytes() for each in folder.rglob("*") if each.is_file()}


def test_a_local_model_comes_back_as_it_was(verbs: Program, folder: Path) -> None:
    made = verbs("models", "register", "local", folder, "--tag", "stage=test", "--description", "tried", "--json")
    assert made.code == 0, made.err
    (model,) = made.json["models"]
    assert (model["version"], model["type"], model["tags"]) == ("1", "mlflow_model", {"stage": "test"})
    fetched = verbs("models", "download", "local", verbs.cwd / "back")
    assert fetched.code == 0, fetched.err
    assert files(verbs.cwd / "back") == files(folder)


def test_versions_count_up_and_one_is_not_replaced(verbs: Program, folder: Path) -> None:
    for expected in ("1", "2"):
        assert verbs("models", "register", "counted", folder, "--json").json["models"][0]["version"] == expected
    again = verbs("models", "register", "counted", folder, "--version", "2")
    assert again.code == 1
    assert "counted has a version 2 already." in again.err
    assert [each["version"] for each in verbs("models", "list", "counted", "--json").json["models"]] == ["2", "1"]
    missing = verbs("models", "download", "counted:7", verbs.cwd / "x")
    assert missing.code == 1
    assert "has no version 7. There are 2, 1." in missing.err


def test_a_model_of_a_run_keeps_its_lineage(verbs: Program) -> None:
    (verbs.cwd / "src").mkdir()
    (verbs.cwd / "src" / "make.py").write_text(MAKE)
    (verbs.cwd / "job.yml").write_text(JOB)
    verbs("compute", "create", "gpu-cluster")
    ran = verbs("run", verbs.cwd / "job.yml", "--backend", "azureml", "--json")
    assert ran.code == 0, ran.err
    run = ran.json["run"]
    (model,) = verbs("models", "register", "digits", f"{run}:outputs/model", "--json").json["models"]
    assert (model["type"], model["run"]) == ("mlflow_model", run)
    (single,) = verbs("models", "register", "single", f"{run}:outputs/model.pt", "--json").json["models"]
    assert single["type"] == "custom_model"
    assert verbs("models", "download", "single", verbs.cwd / "one").code == 0
    assert files(verbs.cwd / "one") == {"model.pt": b"weights"}
    wrong = verbs("models", "register", "none", f"{run}:outputs/nope.pt")
    assert wrong.code == 1
    assert f"The run {run} has no outputs/nope.pt" in wrong.err
    fetched = verbs("runs", "download", run, verbs.cwd / "all", "--json")
    assert {"outputs", "user_logs"} <= set(fetched.json["copied"])
    assert {"outputs/model.pt", "outputs/model/MLmodel"} <= files(verbs.cwd / "all").keys()
    _check_export(verbs, run)


def _check_export(verbs: Program, run: str) -> None:
    """A model of the run is fetched to be exported; what it holds here is no model, and is said to be none."""
    fetched = verbs("export", f"{run}:outputs/model.pt", "--output", "m.onnx")
    assert (fetched.code, "model.pt is a text" in fetched.err) == (1, True), fetched.err
    folder = verbs("export", f"{run}:outputs/model", "--output", "m.onnx")
    assert (folder.code, "model is an MLflow model" in folder.err) == (1, True), folder.err


def test_data_from_a_folder_a_file_and_the_web(verbs: Program, folder: Path) -> None:
    assert (
        verbs("data", "register", "mnist", "https://example.com/train.gz", "--json").json["data"][0]["type"]
        == "uri_file"
    )
    assert verbs("data", "register", "birds", folder, "--json").json["data"][0]["type"] == "uri_folder"
    one = verbs("data", "register", "one", folder / "MLmodel", "--json").json["data"][0]
    assert one["type"] == "uri_file"
    listed = verbs("data", "list", "--json").json["data"]
    assert {each["name"]: each["type"] for each in listed} == {
        "mnist": "uri_file", "birds": "uri_folder", "one": "uri_file",
    }  # fmt: skip
    assert verbs("data", "download", "birds", verbs.cwd / "birds").code == 0
    assert files(verbs.cwd / "birds") == files(folder)


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("data", "register", "mnist dataset", "x.csv"), "Spaces, as in SDK v1, are not taken any more."),
        (("data", "register", "d", "nowhere"), "nowhere is not there."),
        (("models", "register", "m", "https://example.com/m.pt"), "takes no model from a web address"),
        (("models", "register", "m", "run-1:"), "run-1: is not there."),
        (("models", "list", "nope"), "has no model “nope”"),
        (("models", "download", "nope", "x"), "has no model “nope”"),
    ],
)
def test_what_is_wrong_is_told(verbs: Program, arguments: tuple[str, ...], words: str) -> None:
    said = verbs(*arguments)
    assert said.code == 1
    assert words in said.err


def test_environments_of_the_workspace_and_of_the_registry(verbs: Program) -> None:
    file = verbs.cwd / "environment.yml"
    file.write_text(
        "$schema: https://azuremlschemas.azureedge.net/latest/environment.schema.json\n"
        "name: mine\nimage: mcr.microsoft.com/azureml/openmpi4.1.0-ubuntu22.04\n"
    )
    made = verbs("environments", "register", file, "--json")
    assert made.code == 0, made.err
    assert made.json["environments"][0]["name"] == "mine"
    assert [each["name"] for each in verbs("environments", "list", "--registered", "--json").json["environments"]] == [
        "mine"
    ]
    shared = verbs("environments", "list", "--registry", "--json").json["environments"]
    assert "acpt-pytorch-2.8-cuda12.6" in [each["name"] for each in shared]
    assert verbs("environments", "list", "--registry", "nope").code == 1


def test_no_secret_is_printed(verbs: Program, emulator: Emulator, folder: Path) -> None:
    said = verbs("models", "register", "quiet", folder, "--json")
    fetched = verbs("models", "download", "quiet", verbs.cwd / "quiet", "--json")
    everything = json.dumps([said.out, said.err, fetched.out, fetched.err])
    assert "sig=" not in everything
    assert emulator.environment["AZURE_CLIENT_SECRET"] not in everything
