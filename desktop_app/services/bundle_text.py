"""Copies a text into a bundle without its secrets: block by block, and of a long one the beginning and the end."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from io import BytesIO
from pathlib import Path
from typing import IO, Protocol, TypeAlias

from desktop_app.core.words import size_text
from desktop_app.services.logs.encodings import HEAD, UTF_8, encoding_of

BLOCK = 16 << 10
"""Small, so that few blocks hold anything like a secret and most pass fast."""
SPACES = (" ", "\t", "\r")


class Sink(Protocol):
    """What takes bytes."""

    def write(self, data: bytes, /) -> int:
        """Take them."""


@dataclass(frozen=True, slots=True)
class OpenFile:
    """A file that is being read, as far as `size`: what is written later is not read."""

    stream: IO[bytes]
    size: int
    modified: float


def open_text(path: Path, size: int | None = None) -> OpenFile:
    """Open a file that a job may have had its hands on: no link is followed and no pipe waited for. Raises OSError.

    Of a file that grew beyond `size` since then, only so much is read.
    """
    flags = os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    descriptor = os.open(path, flags)
    about = os.fstat(descriptor)
    if not stat.S_ISREG(about.st_mode):
        os.close(descriptor)
        raise OSError(0, "it is no file")
    return OpenFile(
        os.fdopen(descriptor, "rb"), about.st_size if size is None else min(about.st_size, size), about.st_mtime
    )


def looks_binary(opened: OpenFile) -> bool:
    """Whether a file is no text, going by its beginning; reads it from the start again."""
    begin = opened.stream.read(8192)
    opened.stream.seek(0)
    return b"\0" in begin and encoding_of(begin[:HEAD]) == UTF_8


Cover: TypeAlias = Callable[[str], str]
"""What returns a text of whole lines without its secrets."""


class Follower(Protocol):
    """What wants to know where the bytes of a text went."""

    def add(self, old: bytes, new: bytes) -> None:
        """Take a block as it was and as it is written."""

    def skip(self, old: int, new: int) -> None:
        """Take `old` bytes that were left out, for which `new` others are written."""


def copy_text(  # noqa: PLR0913 - the last is an optional keyword
    opened: OpenFile,
    sink: Sink,
    redactor: Cover,
    limit: int,
    said: Callable[[int], str],
    *,
    follower: Follower | None = None,
) -> int:
    """Copy a text; if it is longer than `limit`, its beginning and its end, with `said` of the bytes left out between.

    Returns how many bytes were left out.
    """
    encoding = _encoding(opened)
    if opened.size <= limit:
        _write(_blocks(opened.stream, opened.size), sink, redactor, encoding, follower)
        return 0
    half = limit // 2 & ~1  # letters of UTF-16 are two bytes
    begin = _head(opened.stream.read(half), encoding)
    opened.stream.seek(opened.size - half & ~1)
    end = _tail(opened.stream.read(half), encoding)
    left_out = opened.size - len(begin) - len(end)
    between = "" if begin.endswith("\n".encode(encoding)) else "\n"
    _write(_blocks(BytesIO(begin), half), sink, redactor, encoding, follower)
    told = f"{between}{said(left_out)}\n".encode()
    sink.write(told)
    if follower is not None:
        follower.skip(left_out, len(told))
    _write(_blocks(BytesIO(end), half), sink, redactor, encoding, follower)
    return left_out


def whole_lines(opened: OpenFile) -> OpenFile:
    """Return a file without a last line that is only being written."""
    opened.stream.seek(max(0, opened.size - BLOCK))
    end = opened.stream.read(min(BLOCK, opened.size))
    opened.stream.seek(0)
    return replace(opened, size=opened.size - (len(end) - end.rfind(b"\n") - 1) if b"\n" in end else opened.size)


def said_in_text(left_out: int) -> str:
    """Return the line that stands where a part of a text was left out."""
    return f"[… {size_text(left_out)} left out here by `rankzero runs bundle` …]"


def said_in_json_lines(left_out: int) -> str:
    """Return it for a file with a JSON object a line."""
    return f'{{"left_out_bytes": {left_out}}}'


def _encoding(opened: OpenFile) -> str:
    begin = opened.stream.read(HEAD)
    opened.stream.seek(0)
    return encoding_of(begin)


def _head(data: bytes, encoding: str) -> bytes:
    """Return the whole lines of what begins a text; of a single long line the whole words, so that no secret is cut."""
    text = data.decode(encoding, _lenient(encoding))
    end = text.rfind("\n")
    kept = text[: end + 1] if end >= 0 else text[: max(map(text.rfind, SPACES)) + 1] or text
    return kept.encode(encoding, _lenient(encoding))


def _tail(data: bytes, encoding: str) -> bytes:
    """Return the whole lines of what ends a text; of a single long line the whole words."""
    text = data.decode(encoding, _lenient(encoding))
    begin = text.find("\n")
    if begin < 0 or begin == len(text) - 1:
        begin = min((at for each in SPACES if (at := text.find(each)) >= 0), default=-1)
    return text[begin + 1 :].encode(encoding, _lenient(encoding))


def _lenient(encoding: str) -> str:
    """Return how bytes are taken that are no letters: as they are, where the encoding can hold them."""
    return "surrogateescape" if encoding == UTF_8 else "replace"


def _blocks(stream: IO[bytes], size: int) -> Iterator[bytes]:
    """Yield the next `size` bytes in blocks of whole lines: a secret does not reach over a line's end."""
    rest: list[bytes] = []
    while size > 0 and (data := stream.read(min(BLOCK, size))):
        size -= len(data)
        end = data.rfind(b"\n") + 1
        if end:
            yield b"".join((*rest, data[:end]))
            rest = []
        rest.append(data[end:])
    if any(rest):
        yield b"".join(rest)


def _write(blocks: Iterable[bytes], sink: Sink, redactor: Cover, encoding: str, follower: Follower | None) -> None:
    errors = _lenient(encoding)
    if encoding != UTF_8:  # its line ends are two bytes: as a whole, which `limit` bounds
        blocks = (b"".join(blocks),)
    for block in blocks:
        written = redactor(block.decode(encoding, errors)).encode("utf-8", errors)
        sink.write(written)
        if follower is not None:
            follower.add(block, written)
