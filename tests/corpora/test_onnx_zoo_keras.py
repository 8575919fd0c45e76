"""Keras models of others: each is right, judged by its framework's own answers."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.helpers.keras_exports import ROOT, request, served
from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import TOOLS, in_toolchain

ZOO = ROOT.parent / "shared" / "onnx-zoo"
QUICK = ("k_conv1d_tcn", "k_lstm", "k_multi_io")
"""A few that take seconds; two of them are wrong by TensorFlow's usual way. tests/plugins has models of our own."""


@pytest.mark.skipif(not ZOO.is_dir(), reason="the models of others are not here")
def test_quick_models_are_right(tmp_path: Path) -> None:
    asked = {name: request(ZOO / f"{name}.py", tmp_path / name) for name in QUICK}
    with served("tensorflow", tmp_path / "log") as worker:
        prepared = {name: worker.call("prepare", request=each) for name, each in asked.items()}
    with served("keras-torch", tmp_path / "torch.log") as worker:
        made = {
            name: worker.call("export_keras_torch", request=each, route="keras-torch", prepared=prepared[name])
            for name, each in asked.items()
        }
    calls = [
        (
            "judge",
            {
                "model": str(tmp_path / name / made[name]["path"]),
                "cases_folder": str(tmp_path / name),
                **{key: prepared[name][key] for key in ("cases", "inputs", "outputs")},
            },
        )
        for name in QUICK
    ]
    verdicts = in_toolchain(toolchain_or_skip("onnx"), TOOLS / "worker_tasks.py", *calls)
    assert {name: each["verdict"] for name, each in zip(QUICK, verdicts, strict=True)} == dict.fromkeys(QUICK, "pass")
