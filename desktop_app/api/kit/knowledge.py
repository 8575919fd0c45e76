"""Knowledge of failures as data: signatures of lines, each with its meaning, what to try and a log to test it by.

A plugin keeps them in TOML files (`knowledge/*.toml`), reads them with `load_knowledge`, and finds them in logs with
`explain_by`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from desktop_app.api.failures import Remedy


class Kind(StrEnum):
    """What a line tells: why, who (a launcher's report), that somebody waits in vain, or that another one is gone."""

    CAUSE = "cause"
    REPORT = "report"
    SYMPTOM = "symptom"
    ECHO = "echo"


@dataclass(frozen=True, slots=True)
class Signature:
    """Lines that mean the same. The fields are those of the file; `file` is where it stands.

    `lines`, `unless`, `beside` and `shows` are regular expressions, searched for in cleaned lines.
    """

    code: str
    category: str
    kind: Kind
    lines: tuple[str, ...]
    explanation: str
    advice: tuple[str, ...] = ()
    unless: tuple[str, ...] = ()
    beside: tuple[str, ...] = ()
    shows: str = ""
    distributions: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    certainty: float = 0.8
    fix: str = ""
    rerun: Mapping[str, str] = field(default_factory=dict)
    remedy: Remedy | None = None
    log: str = ""
    shown: str = ""
    rank: int | None = None
    file: str = ""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """The signatures of some files, in order, and the version of each file by its name."""

    signatures: tuple[Signature, ...] = ()
    versions: Mapping[str, str] = field(default_factory=dict)


class KnowledgeError(ValueError):
    """A file that is no knowledge: says which, where in it, and why."""
