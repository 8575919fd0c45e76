"""A log's bytes as the text a person reads: no escape sequences, progress bars as they stand, nothing endless."""

from __future__ import annotations

import re
from functools import cache

from desktop_app.services.logs.encodings import without_mark

HEAD = 32 << 10
"""Bytes of a line that are shown; the rest is named by its size."""
_TAIL = 8 << 10

_ESCAPES = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\][^\x07\x1b]{0,4096}(?:\x07|\x1b\\)"  # OSC: titles, links
    r"|[PX^_][^\x1b]{0,4096}\x1b\\"
    r"|[ -/]*[0-~])"
)
_CONTROLS = dict.fromkeys(range(32), "·") | {127: "·", 9: "\t"} | dict.fromkeys(range(128, 160), "·")
_BIDI = dict.fromkeys((*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x2028, 0x2029), "·")
_SHOWN = _CONTROLS | _BIDI

ERROR_PATTERN = (
    r"Traceback \(most recent call last\)"
    r"|^(?:\[rank\d+\]:\s*)?(?:[\w.]+\.)?[A-Z]\w*(?:Error|Exception|Interrupt)\b(?::|$)"
    r"|\b(?:ERROR|FATAL|CRITICAL)\b|Segmentation fault|core dumped|^Killed$|out of memory"
)
ERROR_HINTS = (
    "Traceback", "Error", "Exception", "Interrupt", "ERROR", "FATAL", "CRITICAL", "Segmentation fault", "core dumped",
    "Killed", "out of memory",
)  # fmt: skip
"""One of these is in every line that ERROR_PATTERN matches."""
_WARNING_PATTERN = r"\bWARN(?:ING)?\b|\b[A-Z]\w*Warning:"
_LOOKED_AT = 2000
_ZEROS = 16  # in a row: fewer stand there one by one


_compiled = cache(re.compile)
"""When one is needed: a search needs none of them, and waits for this module."""


def shown_text(data: bytes, encoding: str = "utf-8") -> str:
    """Return what a terminal would show of one line: after the last carriage return, without escapes, clipped."""
    if encoding != "utf-8":
        data = from_utf_16(data, encoding)
    data = data.rstrip(b"\r\n")
    bar = data.rfind(b"\r", max(0, len(data) - _TAIL))
    if bar >= 0:
        data = data[bar + 1 :]
    data = without_nuls(data)
    more = len(data) - HEAD
    text = _printable(decoded(data[:HEAD], cut=more > 0))
    return f"{text} … {more:,} bytes more" if more > 0 else text


def whole_text(data: bytes, encoding: str = "utf-8") -> str:
    """Return all of a line, however long."""
    data = (from_utf_16(data, encoding) if encoding != "utf-8" else data).rstrip(b"\r\n")
    return _printable(decoded(without_nuls(data)))


def without_nuls(data: bytes) -> bytes:
    """Return a line with zeros in a row told by their number: a crash of the machine leaves thousands in a log."""
    if b"\0" * _ZEROS not in data:
        return data
    told: bytes = _compiled(rb"\0{%d,}" % _ZEROS).sub(lambda found: b"[%d NUL bytes]" % len(found[0]), data)
    return told


def _printable(text: str) -> str:
    return text if text.isprintable() else _ESCAPES.sub("", text).translate(_SHOWN).expandtabs(8)


def decoded(data: bytes, *, cut: bool = False) -> str:
    """Return UTF-8 as text; what is none as Latin-1, if that makes words of it; `cut` where the last letter may be."""
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError as error:
        if cut and error.start >= len(data) - 3:
            return data[: error.start].decode("utf-8")
    text = data.decode("utf-8", "replace")
    is_mixed = any(each != "\ufffd" and each > "\x7f" for each in text)
    if is_mixed or _NO_WORDS.search(data) or 4 * text.count("\ufffd") > len(data):
        return text
    return data.decode("latin-1")


_NO_WORDS = re.compile(rb"[\x00-\x08\x0e-\x1a\x7f-\x9f]")


def from_utf_16(data: bytes, encoding: str) -> bytes:
    """Return a line of a UTF-16 file as UTF-8; one that ends within a letter without it."""
    return without_mark(data[: len(data) & ~1]).decode(encoding, "replace").encode("utf-8", "replace")


def is_error(text: str) -> bool:
    """Whether a line says that something went wrong."""
    return _compiled(ERROR_PATTERN).search(text, 0, _LOOKED_AT) is not None


def is_warning(text: str) -> bool:
    """Whether a line is a warning."""
    return _compiled(_WARNING_PATTERN).search(text, 0, _LOOKED_AT) is not None
