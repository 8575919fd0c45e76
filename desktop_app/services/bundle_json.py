"""Covers secrets in JSON value by value, so that it stays JSON: programs read a bundle's state and plan again."""

from __future__ import annotations

import json
import re
from typing import Any

from desktop_app.core.redact import COVER, NAMED
from desktop_app.services.diagnosing.covering import own_sentences
from desktop_app.services.redaction import Redactor

_OPTION = re.compile(r"(?i)--?[\w-]*(?:token|secret|passw(?:or)?d|passphrase|key|credential)")
"""An argument whose value is the next argument."""


def covered_json(text: str, redactor: Redactor) -> str:
    """Return a JSON text without secrets; what is no JSON as the text that it is."""
    try:
        data = json.loads(text)
        covered = _covered(data, redactor)
        return text if covered == data else json.dumps(covered, ensure_ascii=False)
    except (ValueError, RecursionError):
        return redactor(text)


def covered_lines(text: str, redactor: Redactor) -> str:
    """Return JSON lines without secrets; most have none, and are not taken apart."""
    before = redactor.counts.copy()
    if redactor(text) == text:
        return text
    redactor.counts.clear()
    redactor.counts.update(before)
    return "".join(_line(each, redactor) for each in text.splitlines(keepends=True))


def _line(line: str, redactor: Redactor) -> str:
    body = line.rstrip("\r\n")
    return covered_json(body, redactor) + line[len(body) :] if body else line


def _covered(data: Any, redactor: Redactor, name: str = "") -> Any:
    if isinstance(data, dict):
        return {redactor(key): _covered(each, redactor, key) for key, each in data.items()}
    if isinstance(data, list):
        before = ["", *data[:-1]]
        return [_after(one, each, redactor) for one, each in zip(before, data, strict=False)]
    if not isinstance(data, str):
        return data
    before_it = redactor.counts.copy()
    covered = str(redactor.named(name, data)) if data else data
    if covered != data and data in own_sentences():
        redactor.counts = before_it
        return data
    if covered == COVER != data and redactor(data) == data:
        redactor.counts[NAMED] += 1  # by its name alone
    return covered


def _after(before: Any, data: Any, redactor: Redactor) -> Any:
    """Return an item of a list; what follows an option that takes a secret is one."""
    is_value = isinstance(data, str) and not data.startswith("-")
    if is_value and data != COVER and isinstance(before, str) and _OPTION.fullmatch(before):
        redactor.counts[NAMED] += 1
        return COVER
    return _covered(data, redactor)
