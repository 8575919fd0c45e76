"""Searching logs in a child process finds what reading them line by line would find."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import psutil
import pytest

from desktop_app.api import OutsideError, UserError
from desktop_app.services.logs import search as searching
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.search import ERRORS, Found, Match, Query, search, smart
from tests.helpers.waiting import wait_until


def source(folder: Path, rank: int, data: bytes) -> LogSource:
    made = LogSource(rank, folder / f"{rank}.txt", folder / f"{rank}.bin")
    made.log.write_bytes(data)
    return made


async def all_of(sources: list[LogSource], query: Query, limit: int = 1000) -> tuple[list[Match], Found]:
    matches: list[Match] = []
    last = Found((), 0, 0.0)
    async for each in search(sources, query, limit):
        matches += each.matches
        last = each
    return matches, last


async def test_every_rank_is_searched_and_counted(tmp_path: Path) -> None:
    sources = [source(tmp_path, rank, b"epoch 1 loss 0.5\nother\nEpoch 2 LOSS 0.4 loss\n") for rank in range(3)]
    matches, last = await all_of(sources, Query("loss"))
    assert last.done
    assert last.count == 9
    assert [(each.rank, each.offset, each.column) for each in matches[:3]] == [(0, 0, 8), (0, 23, 8), (0, 23, 17)]
    assert {each.length for each in matches} == {4}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        (Query("Loss", case=True), 0),
        (Query("a.c"), 1),
        (Query("a.c", regex=True), 2),
        (Query("^l\\w+s$", regex=True), 1),
        (Query("ÄRGER"), 1),
        (Query("100 %"), 1),
        (Query("50 %"), 0),  # it was overwritten before anybody could read it
        (Query("red plain"), 0),
        (Query("kelvin"), 1),
    ],
)
async def test_what_is_shown_is_what_is_found(tmp_path: Path, query: Query, found: int) -> None:
    text = "loss\nabc a.c\närger \ud800\n10 %\r50 %\r100 %\n\x1b[31mred\x1b[0m plain\n\u212aelvin\n"
    _, last = await all_of([source(tmp_path, 0, text.encode("utf-8", "surrogatepass"))], query)
    assert last.count == found


async def test_a_hostile_expression_is_ended_and_said(tmp_path: Path) -> None:
    sources = [source(tmp_path, 0, b"fine\n"), source(tmp_path, 7, b"a" * 40 + b"!\n")]
    with pytest.raises(UserError, match="takes too long on a line of rank 7"):
        await all_of(sources, Query("(a+)+$", regex=True))
    assert not psutil.Process().children()


async def test_where_a_child_cannot_time_itself_its_silence_tells(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_SILENCE", 0.2)
    with pytest.raises(UserError, match="takes too long on a line"):
        await all_of([source(tmp_path, 0, b"a" * 40 + b"!\n")], Query("(a+)+$", regex=True))


async def test_each_rank_has_its_count(tmp_path: Path) -> None:
    sources = [source(tmp_path, rank, b"loss\nother\n" * rank) for rank in range(4)]
    _, last = await all_of(sources, Query("loss"))
    assert last.counts == {0: 0, 1: 1, 2: 2, 3: 3}


async def test_parts_of_logs_are_searched_at_once_and_nothing_is_found_twice(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(searching, "_SHARE", 1000)
    line = b"0123456789 needle\n"
    sources = [source(tmp_path, rank, line * 700) for rank in range(3)]
    matches, last = await all_of(sources, Query("needle"), limit=10_000)
    assert last.counts == {0: 700, 1: 700, 2: 700}
    assert sorted(each.offset for each in matches if each.rank == 1) == [18 * each for each in range(700)]


@pytest.mark.parametrize(("text", "count"), [("loss", 2), ("LOSS", 1), (r"l\Ss+", 2)])
async def test_capitals_count_where_there_are_any(tmp_path: Path, text: str, count: int) -> None:
    made = source(tmp_path, 0, b"loss\nLOSS\n")
    assert (await all_of([made], smart(text, regex="\\" in text)))[1].count == count
    assert (await all_of([made], smart("loss", case=True)))[1].count == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-be"])
async def test_utf_16_and_latin_1_are_searched(tmp_path: Path, encoding: str) -> None:
    mark = b"\xfe\xff" if encoding == "utf-16-be" else b""
    wide = source(tmp_path, 0, mark + "erste Zeile\r\nÄrger mit 中文\n".encode(encoding))
    narrow = source(tmp_path, 1, "Ärger\n".encode("latin-1"))
    matches, last = await all_of([wide, narrow], Query("ärger m"))
    assert last.counts == {0: 1, 1: 0}
    assert [(each.offset, each.column) for each in matches] == [(len("erste Zeile\r\n") * 2 + 2, 0)]
    assert (await all_of([narrow], Query("rger")))[1].count == 1


@pytest.mark.parametrize("encoding", ["utf-16", "utf-16-le", "utf-16-be"])
async def test_all_lines_of_a_long_log_in_utf_16_are_found_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, encoding: str
) -> None:
    monkeypatch.setattr(searching, "_SHARE", 99_999)  # children whose parts begin within a letter
    lines = [f"step {number} of an epoch\n" for number in range(20_000)]
    wide = source(tmp_path, 0, "".join(lines).encode(encoding))
    matches, last = await all_of([wide], Query("step"), limit=len(lines))
    assert last.count == len(lines)
    assert len({each.offset for each in matches}) == len(lines)


async def test_matches_are_in_the_order_of_stamps(tmp_path: Path) -> None:
    lines = ["2026-11-22T10:00:05Z begin\n  needle\n", "2026-11-22T10:00:01Z needle\n"]
    matches, _ = await all_of(
        [source(tmp_path, rank, each.encode()) for rank, each in enumerate(lines)], Query("needle")
    )
    assert [each.rank for each in sorted(matches)] == [1, 0]
    assert matches[0].time - matches[1].time == 4.0


async def test_the_first_error_of_each_log_is_enough(tmp_path: Path) -> None:
    made = source(tmp_path, 0, b"ValueError: no\n" + b"ERROR\n" * 200_000)
    _, last = await all_of([made], dataclasses.replace(ERRORS, first=True))
    assert 0 < last.count < 100_000


async def test_a_frequent_text_is_counted_where_it_is_not_listed(tmp_path: Path) -> None:
    data = "loss Kilo\n".encode() * 50 + b"Loss kilo\n" * 100_000
    for text in ("loss", "kilo", "Loss"):
        matches, last = await all_of([source(tmp_path, 0, data)], smart(text), limit=10)
        assert last.count == (100_000 if text == "Loss" else 100_050)
        assert len(matches) == 10


async def test_matches_beyond_the_limit_are_counted_only(tmp_path: Path) -> None:
    matches, last = await all_of([source(tmp_path, 0, b"x\n" * 5000)], Query("x"), limit=100)
    assert len(matches) == 100
    assert last.count == 5000


async def test_lines_across_pieces_are_found_once(tmp_path: Path) -> None:
    line = b"0123456789 needle\n"
    matches, last = await all_of([source(tmp_path, 0, line * 300_000)], Query("needle"), limit=400_000)
    assert last.count == 300_000
    assert [each.offset for each in matches] == [index * len(line) for index in range(300_000)]


async def test_a_broken_expression_is_said(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="no regular expression"):
        await all_of([source(tmp_path, 0, b"x\n")], Query("(", regex=True))


async def test_a_search_that_would_not_end_is_cancelled(tmp_path: Path) -> None:
    sources = [source(tmp_path, 0, b"a" * 40 + b"!\n")]
    task = asyncio.create_task(all_of(sources, Query("(a+)+$", regex=True)))
    await asyncio.to_thread(wait_until, psutil.Process().children)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert not psutil.Process().children()


async def test_a_search_that_crashes_does_not_look_finished(tmp_path: Path) -> None:
    task = asyncio.create_task(all_of([source(tmp_path, 0, b"a" * 40 + b"!\n")], Query("(a+)+$", regex=True)))
    (child,) = await asyncio.to_thread(wait_until, psutil.Process().children)
    child.kill()
    with pytest.raises(OutsideError, match="broke off"):
        await task


async def test_errors_are_told_from_talk(tmp_path: Path) -> None:
    talk = b"error rate 0.1\nno errors so far\nErrorFeedback compressor on\n"
    trouble = b"Traceback (most recent call last):\n  File x\nValueError: no\n[rank1]: RuntimeError: gone\n"
    trouble += b"CUDA out of memory\n"
    _, calm = await all_of([source(tmp_path, 0, talk)], ERRORS)
    assert calm.count == 0
    matches, _ = await all_of([source(tmp_path, 1, trouble)], ERRORS)
    assert len({each.offset for each in matches}) == 4
