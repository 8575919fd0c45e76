"""Reads the text of a `.runconfig`: the plain YAML that azureml-core wrote, or the JSON of its early days."""

from __future__ import annotations

import json
import re
from collections import deque
from typing import Any

_KEY = re.compile(r"(?P<quote>[\"']?)(?P<name>[\w.\-]+)(?P=quote)\s*:(?:\s+(?P<rest>.*))?$")
_FOLDS = frozenset({"|", ">", "|-", ">-", "|+", ">+"})
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_NUMBER = re.compile(r"-?[0-9]{1,15}")

Lines = deque[tuple[int, str]]


def parse(text: str) -> dict[str, Any]:
    """Return the mapping that a text holds. Raises ValueError, or RecursionError, where it holds none."""
    if text.lstrip().startswith("{"):
        found = json.loads(text)
    else:
        lines = deque((len(line) - len(line.lstrip(" ")), line.strip()) for line in text.splitlines() if _says(line))
        found = _block(lines, 0)
    if not isinstance(found, dict):
        raise ValueError("no mapping")
    return found


def _says(line: str) -> bool:
    bare = line.strip()
    return bool(bare) and not bare.startswith("#") and bare not in {"---", "..."}


def _block(lines: Lines, least: int) -> Any:
    """Take the lines of one value, indented by `least` at least."""
    if not lines or lines[0][0] < least:
        return None
    depth, first = lines[0]
    return _items(lines, depth) if _is_item(first) else _mapping(lines, depth)


def _is_item(line: str) -> bool:
    return line == "-" or line.startswith("- ")


def _mapping(lines: Lines, depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    while lines and lines[0][0] == depth and (key := _KEY.match(lines[0][1])):
        lines.popleft()
        rest = _without_comment(key["rest"] or "")
        if rest and rest not in _FOLDS:
            found[key["name"]] = _scalar(_continued(rest, lines, depth))
        elif rest:
            found[key["name"]] = _continued("", lines, depth)
        else:  # a list may stand as deep as its key
            of_list = bool(lines) and lines[0][0] == depth and _is_item(lines[0][1])
            found[key["name"]] = _block(lines, depth if of_list else depth + 1)
    _skip(lines, depth)
    return found


def _items(lines: Lines, depth: int) -> list[Any]:
    found: list[Any] = []
    while lines and lines[0][0] == depth and _is_item(lines[0][1]):
        _, line = lines.popleft()
        rest = _without_comment(line[1:].strip())
        if not rest or (_KEY.match(rest) and rest[0] not in "\"'"):
            if rest:
                lines.appendleft((depth + 2, rest))
            found.append(_block(lines, depth + 1))
        else:
            found.append(_scalar(_continued(rest, lines, depth)))
    _skip(lines, depth, items=False)
    return found


def _continued(text: str, lines: Lines, depth: int) -> str:
    """Return a value with the deeper lines that go on with it: azureml-core broke long ones."""
    parts = [text] if text else []
    while lines and lines[0][0] > depth:
        parts.append(lines.popleft()[1])
    return " ".join(parts)


def _skip(lines: Lines, depth: int, *, items: bool = True) -> None:
    """Drop lines that are nothing known, so that those below them are still read."""
    while lines and (lines[0][0] > depth or (depth == 0 and items)):
        if depth == 0 and lines[0][0] == 0 and _KEY.match(lines[0][1]):
            return
        lines.popleft()


def _without_comment(text: str) -> str:
    if text.startswith(("'", '"')):
        return text
    return re.split(r"(?:^|\s)#", text, maxsplit=1)[0].strip()


def _scalar(text: str) -> Any:
    if text.startswith("["):
        return [_scalar(each) for each in _flow(text)]
    if text.startswith("{"):
        return {}
    if len(text) > 1 and text[0] == text[-1] == "'":
        return text[1:-1].replace("''", "'")
    if len(text) > 1 and text[0] == text[-1] == '"':
        return text[1:-1].replace('\\"', '"').replace("\\\\", "\\")
    if _NUMBER.fullmatch(text):
        return int(text)
    return _WORDS.get(text.lower(), text)


def _flow(text: str) -> list[str]:
    """Return the parts of `[a, 'b, c']`."""
    return [each.strip() for each in re.findall(r"\s*('(?:[^']|'')*'|\"[^\"]*\"|[^,\[\]]+)", text) if each.strip()]
