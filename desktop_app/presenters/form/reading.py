"""A text as a form: the model, where each row stands in the text, or why there is no form just now."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

from desktop_app.api import Diagnostic, Value
from desktop_app.core.paths import join_path
from desktop_app.documents.kinds import KINDS, UNKNOWN, kind_of
from desktop_app.documents.shapes import Shape, shape_of
from desktop_app.documents.yaml_text import Parsed, parse
from desktop_app.presenters.files import kind_by_name
from desktop_app.presenters.form.build import NO_FACTS, form_for
from desktop_app.presenters.form.model import FormFacts, FormModel
from desktop_app.presenters.form.paths import parts_of

_MOST_LINES = 20_000
"""Of a text that is offered as a form: a longer one is no file that a person writes."""
_READ = frozenset({"yaml", "settings", "file"})
_PLAIN_KINDS = frozenset({"config", "runconfig", "mltable"})


@dataclass(frozen=True, slots=True)
class Lines:
    """The lines (counted from 1) of a row's value, the last one included."""

    first: int
    last: int


@dataclass(frozen=True)
class Reading:
    """`model` is None where there is no form: `fault` says why, unless none is offered for such a file at all."""

    kind: str
    model: FormModel | None = None
    fault: Diagnostic | None = None
    parsed: Parsed | None = field(default=None, repr=False, compare=False)

    @property
    def is_offered(self) -> bool:
        """Whether this file can have a form, now or once it is mended."""
        return self.model is not None or self.fault is not None

    @property
    def is_known(self) -> bool:
        """Whether it is a file of Azure ML: then the form is shown without being asked for."""
        return self.is_offered and self.kind != UNKNOWN

    def lines(self, path: str) -> Lines | None:
        """Return where the key and the value of a path stand in the text."""
        place = self.parsed.places.get(parts_of(path)) if self.parsed else None
        if place is None or self.parsed is None:
            return None
        start = (place.key or place.value).start_mark.index
        end = max(start, len(self.parsed.text[: place.value.end_mark.index].rstrip()))
        span = self.parsed.between(start, end)
        return Lines(span.line, span.end_line)

    def path_at(self, line: int) -> str:
        """Return the path of what stands in a line (counted from 1), empty for nothing."""
        index = bisect_right(self._starts, line, key=lambda each: each[0]) - 1
        return join_path(self._starts[index][1]) if index >= 0 else ""

    @cached_property
    def _starts(self) -> list[tuple[int, tuple[str | int, ...]]]:
        """The line that each value's key begins in, in order; of two in one line, the outer one."""
        if self.parsed is None:
            return []
        found: dict[int, tuple[str | int, ...]] = {}
        for path, place in self.parsed.places.items():
            at = (place.key or place.value).start_mark.index
            found.setdefault(self.parsed.between(at, at).line, path)
        return sorted(found.items())


def read_form(path: Path, text: str, diagnostics: Sequence[Diagnostic] = (),
              facts: Callable[[Value], FormFacts] = lambda _data: NO_FACTS) -> Reading:  # fmt: skip
    """Return the form of a text; takes milliseconds, and is called off the window's thread."""
    if kind_by_name(path) not in _READ or text.count("\n") > _MOST_LINES:
        return Reading(UNKNOWN)
    parsed = parse(text)
    kind = kind_of(path, parsed.data, parsed.text)
    if parsed.is_template or (kind_by_name(path) != "yaml" and kind not in _PLAIN_KINDS):
        return Reading(UNKNOWN)
    if parsed.problems:
        return Reading(kind, fault=parsed.problems[0])
    if parsed.data is not None and not isinstance(parsed.data, dict | list):
        return Reading(UNKNOWN)
    model = form_for(kind, _shape(kind), parsed.data, diagnostics, facts(parsed.data))
    made = Reading(kind, model, parsed=parsed)
    made.path_at(1)  # works out the places now, and not on the window's thread
    return made


def _shape(kind: str) -> Shape | None:
    info = KINDS.get(kind)
    return shape_of(info.schema) if info and info.schema else None
