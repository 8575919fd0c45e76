"""Runs that their time limit ended though their logs hold a cause: when that was, and why they went on all the same."""

from __future__ import annotations

import dataclasses
import json
import re
import struct
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from desktop_app.api import RunSnapshot, RunStatus
from desktop_app.cli.explained import diagnosis_lines, diagnosis_shape
from desktop_app.core.diagnosis.model import Diagnosis, Part
from desktop_app.places import Places
from desktop_app.presenters.run_failure import failure_of
from desktop_app.services.diagnosing.runs import diagnose_run
from tests.helpers.plugin_hosts import MakeHost, plugin_hosts
from tests.helpers.run_folders import make_run

LIMIT = "The time limit of 60 s (limits.timeout) was reached."
RAISED = "Traceback (most recent call last):\n  File \"train.py\", line 8, in feed\nKeyError: 'image_path'\n"
MPI = {"severity": "warning", "code": "mpi-exception-waits", "message": "train.py, line 8: An exception …"}


@pytest.fixture
def make_host(places: Places) -> Iterator[MakeHost]:
    with plugin_hosts(places) as make:
        yield make


def out_of_time(
    folder: Path, logs: tuple[str, ...], *, clocks: bool = True, found: object = None, last: str = ""
) -> RunSnapshot:
    """Make a run that its limit ended after 60 s; ranks wrote a line after 10 s, the rest after 25, `last` after 50."""
    made = make_run(folder, "r-5", RunStatus.CANCELED, seconds=70)
    began = made.snapshot.started
    assert began is not None
    for rank, text in enumerate(logs):
        made.log(rank).write_text(text + last)
        first = text.find("\n") + 1
        marks = [(began.timestamp() + 10, first), (began.timestamp() + 25, len(text))]
        marks += [(began.timestamp() + 50, len(text + last))] if last else []
        packed = b"".join(struct.pack("<dQ", *each) for each in marks) if clocks else b""
        (made.path / "clock" / f"{rank}.bin").write_bytes(packed)
    if found is not None:
        plan = json.loads((made.path / "plan.json").read_text())
        (made.path / "plan.json").write_text(json.dumps({**plan, "diagnostics": [found]}))
    stopped = tuple(
        dataclasses.replace(each, status=RunStatus.CANCELED, exit_code=-15, ended=began + timedelta(seconds=61))
        for each in made.snapshot.ranks
    )
    return dataclasses.replace(made.snapshot, reason=LIMIT, first_failure=None, ranks=stopped)


def said(known: Diagnosis, run: RunSnapshot, title: str) -> list[str]:
    return [text for each, text in diagnosis_lines(known, run) if each == title]


async def test_a_cause_is_told_with_the_limit_that_ended_the_run_and_when_each_was(
    tmp_path: Path, make_host: MakeHost
) -> None:
    run = out_of_time(tmp_path, ("step 1\nstep 2\n", f"step 1\n{RAISED}"))
    known = await diagnose_run(make_host(), run)
    assert run.started is not None
    wrote, stopped = ((run.started + timedelta(seconds=each)).astimezone() for each in (25, 61))
    assert said(known, run, "Ended") == [
        f"The run did not end by itself: {LIMIT.rstrip('.')}, 35 s after the cause was written."
    ]
    assert said(known, run, "Fell") == [f"rank 1: the cause, at {wrote:%H:%M:%S}, and stopped by the limit"]
    assert said(known, run, "Stopped") == [f"rank 0: was stopped by the limit, at {stopped:%H:%M:%S}"]
    assert [each.part for each in known.falls] == [Part.CAUSE, Part.STOPPED], "the error came before the limit"
    (limit,) = diagnosis_shape(known)["symptoms"]
    assert (limit["code"], limit["rank"]) == ("time-limit", None)
    assert limit["explanation"] == said(known, run, "Ended")[0]


async def test_where_no_clock_tells_when_an_error_was_the_limits_time_is_not_given_for_it(
    tmp_path: Path, make_host: MakeHost
) -> None:
    run = out_of_time(tmp_path, ("step 1\n", f"step 1\n{RAISED}"), clocks=False)
    known = await diagnose_run(make_host(), run)
    assert said(known, run, "Fell") == ["rank 1: the cause, and stopped by the limit"]
    assert said(known, run, "Ended") == [f"The run did not end by itself: {LIMIT}"]


@pytest.mark.parametrize(("stamp", "told"), [("{:%Y-%m-%dT%H:%M:%S}+00:00 E ", True), ("{:%Y-%m-%d %H:%M:%S} ", False)])
async def test_stamps_tell_the_time_of_an_error_where_they_name_their_zone(
    stamp: str, told: bool, tmp_path: Path, make_host: MakeHost
) -> None:
    began = make_run(tmp_path / "other", "r-5", RunStatus.CANCELED, seconds=70).snapshot.started
    assert began is not None
    at = stamp.format(began + timedelta(seconds=30))
    run = out_of_time(tmp_path, ("step 1\n", f"step 1\n{at}it goes wrong\n{RAISED}"), clocks=False)
    known = await diagnose_run(make_host(), run)
    (ended,) = said(known, run, "Ended")
    found = re.search(r", (\d+) s after the cause was written", ended)
    assert (found is not None) is told
    assert found is None or 28 <= int(found[1]) <= 32, "a stamp has whole seconds"


CHILDREN = [
    ("Exception in thread Thread-1 (prefetch):\n", "thread Thread-1 (prefetch)", "concurrent.futures"),
    ("Process Process-1:\n", "child process Process-1", "is_alive()"),
]


@pytest.mark.parametrize(("header", "what", "advice"), CHILDREN)
async def test_an_error_that_ended_a_thread_or_a_child_alone_is_told_so(
    header: str, what: str, advice: str, tmp_path: Path, make_host: MakeHost
) -> None:
    run = out_of_time(tmp_path, ("step 1\n", f"step 1\n{header}{RAISED}"))
    known = await diagnose_run(make_host(), run)
    (ended,) = said(known, run, "Ended")
    assert f"The error ended only the {what} of rank 1: the rank itself went on, most likely waiting" in ended
    assert advice in said(known, run, "Try")[-1]
    view = failure_of(run, known=known)
    assert view is not None
    assert view.heading == "Its time limit ended the run"
    assert view.explanation.startswith(f"{LIMIT.rstrip('.')}, 35 s after the cause was written. The error ended only")
    assert advice in view.advice[-1]


async def test_a_rank_that_wrote_on_after_its_thread_ended_did_not_wait_for_it(
    tmp_path: Path, make_host: MakeHost
) -> None:
    run = out_of_time(tmp_path, ("step 1\n", f"step 1\n{CHILDREN[0][0]}{RAISED}"), last="step 2\n")
    (ended,) = said(await diagnose_run(make_host(), run), run, "Ended")
    assert ended.endswith("the rank itself went on.")


async def test_where_mpi_does_not_end_the_others_that_is_why_they_waited(tmp_path: Path, make_host: MakeHost) -> None:
    run = out_of_time(tmp_path / "mpi", ("step 1\n", f"step 1\n{RAISED}"), found=MPI)
    known = await diagnose_run(make_host(), run)
    assert said(known, run, "Ended")[0].endswith("an exception ends no other rank: the others waited for rank 1.")
    assert said(known, run, "Try")[-1].startswith("Start the script with python -m mpi4py")
    other = out_of_time(tmp_path / "other", ("step 1\n", f"step 1\n{RAISED}"), found={**MPI, "code": "backend-default"})
    known = await diagnose_run(make_host(), other)
    assert "mpi4py" not in " ".join(text for _, text in diagnosis_lines(known, other))


async def test_a_failed_run_says_nothing_of_a_limit(tmp_path: Path, make_host: MakeHost) -> None:
    run = out_of_time(tmp_path, ("step 1\n", f"step 1\n{CHILDREN[0][0]}{RAISED}"))
    ranks = tuple(dataclasses.replace(each, status=RunStatus.FAILED, exit_code=1) for each in run.ranks)
    failed = dataclasses.replace(run, status=RunStatus.FAILED, reason="Rank 1 failed.", ranks=ranks)
    known = await diagnose_run(make_host(), failed)
    assert known.cause is not None
    assert said(known, failed, "Ended") == []
    assert "limit" not in " ".join(said(known, failed, "Fell"))
