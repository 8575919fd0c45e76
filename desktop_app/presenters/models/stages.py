"""How far an export is: four stages, told apart by what the worker says it does."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum


class Stage(IntEnum):
    """The stages, in their order."""

    LOAD = 0
    EXPORT = 1
    CHECK = 2
    WRITE = 3


TITLES = {
    Stage.LOAD: "Load the model and run it",
    Stage.EXPORT: "Export it to ONNX",
    Stage.CHECK: "Check it against the original",
    Stage.WRITE: "Write the file",
}
_BEGINNINGS = {
    "Exporting": Stage.EXPORT, "Checking": Stage.CHECK, "Looking for the first": Stage.CHECK,
}  # fmt: skip


def stage_after(stage: Stage, message: str, file: str) -> Stage:
    """Return the stage that a message belongs to; what names none belongs to the stage it came in.

    `file` is the name of the file that is written at the end; a framework writes others on its way.
    """
    if message == f"Writing {file}":
        return Stage.WRITE
    return next((found for words, found in _BEGINNINGS.items() if message.startswith(words)), stage)


@dataclass(frozen=True, slots=True)
class StageLine:
    """A stage as it is shown: done, going on (with what is said of it), or to come."""

    title: str
    state: str
    text: str = ""


def lines(stage: Stage, message: str) -> Sequence[StageLine]:
    """Return a line for each stage."""
    return [
        StageLine(
            TITLES[each],
            "done" if each < stage else "now" if each == stage else "to come",
            message if each == stage else "",
        )
        for each in Stage
    ]
