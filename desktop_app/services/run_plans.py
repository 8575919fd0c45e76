"""The plan that a run was submitted with, as its folder holds it."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from desktop_app.api import SubmissionPlan
from desktop_app.api._records import from_json
from desktop_app.core.redact import secrets_of_plan
from desktop_app.core.shared_texts import whole
from desktop_app.services.json_objects import object_in
from desktop_app.services.read_once import ReadOnce

PLAN = "plan.json"


def plan_json(folder: Path) -> dict[str, Any]:
    """Return the plan in a run's folder as JSON, each process with all its variables; empty where it is gone."""
    return _whole(folder / PLAN)


def plan_in(folder: Path) -> SubmissionPlan | None:
    """Return the plan in a run's folder, None where it is gone or can't be understood; read again when it changed."""
    return _plan(folder / PLAN)


def planned_secrets(folder: Path) -> frozenset[str]:
    """Return the secret values that a run was given by its plan; read again when it changed."""
    return _secrets(folder / PLAN)


def _whole(path: Path) -> dict[str, Any]:
    return whole(object_in(path))


@ReadOnce
def _plan(path: Path) -> SubmissionPlan | None:
    try:
        return from_json(SubmissionPlan, _whole(path))
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


@ReadOnce
def _secrets(path: Path) -> frozenset[str]:
    return frozenset(secrets_of_plan(_whole(path)))
