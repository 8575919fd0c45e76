"""What there is to know of a toolchain, and of the interpreter that a job gets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal, TypeAlias

from desktop_app.api import Diagnostic

Origin: TypeAlias = Literal["made", "chosen"]
State: TypeAlias = Literal["ready", "broken", "missing", "incomplete"]


@dataclass(frozen=True, slots=True)
class Toolchain:
    """A toolchain that a plugin declares: made by this program, or a Python of the person's own choice.

    `python` is where its interpreter is, or will be once it is made. `packages` maps a distribution to its
    version, `size` is in bytes and 0 where nobody measured it. `reason` says why it is not ready.
    """

    name: str
    title: str
    python: Path
    origin: Origin
    state: State
    reason: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    size: int = 0


@dataclass(frozen=True, slots=True)
class InterpreterChoice:
    """The Python that a job runs in; `python` is empty where there is none, and `diagnostics` say what to do.

    `name` is the toolchain's, or empty for a plain Python; `bin` holds its commands, such as torchrun.
    """

    name: str
    python: str
    bin: str
    diagnostics: tuple[Diagnostic, ...] = ()
