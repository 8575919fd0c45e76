"""Which part of a line of YAML or Python is what: pure functions, a line at a time, so that a view can colour lazily.

A line's state is carried to the next one: 0 is ordinary, what else there is belongs to the language. Offsets count
Python characters; who paints in UTF-16 converts them.
"""

from __future__ import annotations

import builtins
import keyword
import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias


class Token(NamedTuple):
    """A stretch of one line and what it is: key, string, comment, number, keyword, name or placeholder."""

    start: int
    end: int
    role: str


Tokenizer: TypeAlias = Callable[[str, int], tuple[list[Token], int]]

LONGEST_LINE = 5_000
"""Characters; what lies beyond in a line stays plain."""

_PLACEHOLDER = re.compile(r"\$\{\{.*?\}\}|\$\[\[|\]\]")
_YAML_KEY = re.compile(
    r"""((?:[^\s#'"\[\]{},&*!|>%@`-]|-(?=\S))[^#:]*?|"(?:[^"\\]|\\.)*"|'(?:[^']|'')*')\s*(:)(?=\s|$)"""
)
_YAML_VALUE = re.compile(
    r"""(?P<string>"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)"""
    r"""|(?P<name>[&*][\w.-]+|!\S*|<<)"""
    r"""|(?P<number>[-+]?(?:\d[\d_]*(?:\.\d*)?|\.\d+)(?:[eE][-+]?\d+)?(?=\s*(?:[,\]}#]|$)))"""
    r"""|(?P<keyword>(?:true|false|null|True|False|Null|TRUE|FALSE|NULL|~)(?=\s*(?:[,\]}#]|$)))"""
    r"""|(?P<plain>[^\s,\[\]{}][^,\[\]{}#]*)"""
)
_COMMENT_OR_QUOTED = re.compile(r"""(?<![^\s\[{,:])(?:"(?:[^"\\]|\\.)*"?|'(?:[^']|'')*'?)|(?:(?<=\s)|^)#""")
_BLOCK = re.compile(r"(?:^|\s)[|>][-+0-9]*\s*(?:#.*)?$")
_QUOTE_STATES = {'"': 1 << 20, "'": (1 << 20) + 1}  # no line is indented so far
_QUOTES_OPEN = {state: quote for quote, state in _QUOTE_STATES.items()}
_QUOTE_ENDS = {'"': re.compile(r'(?:[^"\\]|\\.)*"'), "'": re.compile(r"(?:[^']|'')*'(?!')")}
_CLOSED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""")
_COLON = re.compile(r"\s*:")
_DASHES = re.compile(r"(?:-\s+)*(?:-$)?")

_KEYWORDS = frozenset(keyword.kwlist) | {"match", "case", "self", "cls"}
_SOFT = frozenset({"match", "case"})
_BUILTINS = frozenset(each for each in dir(builtins) if not each.startswith("_"))
_PYTHON = re.compile(
    r"""(?P<comment>\#.*)"""
    r"""|(?P<triple>[rbfuRBFU]{0,2}(?:\"\"\"|'''))"""
    r"""|(?P<string>[rbfuRBFU]{0,2}(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?))"""
    r"""|(?P<decorator>^\s*@[\w.]+)"""
    r"""|(?P<number>\b(?:0[xXoObB][\da-fA-F_]+|\d[\d_]*(?:\.[\d_]*)?(?:[eE][-+]?\d+)?j?)|(?<![\w.])\.\d+)"""
    r"""|(?P<word>[^\W\d]\w*)"""
)
_TRIPLE_STATES = {'"""': 1, "'''": 2}
_TRIPLE_ENDS = {state: quotes for quotes, state in _TRIPLE_STATES.items()}


def tokenizer_for(name: str) -> Tokenizer | None:
    """Return how to read a file called `name`, None for a language not known here."""
    ending = name.lower().rpartition(".")[2]
    if ending in {"yml", "yaml", "json", "runconfig"}:
        return yaml_tokens
    return python_tokens if ending in {"py", "pyi", "pyw"} else None


def yaml_tokens(line: str, state: int) -> tuple[list[Token], int]:
    """Return the tokens of a line of YAML.

    A state above 0 says that a block scalar goes on: every line that is indented by at least that much (or
    is empty) belongs to it. The states of `_QUOTE_STATES` say that a quoted text goes on.
    """
    line = line[:LONGEST_LINE]
    text = line.strip()
    indent = len(line) - len(line.lstrip())
    if not text:
        return [], state
    if state in _QUOTES_OPEN:
        return _quoted_tokens(line, indent, state)
    if state and indent >= state:
        return _scalar_tokens(line, indent), state
    tokens: list[Token] = []
    content = indent + len(_DASHES.match(line[indent:]).group())  # type: ignore[union-attr]
    comment = comment_start(line)
    key = _YAML_KEY.match(line, content, comment)
    rest = content
    if key:
        tokens.append(Token(key.start(1), key.end(1), "key"))
        rest = key.end()
    tokens += _value_tokens(line, rest, comment)
    if comment < len(line):
        tokens.append(Token(comment, len(line), "comment"))
    if _BLOCK.search(line[rest:comment]):
        return tokens, (content if key else indent) + 1
    return tokens, _open_quote(line, tokens)


def _open_quote(line: str, tokens: list[Token]) -> int:
    """Return the state of a quoted text that the line's last value begins and does not end; else 0."""
    last = next((each for each in reversed(tokens) if each.role == "string"), None)
    if last is None or last.end < len(line.rstrip()):
        return 0
    text = line[last.start : last.end]
    closed = _CLOSED.fullmatch(text)
    return 0 if closed else _QUOTE_STATES.get(text[0], 0)


def _quoted_tokens(line: str, indent: int, state: int) -> tuple[list[Token], int]:
    """Return the tokens of a line that a quoted text goes on in."""
    found = _QUOTE_ENDS[_QUOTES_OPEN[state]].match(line)
    end = found.end() if found else len(line)
    tokens = [Token(indent, end, "string"), *_placeholders(line, indent, end)]
    if not found:
        return tokens, state
    comment = end + comment_start(line[end:])
    tokens += _value_tokens(line, end, comment)
    if comment < len(line):
        tokens.append(Token(comment, len(line), "comment"))
    return tokens, _open_quote(line, tokens[1:])


def comment_start(line: str) -> int:
    """Return where the line's comment starts, looking past quoted text; its length where there is none."""
    return next((each.start() for each in _COMMENT_OR_QUOTED.finditer(line) if each.group() == "#"), len(line))


def _scalar_tokens(line: str, indent: int) -> list[Token]:
    return [Token(indent, len(line), "string"), *_placeholders(line, indent, len(line))]


def _value_tokens(line: str, start: int, end: int) -> list[Token]:
    tokens: list[Token] = []
    at = start
    while found := _YAML_VALUE.search(line, at, end):
        at = found.end()
        role = found.lastgroup or "plain"
        colon = _COLON.match(line, at, end) if role == "string" else None
        if colon is not None:  # a key in braces, as in JSON
            at, role = colon.end(), "key"
        if role != "plain":
            tokens.append(Token(found.start(), found.end(), role))
        elif (inner := _YAML_KEY.match(line, found.start(), end)) and "{" in line[: inner.start()]:
            tokens.append(Token(inner.start(1), inner.end(1), "key"))
            at = inner.end()
    return [*tokens, *_placeholders(line, start, end)]


def _placeholders(line: str, start: int, end: int) -> list[Token]:
    return [Token(each.start(), each.end(), "placeholder") for each in _PLACEHOLDER.finditer(line, start, end)]


def python_tokens(line: str, state: int) -> tuple[list[Token], int]:
    """Return the tokens of a line of Python; states 1 and 2 are the insides of triple quotes."""
    line = line[:LONGEST_LINE]
    tokens: list[Token] = []
    at = 0
    if state:
        at = _triple_end(line, 0, state)
        tokens.append(Token(0, len(line) if at < 0 else at, "string"))
        if at < 0:
            return tokens, state
    while found := _PYTHON.search(line, at):
        at = found.end()
        if found.lastgroup == "triple":
            opened = _TRIPLE_STATES[found.group()[-3:]]
            at = _triple_end(line, found.end(), opened)
            tokens.append(Token(found.start(), len(line) if at < 0 else at, "string"))
            if at < 0:
                return tokens, opened
        else:
            tokens += _python_token(line, found)
    return tokens, 0


def _triple_end(line: str, start: int, state: int) -> int:
    found = line.find(_TRIPLE_ENDS[state], start)
    return found if found < 0 else found + 3


def _python_token(line: str, found: re.Match[str]) -> list[Token]:
    role = found.lastgroup or ""
    if role == "word":
        role = _word_role(line, found)
    return [Token(found.start(), found.end(), "name" if role == "decorator" else role)] if role else []


def _word_role(line: str, found: re.Match[str]) -> str:
    word, before = found.group(), line[: found.start()].rstrip()
    if before.endswith("."):
        return ""
    if word in _SOFT and (before or not line.rstrip().endswith(":")):
        return ""
    if word in _KEYWORDS:
        return "keyword"
    if before.endswith(("def", "class")) and before.split()[-1] in {"def", "class"}:
        return "name"
    return "builtin" if word in _BUILTINS else ""


_CALL = re.compile(r"[\w.]+\s*(?=\()")


def yaml_phrase(line: str, start: int) -> tuple[int, int]:
    """Return what a finding without an end means in a line of YAML: from `start` (-1: all) to the comment."""
    end = len(line[: comment_start(line)].rstrip()) or len(line.rstrip())
    first = len(line) - len(line.lstrip()) if start < 0 else start
    return min(first, end), end


def python_phrase(line: str, start: int) -> tuple[int, int]:
    """Return what a finding without an end means in a line of Python: a call with its arguments, else the code."""
    tokens, _state = python_tokens(line, 0)
    end = len(line[: next((each.start for each in tokens if each.role == "comment"), len(line))].rstrip())
    first = len(line) - len(line.lstrip()) if start < 0 else start
    call = _CALL.match(line, first) if start >= 0 else _only_call(line[:end])
    if call is not None:
        return call.start(), _closing(line, call.end(), end)
    return min(first, end), end


def _only_call(code: str) -> re.Match[str] | None:
    """Return the first call of a line that is no definition: its name up to the bracket."""
    if code.lstrip().startswith(("def ", "class ", "async def ", "import ", "from ")):
        return None
    return next((each for each in _CALL.finditer(code) if each[0].strip() not in _KEYWORDS), None)


def _closing(line: str, at: int, end: int) -> int:
    depth = 0
    for index in range(at, end):
        depth += (line[index] in "([{") - (line[index] in ")]}")
        if depth == 0:
            return index + 1
    return end
