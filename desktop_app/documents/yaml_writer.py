"""Writes data as YAML the way a person would: plain where it can be, quoted where it must, long commands folded.

What is written means the same to readers of YAML 1.1 (PyYAML) and 1.2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from desktop_app.api import Value
from desktop_app.documents.yaml_scalars import plain_value

WIDEST = 100
_PLAIN = re.compile(r"[A-Za-z0-9_./$^(+\\;\u00c0-\uffef-][^\n]*")
_MISREAD = re.compile(r"---|\.\.\.|-|(- |\? |: ).*|.*(: | #|:$).*|.*\s$", re.DOTALL)
_OLD_WORD = re.compile(
    r"yes|no|on|off|=|<<|[-+]?0[0-7_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[-+]?0b[01_]+|"
    r"[-+]?[0-9][0-9_.]*([eE][-+]?[0-9]+)?|0[xo].*|\d{4}-\d\d?-\d\d?.*",
    re.IGNORECASE,
)
_UNSEEN = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_BRACKETED = re.compile(r"[,\[\]{}]|:$")
_OPTION = re.compile(r" (?=--?[A-Za-z$])")


@dataclass(frozen=True, slots=True)
class Layout:
    """How a file is laid out: columns from a key to the keys and dashes below it, blanks behind a dash, its quotes."""

    step: int = 2
    dash: int = 2
    gap: int = 1
    quote: str = ""
    """What every text stands in; empty where only those do that must."""
    json: bool = False


STANDARD = Layout()


def write_yaml(data: Mapping[str, Value]) -> str:
    """Return a block mapping as text that ends in a newline."""
    return "".join(f"{line}\n" for line in mapping_lines(data, 0)) or "{}\n"


def mapping_lines(data: Mapping[str, Value], column: int, layout: Layout = STANDARD) -> Iterator[str]:
    """Yield the lines of a mapping whose keys stand at `column`."""
    for key, value in data.items():
        yield from entry_lines(f"{' ' * column}{scalar(key)}:", value, column, layout)


def entry_lines(head: str, value: Value, column: int, layout: Layout = STANDARD) -> Iterator[str]:
    """Yield what stands after `key:`, and `key:` before it; the key stands at `column`."""
    yield from _after(head, value, layout, (column + layout.step, column + layout.dash))


def item_lines(items: list[Value], column: int, layout: Layout = STANDARD) -> Iterator[str]:
    """Yield the lines of a list whose dashes stand at `column`."""
    dash = f"{' ' * column}-"
    inner = column + 1 + layout.gap
    for item in items:
        if isinstance(item, dict) and item:
            lines = list(mapping_lines(item, inner, layout))
            yield f"{dash}{' ' * layout.gap}{lines[0][inner:]}"
            yield from lines[1:]
        else:
            yield from _after(dash, item, layout, (inner, inner), layout.gap)


def _after(head: str, value: Value, layout: Layout, columns: tuple[int, int], gap: int = 1) -> Iterator[str]:
    if isinstance(value, dict) and value:
        yield head
        yield from mapping_lines(value, columns[0], layout)
    elif isinstance(value, list) and value:
        yield head
        yield from item_lines(value, columns[1], layout)
    elif isinstance(value, str) and (block := _block(value, " " * columns[0])):
        yield f"{head}{' ' * gap}{block[0]}"
        yield from block[1:]
    else:
        yield f"{head}{' ' * gap}{scalar(value, layout.quote)}"


def _block(text: str, indent: str) -> list[str] | None:
    """Return a text of several lines, or a long one, as a block scalar; None where it can't be or need not be one."""
    if _UNSEEN.search(text.replace("\n", "")) or text.startswith((" ", "\n")) or text.endswith((" ", "\n\n")):
        return None
    if "\n" in text:
        body = text.removesuffix("\n").split("\n")
        return (
            None if not body[0] else ["|" if text.endswith("\n") else "|-", *(_indented(each, indent) for each in body)]
        )
    if len(text) <= WIDEST or "  " in text or "\t" in text:
        return None
    lines = _folded(text)
    return [">-", *(indent + line for line in lines)] if len(lines) > 1 else None


def _indented(line: str, indent: str) -> str:
    return indent + line if line else ""


def _folded(text: str) -> list[str]:
    """Break a long command before its options, else between words; the reader puts a space at each break."""
    lines: list[str] = []
    for part in _OPTION.split(text):
        lines += _wrapped(part)
    return lines


def _wrapped(text: str) -> Iterator[str]:
    line = ""
    for word in text.split(" "):
        if line and len(line) + 1 + len(word) > WIDEST:
            yield line
            line = word
        else:
            line = f"{line} {word}" if line else word
    yield line


def flow(value: Value, quote: str = "") -> str:
    """Return any value in one line, as it stands within brackets."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{flow(key, quote)}: {flow(each, quote)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(each, quote) for each in value) + "]"
    text = scalar(value, quote)
    if isinstance(value, str) and text == value and _BRACKETED.search(text):
        return _single(value)
    return text


def scalar(value: Value, quote: str = "") -> str:
    """Return a scalar, or an empty list or mapping, in one line; texts in these quotes where they can be."""
    if isinstance(value, str):
        return quoted(value, quote) if quote else _text(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _float(value)
    if value is None:
        return "null"
    return str(value)


def _float(value: float) -> str:
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    # YAML 1.1 takes 1e-05 for text: it wants a point.
    return text.replace("e", ".0e") if "e" in text and "." not in text else text


def quoted(text: str, quote: str) -> str:
    """Return a text in single or double quotes; in double ones where only they can hold it."""
    return _double(text) if quote == '"' or _UNSEEN.search(text) else _single(text)


def _single(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _text(text: str) -> str:
    if _UNSEEN.search(text):
        return _double(text)
    if (
        _PLAIN.fullmatch(text)
        and not _MISREAD.fullmatch(text)
        and not _OLD_WORD.fullmatch(text)
        and _means_itself(text)
    ):
        return text
    if "'" in text and '"' not in text and "\\" not in text:
        return f'"{text}"'
    return _single(text)


def _means_itself(text: str) -> bool:
    return plain_value(text) == text and isinstance(plain_value(text), str)


def _double(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _UNSEEN.sub(_escape, escaped) + '"'


def _escape(found: re.Match[str]) -> str:
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    code = ord(found[0])
    return named.get(found[0], f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
