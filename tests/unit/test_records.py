"""Plans and snapshots survive a round trip through JSON."""

import dataclasses
import json
import math
from datetime import UTC, datetime

import pytest

from desktop_app.api import (
    Diagnostic,
    FirstFailure,
    Fix,
    Job,
    JobInput,
    Phase,
    PhaseName,
    ProcessSpec,
    RankState,
    RunSnapshot,
    RunStatus,
    Severity,
    SubmissionPlan,
    Topology,
)
from desktop_app.api._records import from_json, to_json, to_lean_json
from desktop_app.cli.shapes import run_shape

NOW = datetime(2026, 11, 21, 7, 0, 0, 250_000, tzinfo=UTC)

SNAPSHOT = RunSnapshot(
    handle="local://r-1", run="r-1", backend="local", status=RunStatus.FAILED, display_name="ü", experiment="e",
    created=NOW, phases=(Phase(PhaseName.RUNNING, NOW),), ranks=(RankState(0, 0, 0, RunStatus.FAILED, exit_code=-9),),
    first_failure=FirstFailure(0, NOW, -9, "boom", 3), metrics={"loss": (0.5, 3)}, tags={"a": "b"},
)  # fmt: skip
PLAN = SubmissionPlan(
    backend="local", job=Job("python x.py", inputs={"lr": JobInput(0.1)}, extra={"services": {"a": [1, None]}}),
    source="job.yml", topology=Topology(2, 2), processes=(ProcessSpec(0, 0, 0, ("bash", "-c", "x"), {"RANK": "0"}),),
    diagnostics=(Diagnostic(Severity.WARNING, "x", "y", fix=Fix("f", {"a.b": [1]}, ("c",))),), facts=(("Ranks", "4"),),
)  # fmt: skip


@pytest.mark.parametrize("record", [SNAPSHOT, PLAN])
def test_a_record_survives_json(record: object) -> None:
    assert from_json(type(record), json.loads(json.dumps(to_json(record)))) == record


@pytest.mark.parametrize("record", [SNAPSHOT, PLAN, RunSnapshot("a://b", "b", "a", RunStatus.QUEUED, "b", "e", NOW)])
def test_a_lean_record_says_as_much(record: object) -> None:
    lean = to_lean_json(record)
    assert from_json(type(record), json.loads(json.dumps(lean))) == record
    assert lean.items() <= to_json(record).items()
    assert len(lean) < len(to_json(record))


def test_nothing_stays_nothing() -> None:
    found = from_json(RunSnapshot, {**to_json(SNAPSHOT), "started": None, "phases": [None], "metrics": {"loss": None}})
    empty: tuple[object, ...] = (found.started, *found.phases, *found.metrics.values())
    assert empty == (None, None, None)


def test_times_are_written_in_utc() -> None:
    assert to_json(SNAPSHOT)["created"] == "2026-11-21T07:00:00.250000Z"


def test_keys_of_a_newer_program_are_ignored() -> None:
    assert from_json(Topology, {"nodes": 2, "racks": 3}) == Topology(2)


@pytest.mark.parametrize("data", [[], "text", 3])
def test_what_is_no_record_is_refused(data: object) -> None:
    with pytest.raises(TypeError):
        from_json(Topology, data)


def test_numbers_that_are_none_make_valid_json() -> None:
    values = {"a": (math.nan, 1), "b": (math.inf, 2), "c": (-math.inf, 3)}
    text = json.dumps(to_json(dataclasses.replace(SNAPSHOT, metrics=values)), allow_nan=False)
    found = from_json(RunSnapshot, json.loads(text)).metrics
    assert math.isnan(found["a"][0])
    assert (found["b"], found["c"]) == ((math.inf, 2), (-math.inf, 3))
    assert json.dumps(run_shape(dataclasses.replace(SNAPSHOT, metrics=values)), allow_nan=False)
