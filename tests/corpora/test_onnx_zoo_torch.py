"""A handful of the model zoo, where it is there, exported as a user does it: right, or refused with a true reason."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.helpers.made_toolchains import toolchain_or_skip

ROOT = Path(__file__).resolve().parents[2]
ZOO = ROOT.parent / "shared" / "onnx-zoo"
EXPECTED = {"t_dict_out": "pass", "t_lstm": "pass", "t_train_mode": "pass", "t_if_data": "fail"}

pytestmark = [pytest.mark.torch, pytest.mark.skipif(not ZOO.is_dir(), reason="the zoo is not here")]


@pytest.mark.parametrize("name", EXPECTED)
def test_a_model_of_the_zoo(name: str, tmp_path: Path) -> None:
    for each in ("pytorch", "onnx"):
        toolchain_or_skip(each)
    output = tmp_path / "m.onnx"
    command = [
        sys.executable,
        "-m",
        "desktop_app",
        "export",
        f"{ZOO / name}.py:build",
        "--output",
        str(output),
        "--json",
    ]
    environment = {**os.environ, "RANKZERO_HOME": str(tmp_path / "home")}
    ran = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    report = json.loads(ran.stdout)
    assert report["verdict"] == EXPECTED[name], report
    assert output.is_file() == (EXPECTED[name] == "pass")
    assert ran.returncode == (0 if EXPECTED[name] == "pass" else 1)
