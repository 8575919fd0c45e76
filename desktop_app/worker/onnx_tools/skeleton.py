"""A model's file without its weights: protobuf is walked, and what is large is stepped over, unread.

Parsing a file whole takes twice its size in memory, and the judge needs names, shapes and nodes alone.
"""

from __future__ import annotations

import math
import mmap
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import onnx
from rankzero_kit.errors import TaskError

KEPT_BYTES = 4096
"""Tensors up to this size stay: shapes, axes and paddings are such, and weights are not."""
_GRAPH, _INITIALIZER, _RAW = 7, 5, 9
_DATA = (4, 5, 7, 9, 10, 11)
"""The fields of a TensorProto with numbers: float, int32, int64, raw, double, uint64."""
_FIXED = {1: 8, 5: 4}
_LENGTH_DELIMITED = 2
_LONGEST = 10


def read_skeleton(path: Path) -> tuple[Any, dict[str, int]]:
    """Return a file's ModelProto without large weights, and the bytes of each that was left out.

    Raises ValueError or DecodeError for what is no protobuf.
    """
    left_out: dict[str, int] = {}
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
        kept = b"".join(_model(data, left_out))
    return onnx.ModelProto.FromString(kept), left_out


def dtype_name(number: int) -> str:
    """Return the word for a type of elements, as numpy has it."""
    name = onnx.TensorProto.DataType.Name(number).lower() if number in onnx.TensorProto.DataType.values() else "?"
    return {"float": "float32", "double": "float64"}.get(name, name)


def byte_size(tensor: Any) -> int:
    """Return how many bytes a tensor's numbers take by its own word."""
    name = dtype_name(tensor.data_type)
    known = {"bool": 8, "bfloat16": 16, "complex64": 64, "complex128": 128}
    digits = "".join(filter(str.isdigit, name.partition("e")[0] if name.startswith("float") else name))
    bits = known.get(name) or int(digits or 8)
    return math.ceil(int(math.prod(tensor.dims)) * bits / 8)


def strip(tensor: Any) -> None:
    """Take large data out of a tensor. Raises TaskError for one that claims another size than it holds."""
    if tensor.raw_data:
        refuse_false_size(tensor, len(tensor.raw_data))
    if len(tensor.raw_data) > KEPT_BYTES:
        tensor.ClearField("raw_data")
    for field in ("float_data", "int32_data", "int64_data", "double_data", "uint64_data"):
        if len(getattr(tensor, field)) * 4 > KEPT_BYTES:
            tensor.ClearField(field)


def refuse_false_size(tensor: Any, held: int) -> None:
    """Raise TaskError where a tensor's raw data isn't as long as its shape and type say."""
    if tensor.data_type in (0, onnx.TensorProto.STRING):
        return
    wanted = byte_size(tensor)
    if held != wanted or any(each < 0 for each in tensor.dims):
        raise TaskError(f"The tensor “{tensor.name}” says that it has {wanted:,} bytes, and {held:,} are there.")


def _model(data: Any, left_out: dict[str, int]) -> Iterator[bytes]:
    for field, start, value, end in _fields(data, 0, len(data)):
        if field == _GRAPH:
            yield from _wrapped(_GRAPH, b"".join(_graph(data, value, end, left_out)))
        else:
            yield data[start:end]


def _graph(data: Any, start: int, end: int, left_out: dict[str, int]) -> Iterator[bytes]:
    for field, begin, value, stop in _fields(data, start, end):
        if field == _INITIALIZER and stop - value > KEPT_BYTES:
            yield from _wrapped(_INITIALIZER, _tensor(data, value, stop, left_out))
        else:
            yield data[begin:stop]


def _tensor(data: Any, start: int, end: int, left_out: dict[str, int]) -> bytes:
    """Return a tensor without its numbers. Raises TaskError as `refuse_false_size`."""
    kept, raw, others = [], 0, 0
    for field, begin, value, stop in _fields(data, start, end):
        if field not in _DATA:
            kept.append(data[begin:stop])
        elif field == _RAW:
            raw += stop - value
        else:
            others += stop - value
    whole = b"".join(kept)
    tensor = onnx.TensorProto.FromString(whole)
    if raw:
        refuse_false_size(tensor, raw)
    left_out[tensor.name] = raw or others
    return whole


def _wrapped(field: int, content: bytes) -> Iterator[bytes]:
    yield _number(field << 3 | _LENGTH_DELIMITED)
    yield _number(len(content))
    yield content


def _fields(data: Any, at: int, end: int) -> Iterator[tuple[int, int, int, int]]:
    """Yield number, start, start of the value and end of each field of a message. Raises ValueError if it is torn."""
    while at < end:
        key, value = _varint(data, at, end)
        wire = key & 7
        if wire == _LENGTH_DELIMITED:
            length, value = _varint(data, value, end)
            stop = value + length
        else:
            stop = value + _FIXED[wire] if wire in _FIXED else _varint(data, value, end)[1]
        if stop > end or wire in (3, 4, 6, 7):
            raise ValueError("a message is torn")
        yield key >> 3, at, value, stop
        at = stop


def _varint(data: Any, at: int, end: int) -> tuple[int, int]:
    number = 0
    for shift in range(_LONGEST):
        if at >= end:
            break
        byte = data[at]
        number |= (byte & 0x7F) << (7 * shift)
        at += 1
        if byte < 0x80:
            return number, at
    raise ValueError("a number is torn")


def _number(value: int) -> bytes:
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes((*found, value))
