"""Covers what a run's files may give away, and counts it: secrets of its variables, tokens, the home folder."""

from __future__ import annotations

import json
import os
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from desktop_app.core.redact import COVER, is_secret, redact_counted, secret_values, secrets_of_plan

HOME = "home folder"


class Redactor:
    """Returns texts without these secrets and any that is known by its form; `counts` says how many of which kind."""

    def __init__(self, values: Iterable[str] = (), *, home: Path | None = None) -> None:
        written = {each for value in values for each in _written(value)}
        self._values = sorted(written, key=lambda each: (-len(each), each))
        self._homes = () if home is None else _homes(home)
        self._home = _home_pattern(self._homes)
        self.counts: Counter[str] = Counter()

    def __call__(self, text: str) -> str:
        """Return a text without secrets."""
        text, counts = redact_counted(text, self._values)
        self.counts.update(counts)
        if self._home is not None and any(each in text for each in self._homes):
            text, homes = self._home.subn("~", text)
            self.counts[HOME] += homes
        return text

    def named(self, name: str, value: Any) -> Any:
        """Return what stands under a name: covered where the name says so."""
        if value is None:
            return None
        if is_secret(name, value):
            return COVER
        return self(value) if isinstance(value, str) else value

    def told(self) -> str:
        """Return what was covered, in words; empty if nothing was."""
        return ", ".join(f"{kind} ({count} ×)" for kind, count in sorted((+self.counts).items()))


def secrets_of(plan: Mapping[str, Any], state: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the secret values among all variables and inputs that a run had, and of this program's own.

    A rank has the variables of whoever submitted the run, which nobody wrote down: they are likely the present ones.
    """
    mark = state.get("mark")
    own = {mark} if isinstance(mark, str) and mark else set()
    return tuple(sorted({*secrets_of_plan(plan), *secret_values(os.environ), *own}))


def _written(value: str) -> Iterator[str]:
    """Yield what a value looks like in a text, in JSON and in an address."""
    yield from (value, json.dumps(value)[1:-1], json.dumps(value, ensure_ascii=False)[1:-1])
    yield quote(value.encode("utf-8", "surrogateescape"), safe="")


def _homes(home: Path) -> tuple[str, ...]:
    """Return how the home folder may be written, longest first; nothing for a root, which every path begins with."""
    places = {str(each) for each in (home, home.resolve()) if len(each.parts) > 1}
    return tuple(sorted({form for each in places for form in (each, json.dumps(each)[1:-1])}, key=len, reverse=True))


def _home_pattern(homes: Sequence[str]) -> re.Pattern[str] | None:
    """Return what finds the home folder where it stands as a whole name."""
    words = "|".join(map(re.escape, homes))
    return re.compile(rf"(?<![\w.-])(?:{words})(?![\w-])") if words else None
