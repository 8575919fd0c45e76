"""`runs logs --search` and `--regex`: the lines by time, and how many each rank has."""

from __future__ import annotations

import json
from argparse import ArgumentParser
from functools import partial
from pathlib import Path

import pytest

from desktop_app.api import UserError
from desktop_app.cli import run_logs
from desktop_app.services.logs.search import search, smart
from desktop_app.services.logs.sources import log_sources
from tests.helpers.run_folders import FolderOfRun, make_run


@pytest.fixture
def made(tmp_path: Path) -> FolderOfRun:
    run = make_run(tmp_path, "r-1", nodes=1, processes=3)
    run.append(1, b"\x1b[31mLoss 0.5\x1b[0m\n", 1001.0)
    run.append(0, b"other\nloss 0.4 loss\n", 1002.0)
    return run


async def test_lines_come_by_time_and_counts_by_rank(made: FolderOfRun, capsys: pytest.CaptureFixture[str]) -> None:
    assert await run_logs._search(made.snapshot, list(log_sources(made.snapshot)), smart("loss"), as_json=False) == 0
    told = capsys.readouterr()
    assert told.out.splitlines() == ["[1] Loss 0.5", "[0] loss 0.4 loss"]
    assert "3 matches: rank 0: 2; rank 1: 1." in told.err


async def test_the_same_as_json(made: FolderOfRun, capsys: pytest.CaptureFixture[str]) -> None:
    query = smart(r"l\w+ \d", regex=True)
    assert await run_logs._search(made.snapshot, list(log_sources(made.snapshot)), query, as_json=True) == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["count"], told["counts"]) == (2, {"0": 1, "1": 1, "2": 0})
    assert [(each["rank"], each["offset"], each["line"]) for each in told["matches"]] == [
        ("1", 0, "Loss 0.5"), ("0", 6, "loss 0.4 loss"),
    ]  # fmt: skip


async def test_what_is_not_listed_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(run_logs, "search", partial(search, limit=100))
    run = make_run(tmp_path, "r-2", nodes=1, processes=1)
    run.append(0, b"loss\n" * 5000, 1001.0)
    for as_json in (False, True):
        await run_logs._search(run.snapshot, list(log_sources(run.snapshot)), smart("loss"), as_json=as_json)
    told = capsys.readouterr()
    assert "of them are listed: --rank takes one rank alone" in told.err
    document = json.loads(told.out[told.out.index("{") :])
    assert (document["count"], document["truncated"]) == (5000, True)
    assert len(document["matches"]) < 5000


async def test_nothing_found_is_said_and_is_no_success(made: FolderOfRun, capsys: pytest.CaptureFixture[str]) -> None:
    sources = list(log_sources(made.snapshot))
    assert await run_logs._search(made.snapshot, sources, smart("zebra"), as_json=False) == 1
    assert "No line has “zebra”." in capsys.readouterr().err
    with pytest.raises(UserError, match="nothing to search for"):
        await run_logs._search(made.snapshot, sources, smart(""), as_json=False)


async def test_a_broken_expression_has_a_hint_for_the_terminal(made: FolderOfRun) -> None:
    with pytest.raises(UserError, match="no regular expression") as said:
        await run_logs._search(
            made.snapshot, list(log_sources(made.snapshot)), smart("loss(", regex=True), as_json=False
        )
    assert said.value.hint == "Use --search for plain text."


def test_a_search_does_not_follow() -> None:
    parser = ArgumentParser()
    run_logs.configure(parser)
    assert parser.parse_args(["--regex", "a+", "--rank", "1"]).regex == "a+"
    with pytest.raises(SystemExit):
        parser.parse_args(["--follow", "--search", "x"])


def test_many_ranks_are_put_together() -> None:
    names = {each: str(each) for each in range(70)} | {1 << 20: "mpirun"}
    counts = dict.fromkeys(range(70), 2) | {3: 9, 1 << 20: 1}
    assert run_logs._by_rank(counts, names) == "rank 3: 9; 69 ranks: 2 each; mpirun: 1"
