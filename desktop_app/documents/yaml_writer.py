"""Writes data as YAML the way a person would: plain where it can be, quoted where it must, long commands folded.

What is written means the same to readers of YAML 1.1 (PyYAML) and 1.2.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping

from desktop_app.api import Value
from desktop_app.documents.yaml_scalars import plain_value

WIDEST = 100
_INDENT = "  "
_PLAIN = re.compile(r"[A-Za-z0-9_./$^(+\\;\u00c0-\uffef-][^\n]*")
_MISREAD = re.compile(r"---|\.\.\.|-|(- |\? |: ).*|.*(: | #|:$).*|.*\s$", re.DOTALL)
_OLD_WORD = re.compile(
    r"y|n|yes|no|on|off|=|<<|[-+]?0[0-7_]+|[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?|[-+]?0b[01_]+|"
    r"[-+]?[0-9][0-9_.]*([eE][-+]?[0-9]+)?|0[xo].*|\d{4}-\d\d?-\d\d?.*",
    re.IGNORECASE,
)
_UNSEEN = re.compile("[^\x20-\x7e\xa0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd\U00010000-\U0010ffff]")
_OPTION = re.compile(r" (?=--?[A-Za-z$])")


def write_yaml(data: Mapping[str, Value]) -> str:
    """Return a block mapping as text that ends in a newline."""
    return "".join(f"{line}\n" for line in _mapping(data, "")) or "{}\n"


def _mapping(data: Mapping[str, Value], indent: str) -> Iterator[str]:
    for key, value in data.items():
        yield from _entry(f"{indent}{scalar(key)}:", value, indent + _INDENT)


def _entry(head: str, value: Value, indent: str) -> Iterator[str]:
    """Yield what stands after `key:` or `-`; more lines begin with `indent`."""
    if isinstance(value, dict) and value:
        yield head
        yield from _mapping(value, indent)
    elif isinstance(value, list) and value:
        yield head
        yield from _items(value, indent)
    elif isinstance(value, str) and (block := _block(value, indent)):
        yield f"{head} {block[0]}"
        yield from block[1:]
    else:
        yield f"{head} {scalar(value)}"


def _items(items: list[Value], indent: str) -> Iterator[str]:
    for item in items:
        if isinstance(item, dict) and item:
            lines = list(_mapping(item, indent + _INDENT))
            yield f"{indent}- {lines[0].removeprefix(indent + _INDENT)}"
            yield from lines[1:]
        else:
            yield from _entry(f"{indent}-", item, indent + _INDENT)


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


def scalar(value: Value) -> str:
    """Return a scalar, or an empty list or mapping, in one line."""
    if isinstance(value, str):
        return _text(value)
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
    return "'" + text.replace("'", "''") + "'"


def _means_itself(text: str) -> bool:
    return plain_value(text) == text and isinstance(plain_value(text), str)


def _double(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return '"' + _UNSEEN.sub(_escape, escaped) + '"'


def _escape(found: re.Match[str]) -> str:
    named = {"\n": "\\n", "\t": "\\t", "\r": "\\r"}
    code = ord(found[0])
    return named.get(found[0], f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}")
