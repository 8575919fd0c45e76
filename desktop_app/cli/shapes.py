"""The JSON shapes of the command line: names stay stable, new ones may be added."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import Diagnostic, RankState, RunSnapshot, RunStatus, Severity
from desktop_app.api._records import to_json
from desktop_app.cli import trials
from desktop_app.cli.explained import diagnosis_shape, explanation_shapes
from desktop_app.core.diagnosis.model import Diagnosis
from desktop_app.documents.checks import FileReport


def run_shape(run: RunSnapshot, known: Diagnosis | None = None) -> dict[str, Any]:
    """Return a run as `run` and `runs show` print it; `explanations` is null where a failed run was not looked into."""
    if known is None and run.status is not RunStatus.FAILED:
        known = Diagnosis()
    failure = to_json(run.first_failure)
    return {
        "run": run.run,
        "handle": run.handle,
        "backend": run.backend,
        "status": run.status.value,
        "display_name": run.display_name,
        "experiment": run.experiment,
        "created": to_json(run.created),
        "started": to_json(run.started),
        "ended": to_json(run.ended),
        "exit_code": run.exit_code,
        "reason": run.reason,
        "outside": run.outside,
        "nodes": run.nodes,
        "processes_per_node": run.processes_per_node,
        "launched": run.launched,
        "framework": run.framework,
        "phases": [to_json(each) for each in run.phases],
        "ranks": [rank_shape(each) for each in run.ranks],
        "first_failure": failure,
        "drills": [to_json(each) for each in run.drills],
        "metrics": {name: {"last": to_json(last), "step": step} for name, (last, step) in sorted(run.metrics.items())},
        "outputs": run.outputs,
        "folder": run.folder,
        "source": run.source,
        "from_bundle": run.from_bundle,
        "tags": dict(run.tags),
        **trials.shape(run),
        "diagnosis": diagnosis_shape(known) if known is not None and run.status is RunStatus.FAILED else None,
        "explanations": explanation_shapes(known) if known is not None else None,
    }


def rank_shape(rank: RankState) -> dict[str, Any]:
    """Return one rank of a run."""
    data: dict[str, Any] = to_json(rank)
    return data


def diagnostic_shape(diagnostic: Diagnostic) -> dict[str, Any]:
    """Return one finding."""
    data: dict[str, Any] = to_json(diagnostic)
    return data


def report_shape(reports: Sequence[FileReport]) -> dict[str, Any]:
    """Return the findings of several files, with their number."""
    findings = [each for report in reports for each in report.diagnostics]
    return {
        "files": [
            {
                "path": str(report.path) if isinstance(report.path, Path) else report.path,
                "kind": report.kind,
                "diagnostics": [diagnostic_shape(each) for each in report.diagnostics],
            }
            for report in reports
        ],
        "errors": count(findings, Severity.ERROR),
        "warnings": count(findings, Severity.WARNING),
    }


def count(findings: Sequence[Diagnostic], severity: Severity) -> int:
    """Return how many findings are that bad."""
    return sum(each.severity is severity for each in findings)
