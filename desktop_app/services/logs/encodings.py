"""How a log's characters are written, as its beginning tells: the one rule for all who read logs.

It says UTF-16, or UTF-8, which stands for everything with a byte for each letter of ASCII: what a line holds that is no
UTF-8 is told line by line (`text.decoded`). Imports nothing: a search's child begins with it.
"""

from __future__ import annotations

UTF_8, _LE, _BE = "utf-8", "utf-16-le", "utf-16-be"
_MARKS = {b"\xff\xfe": _LE, b"\xfe\xff": _BE}
HEAD = 1024
"""Bytes of a log's beginning that tell."""
_LEAST_ZEROS = 8
_ENOUGH = 64


def encoding_of(head: bytes) -> str:
    """Return how a text is written that begins so: by its mark, unless what follows belies it, or without one."""
    marked = _MARKS.get(head[:2])
    head = head.rstrip(b"\0")  # which a crash may leave
    if marked is None:
        return _unmarked(head)
    return marked if _is_borne_out(head[2:], marked) else UTF_8


def is_settled(head: bytes) -> bool:
    """Whether what was told by a beginning stays so while more is written: empty bytes may become UTF-16."""
    return len(head) >= _ENOUGH or (len(head) >= 4 and b"\0" not in head)


def without_mark(data: bytes) -> bytes:
    """Return bytes of UTF-16 without the mark that a log begins with."""
    return data[2:] if data[:2] in _MARKS else data


def newline_of(encoding: str) -> bytes:
    """Return the bytes that end a line; of UTF-16 with the high byte first the second one is enough."""
    return b"\n\0" if encoding == _LE else b"\n"


def _unmarked(head: bytes) -> str:
    """Return which UTF-16 it is: spaces and letters of ASCII have their empty bytes all on the same side."""
    even, odd = _zeros(head)
    if min(even, odd) or max(even, odd) < max(_LEAST_ZEROS, len(head) // 25):
        return UTF_8
    encoding = _LE if odd else _BE
    return encoding if _reads_as(head, encoding) else UTF_8  # small numbers of two bytes look alike


def _is_borne_out(data: bytes, encoding: str) -> bool:
    """Whether data may be what its mark says: what is no text, or has a byte a letter, may begin like one too."""
    if len(data) < 2:
        return True
    even, odd = _zeros(data)
    against, fitting = (even, odd) if encoding == _LE else (odd, even)
    return against <= fitting and _reads_as(data, encoding) and not _reads_as(data, "latin-1")


def _zeros(data: bytes) -> tuple[int, int]:
    """Return how many bytes are empty at even and at odd places."""
    return data[::2].count(0), data[1::2].count(0)


def _reads_as(data: bytes, encoding: str) -> bool:
    """Whether nearly all letters are some that a log may have."""
    text = data[: len(data) & ~1].decode(encoding, "ignore")
    strange = sum(not (each.isprintable() or each in "\t\n\r\b\x1b") for each in text)
    return strange <= len(text) // 20
