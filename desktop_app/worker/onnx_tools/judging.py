"""The judge: an ONNX file against what the framework answered, as a verdict with its reason."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import onnx
from rankzero_kit.cases import read_case
from rankzero_kit.errors import TaskError

from . import checking, summing
from .evidence import Evidence, gather
from .naming import Pairing, pair
from .opening import Opened, open_model, told_model
from .sessions import open_session, sentence

Report = Callable[..., None]
_UNKNOWN: dict[str, Any] = {
    "opset": None, "ir_version": None, "producer": "", "inputs": [], "outputs": [], "nodes": 0, "bytes": 0,
    "operators": {}, "parity": None, "first_difference": None,
}  # fmt: skip


@dataclass(frozen=True)
class Asked:
    """What is to be judged, and by what."""

    model: Path
    folder: Path
    cases: Sequence[Mapping[str, Any]]
    inputs: Sequence[Mapping[str, Any]]
    outputs: Sequence[Mapping[str, Any]]
    random: bool | None = None

    def arrays(self, case: int) -> Any:
        """Return inputs, outputs and exact outputs of a case."""
        return read_case(self.folder / self.cases[case]["file"])


def judge(asked: Asked, report: Report) -> dict[str, Any]:
    """Return the verdict as JSON has it."""
    started = time.perf_counter()
    checks: list[checking.Check] = []
    told = dict(_UNKNOWN)
    with contextlib.suppress(checking.Stop):
        _judge(asked, report, checks, told)
    known = {each.name for each in checks}
    checks += [checking.skipped(name) for name in checking.TITLES if name not in known]
    verdict, reason = summing.verdict(checks, told)
    return {
        **told, "verdict": verdict, "reason": reason, "checks": [each.document() for each in checks],
        "seconds": round(time.perf_counter() - started, 3),
    }  # fmt: skip


def _judge(asked: Asked, report: Report, checks: list[checking.Check], told: dict[str, Any]) -> None:
    report("Reading the ONNX file", 0.02)
    opened = _opened(asked.model, checks)
    told.update(told_model(opened))
    checks.append(_structure(opened))
    report("Loading it into ONNX Runtime", 0.15)
    session = _session(opened, checks)
    pairing = pair(opened, asked.inputs, asked.outputs)
    evidence = gather(asked, opened, session, pairing, report)
    told["parity"] = summing.parity(evidence)
    checks.extend(_of_the_answers(asked, opened, pairing, evidence))
    report("Judged", 1.0)


def _of_the_answers(asked: Asked, opened: Opened, pairing: Pairing, evidence: Evidence) -> list[checking.Check]:
    return [
        checking.names(pairing, evidence),
        checking.sizes(asked, opened, pairing, evidence),
        checking.parity(evidence),
        checking.agreement(evidence),
        checking.dependence(evidence, pairing),
    ]


def _opened(path: Path, checks: list[checking.Check]) -> Opened:
    try:
        return open_model(path)
    except TaskError as error:
        checks.append(checking.Check("structure", "fail", error.message))
        raise checking.Stop from error


def _structure(opened: Opened) -> checking.Check:
    try:
        onnx.checker.check_model(str(opened.path), full_check=True)
    except Exception as error:  # noqa: BLE001 - the checker has several types, protobuf its own
        return checking.Check("structure", "fail", f"The file is no valid ONNX model: {sentence(error)}")
    return checking.Check("structure", "pass", "The file is a valid ONNX model; shapes and types in it fit together.")


def _session(opened: Opened, checks: list[checking.Check]) -> Any:
    try:
        session = open_session(opened.path, opened.bytes)
    except TaskError as error:
        checks.append(checking.Check("session", "fail", error.message))
        raise checking.Stop from error
    checks.append(checking.Check("session", "pass", "ONNX Runtime loads the model."))
    return session
