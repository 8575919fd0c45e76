"""Logs that grow: what is known of their times and ends stays, and of thousands only those that grew are asked."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.feed import FLOOD, Change, LogFeed, Update
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogLine, LogSource, MergedLog, Window
from desktop_app.services.logs.timeline import Timeline
from tests.helpers.waiting import wait_until

START = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()
RANKS = 300


def line(second: float, text: str) -> bytes:
    """Return a line as `logging` in UTC writes it."""
    return f"{datetime.fromtimestamp(START + second, UTC):%Y-%m-%dT%H:%M:%S.%f}Z {text}\n".encode()


def append(path: Path, data: bytes) -> None:
    with path.open("ab") as file:
        file.write(data)


LINES = st.one_of(
    st.tuples(st.integers(0, 300), st.text("ab", max_size=3)).map(lambda each: line(*each)),
    st.just(b"  File x, line 1\n"),
    st.just(b"half of a "),
)


@given(st.lists(st.tuples(LINES, st.booleans()), max_size=25), st.booleans())
@settings(max_examples=400, deadline=None)
def test_times_of_a_log_that_grows_are_those_of_one_that_is_there(
    pieces: list[tuple[bytes, bool]], clocked: bool
) -> None:
    with TemporaryDirectory() as folder:
        log, clock = Path(folder, "0.txt"), Path(folder, "0.bin") if clocked else Path()
        grows = Timeline(LogFile(log), ClockFile(clock), 0.0)
        for number, (data, asks) in enumerate([(line(1, "up"), True), *pieces]):
            append(log, data)
            if clocked:
                append(clock, struct.pack("<dQ", START + 400 + number, log.stat().st_size))
            if asks:
                grows.time_of(log.stat().st_size - 1)
        there = Timeline(LogFile(log), ClockFile(clock), 0.0)
        starts = [each.offset for each in LogFile(log).lines_from(0)]
        assert [grows.time_of(each) for each in starts] == [there.time_of(each) for each in starts]


def test_a_log_that_grows_is_read_on_where_its_last_stamp_stands(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "0.txt"
    append(path, b"".join(line(each, "step") for each in range(1000)))
    times = Timeline(LogFile(path), ClockFile(Path()))
    before = path.stat().st_size
    assert times.time_of(before - 1) == START + 999
    read = counted(monkeypatch)
    append(path, line(1000, "step"))
    assert times.time_of(before) == START + 1000
    assert sum(read.values()) < 200


def test_stamps_that_come_late_are_looked_for_in_what_is_new(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "0.txt"
    append(path, b"no stamp in here\n" * 3000)
    times = Timeline(LogFile(path), ClockFile(Path()))
    assert not times.has_stamps()
    read = counted(monkeypatch)
    append(path, b"nor here\n")
    assert not times.has_stamps()
    assert sum(read.values()) < 2000
    append(path, line(5, "now"))
    assert times.has_stamps()


ENDS = st.lists(st.tuples(st.integers(0, 3), st.integers(1, 4), st.booleans()), max_size=10)


@given(ENDS, st.integers(1, 12))
@settings(max_examples=200, deadline=None)
def test_the_end_after_some_logs_grew_is_the_end(grown: list[tuple[int, int, bool]], count: int) -> None:
    with TemporaryDirectory() as folder:
        sources = [LogSource(rank, Path(folder, f"{rank}.txt"), Path()) for rank in range(4)]
        for each in sources:
            append(each.log, line(each.rank, "up"))
        log = MergedLog(sources)
        sizes = log.sizes()
        last, tails, second = log.end(count), log.tails(sizes), 10
        for rank, lines, is_whole in grown:
            for _ in range(lines):
                second += 1
                append(sources[rank].log, line(second, f"of {rank}"))
            append(sources[rank].log, b"" if is_whole else b"half ")
            sizes = log.sizes()
            last, new = log.end_after(last, {rank: tails[rank].offset}, sizes, count)
            tails |= new
            assert last == MergedLog(sources).end(count)
            assert tails == MergedLog(sources).tails(sizes)


def test_what_came_too_late_for_the_end_leaves_no_gap_in_it(tmp_path: Path) -> None:
    sources = [LogSource(rank, tmp_path / f"{rank}.txt", Path()) for rank in range(2)]
    append(sources[0].log, b"".join(line(each, "step") for each in range(10, 20)))
    append(sources[1].log, line(1, "up"))
    log = MergedLog(sources)
    last, tails = log.end(5), log.tails(log.sizes())
    append(sources[1].log, line(2, "late") + line(30, "now"))
    found, _ = log.end_after(last, {1: tails[1].offset}, log.sizes(), 8)
    assert [each.time - START for each in found.lines] == [15, 16, 17, 18, 19, 30]
    assert not found.at_start
    assert found.start + sum(each.size for each in found.lines) == found.total


@pytest.fixture
def many(tmp_path: Path) -> list[LogSource]:
    sources = [LogSource(rank, tmp_path / f"{rank}.txt", Path()) for rank in range(RANKS)]
    for each in sources:
        append(each.log, b"".join(line(step + each.rank / 1000, f"step {step}") for step in range(3)))
    return sources


@pytest.fixture
def updates() -> list[Update]:
    return []


@pytest.fixture
def feed(many: list[LogSource], updates: list[Update]) -> Iterator[LogFeed]:
    made = LogFeed(many, updates.append, poll=0.01)
    yield made
    made.close()


def counted(monkeypatch: pytest.MonkeyPatch) -> dict[Path, int]:
    """Return how many bytes of which file are read from now on."""
    read: dict[Path, int] = {}
    plain = LogFile.read

    def note(self: LogFile, offset: int, count: int) -> bytes:
        data = plain(self, offset, count)
        read[self.path] = read.get(self.path, 0) + len(data)
        return data

    monkeypatch.setattr(LogFile, "read", note)
    return read


def test_a_flood_of_one_log_asks_no_other(
    many: list[LogSource], feed: LogFeed, updates: list[Update], monkeypatch: pytest.MonkeyPatch
) -> None:
    feed.show_end(RANKS, follow=True)
    wait_until(lambda: updates != [], 20)
    read = counted(monkeypatch)
    for turn in range(2):
        append(many[7].log, b"".join(line(10 + turn, f"flood {each} " + "x" * 200) for each in range(1500)))
        wait_until(lambda: is_at_end(updates, many[7]), 20)
    assert set(read) == {many[7].log}
    assert {each.change for each in updates[1:]} == {Change.REPLACE}
    assert same(updates[-1].window, MergedLog(many).end(RANKS))


def test_after_a_flood_the_ends_of_the_others_are_still_there(
    many: list[LogSource], feed: LogFeed, updates: list[Update]
) -> None:
    feed.show_end(RANKS * 2, follow=True)
    wait_until(lambda: updates != [], 20)
    for each in many[:3]:
        append(each.log, line(5, "more"))
        wait_until(lambda: is_at_end(updates, many[0]), 20)
    wait_until(lambda: grown(updates) == 3, 20)
    append(many[7].log, line(6, "x" * FLOOD) + line(7, "half")[:-1])
    wait_until(lambda: updates[-1].change is Change.REPLACE and updates[-1].total == total(many), 20)
    assert same(updates[-1].window, MergedLog(many).end(RANKS * 2))
    append(many[7].log, b" and whole\n")
    wait_until(lambda: updates[-1].change is Change.GROWN, 20)
    assert [each.text[28:] for each in updates[-1].lines] == ["half and whole"]


def test_what_came_since_is_put_together_with_the_end(
    many: list[LogSource], feed: LogFeed, updates: list[Update]
) -> None:
    feed.show_end(4, follow=True)
    wait_until(lambda: updates != [], 20)
    for number in range(1, 30):
        append(many[5].log, line(10 + number, "more"))
        wait_until(partial(has_grown, updates, number), 20)
    append(many[7].log, line(99, "x" * FLOOD))
    wait_until(lambda: updates[-1].change is Change.REPLACE and updates[-1].total == total(many), 20)
    assert same(updates[-1].window, MergedLog(many).end(4))
    assert len(feed._since) <= 4 * 4 + 1


def test_a_log_that_became_shorter_lets_all_be_read_anew(
    many: list[LogSource], feed: LogFeed, updates: list[Update]
) -> None:
    feed.show_end(RANKS, follow=True)
    wait_until(lambda: updates != [], 20)
    many[3].log.write_bytes(line(77, "anew"))
    wait_until(lambda: updates[-1].total == total(many), 20)
    assert updates[-1].change is Change.REPLACE
    assert updates[-1].window.lines[-1].text.endswith("anew")


def test_many_logs_that_are_left_are_forgotten_though_nobody_waits_for_it(feed: LogFeed, updates: list[Update]) -> None:
    feed.show_end(5, follow=True)
    wait_until(lambda: updates != [], 20)
    feed.close()
    wait_until(lambda: not feed._thread.is_alive(), 20)
    assert (feed._log._logs, feed._log._of) == ([], {})


def test_a_rank_is_found_without_a_look_at_the_others(many: list[LogSource]) -> None:
    log = MergedLog(many)
    log._logs = []  # nobody goes through them
    last = RANKS - 1
    found = log.line_of(last, 5)
    assert found is not None
    assert (found.rank, found.offset) == (last, 0)
    assert log.read(last, 0, 4) == b"2026"
    assert log.line_of(RANKS, 0) is None


def test_a_place_among_very_many_logs_is_told_by_some(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sources = [LogSource(rank, tmp_path / f"{rank}.txt", Path()) for rank in range(600)]
    for each in sources:
        append(each.log, b"".join(line(step + each.rank / 1000, f"step {step:03}") for step in range(20)))
    asked, near = set[int](), Timeline.near

    def note(self: Timeline, time: float) -> float:
        asked.add(id(self))
        return near(self, time)

    monkeypatch.setattr(Timeline, "near", note)
    log = MergedLog(sources)
    window = log.at(total(sources) // 2, 0, 5)
    assert len(asked) == 512
    assert abs(window.start - total(sources) / 2) < total(sources) / 20
    assert 8 < window.lines[0].time - START < 12


def same(one: Window, other: Window) -> bool:
    return key(one.lines) == key(other.lines) and (one.start, one.total) == (other.start, other.total)


def key(lines: tuple[LogLine, ...]) -> list[tuple[int, int, str]]:
    return [(each.rank, each.offset, each.text) for each in lines]


def has_grown(updates: list[Update], lines: int) -> bool:
    return grown(updates) == lines


def grown(updates: list[Update]) -> int:
    return sum(len(each.lines) for each in updates if each.change is Change.GROWN)


def total(sources: list[LogSource]) -> int:
    return sum(each.log.stat().st_size for each in sources)


def is_at_end(updates: list[Update], source: LogSource) -> bool:
    """Whether the last line of a log was shown."""
    size = source.log.stat().st_size
    last = (*updates[-1].window.lines, *updates[-1].lines)
    return any(each.rank == source.rank and each.offset + each.size == size for each in last)
