"""How a form is designed: tables of lines in the order and the words that a person expects, written by hand."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from desktop_app.api import Choice, Value
from desktop_app.presenters.form.model import Control, Start


@dataclass(frozen=True, slots=True)
class When:
    """Holds where the file says one of these words at a path, or (no words) anything at all."""

    path: str
    words: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Box:
    """One control of a line; what is left out here is taken from the schema.

    `offers` names what there is to pick from: environments, sizes or computes. `when` are words: in a table, the
    control is shown for entries of these types. A box whose value is there is always shown. `is_tag`: without this
    word the whole mapping means nothing, and goes with it. `unless`: not where that one is there. `breaks`: a long one,
    in a line of its own where it must.
    """

    path: str
    title: str = ""
    control: Control | None = None
    placeholder: str = ""
    suffix: str = ""
    choices: tuple[Choice, ...] = ()
    share: int = 1
    offers: str = ""
    minimum: float | None = None
    when: tuple[str, ...] = ()
    is_tag: bool = False
    unless: str = ""
    breaks: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A title and its controls. `note` names what `notes.py` has to say below them."""

    title: str
    boxes: tuple[Box, ...]
    help: str = ""
    note: str = ""
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Table:
    """A mapping with names of the person's own, an entry a line; `columns` are for entries that are mappings.

    Where an entry is a plain value, one control edits it. `words` is what one entry is called. `says` returns what
    there is to say below an entry, of that and of the whole file.
    """

    path: str
    title: str
    words: str
    columns: tuple[Box, ...] = ()
    ways: tuple[Start, ...] = (Start(""),)
    help: str = ""
    when: When | None = None
    says: Callable[[Mapping[str, Value], Value], str] | None = None


@dataclass(frozen=True, slots=True)
class Items:
    """A list of plain values, one a line; `skip`: items that hold this key are shown elsewhere."""

    path: str
    title: str
    words: str
    start: Value = ""
    help: str = ""
    skip: str = ""
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Tree:
    """A part of the file as a tree that folds out."""

    path: str
    title: str
    help: str = ""
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """Lines that belong together."""

    title: str
    lines: tuple[Line | Table | Items | Tree, ...]
    help: str = ""


@dataclass(frozen=True, slots=True)
class Design:
    """A kind's form; `hidden` are keys that a person has no business with here."""

    parts: tuple[Part, ...]
    hidden: tuple[str, ...] = ("$schema",)


def line(title: str, path: str, control: Control | None = None, *, help: str = "", note: str = "",  # noqa: A002, PLR0913
         when: When | None = None, offers: str = "", placeholder: str = "", suffix: str = "") -> Line:  # fmt: skip
    """Return a line with one control."""
    return Line(title, (Box(path, title, control, placeholder, suffix, offers=offers),), help, note, when)


def choices(*pairs: tuple[str, str] | str) -> tuple[Choice, ...]:
    """Return choices of (word, what a person reads)."""
    return tuple(Choice(each, each) if isinstance(each, str) else Choice(*each) for each in pairs)
