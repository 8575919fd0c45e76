"""The thread that reads logs for a view: answers, follows at the cost of what is new, and ends."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from desktop_app.services.logs.feed import FLOOD, Change, LogFeed, Update
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource
from tests.helpers.run_folders import FolderOfRun, make_run
from tests.helpers.waiting import wait_until


class Reader:
    """Collects what a feed delivers."""

    def __init__(self, made: FolderOfRun) -> None:
        self.updates: list[Update] = []
        sources = [LogSource(rank, made.log(rank), made.path / "clock" / f"{rank}.bin") for rank in range(2)]
        self.feed = LogFeed(sources, self.updates.append, poll=0.01)

    def wait(self, condition: Callable[[Update], bool]) -> Update:
        wait_until(lambda: any(map(condition, self.updates)), 20)
        return next(each for each in self.updates if condition(each))

    def answer(self, ticket: int) -> Update:
        return self.wait(lambda each: each.ticket == ticket)

    def wait_for_text(self, text: str) -> None:
        wait_until(lambda: text in self.texts(Change.GROWN), 20)

    def texts(self, change: Change) -> list[str]:
        return [line.text for each in self.updates if each.change is change for line in each.lines]


@pytest.fixture
def made(tmp_path: Path) -> FolderOfRun:
    return make_run(tmp_path, "r-1")


@pytest.fixture
def reader(made: FolderOfRun) -> Iterator[Reader]:
    reader = Reader(made)
    yield reader
    reader.feed.close()
    assert "log-feed" not in [each.name for each in threading.enumerate()]


def write(made: FolderOfRun, first: int, last: int, rank: int = 0) -> None:
    made.append(rank, b"".join(b"line %d\n" % each for each in range(first, last)), 1000.0 + first)


def test_the_end_is_shown_and_followed(made: FolderOfRun, reader: Reader) -> None:
    write(made, 0, 1000)
    ticket = reader.feed.show_end(10, follow=True)
    assert [each.text for each in reader.answer(ticket).window.lines] == [f"line {each}" for each in range(990, 1000)]
    write(made, 1000, 1003)
    wait_until(lambda: reader.texts(Change.GROWN) == ["line 1000", "line 1001", "line 1002"], 20)
    write(made, 0, 1, rank=1)
    wait_until(lambda: reader.texts(Change.GROWN)[-1] == "line 0", 20)
    assert all(each.ticket == ticket for each in reader.updates)


def test_following_costs_the_new_bytes_alone(
    made: FolderOfRun, reader: Reader, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(made, 0, 100_000)
    reader.answer(reader.feed.show_end(10, follow=True))
    read: list[int] = []
    plain = LogFile.read

    def counted(self: LogFile, offset: int, count: int) -> bytes:
        data = plain(self, offset, count)
        read.append(len(data))
        return data

    monkeypatch.setattr(LogFile, "read", counted)
    before = made.log(0).stat().st_size
    for index in range(20):
        write(made, 100_000 + index, 100_001 + index)
        reader.wait_for_text(f"line {100_000 + index}")
    assert sum(read) == made.log(0).stat().st_size - before


def test_a_line_that_is_written_in_pieces_grows(made: FolderOfRun, reader: Reader) -> None:
    reader.answer(reader.feed.show_end(10, follow=True))
    for piece, text in ((b"lo", "lo"), (b"ss 0", "loss 0"), (b".5\nnext", "next")):
        made.append(0, piece, 1000.0)
        reader.wait_for_text(text)
    wait_until(lambda: reader.texts(Change.GROWN)[-2:] == ["loss 0.5", "next"], 20)
    assert {line.offset for each in reader.updates for line in each.lines} == {0, 9}


def test_a_flood_is_not_read_line_by_line(made: FolderOfRun, reader: Reader) -> None:
    ticket = reader.feed.show_end(10, follow=True)
    reader.answer(ticket)
    made.append(0, b"x" * 99 + b"\n" + b"y\n" * FLOOD, 1000.0)
    update = reader.wait(lambda each: each.change is Change.REPLACE and each.total > FLOOD)
    assert len(update.window.lines) == 10
    assert update.ticket == ticket


def test_who_does_not_follow_is_told_of_more_without_reading_it(made: FolderOfRun, reader: Reader) -> None:
    write(made, 0, 100)
    reader.answer(reader.feed.show_end(10, follow=True))
    reader.feed.unfollow()
    write(made, 100, 200)
    update = reader.wait(lambda each: each.change is Change.SIZE)
    assert update.total == made.log(0).stat().st_size
    assert reader.texts(Change.GROWN) == []


def test_nothing_is_told_before_anything_was_asked_for(made: FolderOfRun, reader: Reader) -> None:
    write(made, 0, 100)
    looks = 0
    plain = reader.feed._look

    def counted() -> None:
        nonlocal looks
        plain()
        looks += 1

    reader.feed._look = counted  # type: ignore[method-assign]
    wait_until(lambda: looks > 2, 20)
    assert reader.updates == []


def test_nothing_is_told_where_nothing_came(made: FolderOfRun, reader: Reader) -> None:
    reader.answer(reader.feed.show_end(10, follow=False))
    reader.answer(reader.feed.more_before((2000.0, 0, 0), 1))
    assert Change.SIZE not in [each.change for each in reader.updates]


def test_more_is_read_on_both_sides(made: FolderOfRun, reader: Reader) -> None:
    write(made, 0, 1000)
    middle = reader.answer(reader.feed.show_offset(0, made.log(0).stat().st_size // 2, 5, 5)).window.lines
    before = reader.answer(reader.feed.more_before(middle[0].key, 3)).window.lines
    after = reader.answer(reader.feed.more_after(middle[-1].key, 3)).window.lines
    numbers = [int(each.text.split()[1]) for each in (*before, *middle, *after[1:])]
    assert numbers == list(range(numbers[0], numbers[0] + 15))
    assert after[0] == middle[-1]


def test_a_newer_jump_takes_the_place_of_older_ones(made: FolderOfRun, reader: Reader) -> None:
    write(made, 0, 1000)
    tickets = [reader.feed.show_at(place, 5, 5) for place in range(0, 5000, 10)]
    reader.answer(tickets[-1])
    assert len(reader.updates) < len(tickets)


def test_a_log_cut_short_is_shown_anew(made: FolderOfRun, reader: Reader) -> None:
    write(made, 0, 100)
    reader.answer(reader.feed.show_end(10, follow=True))
    made.log(0).write_bytes(b"anew\n")
    reader.wait(lambda each: [line.text for line in (*each.window.lines, *each.lines)] == ["anew"])
    assert any(each.change is Change.REPLACE for each in reader.updates[1:]), "what was there is gone from the view"


def test_a_log_that_is_gone_reads_as_empty(made: FolderOfRun, reader: Reader) -> None:
    write(made, 0, 100)
    reader.answer(reader.feed.show_end(10, follow=True))
    made.log(0).unlink()
    reader.wait(lambda each: each.change is Change.REPLACE and each.total == 0)


def test_nothing_is_looked_at_for_nobody(made: FolderOfRun, reader: Reader) -> None:
    reader.answer(reader.feed.show_end(10, follow=True))
    reader.feed.pause(True)
    write(made, 0, 10)
    # A request is answered while paused: what was written is not told of before it.
    reader.answer(reader.feed.more_before((2000.0, 0, 0), 1))
    assert reader.texts(Change.GROWN) == []
    reader.feed.pause(False)
    wait_until(lambda: len(reader.texts(Change.GROWN)) == 10, 20)


def test_a_line_is_delivered_within_a_tenth_of_a_second(made: FolderOfRun, reader: Reader) -> None:
    reader.answer(reader.feed.show_end(10, follow=True))
    waits = []
    for index in range(20):
        began = time.monotonic()
        write(made, index, index + 1)
        reader.wait_for_text(f"line {index}")
        waits.append(time.monotonic() - began)
    assert sorted(waits)[len(waits) // 2] < 0.1
