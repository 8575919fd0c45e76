"""The real window exports a checkpoint: what it asks for is allowed in place, and the report and graph are shown."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from desktop_app.places import Places
from tests.helpers.made_toolchains import lend, toolchain_or_skip
from tests.helpers.program import ROOT

TRAIN = """
import argparse
import torch


def build_network():
    return torch.nn.Sequential(torch.nn.Linear(8, 4), torch.nn.ReLU(), torch.nn.Linear(4, 3))


if __name__ == "__main__":
    whole = {"model": build_network().state_dict(), "args": argparse.Namespace(epochs=2)}
    torch.save(whole, "digits.ckpt")
"""


def test_a_checkpoint_is_exported_asked_about_and_shown(no_orphans: Places, tmp_path: Path) -> None:
    python = toolchain_or_skip("pytorch")
    lend(no_orphans, "pytorch", python)
    lend(no_orphans, "onnx", toolchain_or_skip("onnx"))
    (tmp_path / "train.py").write_text(TRAIN)
    subprocess.run([str(python), "train.py"], cwd=tmp_path, check=True, timeout=300)
    command = [sys.executable, "-m", "tests.helpers.window_driver", "export", str(no_orphans.home), str(tmp_path)]
    where = {**os.environ, "QT_QPA_PLATFORM": "offscreen"}
    done = subprocess.run(command, check=False, cwd=ROOT, env=where, capture_output=True, text=True, timeout=600)
    steps = {each["step"]: each for each in map(json.loads, done.stdout.splitlines())}
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert steps["question"]["kind"] == "unsafe-globals"
    assert steps["report"]["verdict"] == "pass", steps["report"]
    assert Path(steps["report"]["output"]) == tmp_path / "digits.onnx"
    assert (tmp_path / "digits.onnx").stat().st_size > 100
