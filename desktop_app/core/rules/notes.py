"""Collects what the rules find, each with the very word of a value that it is about."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from desktop_app.api import Diagnostic, Fix, Severity
from desktop_app.core.paths import Part, join_path
from desktop_app.core.rules.facts import SURE


class Word(NamedTuple):
    """What to point at within a value: the nth of this word in it, from 0 on; an empty one is the whole value."""

    text: str = ""
    nth: int = 0


WHOLE = Word()


@dataclass(frozen=True, slots=True)
class Note:
    """A finding, and the word of the value at its path that it is about."""

    diagnostic: Diagnostic
    word: Word = WHOLE


@dataclass(slots=True)
class Notes:
    """Findings about one document, in the order they were made. `eased` makes warnings of the errors to come."""

    made: list[Note] = field(default_factory=list)
    eased: bool = False

    def error(self, code: str, path: Iterable[Part], message: str, fix: Fix | None = None, at: Word = WHOLE) -> None:
        """Add what Azure ML refuses, or what can't work."""
        severity = Severity.WARNING if self.eased else Severity.ERROR
        self.made.append(Note(Diagnostic(severity, code, message, join_path(path), fix=fix), at))

    def warning(self, code: str, path: Iterable[Part], message: str, fix: Fix | None = None, at: Word = WHOLE) -> None:
        """Add what is probably not meant, or will not last."""
        self.made.append(Note(Diagnostic(Severity.WARNING, code, message, join_path(path), fix=fix), at))

    def info(self, code: str, path: Iterable[Part], message: str, fix: Fix | None = None) -> None:
        """Add what is good to know."""
        self.made.append(Note(Diagnostic(Severity.INFO, code, message, join_path(path), fix=fix)))

    def by(self, confidence: str) -> Callable[[str, Iterable[Part], str, Fix | None], None]:
        """Return how to say what rests on a fact: as an error, or of general knowledge as a warning."""
        return self.error if confidence in SURE else self.warning


def change(title: str, path: Iterable[Part], value: object, *unset: Iterable[Part]) -> Fix:
    """Return the fix that writes one value, and takes others away."""
    return Fix(title, {join_path(path): value}, tuple(join_path(each) for each in unset))  # type: ignore[dict-item]
