"""Forms as data: a plugin says what to ask, the window and the command line each ask it their way."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeAlias

Value: TypeAlias = "str | int | float | bool | list[Value] | dict[str, Value] | None"
"""Whatever JSON and YAML can hold."""

Answers: TypeAlias = Mapping[str, Value]
"""Answers by field name; a field that was not answered is absent and takes its default."""


class FieldKind(StrEnum):
    """What a field asks for, and the type of its answer."""

    TEXT = "text"  # str
    INTEGER = "integer"  # int
    NUMBER = "number"  # float
    BOOLEAN = "boolean"  # bool
    CHOICE = "choice"  # str, one of `choices`, or any text where `editable`
    FILE = "file"  # str, a path relative to the project folder with "/" between its parts
    FOLDER = "folder"  # str, likewise
    KEY_VALUES = "key_values"  # dict[str, str]
    TABLE = "table"  # dict[str, dict[str, Value]]: of each row that was picked, its answers by field name


@dataclass(frozen=True, slots=True)
class Choice:
    """One answer to pick: `value` is stored, `title` is shown, `note` says why one would take it."""

    value: str
    title: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Field:
    """One question.

    `default` is what an expert would pick, and `help` says why; `suffix` is the unit. `patterns` are
    the glob patterns of a FILE field, such as `*.py`. `rows` are what a TABLE offers to pick. `disabled` says in one
    sentence why the question can't be answered now: it is shown greyed, with that sentence.
    """

    name: str
    title: str
    kind: FieldKind
    default: Value = None
    help: str = ""
    required: bool = False
    choices: tuple[Choice, ...] = ()
    editable: bool = False
    minimum: float | None = None
    maximum: float | None = None
    suffix: str = ""
    patterns: tuple[str, ...] = ()
    rows: tuple[Row, ...] = ()
    disabled: str = ""


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a TABLE: `title` and `note` say what it is, `fields` are its questions once it is picked.

    `name` is its key in the answer; `help` says what the answers mean. The fields may change with the answers.
    """

    name: str
    title: str
    fields: tuple[Field, ...] = ()
    note: str = ""
    help: str = ""


@dataclass(frozen=True, slots=True)
class FormSpec:
    """A page of questions, in the order they are asked."""

    fields: tuple[Field, ...] = ()
