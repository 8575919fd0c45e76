"""Model files as frameworks write them, made of their bytes: no framework is needed, and nothing stays from it."""

from __future__ import annotations

import json
import struct
import zipfile
from collections.abc import Mapping
from pathlib import Path


def name(text: str) -> bytes:
    """Return the opcode by which a pickle imports a name."""
    module, _, last = text.rpartition(".")
    return b"c" + module.encode() + b"\n" + last.encode() + b"\n"


def text(value: str) -> bytes:
    """Return the opcode of a string."""
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value: int) -> bytes:
    """Return the opcode of a whole number."""
    return b"J" + struct.pack("<i", value)


def together(*items: bytes) -> bytes:
    """Return the opcodes of a tuple."""
    return b"(" + b"".join(items) + b"t"


def call(function: str, *arguments: bytes) -> bytes:
    """Return the opcodes that call a function."""
    return name(function) + together(*arguments) + b"R"


def mapping(items: Mapping[str, bytes]) -> bytes:
    """Return the opcodes of a dict."""
    return b"}(" + b"".join(text(key) + value for key, value in items.items()) + b"u"


def tensor(key: int, *shape: int, kind: str = "FloatStorage") -> bytes:
    """Return the opcodes of a tensor as torch.save writes them."""
    count = 1
    for each in shape:
        count *= each
    stored = together(text("storage"), name(f"torch.{kind}"), text(str(key)), text("cpu"), number(count)) + b"Q"
    sizes = together(*(number(each) for each in shape))
    hooks = call("collections.OrderedDict")
    return call("torch._utils._rebuild_tensor_v2", stored, number(0), sizes, sizes, b"\x89", hooks)


def pickled(value: bytes) -> bytes:
    """Return a whole pickle."""
    return b"\x80\x02" + value + b"."


def torch_zip(path: Path, value: bytes, **members: bytes) -> Path:
    """Write what torch.save writes: a pickle in a zip."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("archive/data.pkl", pickled(value))
        archive.writestr("archive/version", "3\n")
        for each, data in members.items():
            archive.writestr(f"archive/{each}", data)
    return path


def safetensors(path: Path, tensors: Mapping[str, tuple[int, ...]], missing: int = 0) -> Path:
    """Write a safetensors file of zeros, of which some bytes may be missing."""
    header, end = {}, 0
    for each, shape in tensors.items():
        size = 4
        for length in shape:
            size *= length
        header[each] = {"dtype": "F32", "shape": list(shape), "data_offsets": [end, end + size]}
        end += size
    head = json.dumps({"__metadata__": {"format": "pt"}, **header}).encode()
    path.write_bytes(len(head).to_bytes(8, "little") + head + bytes(end - missing))
    return path


def keras(path: Path, *layers: Mapping[str, object], version: str = "3.15.1") -> Path:
    """Write a `.keras` file with these layers in its configuration."""
    config = {"class_name": "Sequential", "module": "keras", "config": {"name": "m", "layers": [*layers]}}
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", json.dumps(config))
        archive.writestr("metadata.json", json.dumps({"keras_version": version, "date_saved": "2026-11-22@03:00:00"}))
        archive.writestr("model.weights.h5", b"\x89HDF\r\n\x1a\n")
    return path
