"""Keras on PyTorch: what TensorFlow's way gets wrong is right by it, at any length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from tests.helpers.keras_exports import request, served
from tests.helpers.made_toolchains import toolchain_or_skip
from tests.helpers.onnx_tasks import TOOLS, in_toolchain

MODELS = {
    "steps": """
        ids = keras.Input((None,), dtype="int32", name="ids")
        x = L.Bidirectional(L.LSTM(5, return_sequences=True))(L.Embedding(20, 4, mask_zero=True)(ids))
        return keras.Model(ids, L.TimeDistributed(L.Dense(3, activation="gelu"), name="words")(x))
    """,
    "own": """
        class Twice(keras.Model):
            def __init__(self):
                super().__init__()
                self.first, self.wave = L.Dense(4), L.Lambda(lambda v: keras.ops.sin(v))
            def call(self, signal):
                return {"waves": self.wave(self.first(signal))}
        return Twice(), (np.ones((2, 3), "float32"),)
    """,
}


def judged(tmp_path: Path, prepared: Any, made: Any) -> Any:
    folder = tmp_path / "out"
    told = {key: prepared[key] for key in ("cases", "inputs", "outputs")}
    arguments = {"model": str(folder / made["path"]), "cases_folder": str(folder), **told}
    (verdict,) = in_toolchain(toolchain_or_skip("onnx"), TOOLS / "worker_tasks.py", ("judge", arguments))
    return verdict


def test_recurrent_layers_masks_and_own_classes(tmp_path: Path) -> None:
    done: dict[str, tuple[Any, Any]] = {}
    for name, body in MODELS.items():
        code = "import keras, numpy as np\nfrom keras import layers as L\ndef build():" + body
        (tmp_path / f"{name}.py").write_text(code)
    asked = {name: request(tmp_path / f"{name}.py", tmp_path / name / "out") for name in MODELS}
    with served("tensorflow", tmp_path / "log") as worker:
        prepared = {name: worker.call("prepare", request=each) for name, each in asked.items()}
    with served("keras-torch", tmp_path / "torch.log") as worker:
        for name, each in asked.items():
            arguments = {"route": "keras-torch", "prepared": prepared[name]}
            made = worker.call("export_keras_torch", request=each, **arguments)
            done[name] = (prepared[name], made)
    for name, (known, made) in done.items():
        verdict = judged(tmp_path / name, known, made)
        assert verdict["verdict"] == "pass", (name, verdict["reason"])
    assert len(done["steps"][1]["cures"]) == 2
    assert [each["name"] for each in done["own"][0]["outputs"]] == ["waves"]
    lengths = {np.load(tmp_path / f"steps/out/cases/{number}.npz")["in.ids"].shape[1] for number in (0, 1)}
    assert len(lengths) == 2
