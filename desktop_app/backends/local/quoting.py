"""Puts paths into a shell command so that they stay one word, also with spaces, quotes and dollars in them.

On Azure ML `${{inputs.data}}` becomes a path without such characters. Here it may be any; so a path is quoted for
the place it stands in: bare, in double or in single quotes. Literal inputs go in as they are, as they do there.
"""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable, Iterator, Mapping

_OPEN, _CLOSE = "\ue0f0", "\ue0f1"  # private use: no command holds them
_MARK = re.compile(f"{_OPEN}(\\d+){_CLOSE}")
_ENDS = {"'": "'", '"': '"', "#": "\n"}
_ESCAPABLE = ("", '"')
_SPECIAL_IN_DOUBLE = re.compile(r'([\\"$`])')

Resolve = Callable[[str, Mapping[str, str], Mapping[str, str]], str]


def resolve_for_shell(
    command: str, literals: Mapping[str, str], paths: Mapping[str, str], outputs: Mapping[str, str], resolve: Resolve
) -> str:
    """Return the command with every placeholder resolved by `resolve`, the paths among them quoted where needed."""
    values: list[str] = []

    def mark(value: str) -> str:
        values.append(value)
        return f"{_OPEN}{len(values) - 1}{_CLOSE}"

    inputs = {**literals, **{name: mark(value) for name, value in paths.items()}}
    marked = resolve(command, inputs, {name: mark(value) for name, value in outputs.items()})
    return "".join(_parts(marked, values))


def _parts(text: str, values: list[str]) -> Iterator[str]:
    position, quote = 0, ""
    for found in _MARK.finditer(text):
        before = text[position : found.start()]
        quote = _quote_after(before, quote)
        yield before
        yield _quoted(values[int(found[1])], quote)
        position = found.end()
    yield text[position:]


def _quote_after(text: str, quote: str) -> str:
    """Return the quote that is open after `text`, given the one before; a comment is one too."""
    before = " "
    for character in text:
        if before == "\\" and quote in _ESCAPABLE:
            character = ""  # noqa: PLW2901 - it means nothing, and does not escape the next
        elif quote:
            quote = "" if character == _ENDS[quote] else quote
        elif character in "'\"" or (character == "#" and before.isspace()):
            quote = character
        before = character
    return quote


def _quoted(value: str, quote: str) -> str:
    if quote == '"':
        return _SPECIAL_IN_DOUBLE.sub(r"\\\1", value)
    if quote == "'":
        return value.replace("'", "'\"'\"'")
    return _quote_bare(value)


def _quote_bare(value: str) -> str:
    """Return a word, quoted only if it must be, in a way that also holds where a path goes on: `IT/train.csv`."""
    return shlex.quote(value) if re.search(r"[^\w@%+=:,./~-]", value) or value.startswith("~") else value
