"""Lines by the times in them: where a line without one belongs, clocks that disagree, never out of order in a rank."""

from __future__ import annotations

import struct
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from desktop_app.services.logs import timeline
from desktop_app.services.logs.clock_file import ClockFile
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogLine, LogSource, MergedLog, Tail
from desktop_app.services.logs.timeline import Timeline

START = datetime(2026, 11, 22, 10, tzinfo=UTC).timestamp()


def stamped(second: float, text: str) -> str:
    """Return a line as `logging` in UTC writes it."""
    return f"{datetime.fromtimestamp(START + second, UTC):%Y-%m-%dT%H:%M:%S.%f}Z {text}\n"


def write(folder: Path, rank: int, text: str, arrivals: list[tuple[float, int]] | None = None) -> LogSource:
    source = LogSource(rank, folder / f"{rank}.txt", folder / f"{rank}.bin" if arrivals else Path())
    source.log.write_text(text, newline="")
    if arrivals:
        source.clock.write_bytes(b"".join(struct.pack("<dQ", START + time, size) for time, size in arrivals))
    return source


def merged(*sources: LogSource) -> list[tuple[int, str]]:
    lines = MergedLog(sources).end(10_000).lines
    return [(each.rank, each.text.partition("Z ")[2] or each.text) for each in lines]


def test_ranks_are_merged_by_their_stamps(tmp_path: Path) -> None:
    zero = write(tmp_path, 0, stamped(1, "a") + stamped(3, "c"))
    one = write(tmp_path, 1, stamped(2, "b") + stamped(4, "d"))
    assert merged(zero, one) == [(0, "a"), (1, "b"), (0, "c"), (1, "d")]


def test_a_traceback_stays_with_the_line_before_it(tmp_path: Path) -> None:
    trace = "Traceback (most recent call last):\n  File x\nValueError: no\n"
    zero = write(tmp_path, 0, stamped(1, "a") + trace + stamped(9, "z"))
    one = write(tmp_path, 1, "up\n" + stamped(2, "b"))
    assert [text for _, text in merged(zero, one)] == ["a", *trace.splitlines(), "up", "b", "z"]


def test_stamps_count_more_than_arrival(tmp_path: Path) -> None:
    """Python holds back what goes to a file: a rank's lines of many seconds come at once."""
    text = stamped(1, "a") + stamped(3, "c")
    zero = write(tmp_path, 0, text, [(60.0, len(text))])
    one = write(tmp_path, 1, stamped(2, "b"), [(2.0, 31)])
    assert [each for _, each in merged(zero, one)] == ["a", "b", "c"]


def test_lines_without_a_stamp_that_came_later_are_later(tmp_path: Path) -> None:
    """A warning of a library bears a time, what the script prints does not."""
    warning, early, late = stamped(1, "warning"), "epoch 1\n", "epoch 2\n"
    sizes = [len(warning) + len(early), len(warning) + len(early) + len(late)]
    zero = write(tmp_path, 0, warning + early + late, [(1.0, sizes[0]), (50.0, sizes[1])])
    one = write(tmp_path, 1, stamped(20, "b"), [(20.0, 31)])
    assert [each for _, each in merged(zero, one)] == ["warning", "epoch 1", "b", "epoch 2"]


@pytest.mark.parametrize("hours", [-9, -1, 1, 5.5])
def test_a_clock_that_disagrees_with_arrival_is_set_right(tmp_path: Path, hours: float) -> None:
    texts = [stamped(3600 * hours + second, f"{second}") for second in (1, 3)]
    sizes = [len(texts[0]), len(texts[0]) + len(texts[1])]
    zero = write(tmp_path, 0, "".join(texts), [(1.1, sizes[0]), (3.1, sizes[1])])
    one = write(tmp_path, 1, stamped(2, "2") + stamped(4, "4"), [(4.0, 62)])
    assert [each for _, each in merged(zero, one)] == ["1", "2", "3", "4"]
    times = [each.time - START for each in MergedLog([zero]).end(9).lines]
    assert times == pytest.approx([1.0, 3.0], abs=1e-5)


def test_clocks_hours_apart_are_set_right_by_what_ranks_say_in_common(tmp_path: Path) -> None:
    def says(rank: int, ahead: float) -> LogSource:
        lines = [stamped(ahead + 10 * step + rank / 10, f"[rank{rank}] epoch {step}") for step in range(5)]
        return write(tmp_path, rank, "".join(lines))

    found = merged(says(0, 0.0), says(1, 0.0), says(2, -7200.0))
    assert [rank for rank, _ in found] == [0, 1, 2] * 5


def test_who_joined_an_hour_later_did_come_later(tmp_path: Path) -> None:
    begin = stamped(0, "up") + stamped(4000, "epoch 9") + stamped(4010, "over")
    late = stamped(3900, "up") + stamped(4000.5, "epoch 9") + stamped(4010.5, "over")
    assert [rank for rank, _ in merged(write(tmp_path, 0, begin), write(tmp_path, 1, late))] == [0, 1, 0, 1, 0, 1]


def test_an_odd_stamp_moves_nothing(tmp_path: Path) -> None:
    zero = write(tmp_path, 0, stamped(1, "a") + stamped(-9e6, "reset") + stamped(9000, "odd") + stamped(5, "e"))
    one = write(tmp_path, 1, stamped(3, "c"))
    assert [text for _, text in merged(zero, one)] == ["a", "reset", "odd", "c", "e"]


@pytest.mark.parametrize("mark", ["\ufeff", ""])
@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be"])
def test_stamps_of_utf_16_are_read(tmp_path: Path, encoding: str, mark: str) -> None:
    zero = write(tmp_path, 0, "")
    zero.log.write_bytes((mark + stamped(1, "ä") + "中文\r\n" + stamped(3, "c")).encode(encoding))
    one = write(tmp_path, 1, stamped(2, "b"))
    assert merged(zero, one) == [(0, "ä"), (0, "中文"), (1, "b"), (0, "c")]


LINE = st.tuples(st.integers(-3, 3), st.booleans(), st.integers(0, 2))
RANKS = st.lists(st.lists(LINE, max_size=25), min_size=1, max_size=3)


def made(folder: Path, ranks: list[list[tuple[int, bool, int]]], *, clocks: bool) -> list[LogSource]:
    sources = []
    for rank, lines in enumerate(ranks):
        text, now, came, arrivals = "", 0.0, 0.0, []
        for step, has_stamp, wait in lines:
            now, came = now + step, came + wait
            text += stamped(now, "s") if has_stamp else "plain\n"
            arrivals.append((max(now, came), len(text)))
        arrivals = [(max(each for each, _ in arrivals[: index + 1]), size) for index, (_, size) in enumerate(arrivals)]
        sources.append(write(folder, rank, text, arrivals if clocks else None))
    return sources


@given(RANKS, st.booleans(), st.sampled_from([32, 64, 1 << 17]))
@settings(max_examples=200, deadline=None)
def test_every_window_agrees_with_the_whole(ranks: list[list[tuple[int, bool, int]]], clocks: bool, cell: int) -> None:
    with TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.setattr(timeline, "CELL", cell)
        sources = made(Path(folder), ranks, clocks=clocks)
        log = MergedLog(sources)
        whole = list(log.lines())
        assert whole == sorted(whole, key=lambda each: each.key)
        for rank in range(len(ranks)):
            mine = [each.offset for each in whole if each.rank == rank]
            assert mine == sorted(mine), "never out of order within a rank"
        for index, line in enumerate(whole):
            assert list(log.around(line.key, 2, 3).lines) == whole[max(0, index - 2) : index + 3]


@given(RANKS, st.booleans())
@settings(max_examples=100, deadline=None)
def test_following_gives_times_that_never_fall(ranks: list[list[tuple[int, bool, int]]], clocks: bool) -> None:
    with TemporaryDirectory() as folder:
        sources = made(Path(folder), ranks, clocks=clocks)
        log = MergedLog(sources)
        for each in sources:
            found: list[LogLine] = []
            tail = Tail(0)
            for line in each.log.read_bytes().splitlines(keepends=True):
                more, tail = log.appended(each.rank, tail, line, START + 100)
                found += more
            times = [line.time for line in found]
            assert times == sorted(times)


def test_a_log_is_known_to_bear_stamps_after_a_few_looks(tmp_path: Path) -> None:
    path = tmp_path / "0.txt"
    path.write_bytes(b"plain\n" * 400_000 + stamped(5, "x").encode() + b"plain\n" * 1000)
    file = LogFile(path)
    assert Timeline(file, ClockFile(Path())).span() == (START + 5, START + 5)
