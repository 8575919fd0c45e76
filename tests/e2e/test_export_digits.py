"""The digits of every framework, from a finished run to an ONNX model that tells digits, without a further word."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from desktop_app.places import Places, shipped
from tests.helpers.made_toolchains import lend, toolchain_or_skip
from tests.helpers.program import Program

DIGITS = shipped("resources") / "samples" / "digits"
TOLD = """
import sys
import numpy as np
import onnxruntime

with np.load(sys.argv[2]) as data:
    images, labels = data["images"].astype("float32") / 16, data["labels"]
session = onnxruntime.InferenceSession(sys.argv[1], providers=["CPUExecutionProvider"])
(wanted,) = session.get_inputs()
shape = [len(images) if not isinstance(each, int) else each for each in wanted.shape]
(scores,) = session.run(None, {wanted.name: images.reshape(shape)})
print((scores.argmax(1) == labels).mean())
"""


@pytest.fixture
def lent(no_orphans: Places) -> dict[str, Path]:
    """Lend the program the toolchains of all frameworks; return their Pythons."""
    names = ("pytorch", "tensorflow", "keras-torch", "horovod-pytorch", "horovod-tensorflow", "onnx")
    return {name: lend(no_orphans, name, toolchain_or_skip(name)) for name in names}


@pytest.mark.parametrize(
    ("job", "exporter"),
    [
        ("job", "pytorch"),
        ("tensorflow", "keras"),
        ("horovod-pytorch", "horovod-pytorch"),
        ("horovod-tensorflow", "horovod-tensorflow"),
    ],
)
def test_the_model_of_a_finished_run_becomes_one_that_tells_digits(
    no_orphans: Places, lent: dict[str, Path], tmp_path: Path, job: str, exporter: str
) -> None:
    program = Program(no_orphans.home, tmp_path, {})
    ran = program("run", DIGITS / f"{job}.yml", "--set", "inputs.epochs=2", "--json")
    assert ran.code == 0, ran.err
    model = f"outputs/model.{'keras' if 'tensorflow' in job else 'pt'}"
    target = tmp_path / "digits.onnx"
    done = program("export", f"{ran.json['run']}:{model}", "--output", target, "--json")
    assert done.code == 0, done.err + done.out
    report = done.json
    assert (report["verdict"], report["output"], report["exporter"]) == ("pass", str(target), exporter)
    assert report["parity"]["cases"] >= 3
    assert report["parity"]["sizes"] >= 2
    assert report["inputs"][0]["shape"][0] == "batch"
    script = tmp_path / "told.py"
    script.write_text(TOLD, "utf-8")
    command = [lent["onnx"], script, target, DIGITS / "src" / "digits.npz"]
    told = subprocess.run([*map(str, command)], capture_output=True, text=True, check=True)
    assert float(told.stdout) > 0.8
