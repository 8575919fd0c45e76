"""What a model file is, told without opening it in earnest."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import zipfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from desktop_app.api import UserError
from desktop_app.services.exports.formats import zip_heads
from desktop_app.services.exports.formats.sniffing import look_at
from tests.helpers import model_files as make

LINEAR = {"weight": make.tensor(0, 10, 4), "bias": make.tensor(1, 10)}


def test_weights_are_counted_and_import_nothing_strange(tmp_path: Path) -> None:
    model = look_at(make.torch_zip(tmp_path / "digits.pt", make.mapping(LINEAR)))
    assert (model.kind, model.parameters, model.warnings) == ("torch", 50, ())
    assert ("Tensors", "2") in model.facts


def test_weights_that_share_a_storage_count_once_and_whole_numbers_not_at_all(tmp_path: Path) -> None:
    tied = {"a": make.tensor(0, 10), "b": make.tensor(0, 10), "steps": make.tensor(1, 1, kind="LongStorage")}
    assert look_at(make.torch_zip(tmp_path / "m.pt", make.mapping(tied))).parameters == 10


def test_a_checkpoint_says_where_its_weights_lie_and_what_else_it_would_import(tmp_path: Path) -> None:
    whole = {"state_dict": make.mapping(LINEAR), "epoch": make.number(3), "args": make.call("argparse.Namespace")}
    model = look_at(make.torch_zip(tmp_path / "m.ckpt", make.mapping(whole)))
    assert model.parameters == 50
    assert ("Weights under", "state_dict") in model.facts
    assert "argparse.Namespace" in model.globals
    assert model.warnings == ("Beside weights, it would import argparse.Namespace.",)


@pytest.mark.parametrize("bad", ["os.system", "multiprocessing.util.spawnv_passfds", "torch.utils.collect_env.run"])
def test_malicious_pickles_are_named_and_never_run(tmp_path: Path, bad: str) -> None:
    evil = {**LINEAR, "x": make.call(bad, make.text(f"touch {tmp_path}/ran"))}
    model = look_at(make.torch_zip(tmp_path / "m.pt", make.mapping(evil)))
    assert bad in model.globals
    assert bad in model.warnings[0]
    assert not (tmp_path / "ran").exists()


def test_a_whole_module_is_told_from_weights(tmp_path: Path) -> None:
    state = make.mapping({"_parameters": make.mapping(LINEAR), "_modules": make.mapping({})})
    module = make.name("train.Net") + b")\x81" + state + b"b"
    model = look_at(make.torch_zip(tmp_path / "m.pt", module))
    assert (model.kind, ("Class", "train.Net") in model.facts) == ("torch-module", True)


def test_torchscript_and_exported_programs(tmp_path: Path) -> None:
    script = make.torch_zip(tmp_path / "a.pt", make.mapping({}), **{"constants.pkl": b"", "code/x.py": b""})
    assert look_at(script).kind == "torchscript"
    program = make.torch_zip(tmp_path / "b.pt2", b"N", **{"archive_format": b"pt2", "models/model.json": b"{}"})
    assert look_at(program).kind == "pt2"


def test_safetensors_by_their_header_whatever_they_are_called(tmp_path: Path) -> None:
    model = look_at(make.safetensors(tmp_path / "weights.bin", {"a": (3, 4), "b": (5,)}))
    assert (model.kind, model.parameters) == ("safetensors", 17)
    with pytest.raises(UserError, match="8 bytes are missing"):
        look_at(make.safetensors(tmp_path / "cut.bin", {"a": (3, 4)}, missing=8))


def test_keras_tells_its_version_lambdas_and_foreign_classes(tmp_path: Path) -> None:
    layers = [
        {"class_name": "Lambda", "module": "keras.layers", "config": {"name": "squeeze"}},
        {"class_name": "Attend", "module": "company.layers", "config": {"name": "attend"}},
        {"class_name": "Dense", "module": "keras.layers", "config": {"name": "dense"}},
    ]
    model = look_at(make.keras(tmp_path / "m.keras", *layers))
    assert (model.kind, model.facts[0], model.globals) == ("keras", ("Keras", "3.15.1"), ("company.layers.Attend",))
    assert "squeeze" in model.warnings[0]
    assert "company.layers.Attend" in model.warnings[1]


def test_folders(tmp_path: Path) -> None:
    face = tmp_path / "bert"
    face.mkdir()
    (face / "config.json").write_text('{"model_type": "bert", "architectures": ["BertModel"]}')
    with pytest.raises(UserError, match="no weights"):
        look_at(face)
    make.safetensors(face / "model.safetensors", {"a": (2,)})
    assert look_at(face).kind == "huggingface"
    saved = tmp_path / "saved"
    saved.mkdir()
    (saved / "saved_model.pb").write_bytes(b"\x08\x01")
    assert look_at(saved).kind == look_at(saved / "saved_model.pb").kind == "saved-model"


def test_checkpoints_of_tensorflow_by_folder_prefix_and_part(tmp_path: Path) -> None:
    (tmp_path / "checkpoint").write_text('model_checkpoint_path: "/elsewhere/ckpt-5"\n')
    (tmp_path / "ckpt-5.index").write_bytes(b"x")
    with pytest.raises(UserError, match=r"lacks 1 of 1"):
        look_at(tmp_path)
    (tmp_path / "ckpt-5.data-00000-of-00001").write_bytes(b"x")
    for each in (tmp_path, tmp_path / "ckpt-5", tmp_path / "ckpt-5.index", tmp_path / "checkpoint"):
        assert (look_at(each).kind, look_at(each).path) == ("tf-checkpoint", tmp_path / "ckpt-5")


CODE = """
def build_network(hidden, *, classes, depth=2): ...
class Net(nn.Module):
    def __init__(self, width): ...
"""


def test_python_code(tmp_path: Path) -> None:
    path = tmp_path / "train.py"
    path.write_text(CODE)
    model = look_at(path, "build_network")
    assert (model.kind, model.code, model.facts) == ("python", tmp_path, (("Needs", "hidden, classes"),))
    assert look_at(path, "Net").facts == (("Needs", "width"),)
    with pytest.raises(UserError, match="build_network, Net") as unnamed:
        look_at(path)
    assert "train.py:build_network" in unnamed.value.hint
    with pytest.raises(UserError) as unknown:
        look_at(path, "build_netwrk")
    assert unknown.value.hint == "Did you mean build_network?"


HDF5_OF_64_KB = b"\x89HDF\r\n\x1a\n\0\0\0\0\0\x08\x08\0\x04\0\x10\0\0\0\0\0" + bytes(16) + b"\xff\xff" + bytes(6)
REFUSED = {
    "empty.pt": (b"", "empty"),
    "zeros.pt": (bytes(9000), "zeros"),
    "pointer.bin": (b"version https://git-lfs.github.com/spec/v1\noid sha256:0", "git lfs pull"),
    "page.pt": (b"\n<!DOCTYPE html><html>404", "web page"),
    "expired.pt": (b'<?xml version="1.0"?><Error><Code>AuthenticationFailed', "expired"),
    "cut.pt": (b"PK\x03\x04" + bytes(range(200)), "cut off"),
    "plain.pkl": (make.pickled(make.call("os.system", make.text("true"))), "os.system"),
    "forest.pkl": (make.pickled(make.call("sklearn.ensemble.Forest")), "skl2onnx"),
    "llama.gguf": (b"GGUF" + bytes(30), "GGUF"),
    "mobile.pt": (b"\x1c\0\0\0TFL3" + bytes(30), "Lite"),
    "array.npy": (b"\x93NUMPY\x01\0", "array"),
    "cut.h5": (HDF5_OF_64_KB, "missing"),
    "packed.gz": (b"\x1f\x8b\x08", "gzip"),
    "noise.pt": (b"\xde\xad\xbe\xef\0\0" * 10, "no model"),
    "cut.onnx": (b"\x08\x0a\x12\x07pytorch\x3a\xff\xff\x03" + bytes(50), "missing"),
    "note.txt": (b"hello", "a text"),
    "lab.ipynb": (b'{"cells": []}', "notebook"),
    "broken.py": (b"def f(:\n", "line 1"),
}  # fmt: skip


@pytest.mark.parametrize("called", REFUSED)
def test_what_is_no_model_is_refused_with_the_way_out(tmp_path: Path, called: str) -> None:
    data, said = REFUSED[called]
    (tmp_path / called).write_bytes(data)
    with pytest.raises(UserError) as refused:
        look_at(tmp_path / called)
    assert said in str(refused.value)
    assert called in refused.value.message
    assert refused.value.hint


def test_archives_that_are_no_models(tmp_path: Path) -> None:
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("x.npy", b"\x93NUMPY")
    with pytest.raises(UserError, match="--inputs"):
        look_at(path)
    path.write_bytes(path.read_bytes().replace(b"PK\x01\x02\x14\x03\x14\0\0\0", b"PK\x01\x02\x14\x03\x14\0\x01\0"))
    with pytest.raises(UserError, match="encrypted"):
        look_at(path)


def test_a_bomb_is_not_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zip_heads, "_LARGE", 1 << 20)
    path = tmp_path / "x.pt"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("archive/data/0", bytes(2 << 20))
    with pytest.raises(UserError, match="would unpack"):
        look_at(path)


def test_neither_pipes_nor_devices_nor_sockets_are_opened(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pt")
    with socket.socket(socket.AF_UNIX) as listening:
        listening.bind(os.fspath(tmp_path / "socket.pt"))
        for each in (tmp_path / "pipe.pt", tmp_path / "socket.pt", Path("/dev/zero")):
            with pytest.raises(UserError, match="not a model file"):
                look_at(each)


def test_what_is_missing_or_may_not_be_read(tmp_path: Path) -> None:
    (tmp_path / "digits.pt").write_bytes(b"")
    with pytest.raises(UserError, match=r"Did you mean digits\.pt"):
        look_at(tmp_path / "digit.pt")
    with pytest.raises(UserError) as missing:
        look_at(tmp_path / "zebra.onnx")
    assert (str(missing.value), missing.value.hint) == (f"There is no {tmp_path / 'zebra.onnx'}.", "")
    (tmp_path / "link.pt").symlink_to("gone.pt")
    with pytest.raises(UserError, match=r"link to gone\.pt"):
        look_at(tmp_path / "link.pt")


@pytest.mark.skipif(os.geteuid() == 0, reason="root reads everything")
def test_what_may_not_be_read(tmp_path: Path) -> None:
    path = make.torch_zip(tmp_path / "m.pt", make.mapping(LINEAR))
    path.chmod(0)
    with pytest.raises(UserError, match="may not be read"):
        look_at(path)


def test_a_very_large_file_is_told_at_once(tmp_path: Path) -> None:
    path = tmp_path / "large.pt"
    subprocess.run(["truncate", "-s", "10G", path], check=True)
    with pytest.raises(UserError, match="zeros"):
        look_at(path)


BROKEN = {
    "weights.pt": make.pickled(make.mapping(LINEAR)),
    "old.pt": b"\x80\x02\x8a\x0al\xfc\x9cF\xf9 j\xa8P\x19." + make.pickled(make.mapping(LINEAR)) * 3,
    "onnx": b"\x08\x0a\x12\x07pytorch\x3a\x05\x0a\x03abcB\x04\x0a\x00\x10\x12",
    "m.h5": HDF5_OF_64_KB,
}


@given(st.data())
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_whatever_is_broken_is_a_model_or_refused(tmp_path: Path, data: st.DataObject) -> None:
    made = {
        **BROKEN,
        "new.pt": make.torch_zip(tmp_path / "a", make.mapping(LINEAR)).read_bytes(),
        "m.keras": make.keras(tmp_path / "b", {"class_name": "Lambda", "config": {"name": "x"}}).read_bytes(),
        "m.safetensors": make.safetensors(tmp_path / "c", {"a": (2, 3)}).read_bytes(),
    }
    called = data.draw(st.sampled_from(sorted(made)))
    changed = bytearray(made[called])
    for place in data.draw(st.lists(st.integers(0, len(changed) - 1), max_size=6)):
        changed[place] = data.draw(st.integers(0, 255))
    (tmp_path / called).write_bytes(changed[: data.draw(st.integers(0, len(changed)))])
    told = ""
    try:
        told = str(look_at(tmp_path / called).path)
    except UserError as refused:
        told = refused.message
    assert called in told


def test_a_pickle_that_asks_for_terabytes_gets_none(tmp_path: Path) -> None:
    huge = b"\x80\x04\x8e" + (1 << 44).to_bytes(8, "little") + b"x"
    path = tmp_path / "m.pkl"
    path.write_bytes(huge)
    with pytest.raises(UserError, match=r"m\.pkl"):
        look_at(path)
    with pytest.raises(UserError, match="cut off"):
        look_at(make.torch_zip(tmp_path / "m.pt", huge[2:]))


def endless() -> bytes:
    """Return a pickle's tuple of two that are tuples of two …: small as it is, longer than any memory as a text."""
    return make.number(1) + b"\x85" + b"2\x86" * 200


def test_a_value_that_is_endless_as_a_text_is_not_made_one(tmp_path: Path) -> None:
    whole = {"state_dict": make.mapping(LINEAR), "pytorch-lightning_version": endless()}
    model = look_at(make.torch_zip(tmp_path / "m.ckpt", make.mapping(whole)))
    assert model.parameters == 50
    assert "Written by" not in dict(model.facts)


def test_headers_of_other_types_than_they_should_be_are_damaged_files(tmp_path: Path) -> None:
    header = json.dumps({"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, "x"]}}).encode()
    (tmp_path / "m.safetensors").write_bytes(len(header).to_bytes(8, "little") + header + b"\0" * 16)
    with pytest.raises(UserError, match="cut off or damaged"):
        look_at(tmp_path / "m.safetensors")
    with zipfile.ZipFile(tmp_path / "dot.zip", "w") as archive:
        archive.writestr(zipfile.ZipInfo("."), b"x")
    with pytest.raises(UserError, match="none that PyTorch or Keras wrote"):
        look_at(tmp_path / "dot.zip")
    with zipfile.ZipFile(tmp_path / "m.keras", "w") as archive:
        archive.writestr("config.json", json.dumps({"class_name": ["Lambda"]}))
        archive.writestr("model.weights.h5", b"x")
    assert look_at(tmp_path / "m.keras").kind == "keras"
    (tmp_path / "hf").mkdir()
    (tmp_path / "hf" / "config.json").write_text('{"model_type": "bert", "architectures": 5}', "utf-8")
    (tmp_path / "hf" / "pytorch_model.bin").write_bytes(b"PK")
    assert "Class" not in dict(look_at(tmp_path / "hf").facts)


def test_python_that_is_nested_too_deeply_is_refused(tmp_path: Path) -> None:
    (tmp_path / "m.py").write_text(f"x = {'-' * 300_000}1\n", "utf-8")
    with pytest.raises(UserError, match="no valid Python"):
        look_at(tmp_path / "m.py", "build")


def test_of_a_checkpoint_called_checkpoint_only_the_start_is_read(tmp_path: Path) -> None:
    path = make.torch_zip(tmp_path / "checkpoint", make.mapping(LINEAR))
    with path.open("r+b") as file:
        packed = path.read_bytes()
        file.seek(4 << 40)  # a hole of 4 TB before the zip: more than any memory
        file.write(packed)
    assert look_at(path).parameters == 50
