"""A rank killed by SIGKILL: what was measured of its memory says whether that can have run out."""

from __future__ import annotations

import dataclasses
import json
import socket
from pathlib import Path

import psutil
import pytest

from desktop_app.api import Drill, DrillKind, Explanation, RunSnapshot, RunStatus
from desktop_app.core.diagnosis.exceptions import WEAK
from desktop_app.core.diagnosis.model import Diagnosis, Verdict
from desktop_app.core.diagnosis.silent import MOSTLY_MEMORY
from desktop_app.services.diagnosing.memory_taken import with_memory
from tests.helpers.run_folders import make_run
from tests.helpers.snapshots import NOW

KILLED = Explanation(
    "killed", "Rank 1 was killed by SIGKILL.", ("Ask.",), 1, category="oom-host", certainty=WEAK
)  # fmt: skip
GIB = 1 << 30


def known_of(cause: Explanation = KILLED) -> Diagnosis:
    return Diagnosis(Verdict.CAUSE, cause, (cause,), rank=1)


def measured(tmp_path: Path, *memory: object, host: str = "") -> RunSnapshot:
    """Return a failed run of this machine whose ranks took memory in turn."""
    made = make_run(tmp_path / "runs", "r-1", RunStatus.FAILED)
    lines = [
        json.dumps({"rank": place % 2, "time": place, "cpu": 1.0, "memory": each}) for place, each in enumerate(memory)
    ]
    (made.path / "resources.jsonl").write_text("\n".join([*lines, "{cut off"]), "utf-8")
    state = made.path / "run.json"
    data = json.loads(state.read_text("utf-8")) if state.is_file() else {}
    state.write_text(json.dumps(data | {"host": host or socket.gethostname()}), "utf-8")
    return made.snapshot


@pytest.fixture(autouse=True)
def _machine(monkeypatch: pytest.MonkeyPatch) -> None:
    real = psutil.virtual_memory()
    monkeypatch.setattr(psutil, "virtual_memory", lambda: real._replace(total=24 * GIB))


def test_little_memory_makes_it_an_unlikely_reason(tmp_path: Path) -> None:
    known = with_memory(known_of(), measured(tmp_path, GIB, GIB, 2 * GIB, 0, None))
    assert known.cause is not None
    assert known.all == (known.cause,)
    said = "Rank 1 was killed by SIGKILL. Of this machine's 24.0 GiB all ranks were seen to take 3.0 at most: memory"
    assert known.cause.cause.startswith(said)
    assert known.cause.advice == KILLED.advice
    said = f"Rank 1 was killed by SIGKILL: by the system{MOSTLY_MEMORY}, or by somebody."
    known = with_memory(known_of(dataclasses.replace(KILLED, cause=said)), measured(tmp_path / "more", GIB, GIB))
    assert known.cause is not None
    assert known.cause.cause.startswith(
        "Rank 1 was killed by SIGKILL: by the system, or by somebody. Of this machine's"
    )
    assert "person with kill -9" in known.cause.advice[0]
    assert known.cause.category == "killed"


@pytest.mark.parametrize("memory", [(), (8 * GIB, 8 * GIB)])
def test_of_much_memory_or_none_measured_nothing_is_said(tmp_path: Path, memory: tuple[int, ...]) -> None:
    assert with_memory(known_of(), measured(tmp_path, *memory)) == known_of()


def test_nothing_is_said_of_another_machine_nor_of_another_cause(tmp_path: Path) -> None:
    elsewhere = measured(tmp_path, GIB, host="another-machine")
    here = measured(tmp_path / "here", GIB)
    assert with_memory(known_of(), elsewhere) == known_of()
    assert with_memory(known_of(), dataclasses.replace(here, from_bundle="a bundle")) == known_of()
    drilled = dataclasses.replace(here, drills=(Drill(DrillKind.MEMORY, NOW, "rank 1 had no memory left", ranks=(1,)),))
    assert with_memory(known_of(), drilled) == known_of()
    for other in (dataclasses.replace(KILLED, category="signal"), dataclasses.replace(KILLED, certainty=0.9)):
        assert with_memory(known_of(other), here) == known_of(other)
    assert with_memory(Diagnosis(), here) == Diagnosis()
