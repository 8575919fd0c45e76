"""The exporter of Keras models in its toolchain: what it finds out about a model, and what it refuses."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from plugins.tensorflow.exporters import exporters
from tests.helpers.keras_exports import RefusedError, Served, request, served

MODEL = """
import keras, numpy as np
from keras import layers as L
def inputs(b=2, t=9):
    return (np.random.default_rng(0).normal(size=(b, t, 3)).astype("float32"),)
def build():
    given = keras.Input((None, 3), name="signal")
    return keras.Model(given, L.Conv1D(4, 3, padding="causal", name="scores")(given)), inputs()
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("tensorflow", tmp_path_factory.mktemp("served") / "log") as found:
        yield found


def test_a_model_that_a_function_builds(worker: Served, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(MODEL)
    asked = request(tmp_path / "net.py", tmp_path / "out")
    found = worker.call("prepare", request=asked)
    assert [(each["name"], each["shape"]) for each in found["inputs"]] == [("signal", ["batch", "time", 3])]
    assert [(each["name"], each["shape"]) for each in found["outputs"]] == [("scores", ["batch", "time", 4])]
    assert len({tuple(each["sizes"].values()) for each in found["cases"]}) >= 2
    contents = [np.load(tmp_path / "out" / each["file"])["in.signal"] for each in found["cases"]]
    assert len({each.tobytes() for each in contents}) >= 3
    made = worker.call("export_tf2onnx", request=asked, route="tf2onnx", prepared=found)
    assert (tmp_path / "out" / made["path"]).stat().st_size > 0


def test_a_function_that_needs_arguments_asks_for_them(worker: Served, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(MODEL.replace("def build():", "def build(width: int, depth=2):"))
    with pytest.raises(RefusedError) as refused:
        worker.call("prepare", request=request(tmp_path / "net.py", tmp_path / "out"))
    asked = refused.value.told["ask"]
    assert asked["kind"] == "arguments"
    assert [(each["name"], each["required"], each["annotation"]) for each in asked["parameters"]] == [
        ("width", True, "int"),
        ("depth", False, ""),
    ]


@pytest.mark.parametrize("name", ["gone.npz", "bad.npz", "gone.py:inputs"])
def test_inputs_that_are_not_there_are_a_sentence(name: str, worker: Served, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(MODEL)
    (tmp_path / "bad.npz").write_text("no arrays")
    with pytest.raises(RefusedError) as refused:
        worker.call("prepare", request=request(tmp_path / "net.py", tmp_path / "out", inputs=[str(tmp_path / name)]))
    file = name.partition(":")[0]
    assert str(refused.value) in {f"There is no file {file} in {tmp_path}.", f"{file} is no whole .npz of arrays."}


def test_the_exporter_is_one_for_all_kinds() -> None:
    (found,) = exporters()
    assert (found.id, found.toolchain) == ("keras", "tensorflow")
    assert set(found.kinds) == {"keras", "hdf5", "saved-model", "tf-checkpoint", "python"}
    assert found.module is not None
    assert found.module.is_file()


def test_layers_are_traced_in_their_order_and_the_model_is_timed(worker: Served, tmp_path: Path) -> None:
    (tmp_path / "net.py").write_text(
        MODEL.replace('name="scores")(given)', 'name="scores")(L.ReLU(name="cut")(given))')
    )
    asked = request(tmp_path / "net.py", tmp_path / "out")
    found = worker.call("prepare", request=asked)
    traced = worker.call(found["trace"], request=asked, case=1, folder=str(tmp_path / "out"))
    assert [each["module"] for each in traced["values"]] == ["cut", "scores"]
    values, case = np.load(tmp_path / "out" / traced["file"]), np.load(tmp_path / "out" / found["cases"][1]["file"])
    assert np.array_equal(values[traced["values"][1]["key"]], case["out.scores"])
    assert np.abs(case["exact.scores"] - case["out.scores"]).max() < 1e-5
    timed = worker.call(found["bench"], request=asked, case=0, rounds=3, warmup=1)
    assert len(timed["seconds"]) == 3
    assert min(timed["seconds"]) > 0
    assert timed["threads"] >= 1
