"""Protocol buffers' wire format, with every bound checked: the fields of a message that is in memory.

https://protobuf.dev/programming-guides/encoding/. Own code, as these files may be anybody's and are looked at in the
window's process (docs/decisions.md): what is malformed ends in a `UserError`, never in a crash.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator

from desktop_app.api import UserError

VARINT, FIXED64, BYTES, FIXED32 = 0, 1, 2, 5
_WIDTHS = {FIXED64: 8, FIXED32: 4}
_LONGEST = 70  # bits of a varint: ten bytes of seven

Field = tuple[int, int, int, int]
"""Number, wire type, and where the value starts and ends; of a varint, the value and 0."""


def broken(why: str) -> UserError:
    """Return what is said of a file that can't be a whole ONNX model."""
    return UserError(
        f"This is not a whole ONNX model: {why}.",
        hint="It may be another kind of file, or have been cut off: export or copy it again.",
    )


def varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number that begins at `at`, and where it ends."""
    value = shift = 0
    while True:
        if at >= len(data):
            raise broken("it ends in the middle of a number")
        byte = data[at]
        at += 1
        value |= (byte & 127) << shift
        if byte < 128:
            return value, at
        shift += 7
        if shift >= _LONGEST:
            raise broken("it holds a number of more than 64 bits")


def fields(data: bytes, at: int, end: int) -> Iterator[Field]:
    """Yield the fields of the message from `at` to `end`."""
    while at < end:
        key = data[at]
        at += 1
        if key > 127:
            key, at = varint(data, at - 1)
        kind, number = key & 7, key >> 3
        if kind == BYTES:
            size, at = (data[at], at + 1) if at < end and data[at] < 128 else varint(data, at)
            start, at = at, at + size
            if at > end:
                raise broken("a part of it says that it is longer than the file")
            yield number, BYTES, start, at
        elif kind == VARINT:
            value, at = (data[at], at + 1) if at < end and data[at] < 128 else varint(data, at)
            if at > end:
                raise broken("it ends in the middle of a number")
            yield number, VARINT, value, 0
        else:
            start, at = at, at + _width(kind, number)
            if at > end:
                raise broken("it ends in the middle of a number")
            yield number, kind, start, at
        if number == 0:
            raise broken("it holds a field that no format has")


def _width(kind: int, number: int) -> int:
    if kind not in _WIDTHS or number == 0:
        raise broken("it holds a field that no format has")
    return _WIDTHS[kind]


def text(data: bytes, start: int, end: int) -> str:
    """Return a text; bytes that are no UTF-8 become question marks."""
    return str(data[start:end], "utf-8", "replace")


def signed(value: int) -> int:
    """Return a varint as the int64 that it stands for."""
    value &= (1 << 64) - 1
    return value - (1 << 64) if value >> 63 else value


def numbers(data: bytes, field: Field, most: int) -> list[int]:
    """Return a repeated int64's values that this one field holds, packed or not; at most so many."""
    _number, kind, start, end = field
    if kind == VARINT:
        return [signed(start)]
    found: list[int] = []
    while kind == BYTES and start < end and len(found) < most:
        value, start = varint(data, start)
        found.append(signed(value))
    if start > end:
        raise broken("it ends in the middle of a number")
    return found


def floats(data: bytes, field: Field, most: int) -> list[float]:
    """Return a repeated float's values that this one field holds, packed or not; at most so many."""
    _number, kind, start, end = field
    if kind not in (BYTES, FIXED32):
        return []
    count = min(most, (end - start) // 4)
    return list(struct.unpack_from(f"<{count}f", data, start))


def tagged(number: int, kind: int, value: int) -> bytes:
    """Return a field's key and the number after it: a varint's value, or a length."""
    return encoded(number << 3 | kind) + encoded(value)


def encoded(value: int) -> bytes:
    """Return a number as a varint."""
    made = bytearray()
    while value > 127:
        made.append(value & 127 | 128)
        value >>= 7
    made.append(value)
    return bytes(made)
