"""The digits sample: honest data, an honest job, and a real training that learns."""

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

import pytest
from ruamel.yaml import YAML

from desktop_app.places import shipped
from plugins.pytorch import environments

SAMPLE = shipped("resources") / "samples" / "digits"
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


def test_the_job_is_a_command_job_for_two_processes() -> None:
    assert JOB["$schema"].endswith("commandJob.schema.json")
    assert JOB["distribution"] == {"type": "pytorch", "process_count_per_instance": 2}
    assert JOB["resources"] == {"instance_count": 1}
    assert (SAMPLE / JOB["code"] / "train.py").is_file()
    assert set(re.findall(r"\$\{\{inputs\.(\w+)\}\}", JOB["command"])) == set(JOB["inputs"])
    assert JOB["environment"] == environments.presets()[0].reference


def test_the_script_is_short_and_compiles() -> None:
    text = (SAMPLE / "src" / "train.py").read_text("utf-8")
    compile(text, "train.py", "exec")
    assert sum(1 for line in text.splitlines() if line.strip()) < 100
    assert max(map(len, text.splitlines())) <= 120


def test_the_conda_file_names_a_supported_image() -> None:
    text = (SAMPLE / "environment" / "conda.yml").read_text("utf-8")
    assert all(image in text for image in environments.base_images().values())


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
