"""Sizes and times read well, at the edges between two units as well."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime

import pytest

from desktop_app.core.words import clock_text, in_local_time, limit_text, plural, size_text, spoken_duration, took_text


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"), (999, "999 B"), (1000, "1.0 kB"), (1500, "1.5 kB"), (9_940, "9.9 kB"), (9_960, "10 kB"),
        (14_321, "14 kB"), (999_499, "999 kB"), (999_500, "1.0 MB"), (812_000_000, "812 MB"), (2_500_000_000, "2.5 GB"),
        (5 * 10**15, "5000 TB"),
    ],
)  # fmt: skip
def test_sizes(size: int, text: str) -> None:
    assert size_text(size) == text


@pytest.mark.parametrize(
    ("seconds", "clock", "took", "spoken"),
    [
        (-5.0, "00:00", "0.0 s", "0.0 s"),
        (0.34, "00:00", "0.3 s", "0.3 s"),
        (8.44, "00:08", "8.4 s", "8 s"),
        (0.96, "00:00", "0.9 s", "0.9 s"),
        (24.7, "00:24", "24.7 s", "24 s"),
        (59.9, "00:59", "59.9 s", "59 s"),
        (59.97, "00:59", "59.9 s", "59 s"),
        (60.6, "01:00", "01:00", "1 min 0 s"),
        (72.0, "01:12", "01:12", "1 min 12 s"),
        (3723.4, "1:02:03", "1:02:03", "1 h 2 min"),
        (200_000.0, "55:33:20", "55:33:20", "55 h 33 min"),
    ],
)
def test_times(seconds: float, clock: str, took: str, spoken: str) -> None:
    assert (clock_text(seconds), took_text(seconds), spoken_duration(seconds)) == (clock, took, spoken)


@pytest.mark.parametrize(("count", "text"), [(0, "0 files"), (1, "1 file"), (2, "2 files"), (1200, "1,200 files")])
def test_plurals(count: int, text: str) -> None:
    assert plural(count, "file") == text


@pytest.mark.parametrize(("seconds", "text"), [(0, "0 s"), (90, "1 min 30 s"), (86_400, "1 d"), (3_661, "1 h 1 min")])
def test_limits(seconds: int, text: str) -> None:
    assert limit_text(seconds) == text


@pytest.fixture
def in_tokyo(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """This process's clock as it would be there: UTC+9, and no summer time."""
    if not hasattr(time, "tzset"):
        pytest.skip("the zone can't be set here")
    monkeypatch.setenv("TZ", "JST-9")
    time.tzset()
    yield
    monkeypatch.undo()
    time.tzset()


@pytest.mark.usefixtures("in_tokyo")
@pytest.mark.parametrize(
    ("text", "local"),
    [
        ("rank 1 was killed at 07:00:00 UTC", "rank 1 was killed at 16:00:00 JST"),
        ("at 20:15:01 UTC, at 06:59:59 UTC.", "at 05:15:01 JST, at 15:59:59 JST."),
        ("at 25:00:00 UTC, 7:00 UTC, 07:00:00", "at 25:00:00 UTC, 7:00 UTC, 07:00:00"),
        ("", ""),
    ],
)
def test_times_of_a_sentence_are_the_persons(text: str, local: str) -> None:
    assert in_local_time(text, datetime(2026, 11, 21, 7, 30, tzinfo=UTC)) == local


@pytest.mark.skipif(not hasattr(time, "tzset"), reason="the zone can't be set here")
def test_a_time_after_the_last_was_yesterdays(monkeypatch: pytest.MonkeyPatch) -> None:
    """On 25 October 2026 summer time ended in Berlin: the evening before was two hours ahead of UTC."""
    monkeypatch.setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3")
    time.tzset()
    try:
        last = datetime(2026, 10, 25, 3, 0, tzinfo=UTC)
        assert in_local_time("at 23:30:00 UTC, at 02:30:00 UTC", last) == "at 01:30:00 CEST, at 03:30:00 CET"
    finally:
        monkeypatch.undo()
        time.tzset()
