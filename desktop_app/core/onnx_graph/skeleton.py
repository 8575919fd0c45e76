"""A model's bytes without its weights, read piece by piece from wherever it lies.

Copied is everything that a picture of the model needs; of what is long and no message (weights), a field `LEFT_OUT`
with its number and length stands instead. So a model of gigabytes becomes a few hundred kB, after a few reads for
each tensor; nothing is mapped into memory, as a mapped file that another program cuts off would end this one.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Protocol

from desktop_app.api import UserError
from desktop_app.core.onnx_graph.wire import BYTES, FIXED32, FIXED64, VARINT, broken, encoded, tagged, varint

LEFT_OUT = 19_999
"""The number of the field that stands for what was left out; protocol buffers keep it from being anybody's own."""
_WINDOWS = (1 << 12, 1 << 18)  # bytes read at once: few after a leap over weights, more and more while going on
_HEAD = 20  # a key and a length, at their longest
_DEEPEST = 24
_MOST_FIELDS = 1_000_000
_MOST_BYTES = 256_000_000
_WIDTHS = {FIXED64: 8, FIXED32: 4}


class Source(Protocol):
    """Where the bytes are."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read(self, at: int, count: int) -> bytes:
        """Return `count` bytes from `at`, or fewer where the source ends."""


@dataclass(frozen=True, slots=True)
class BytesSource:
    """Bytes that are in memory already."""

    data: bytes

    @property
    def size(self) -> int:
        """How many there are."""
        return len(self.data)

    def read(self, at: int, count: int) -> bytes:
        """Return `count` bytes from `at`, or fewer at the end."""
        return self.data[at : at + count]


@dataclass(slots=True)
class _Message:
    """A kind of message: the kinds of the messages in it by number, and the size up to which fields are kept whole."""

    parts: dict[int, _Message] = field(default_factory=dict)
    whole: int = 1 << 16


_TENSOR = _Message(whole=1 << 11)
_SPARSE = _Message({1: _TENSOR, 2: _TENSOR}, whole=1 << 11)
_GRAPH, _NODE = _Message(), _Message()
_ATTRIBUTE = _Message({5: _TENSOR, 10: _TENSOR, 22: _SPARSE, 23: _SPARSE, 6: _GRAPH, 11: _GRAPH})
_NODE.parts[5] = _ATTRIBUTE
_GRAPH.parts.update({1: _NODE, 5: _TENSOR, 15: _SPARSE})
_FUNCTION = _Message({7: _NODE, 11: _ATTRIBUTE})
_TRAINING = _Message({1: _GRAPH, 2: _GRAPH})
_MODEL = _Message({7: _GRAPH, 20: _TRAINING, 25: _FUNCTION})


def skeleton(source: Source) -> bytes:
    """Return the model in `source` without its weights, as the bytes of a message."""
    if source.size == 0:
        raise broken("it is empty")
    return bytes(_Thinner(source).thin(0, source.size, _MODEL, 0))


class _Thinner:
    def __init__(self, source: Source) -> None:
        self._source = source
        self._data, self._from, self._window = b"", 0, _WINDOWS[0]
        self._fields = self._kept = 0

    def thin(self, at: int, end: int, kind: _Message, depth: int) -> bytearray:
        """Return a message without what is long in it."""
        made = bytearray()
        while at < end:
            at = self._field(made, at, end, kind, depth)
        return made

    def _field(self, made: bytearray, at: int, end: int, kind: _Message, depth: int) -> int:
        here = self._look(at, min(_HEAD, end - at))
        key, after = varint(self._data, here)
        wire, number = key & 7, key >> 3
        size = 0
        if wire == BYTES:
            size, after = varint(self._data, after)
        elif wire == VARINT:
            _value, after = varint(self._data, after)
        else:
            size = _WIDTHS.get(wire, -1)
        start = at + after - here
        if number == 0 or size < 0:
            raise broken("it holds a field that no format has")
        if start + size > end:
            raise broken("a part of it says that it is longer than the file")
        self._count()
        part = kind.parts.get(number) if wire == BYTES else None
        if size <= (part or kind).whole:
            here = self._look(at, start + size - at)
            self._keep(made, self._data[here : here + start + size - at])
        elif part is not None:
            if depth >= _DEEPEST:
                raise broken("graphs in it are nested too deeply")
            inner = self.thin(start, start + size, part, depth + 1)
            self._keep(made, tagged(number, BYTES, len(inner)))
            made += inner
        else:
            gone = encoded(number) + encoded(size)
            self._keep(made, tagged(LEFT_OUT, BYTES, len(gone)) + gone)
        return start + size

    def _look(self, at: int, count: int) -> int:
        """Have `count` bytes from `at` in the window, and return where in it they begin."""
        here = at - self._from
        if here < 0 or here + count > len(self._data):
            leaps = not 0 <= here <= len(self._data)
            self._window = _WINDOWS[0] if leaps else min(_WINDOWS[1], 2 * self._window)
            self._data, self._from, here = self._source.read(at, max(self._window, count)), at, 0
            if len(self._data) < count:
                raise broken("it ends too early")
        return here

    def _count(self) -> None:
        self._fields += 1
        if self._fields > _MOST_FIELDS:
            raise _too_much()

    def _keep(self, made: bytearray, piece: bytes) -> None:
        self._kept += len(piece)
        if self._kept > _MOST_BYTES:
            raise _too_much()
        made += piece


def _too_much() -> UserError:
    return UserError(
        "The model's graph is too large to be shown: there is more of it beside its weights than any known model has.",
        hint="If it was made by hand, keep weights as raw data of tensors.",
    )
