"""The JSON shapes of `environments …`: names stay stable, new ones may be added."""

from __future__ import annotations

from typing import Any

from desktop_app.api import Severity
from desktop_app.cli.shapes import diagnostic_shape
from desktop_app.core.environments import Curated, Environment, Requirement
from desktop_app.services.environments.checking import Checked
from desktop_app.services.environments.comparing import Difference
from desktop_app.services.environments.trying import Trial


def curated_shape(curated: Curated) -> dict[str, Any]:
    """Return a curated environment with all that is known of it; null where nothing is."""
    return {
        "name": curated.name,
        "status": curated.state,
        "reference": curated.written,
        "frameworks": list(curated.frameworks),
        "purpose": curated.purpose or None,
        "python": curated.python or None,
        "cuda": curated.cuda or None,
        "os": curated.os or None,
        "image": curated.image or None,
        "base_image": curated.base_image or None,
        "packages": dict(curated.packages),
        "horovod": curated.packages.get("horovod") or curated.horovod or None,
        "mpi": curated.mpi or None,
        "successor": curated.successor or None,
        "removed_on": curated.removed_on or None,
        "last_changed": curated.last_changed or None,
        "note": curated.note or None,
        "confidence": curated.confidence or None,
        "source": curated.source or None,
        "as_of": curated.as_of or None,
    }


def environment_shape(environment: Environment) -> dict[str, Any]:
    """Return an environment wherever it stands; `curated` is null for one's own."""
    return {
        "name": environment.title,
        "origin": environment.origin,
        "python": environment.python or None,
        "cuda": environment.cuda or None,
        "image": environment.image or None,
        "build": environment.build or None,
        "channels": list(environment.channels),
        "packages": [requirement_shape(each) for each in environment.packages],
        "unknown": list(environment.unknown),
        "curated": curated_shape(environment.curated) if environment.curated else None,
    }


def requirement_shape(package: Requirement) -> dict[str, Any]:
    """Return a package as it is asked for; `hindrance` says why it is none of an index."""
    return {
        "name": package.name or None,
        "spec": package.spec,
        "tool": package.tool,
        "written": package.shown,
        "hindrance": package.hindrance or None,
    }


def difference_shape(found: Difference) -> dict[str, Any]:
    """Return what two environments differ in; a side that has none of it is null."""
    rows = [
        {
            "kind": each.kind,
            "name": each.name,
            "left": each.left or None,
            "right": each.right or None,
            "note": each.note or None,
        }
        for each in found.rows
    ]
    sides = {"left": found.left.title, "right": found.right.title}
    return {**sides, "differences": rows, "same": found.same, "unknown": list(found.unknown)}


def checked_shape(found: Checked) -> dict[str, Any]:
    """Return what does not fit together."""
    return {
        "name": found.environment.title,
        "diagnostics": [diagnostic_shape(each) for each in found.findings],
        "not_looked_at": list(found.not_looked_at),
        "errors": found.count(Severity.ERROR),
        "warnings": found.count(Severity.WARNING),
    }


def trial_shape(trial: Trial) -> dict[str, Any]:
    """Return what came of a try; `failure` is null where all could be installed."""
    return {
        "name": trial.environment.title,
        "works": trial.works,
        "said": trial.said,
        "python": trial.python,
        "asked": trial.asked or None,
        "reused": trial.reused,
        "seconds": trial.seconds,
        "failure": trial.failure or None,
        "details": trial.details or None,
        "installed": dict(trial.installed),
        "imports": [
            {"module": each.module, "package": each.package or None, "error": each.error or None}
            for each in trial.imports
        ],
        "not_tried": [requirement_shape(each) for each in trial.not_tried],
    }
