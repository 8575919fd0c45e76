"""Thousands of ranks: all of them are read with few files open, and found again."""

from __future__ import annotations

import itertools
import sys
from pathlib import Path

import psutil
import pytest

from desktop_app.services.logs.errors import Errors
from desktop_app.services.logs.merge import LogSource, MergedLog
from desktop_app.services.logs.search import search, smart

RANKS, STEPS, FALLEN = 3000, 3, 1234


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> list[LogSource]:
    """A small log for each of some thousand ranks, one of which fell."""
    folder = tmp_path_factory.mktemp("many")
    sources = []
    for rank in range(RANKS):
        lines = [f"2026-11-22 10:00:{step:02},{rank % 1000:03} INFO step {step}\n" for step in range(STEPS)]
        (folder / f"{rank}.txt").write_text("".join(lines) + "RuntimeError: boom\n" * (rank == FALLEN))
        sources.append(LogSource(rank, folder / f"{rank}.txt", Path()))
    return sources


@pytest.mark.skipif(sys.platform == "win32", reason="counts file descriptors")
def test_all_ranks_are_merged_with_few_files_open(many: list[LogSource]) -> None:
    me, held, calls = psutil.Process(), set[int](), itertools.count()

    def look() -> None:
        if next(calls) % 500 == 0:
            held.add(me.num_fds())

    before = me.num_fds()
    log = MergedLog(many, breathe=look)
    window = log.end(RANKS * 2)
    assert len(window.lines) == RANKS * 2
    assert sum(each.text.endswith("INFO step 2") for each in window.lines) == RANKS
    first = window.lines[0].key
    assert len(log.before(first, RANKS).lines) == RANKS
    assert max(held) <= before + 2, "a log's file is closed before the next one is opened"


async def test_the_one_that_fell_is_found(many: list[LogSource]) -> None:
    assert [rank for _, rank, _ in await Errors().places(many)] == [FALLEN]
    async for part in search(many, smart("step 1")):
        found = part
    assert (found.count, len(found.counts)) == (RANKS, RANKS)
