"""What is said about runs and ranks."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta, timezone

import pytest

from desktop_app.api import FirstFailure, RunStatus
from desktop_app.presenters.run_words import (
    Past,
    ago,
    duration_of,
    exit_words,
    framework_title,
    note_of,
    rank_span,
    short_exit,
)
from tests.helpers.snapshots import NOW, snapshot


@pytest.mark.parametrize(
    ("code", "short", "holds"),
    [
        (1, "exit 1", "exit code 1"),
        (2, "exit 2", "wrong usage"),
        (127, "exit 127", "not found"),
        (-11, "SIGSEGV", "a crash"),
        (-9, "SIGKILL", "memory ran out"),
        (137, "SIGKILL", "signal 9"),
        (-7, "SIGBUS", "/dev/shm"),
        (-250, "exit -250", "exit code -250"),
        (255, "exit 255", "exit code 255"),
    ],
)
def test_exit_codes_and_signals_are_said_in_words(code: int, short: str, holds: str) -> None:
    assert short_exit(code) == short
    assert holds in exit_words(code)


@pytest.mark.parametrize(
    ("ranks", "span"),
    [((), ""), ((3,), "3"), ((0, 1, 2, 3), "0–3"), ((2, 0), "0, 2"), ((5, 0, 1, 2), "0–2, 5")],
)
def test_ranks_are_named_as_spans(ranks: tuple[int, ...], span: str) -> None:
    assert rank_span(ranks) == span


@pytest.mark.parametrize(
    ("before", "past"),
    [
        (timedelta(seconds=-30), Past.NOW),
        (timedelta(seconds=59), Past.NOW),
        (timedelta(minutes=2), Past.MINUTES),
        (timedelta(hours=3), Past.TODAY),
        (timedelta(hours=10), Past.YESTERDAY),
        (timedelta(days=3), Past.EARLIER),
    ],
)
def test_how_long_ago(before: timedelta, past: Past) -> None:
    now = datetime(2026, 11, 21, 9, 0, tzinfo=timezone(timedelta(hours=2)))
    assert ago(now - before, now).past is past


def test_days_are_those_of_the_person() -> None:
    now = datetime(2026, 11, 21, 1, 30, tzinfo=timezone(timedelta(hours=2)))
    assert ago(datetime(2026, 11, 20, 22, 10, tzinfo=UTC), now).past is Past.TODAY
    assert ago(datetime(2026, 11, 20, 21, 50, tzinfo=UTC), now).past is Past.YESTERDAY


def test_a_run_without_an_end_lasts_until_now() -> None:
    run = dataclasses.replace(snapshot("a"), started=NOW)
    assert duration_of(run, NOW + timedelta(seconds=41)) == 41.0
    assert duration_of(snapshot("b"), NOW) is None
    over = dataclasses.replace(run, status=RunStatus.FAILED, ended=NOW + timedelta(seconds=72))
    assert duration_of(over, NOW + timedelta(days=1)) == 72.0
    assert duration_of(run, NOW - timedelta(hours=1)) == 0.0, "a clock was set back"


def test_the_heading_says_how_it_ended() -> None:
    run = dataclasses.replace(snapshot("a"), started=NOW)
    assert note_of(run, NOW + timedelta(seconds=41)) == "00:41"
    ended = dataclasses.replace(run, status=RunStatus.FAILED, ended=NOW + timedelta(seconds=72))
    assert note_of(ended, NOW) == "after 01:12"
    fallen = dataclasses.replace(ended, first_failure=FirstFailure(3, NOW, -9))
    assert note_of(fallen, NOW) == "SIGKILL after 01:12"
    assert note_of(snapshot("b", RunStatus.QUEUED), NOW) == ""


def test_frameworks_are_written_as_their_makers_do() -> None:
    assert [framework_title(each) for each in ("pytorch", "tensorflow", "own", "")] == [
        "PyTorch",
        "TensorFlow",
        "own",
        "–",
    ]


def test_a_launcher_has_a_name_among_ranks() -> None:
    names = {99: "mpirun"}
    assert rank_span((0, 1, 2, 99), names) == "0–2, mpirun"
    assert rank_span((99,), names) == "mpirun"
