"""The digits sample: honest data, honest jobs, and a real training that learns."""

from __future__ import annotations

import io
import os
import re
import struct
import subprocess
import sys
import zipfile
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from ruamel.yaml import YAML

from desktop_app.api import Severity
from desktop_app.core.commands import launcher_in, scripts_in
from desktop_app.documents.job_document import read_job
from desktop_app.places import Places, shipped
from desktop_app.services.catalogues import curated_environments, current_images
from desktop_app.services.checking import FileChecks
from desktop_app.services.plugins import PluginHost
from desktop_app.services.settings import Settings
from plugins.pytorch import environments

SAMPLE = shipped("resources") / "samples" / "digits"
NAMES = sorted(each.name for each in SAMPLE.glob("*.yml"))
SCRIPTS = sorted(each.name for each in (SAMPLE / "src").glob("*.py"))
README = (SAMPLE / "README.md").read_text("utf-8")
JOB = YAML(typ="safe").load((SAMPLE / "job.yml").read_text("utf-8"))


def array(name: str) -> tuple[tuple[int, ...], bytes]:
    """Return shape and bytes of an array in the data file, read without NumPy."""
    with zipfile.ZipFile(SAMPLE / "src" / "digits.npz") as archive:
        stream = io.BytesIO(archive.read(f"{name}.npy"))
    assert stream.read(8) == b"\x93NUMPY\x01\x00"
    header = stream.read(struct.unpack("<H", stream.read(2))[0]).decode("latin-1")
    assert "'|u1'" in header
    shape = re.search(r"'shape': \(([\d, ]+)\)", header)
    assert shape
    return tuple(int(each) for each in shape[1].split(",") if each.strip()), stream.read()


def test_the_data_are_the_1797_digits() -> None:
    shape, images = array("images")
    assert shape == (1797, 8, 8)
    assert (min(images), max(images)) == (0, 16)
    labels = array("labels")[1]
    # Source: UCI, Optical Recognition of Handwritten Digits, number of examples in the testing set for each class.
    assert Counter(labels) == dict(enumerate([178, 182, 177, 183, 181, 182, 181, 179, 174, 180]))


def test_the_source_and_licence_of_the_data_are_named() -> None:
    text = (SAMPLE / "README.md").read_text("utf-8")
    assert "Alpaydin" in text
    assert "CC BY 4.0" in text


def test_the_first_job_is_for_two_processes() -> None:
    assert JOB["distribution"] == {"type": "pytorch", "process_count_per_instance": 2}
    assert JOB["resources"] == {"instance_count": 1}
    assert JOB["environment"] == environments.presets()[0].reference


@pytest.mark.parametrize("name", NAMES)
def test_a_job_is_a_command_job_whose_inputs_are_used_and_whose_script_is_there(name: str) -> None:
    job = read(name)
    assert job["$schema"].endswith("sweepJob.schema.json" if "trial" in job else "commandJob.schema.json")
    assert job["experiment_name"] == "digits"
    assert set(re.findall(r"\$\{\{inputs\.(\w+)\}\}", job["command"])) == set(job["inputs"])
    (script,) = scripts_in(job["command"]) or (launcher_script(job["command"]),)
    assert (SAMPLE / job["code"] / script).is_file()
    options = (SAMPLE / job["code"] / script).read_text("utf-8")
    for flag in re.findall(r"(--[a-z-]+) \$\{\{inputs", job["command"]):
        assert f'"{flag}"' in options, "the script does not take it"


@pytest.mark.parametrize("name", NAMES)
def test_nothing_is_wrong_with_a_job(name: str, places: Places) -> None:
    """Neither by the rules of the house nor by any plugin; what is retired would be a warning."""
    plugins = PluginHost(places, Settings(places.settings))
    plugins.discover()
    (report,) = FileChecks(plugins).check_paths([SAMPLE / name])
    told = [each for each in report.diagnostics if each.severity is not Severity.INFO]
    assert [(each.code, each.message) for each in told] == []


@pytest.mark.parametrize("name", NAMES)
def test_a_jobs_environment_is_a_current_one_or_lies_here(name: str) -> None:
    environment = read(name)["environment"]
    if isinstance(environment, str):
        named = environment.partition("/environments/")[2].partition("/")[0]
        assert {each.name: each.status for each in curated_environments()}[named] == "current"
        return
    for path in (environment.get("conda_file"), environment.get("build", {}).get("path")):
        assert path is None or (SAMPLE / path).exists()
    assert "build" in environment or "image" in environment


@pytest.mark.parametrize("name", NAMES)
def test_what_a_jobs_processes_see_is_known(name: str, places: Places) -> None:
    plugins = PluginHost(places, Settings(places.settings))
    plugins.discover()
    job = read_job((SAMPLE / name).read_text("utf-8")).job
    assert job is not None
    table = plugins.rank_table(job, None, 0, 64)
    assert table is not None
    at_once = job.sweep.max_concurrent_trials if job.sweep else 1
    assert len(table.rows) * (at_once or 1) >= 2, "a sample of training on many processes"


@pytest.mark.parametrize("name", NAMES)
def test_the_read_me_explains_a_job_in_a_line(name: str) -> None:
    (line,) = (each for each in README.splitlines() if each.startswith(f"| `{name}` "))
    assert line.count("|") == 5


def test_the_read_me_names_no_job_that_is_gone() -> None:
    assert set(re.findall(r"^\| `([\w-]+\.yml)` ", README, re.MULTILINE)) == set(NAMES)


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_short_and_compiles(name: str) -> None:
    text = (SAMPLE / "src" / name).read_text("utf-8")
    compile(text, name, "exec")
    assert sum(1 for line in text.splitlines() if line.strip()) < 100
    assert max(map(len, text.splitlines())) <= 120
    assert '"test accuracy' in text.replace('f"', '"')
    assert name in "".join((SAMPLE / each).read_text("utf-8") for each in NAMES), "no job runs it"


@pytest.mark.parametrize("name", SCRIPTS)
def test_ranks_wait_for_each_other_before_they_leave_their_group(name: str) -> None:
    """A thread of gloo that outlives Python aborts a rank whose training was over (pytorch#190489)."""
    lines = [each.strip() for each in (SAMPLE / "src" / name).read_text("utf-8").splitlines()]
    ends = [number for number, line in enumerate(lines) if "destroy_process_group(" in line]
    assert all(lines[number - 1].startswith("dist.barrier()") for number in ends)
    assert bool(ends) == any("init_process_group" in line or "init_distributed" in line for line in lines)


def launcher_script(command: str) -> str:
    """Return the script that a launcher such as torchrun starts."""
    found = launcher_in(command)
    assert found
    return found.script


def read(name: str) -> dict[str, Any]:
    """Return a job file's content; of a sweep, what each of its trials runs."""
    found: dict[str, Any] = YAML(typ="safe").load((SAMPLE / name).read_text("utf-8"))
    return {**found, **found.get("trial", {})}


def test_the_conda_file_names_supported_images() -> None:
    text = (SAMPLE / "environment" / "conda.yml").read_text("utf-8")
    named = re.findall(r"mcr\.microsoft\.com/azureml/([\w.-]+)", text)
    assert named
    assert {each.rstrip(".") for each in named} <= {each.name.rpartition("/")[2] for each in current_images()}


@pytest.mark.torch
@pytest.mark.parametrize("ranks", [1, 2])
def test_it_learns(ranks: int, torch_toolchain: Path, tmp_path: Path) -> None:
    script = SAMPLE / "src" / "train.py"
    torchrun = [str(torch_toolchain), "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={ranks}"]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("MLFLOW")}
    done = subprocess.run(
        [*torchrun, str(script), "--epochs", "8"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    last = re.search(r"test accuracy ([\d.]+)% on 360 digits", done.stdout)
    assert last, done.stdout
    assert float(last[1]) > 95
    assert sys.getsizeof(done.stdout) < 10_000
    assert [each.name for each in (tmp_path / "outputs").iterdir()] == ["model.pt"]
    assert zipfile.is_zipfile(tmp_path / "outputs" / "model.pt")
