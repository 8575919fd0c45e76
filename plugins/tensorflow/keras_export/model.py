"""A model that was loaded: how to call it, and what it takes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from rankzero_kit.inputs import InputSpec

from . import structures

Arrays = dict[str, Any]


@dataclass
class Loaded:
    """A model with its framework's way to call it.

    `call` takes the arguments as the model's own code does. `arguments` is their structure with names in it;
    `outputs` are the names of the answers, in order, once it was called. `examples` are arguments that came with it;
    `sized` gives others for sizes by parameter name. `seconds` is what the person's function took to build it.
    """

    model: Any
    kind: str
    call: Callable[..., Any]
    keras: bool = True
    arguments: Any = None
    outputs: list[str] = field(default_factory=list)
    examples: list[Any] = field(default_factory=list)
    sized: Callable[..., Any] | None = None
    notes: list[dict[str, str]] = field(default_factory=list)
    keys: dict[str, list[str]] = field(default_factory=dict)
    specs: list[InputSpec] = field(default_factory=list)
    made_by: str = ""
    seconds: float = 0.0
    safe: bool = False

    def answer(self, arrays: Mapping[str, Any]) -> Arrays:
        """Return the outputs by name for inputs by name."""
        return self.named(self.call(*structures.filled(self.arguments, arrays)))

    def named(self, answer: Any) -> Arrays:
        """Return an answer's arrays by name."""
        return dict(zip(self.outputs, map(structures.array, structures.leaves(answer)), strict=True))

    def note(self, text: str, level: str = "info") -> None:
        """Keep a sentence for the report."""
        self.notes.append({"level": level, "text": text})
