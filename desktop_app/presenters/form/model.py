"""A form as frozen data: sections of rows, each with the controls that edit values of a file by their paths."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum

from desktop_app.api import Choice, Diagnostic, Topology, Value
from desktop_app.presenters.form.changes import Change


class Control(StrEnum):
    """How a value is edited."""

    LINE = "line"
    PROSE = "prose"  # several lines of text
    COMMAND = "command"  # several lines of code
    INTEGER = "integer"
    NUMBER = "number"
    BOOLEAN = "boolean"
    CHOICE = "choice"
    SUGGEST = "suggest"  # any text, with some to pick from
    FILE = "file"
    FOLDER = "folder"
    FLOW = "flow"  # a list of plain values in one line, with commas
    NAME = "name"  # the key of an entry, which can be renamed


@dataclass(frozen=True, slots=True)
class Cell:
    """One control. `path` is what it edits (for NAME: the entry whose key it is).

    `text` is the value as a person writes it, `value` as it is; `placeholder` shows the default. `types` are the
    schema's words for what may stand here (empty: anything). `prunes`: with the last value of a group the group goes;
    `empties` is the path that goes where nothing is written here (empty: this one); `breaks`: it may stand in a line
    of its own.
    """

    path: str
    control: Control
    title: str
    text: str = ""
    value: Value = None
    is_present: bool = False
    placeholder: str = ""
    choices: tuple[Choice, ...] = ()
    types: tuple[str, ...] = ()
    minimum: float | None = None
    maximum: float | None = None
    suffix: str = ""
    share: int = 1
    prunes: bool = True
    help: str = ""
    empties: str = ""
    breaks: bool = False

    @property
    def key(self) -> tuple[str, bool]:
        """What tells it from other controls through all refills."""
        return self.path, self.control is Control.NAME


@dataclass(frozen=True, slots=True)
class Action:
    """A button of a row: `role` is remove, up or down; it does the changes."""

    role: str
    title: str
    changes: tuple[Change, ...]


@dataclass(frozen=True, slots=True)
class Opener:
    """A button of a row that opens something: `role` is environment, to choose what stands at the path `target`
    (`current` is what stands there now), or file, which shows the file `target`. `name` tells it from others.
    """

    role: str
    title: str
    name: str
    target: str
    current: Value = None


@dataclass(frozen=True, slots=True)
class Start:
    """A way to begin an entry: what a person reads, and the value it begins with."""

    title: str
    value: Value = ""


@dataclass(frozen=True, slots=True)
class Adder:
    """Adds an entry to a mapping, by a name that is typed or picked, or an item to a list.

    `known` are keys that the schema has, with their help; `starts` what a known key begins with, by its name;
    `ways` are offered for names that are free to choose (none: only known keys are added).
    """

    path: str
    title: str
    is_list: bool = False
    count: int = 0
    known: tuple[Choice, ...] = ()
    starts: tuple[tuple[str, Value], ...] = ()
    ways: tuple[Start, ...] = ()

    def change(self, name: str, way: Start | None = None) -> Change:
        """Return the change that adds an entry of this name."""
        from desktop_app.presenters.form.changes import insert, put
        from desktop_app.presenters.form.paths import below

        chosen = way or (self.ways[0] if self.ways else Start(""))
        if self.is_list:
            return insert(below(self.path, self.count), chosen.value)
        return put(below(self.path, name), dict(self.starts).get(name, chosen.value))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of the form: a title, its controls, and what there is to say about them.

    A group has an expander; its `children` are shown while it is open. `key` names the row through all refills.
    """

    key: str
    path: str
    title: str = ""
    help: str = ""
    cells: tuple[Cell, ...] = ()
    findings: tuple[Diagnostic, ...] = ()
    notes: tuple[str, ...] = ()
    topology: Topology | None = None
    depth: int = 0
    is_group: bool = False
    is_open: bool = False
    is_unknown: bool = False
    summary: str = ""
    children: tuple[Row, ...] = ()
    actions: tuple[Action, ...] = ()
    openers: tuple[Opener, ...] = ()
    adder: Adder | None = None

    @property
    def make(self) -> tuple[object, ...]:
        """What its widget is made for: a row whose make differs needs another widget."""
        return self.is_group, self.adder is not None, self.depth


@dataclass(frozen=True, slots=True)
class Section:
    """Rows that belong together; `is_tree`: titles stand at the left, by their depth."""

    title: str
    rows: tuple[Row, ...]
    help: str = ""
    is_tree: bool = False


@dataclass(frozen=True, slots=True)
class FormModel:
    """The whole form; `findings` belong to no row."""

    kind: str
    title: str
    sections: tuple[Section, ...]
    findings: tuple[Diagnostic, ...] = ()

    def rows(self) -> Iterator[Row]:
        """Yield every row, with the children of all groups."""
        for section in self.sections:
            yield from _all(section.rows)

    def row(self, key: str) -> Row | None:
        """Return a row by its key."""
        return next((each for each in self.rows() if each.key == key), None)

    def cell(self, path: str, *, name: bool = False) -> Cell | None:
        """Return the control that edits a path."""
        return next((cell for row in self.rows() for cell in row.cells if cell.key == (path, name)), None)


def _all(rows: tuple[Row, ...]) -> Iterator[Row]:
    for each in rows:
        yield each
        yield from _all(each.children)


@dataclass(frozen=True, slots=True)
class FormFacts:
    """What a form knows beside the file: catalogues, and what lies around it. See `facts.py`."""

    vm_sizes: tuple[VmFact, ...] = ()
    environments: tuple[EnvironmentFact, ...] = ()
    computes: tuple[ComputeFact, ...] = ()
    images: tuple[ImageFact, ...] = ()
    conda_files: tuple[CondaFact, ...] = ()
    upload: str = ""


@dataclass(frozen=True, slots=True)
class VmFact:
    """A VM size and what a node of it has, in words."""

    name: str
    summary: str
    gpus: int = 0
    is_current: bool = True


@dataclass(frozen=True, slots=True)
class EnvironmentFact:
    """An environment to choose: what stands in the file, and what is in it."""

    reference: str
    title: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class ImageFact:
    """A base image to choose, with its tag, and what is in it; of one that is gone, what to take."""

    reference: str
    summary: str = ""


@dataclass(frozen=True, slots=True)
class CondaFact:
    """A conda file that the file refers to at `path`, with its packages as they are written there."""

    path: str
    file: str
    packages: tuple[str, ...] = ()
    from_pip: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ComputeFact:
    """A compute that a file of the project describes."""

    name: str
    summary: str = ""
