"""Files of Keras and TensorFlow: what they would run is told before they are loaded, what they lack is asked for."""

from __future__ import annotations

import json
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.helpers.keras_exports import RefusedError, Served, request, served

MAKER = """
import keras, numpy as np, tensorflow as tf
from keras import layers as L
def build(hidden=4):
    number, kind = keras.Input((3,), name="number"), keras.Input((1,), dtype="int32", name="kind")
    joined = L.Concatenate()([number, L.Flatten()(L.Embedding(7, 2)(kind))])
    return keras.Model({"number": number, "kind": kind}, {"score": L.Dense(2, activation="gelu")(joined)})
class Calling(tf.Module):
    @tf.function(input_signature=[tf.TensorSpec([None, 3], name="x")])
    def python(self, x):
        return {"y": tf.numpy_function(lambda v: v * 2, [x], tf.float32)}
def make():
    model = build()
    model.save("whole.keras"), model.save("whole.h5"), model.save_weights("some.weights.h5")
    model.export("folder", verbose=False)
    tf.train.Checkpoint(model=model).save("point/check")
    given = keras.Input((3,))
    hidden = keras.Model(given, L.Lambda(lambda v: v * 2, name="hidden")(given))
    hidden.save("hidden.keras")
    calling = Calling()
    tf.saved_model.save(calling, "calling", signatures={"only": calling.python})
    return model
make()
"""
OTHER = """
def other_network():
    return keras.Sequential([keras.Input((3,)), L.Dense(5)])
"""


@pytest.fixture(scope="module")
def worker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with served("tensorflow", tmp_path_factory.mktemp("served") / "log") as found:
        yield found


@pytest.fixture(scope="module")
def files(worker: Served, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Let the served process write one model in every form, and return their folder."""
    folder = tmp_path_factory.mktemp("files")
    (folder / "net.py").write_text(MAKER.replace("\nmake()\n", "\n"))
    (folder / "maker.py").write_text(f"import os\nos.chdir({str(folder)!r})\n{MAKER}")
    worker.call("prepare", request=request(folder / "maker.py", folder / "made", options={"routes": ["tf2onnx"]}))
    return folder


def refused(worker: Served, asked: dict[str, Any]) -> dict[str, Any]:
    with pytest.raises(RefusedError) as error:
        worker.call("prepare", request=asked)
    return error.value.told


def names(told: Any) -> tuple[set[str], set[str]]:
    return {each["name"] for each in told["inputs"]}, {each["name"] for each in told["outputs"]}


def test_a_whole_model_tells_its_inputs_and_their_ranges(worker: Served, files: Path, tmp_path: Path) -> None:
    found = worker.call("prepare", request=request(files / "whole.keras", tmp_path, "keras"))
    assert names(found) == ({"number", "kind"}, {"score"})
    kind = next(each for each in found["inputs"] if each["name"] == "kind")
    assert (kind["dtype"], kind["low"], kind["high"]) == ("int32", 0, 6)
    assert [each["name"] for each in found["routes"]] == ["keras-torch", "tf2onnx"]


def test_code_in_a_file_is_named_and_not_run_until_it_is_allowed(worker: Served, files: Path, tmp_path: Path) -> None:
    asked = request(files / "hidden.keras", tmp_path, "keras")
    told = refused(worker, asked)["ask"]
    assert (told["kind"], told["names"]) == ("unsafe-globals", ["lambda layer “hidden” (Python bytecode)"])
    assert worker.call("prepare", request={**asked, "allowed": told["names"]})["parameters"] == 0


@pytest.mark.parametrize(
    ("named", "asks"), [("os.system", False), ("keras.utils.get_file", True), ("acme.Layer", True)]
)
def test_what_is_no_part_of_keras_is_named_before_it_is_imported(
    worker: Served, files: Path, tmp_path: Path, named: str, asks: bool
) -> None:
    module, _, name = named.rpartition(".")
    with zipfile.ZipFile(files / "whole.keras") as old, zipfile.ZipFile(tmp_path / "evil.keras", "w") as new:
        for each in old.namelist():
            data = old.read(each)
            if each == "config.json":
                config = json.loads(data)
                config["config"]["layers"][0].update({"module": module, "class_name": name, "registered_name": None})
                data = json.dumps(config).encode()
            new.writestr(each, data)
    told = refused(worker, request(tmp_path / "evil.keras", tmp_path / "out", "keras"))
    assert named in told["message"]
    assert told["final"]
    assert (told["ask"] and told["ask"]["names"]) == ([named] if asks else None)


def test_an_hdf5_model_is_loaded_only_after_a_warning(worker: Served, files: Path, tmp_path: Path) -> None:
    asked = request(files / "whole.h5", tmp_path, "hdf5")
    assert refused(worker, asked)["ask"]["kind"] == "hdf5"
    assert names(worker.call("prepare", request={**asked, "allowed": ["hdf5"]})) == ({"number", "kind"}, {"score"})


@pytest.mark.parametrize(("file", "kind"), [("some.weights.h5", "hdf5"), ("point/check-1.index", "tf-checkpoint")])
def test_weights_alone_need_the_code_of_the_model(
    worker: Served, files: Path, tmp_path: Path, file: str, kind: str
) -> None:
    assert refused(worker, request(files / file, tmp_path, kind))["ask"] == {"kind": "class", "candidates": []}
    (tmp_path / "net.py").write_text((files / "net.py").read_text() + OTHER)
    asked = request(files / file, tmp_path / "out", kind, code=str(tmp_path), scripts=["net.py"])
    found = worker.call("prepare", request=asked)
    assert (found["class"], names(found)) == ("net:build", ({"number", "kind"}, {"score"}))
    told = refused(worker, {**asked, "options": {"class": "net:other_network"}})
    assert "fit" in told["message"]


def test_a_saved_model_is_read_before_it_is_loaded(worker: Served, files: Path, tmp_path: Path) -> None:
    told = refused(worker, request(files / "calling", tmp_path / "no", "saved-model"))
    assert told["ask"]["names"] == ["operation PyFunc (runs code)"]
    asked = request(files / "folder", tmp_path, "saved-model")
    found = worker.call("prepare", request=asked)
    assert names(found) == ({"number", "kind"}, {"score"})
    assert "serving_default" in found["notes"][0]["text"]
    made = worker.call("export_tf2onnx", request=asked, route="tf2onnx", prepared=found)
    assert any("Erf" in each for each in made["cures"])


@pytest.mark.parametrize("file", ["whole.keras", "whole.h5"])
def test_a_file_that_was_cut_short_is_told_in_one_sentence(
    worker: Served, files: Path, tmp_path: Path, file: str
) -> None:
    (tmp_path / file).write_bytes((files / file).read_bytes()[:700])
    told = refused(worker, request(tmp_path / file, tmp_path / "out", "keras" if file.endswith("keras") else "hdf5"))
    assert told["message"].startswith(f"{file} is no whole")
    assert told["final"]
