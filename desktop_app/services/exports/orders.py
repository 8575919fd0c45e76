"""What a person orders, and what they are asked on the way."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from desktop_app.api import Answers, ModelFile


@dataclass(frozen=True, slots=True)
class ExportOrder:
    """An export as it was asked for: `exporter` is an exporter's id, empty for the one that fits best.

    `run` is the name of the run that the model comes from, if it does. With `overwrite` an existing target is replaced.
    """

    model: ModelFile
    output: Path
    exporter: str = ""
    plugin: str = ""
    weights: Path | None = None
    inputs: tuple[str, ...] = ()
    options: Answers = field(default_factory=dict)
    allowed: tuple[str, ...] = ()
    overwrite: bool = False
    run: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """What a task needs decided before it can go on: `ask` as the task put it, with its `kind`."""

    message: str
    hint: str
    ask: Mapping[str, Any]

    @property
    def kind(self) -> str:
        """What kind of decision: unsafe-globals, class, arguments, inputs, hdf5, …"""
        return str(self.ask.get("kind", ""))


@dataclass(frozen=True, slots=True)
class Answer:
    """What was decided; the export begins again with it. `allowed` names join those of the order."""

    options: Answers = field(default_factory=dict)
    inputs: tuple[str, ...] = ()
    allowed: tuple[str, ...] = ()


Decide = Callable[[Question], Awaitable[Answer | None]]
"""Asks the person; None gives the export up."""
