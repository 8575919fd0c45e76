"""Which binary format a file has, by its first bytes: safetensors, HDF5, ONNX, and those that are no models."""

from __future__ import annotations

import json
import math
import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, BinaryIO

from desktop_app.api import ModelFile, UserError

_HDF5 = b"\x89HDF\r\n\x1a\n"
_LONGEST_HEADER = 100_000_000  # safetensors' own limit
_NAMES = {"F64": "float64", "F32": "float32", "F16": "float16", "BF16": "bfloat16", "I64": "int64", "I8": "int8"}
_SUPERBLOCK = 48  # bytes of the smallest one
_CUT = "Copy it again, or take an earlier checkpoint: the run may have been stopped while it saved."
_ONNX_FIELDS = {1: 0, 2: 2, 3: 2, 4: 2, 5: 0, 6: 2, 7: 2, 8: 2, 14: 2, 20: 2, 25: 2, 26: 2}  # number: wire type
_OTHERS = (
    (b"GGUF", "a GGUF file, made for llama.cpp", "Export from the Hugging Face folder that it was made of."),
    (b"\x93NUMPY", "a NumPy array, not a model", "Give it as input, in an .npz: numpy.savez(…, name=array)."),
    (b"\x1f\x8b", "packed with gzip", "Unpack it, and export what was in it."),
    (b"BZh", "packed with bzip2", "Unpack it, and export what was in it."),
    (b"\xfd7zXZ", "packed with xz", "Unpack it, and export what was in it."),
    (b"\x28\xb5\x2f\xfd", "packed with zstd", "Unpack it, and export what was in it."),
    (b"7z\xbc\xaf", "packed with 7-Zip", "Unpack it, and export what was in it."),
    (b"Rar!", "packed with RAR", "Unpack it, and export what was in it."),
    (b"\x7fELF", "a program, not a model", "It was not opened."),
    (b"MZ", "a program, not a model", "It was not opened."),
    (b"%PDF", "a PDF", "Choose the model's file."),
    (b"\x89PNG", "a picture", "Choose the model's file."),
    (b"\xff\xd8\xff", "a picture", "Choose the model's file."),
    (b"SQLite format 3", "a database", "Choose the model's file."),
)


def refuse_nothing(path: Path, head: bytes) -> None:
    """Raise UserError for a file with nothing in it: empty, all zeros, a Git LFS pointer, a page saved in its place."""
    if not head:
        raise UserError(f"{path.name} is empty: the run may have been stopped while it saved.", hint="Save it again.")
    if not head.strip(b"\0"):
        hint = "The copy or the download isn't complete: fetch it again."
        raise UserError(f"{path.name} begins with {len(head):,} zeros, and no model does.", hint=hint)
    if head.startswith(b"version https://git-lfs.github.com/spec/"):
        hint = f"`git lfs pull --include={path.name}` fetches it."
        raise UserError(f"{path.name} is a Git LFS pointer: the model itself was not fetched.", hint=hint)
    if head.lstrip()[:15].lower().startswith((b"<!doctype html", b"<html")):
        hint = "The address may want a sign-in, or have moved: open it in a browser, and fetch it again."
        raise UserError(f"{path.name} is a web page that was saved in the model's place.", hint=hint)
    if head.lstrip().startswith((b"<?xml", b"<Error>")):
        hint = "The link to a store may have expired: fetch it again."
        raise UserError(f"{path.name} is an XML text, perhaps a store's error in the model's place.", hint=hint)


def look_at_binary(path: Path, head: bytes) -> ModelFile | None:
    """Return what a binary file is, None where it is none of those known. Raises UserError for what can't be used."""
    if head.startswith(_HDF5):
        return _hdf5(path, head)
    if _is_safetensors(head):
        return _safetensors(path)
    if head[4:8] == b"TFL3":
        raise _refused(path, "a TensorFlow Lite model", "Export from the SavedModel or Keras model it was made of.")
    for magic, what, hint in _OTHERS:
        if head.startswith(magic):
            raise _refused(path, what, hint)
    return _onnx(path, head)


def _refused(path: Path, what: str, hint: str) -> UserError:
    return UserError(f"{path.name} is {what}.", hint=hint)


def _cut(path: Path, why: str) -> UserError:
    return UserError(f"{path.name} is cut off or damaged: {why}.", hint=_CUT)


def _is_safetensors(head: bytes) -> bool:
    length = int.from_bytes(head[:8], "little")
    return 2 <= length <= _LONGEST_HEADER and head[8:9] == b"{"


def _safetensors(path: Path) -> ModelFile:
    size = path.stat().st_size
    header = safetensors_header(path)
    tensors = {name: each for name, each in header.items() if name != "__metadata__" and isinstance(each, dict)}
    try:
        end = max((int(each["data_offsets"][1]) for each in tensors.values()), default=0)
        count = sum(math.prod(each["shape"]) for each in tensors.values() if str(each["dtype"])[0] in "FB")
        kinds = sorted({_NAMES.get(each["dtype"], str(each["dtype"])) for each in tensors.values()})
    except (KeyError, IndexError, TypeError, ValueError, OverflowError):
        raise _cut(path, "its header can't be read") from None
    with path.open("rb") as stream:
        begin = 8 + int.from_bytes(stream.read(8), "little")
    if begin + end > size:
        raise _cut(path, f"{begin + end - size:,} bytes are missing")
    facts = (("Tensors", f"{len(tensors):,}"), ("Types", ", ".join(kinds) or "none"))
    return ModelFile("safetensors", path, bytes=size, parameters=count, facts=facts)


def safetensors_header(path: Path) -> dict[str, Any]:
    """Return the header of a safetensors file: its tensors' types, shapes and places. Raises UserError."""
    with path.open("rb") as stream:
        length = int.from_bytes(stream.read(8), "little")
        text = stream.read(min(length, _LONGEST_HEADER))
    if len(text) < length:
        raise _cut(path, "it ends within its header")
    try:
        header = json.loads(text)
    except (ValueError, RecursionError):
        raise _cut(path, "its header can't be read") from None
    if not isinstance(header, dict):
        raise _cut(path, "its header can't be read")
    return header


def _hdf5(path: Path, head: bytes) -> ModelFile:
    size = path.stat().st_size
    ends = _hdf5_end(head) if len(head) >= _SUPERBLOCK else _SUPERBLOCK
    if ends > size:
        raise _cut(path, f"{ends - size:,} bytes are missing")
    whole = _mentions(path, b"model_config")
    layers = _mentions(path, b"layer_names") or _mentions(path, b"_layer_checkpoint_dependencies") or whole
    if not layers and not _mentions(path, b"vars"):
        raise UserError(f"{path.name} is an HDF5 file, but none that Keras wrote.", hint="Is it the data, perhaps?")
    holds = "the whole model" if whole else "weights alone: the code that builds the model is needed"
    warnings = ("Opening an .h5 file can run code that is in it: open it only if you trust where it comes from.",)
    return ModelFile("hdf5", path, bytes=size, facts=(("Holds", holds),), warnings=warnings if whole else ())


def _hdf5_end(head: bytes) -> int:
    """Return the end of an HDF5 file as its superblock says (HDF5 file format specification, II.A); 0 if unknown."""
    version, width = head[8], head[13] if head[8] < 2 else head[9]
    if width not in (4, 8):
        return 0
    start = {0: 24 + 2 * width, 1: 28 + 2 * width}.get(version, 12 + 2 * width)
    return int.from_bytes(head[start : start + width], "little")


def _mentions(path: Path, name: bytes) -> bool:
    with path.open("rb") as stream:
        try:
            with mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ) as view:
                near, far = view.find(name, 0, 1 << 22), view.rfind(name, max(0, len(view) - (1 << 22)))
        except (ValueError, OSError):
            return False
    return near >= 0 or far >= 0


def _onnx(path: Path, head: bytes) -> ModelFile | None:
    """Return an ONNX model where the outermost fields are those of a ModelProto, to the file's very end."""
    wire = _ONNX_FIELDS.get(head[0] >> 3)
    if wire is None or wire != head[0] & 7:
        return None
    size = path.stat().st_size
    seen: dict[int, Any] = {}
    with path.open("rb") as stream:
        for number, value, end in _fields(stream):
            if end > size:
                if {1, 7} <= seen.keys() | {number} and 1 <= seen.get(1, 1) <= 99:
                    raise _cut(path, f"it is an ONNX model of which {end - size:,} bytes are missing")
                return None
            seen[number] = value
            if end == size:
                break
        else:
            return None
    if not ({7} <= seen.keys() and (1 in seen or 8 in seen)):
        return None
    producer = seen.get(2, b"")
    facts = (("Written by", producer.decode("utf-8", "replace")),) if producer else ()
    return ModelFile("onnx", path, bytes=size, facts=facts)


def _fields(stream: BinaryIO) -> Iterator[tuple[int, Any, int]]:
    """Yield number, value and end of the outermost fields; ends at the first that no ModelProto has."""
    while True:
        tag = _varint(stream)
        number = -1 if tag is None else tag >> 3
        if tag is None or _ONNX_FIELDS.get(number) != tag & 7:
            return
        value = _varint(stream)
        if value is None:
            return
        if tag & 7 == 0:
            yield number, value, stream.tell()
            continue
        begin = stream.tell()
        text = stream.read(min(value, 100)) if number in (2, 3) else b""
        yield number, text, begin + value
        stream.seek(begin + value, os.SEEK_SET)


def _varint(stream: BinaryIO) -> int | None:
    value = 0
    for shift in range(0, 64, 7):
        byte = stream.read(1)
        if not byte:
            return None
        value |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return value
    return None
