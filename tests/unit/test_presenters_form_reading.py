"""A text as a form: which files have one, where rows stand, and what is known around a file."""

from __future__ import annotations

from pathlib import Path

import pytest

from desktop_app.api import Cluster, EnvironmentPreset, Value, VmSize
from desktop_app.documents.yaml_text import parse
from desktop_app.presenters.form.facts import environment_fact, facts_for, image_facts, vm_fact
from desktop_app.presenters.form.reading import Lines, read_form

JOB = """$schema: https://azuremlschemas.azureedge.net/latest/commandJob.schema.json
code: src
command: >-
  python train.py
  --lr 1

inputs:
  lr: 0.1
  data: {type: uri_file, path: x}
"""


@pytest.mark.parametrize(
    ("name", "text", "is_offered", "is_known"),
    [
        ("job.yml", JOB, True, True),
        ("notes.yml", "a: 1\n", True, False),
        ("empty.yml", "", True, False),
        ("list.yml", "- 1\n", True, False),
        ("word.yml", "hello\n", False, False),
        ("template.yml", "name: {{NAME}}\n", False, False),
        ("train.py", "a = 1\n", False, False),
        ("job.yml", JOB.replace("inputs:", "inputs"), True, True),
    ],
)
def test_which_files_have_a_form(name: str, text: str, is_offered: bool, is_known: bool) -> None:
    reading = read_form(Path(name), text)
    assert (reading.is_offered, reading.is_known) == (is_offered, is_known)


def test_a_fault_stands_in_place_of_the_form() -> None:
    reading = read_form(Path("job.yml"), JOB.replace("lr: 0.1", "lr: [0.1"))
    assert reading.model is None
    assert reading.fault is not None
    assert reading.fault.line is not None
    assert reading.lines("code") is None
    assert reading.path_at(3) == ""


@pytest.mark.parametrize(
    ("path", "lines"),
    [("code", Lines(2, 2)), ("command", Lines(3, 5)), ("inputs", Lines(7, 9)), ("inputs.data.path", Lines(9, 9)),
     ("none", None)],
)  # fmt: skip
def test_a_row_knows_its_lines(path: str, lines: Lines | None) -> None:
    assert read_form(Path("job.yml"), JOB).lines(path) == lines


@pytest.mark.parametrize(
    ("line", "path"), [(1, '$schema'), (2, "code"), (4, "command"), (7, "inputs"), (8, "inputs.lr"), (9, "inputs.data")]
)  # fmt: skip
def test_a_line_knows_its_row(line: int, path: str) -> None:
    assert read_form(Path("job.yml"), JOB).path_at(line) == path


def test_sizes_and_environments_in_words() -> None:
    size = VmSize("Standard_NC24s_v3", 4, 24, 448, "NVIDIA V100", "retired", infiniband=True)
    assert vm_fact(size).summary == "4 × NVIDIA V100, 24 vCPUs, 448 GiB, InfiniBand, retired"
    preset = EnvironmentPreset("a", "A", "azureml:a@latest", "", "3.10", "12.6", {"torch": "2.8"})
    assert environment_fact(preset).summary == "Python 3.10, CUDA 12.6, torch 2.8"


def test_what_lies_around_a_file(tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src" / "train.py").write_text("x" * 1500)
    (tmp_path / "src" / "data.bin").write_text("x" * 500)
    (tmp_path / "broken.yml").write_text("type: [\nsize")
    job = tmp_path / "job.yml"
    clusters = (Cluster("gpu", "Standard_NC6s_v3", 4), Cluster("old", state="Deleting"))
    facts = facts_for(job, parse(JOB).data, (), (), clusters)
    assert facts.upload == "train.py and 1 more file, 2.0 kB, will be uploaded."
    said = [(each.name, each.summary) for each in facts.computes]
    assert said == [("gpu", "Standard_NC6s_v3 · up to 4 nodes"), ("old", "Deleting")]
    assert facts_for(job, {"trial": {"code": "gone"}}, (), ()).upload == ""
    assert facts_for(job, {"code": "azureml:x:1"}, (), ()).upload == ""


def test_environments_that_fit_the_distribution_come_first(tmp_path: Path) -> None:
    presets = [
        EnvironmentPreset("a", "a", "azureml:a@latest", packages={"scikit-learn": "1.5"}),
        EnvironmentPreset("b", "b", "azureml:b@latest", packages={"torch": "2.8"}),
    ]
    for data in ({"distribution": {"type": "pytorch"}}, {"trial": {"distribution": {"type": "PyTorch"}}}):
        made: Value = data  # type: ignore[assignment]
        assert [each.title for each in facts_for(tmp_path / "j.yml", made, (), presets).environments] == ["b", "a"]
    assert [each.title for each in facts_for(tmp_path / "j.yml", {}, (), presets).environments] == ["a", "b"]


def test_conda_files_that_are_named_and_there(tmp_path: Path) -> None:
    (tmp_path / "conda.yml").write_text("dependencies:\n- python=3.10\n- pip:\n  - torch==2.8.0\n  - -r more.txt\n")
    (tmp_path / "bad.yml").write_bytes(b"dependencies: \xff")
    for path in ("conda_file", "environment.conda_file", "trial.environment.conda_file"):
        data: Value = "file:./conda.yml"
        for key in reversed(path.split(".")):
            data = {key: data}
        (found,) = facts_for(tmp_path / "job.yml", data, (), ()).conda_files
        assert (found.path, Path(found.file).name) == (path, "conda.yml")
        assert found.packages == ("python=3.10",)
        assert found.from_pip == ("torch==2.8.0", "-r more.txt")
    (bad,) = facts_for(tmp_path / "e.yml", {"conda_file": "bad.yml"}, (), ()).conda_files
    assert bad.packages == ()
    others: tuple[Value, ...] = ("gone.yml", "", ".", "x\0y", {"dependencies": []})
    for other in others:
        assert facts_for(tmp_path / "e.yml", {"conda_file": other}, (), ()).conda_files == ()


def test_images_say_how_they_are_and_what_to_take() -> None:
    by_name = {each.reference.rpartition("/")[2]: each.summary for each in image_facts()}
    current = by_name["openmpi5.0-cuda12.6-ubuntu24.04:latest"]
    assert current.startswith("current · ")
    assert "CUDA 12.6" in current
    gone = by_name["openmpi4.1.0-ubuntu20.04:latest"]
    assert gone.startswith("deprecated")
    assert gone.endswith("take openmpi4.1.0-ubuntu22.04")
    assert next(iter(by_name.values())).startswith("current")
