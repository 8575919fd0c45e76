"""What an export came to: kept as JSON, printed by the verb, shown under Models."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, fields, replace
from enum import StrEnum
from typing import Any

from desktop_app.api import Value


class Verdict(StrEnum):
    """Whether the ONNX model computes what the framework's does."""

    PASS = "pass"  # noqa: S105 - no password
    FAIL = "fail"
    CANNOT_TELL = "cannot-tell"


@dataclass(frozen=True, slots=True)
class Tensor:
    """An input or output: axes are sizes, or names of sizes that may vary."""

    name: str
    dtype: str = ""
    shape: tuple[int | str, ...] = ()
    origin: str = ""
    low: float | None = None
    high: float | None = None

    @property
    def text(self) -> str:
        """The tensor as a person writes it: `x=float32[batch,3,224,224]`."""
        return f"{self.name}={self.dtype}[{','.join(map(str, self.shape))}]"


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that was looked at; `state` is pass, fail, cannot-tell or skipped."""

    name: str
    title: str = ""
    state: str = "skipped"
    text: str = ""


@dataclass(frozen=True, slots=True)
class RouteTried:
    """A way to ONNX that was tried: what it needed (`cures`), or why it fell, in a sentence."""

    name: str
    title: str = ""
    ok: bool = False
    reason: str | None = None
    details: str = ""
    cures: tuple[str, ...] = ()
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Note:
    """Something worth knowing; `level` is info or warning."""

    level: str
    text: str


@dataclass(frozen=True, slots=True)
class ExportReport:
    """One export, whole.

    `model` says what was exported (kind, path, callable, weights, run, sha256, class, keys), `output` where the ONNX
    file lies, empty where there is none. `seconds` are load, export and check. `parity` are the judge's figures,
    `first_difference` the first node that differs, `versions` packages, `isolation` how the worker was held.
    `candidates` and `benchmark` are rows of their tables, added later.
    """

    id: str
    created: str
    verdict: Verdict
    reason: str
    output: str = ""
    model: Mapping[str, Value] = field(default_factory=dict)
    exporter: str = ""
    toolchain: str = ""
    opset: int | None = None
    inputs: tuple[Tensor, ...] = ()
    outputs: tuple[Tensor, ...] = ()
    nodes: int = 0
    bytes: int = 0
    parameters: int | None = None
    peak_bytes: int | None = None
    seconds: Mapping[str, float] = field(default_factory=dict)
    checks: tuple[Check, ...] = ()
    parity: Mapping[str, Value] = field(default_factory=dict)
    routes: tuple[RouteTried, ...] = ()
    notes: tuple[Note, ...] = ()
    operators: Mapping[str, int] = field(default_factory=dict)
    first_difference: Mapping[str, Value] | None = None
    versions: Mapping[str, str] = field(default_factory=dict)
    isolation: tuple[tuple[str, str], ...] = ()
    sha256: str = ""
    candidates: tuple[Mapping[str, Value], ...] = ()
    benchmark: tuple[Mapping[str, Value], ...] = ()

    @property
    def warnings(self) -> tuple[str, ...]:
        """What the person should read before using the model."""
        return tuple(each.text for each in self.notes if each.level == "warning")

    @property
    def route(self) -> RouteTried | None:
        """The route that the file came by."""
        return next((each for each in self.routes if each.ok), None)

    def document(self) -> dict[str, Any]:
        """Return the report as JSON has it; the verb prints the same."""
        told = asdict(self)
        told["verdict"] = self.verdict.value
        told["warnings"] = list(self.warnings)
        return told

    def with_rows(
        self,
        candidates: Sequence[Mapping[str, Value]] | None = None,
        benchmark: Sequence[Mapping[str, Value]] | None = None,
    ) -> ExportReport:
        """Return the report with the rows of a table that was made later."""
        return replace(
            self,
            candidates=self.candidates if candidates is None else tuple(candidates),
            benchmark=self.benchmark if benchmark is None else tuple(benchmark),
        )


def report_of(document: Mapping[str, Any]) -> ExportReport:
    """Return the report that a JSON document holds; what a newer version wrote beside is passed by.

    Raises ValueError, KeyError or TypeError where it is none.
    """
    known = {each.name for each in fields(ExportReport)}
    given = {key: value for key, value in document.items() if key in known}
    for name in ("inputs", "outputs"):
        given[name] = tuple(tensor_of(each) for each in given.get(name, ()))
    given["checks"] = tuple(Check(**_known(Check, each)) for each in given.get("checks", ()))
    given["routes"] = tuple(_route_of(each) for each in given.get("routes", ()))
    given["notes"] = tuple(Note(each["level"], each["text"]) for each in given.get("notes", ()))
    given["isolation"] = tuple((str(label), str(text)) for label, text in given.get("isolation", ()))
    for name in ("candidates", "benchmark"):
        given[name] = tuple(given.get(name, ()))
    return ExportReport(**{**given, "verdict": Verdict(given["verdict"])})


def tensor_of(document: Mapping[str, Any]) -> Tensor:
    """Return a tensor from JSON."""
    given = _known(Tensor, document)
    return Tensor(**{**given, "shape": tuple(given.get("shape", ()))})


def _route_of(document: Mapping[str, Any]) -> RouteTried:
    given = _known(RouteTried, document)
    return RouteTried(**{**given, "cures": tuple(given.get("cures", ()))})


def _known(kind: type, document: Mapping[str, Any]) -> dict[str, Any]:
    known = {each.name for each in fields(kind)}
    return {key: value for key, value in document.items() if key in known}
