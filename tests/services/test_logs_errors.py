"""Where errors are in logs: found once, and then only in what was written since."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from pathlib import Path

import pytest

from desktop_app.services.logs import errors
from desktop_app.services.logs.errors import Errors
from desktop_app.services.logs.merge import LogSource
from desktop_app.services.logs.search import Found, Query, search

Asked = list[tuple[list[int], dict[int, int]]]


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    """What searches were begun: of which ranks, and from where on."""
    told = Asked()

    def noted(
        sources: Sequence[LogSource], query: Query, *, begins: Mapping[int, int] | None = None
    ) -> AsyncGenerator[Found, None]:
        told.append(([each.rank for each in sources], dict(begins or {})))
        return search(sources, query, begins=begins)

    monkeypatch.setattr(errors, "search", noted)
    return told


def write(folder: Path, rank: int, text: str, *, mode: str = "w", encoding: str = "utf-8") -> LogSource:
    with (folder / f"{rank}.txt").open(mode, encoding=encoding, newline="") as file:
        file.write(text)
    return LogSource(rank, folder / f"{rank}.txt", Path())


async def test_what_was_searched_is_not_searched_again(tmp_path: Path, asked: Asked) -> None:
    sources = [write(tmp_path, 0, "fine\nValueError: a\n"), write(tmp_path, 1, "fine\n")]
    made = Errors()
    assert await made.places(sources) == [(0.0, 0, 5)]
    assert await made.places(sources) == [(0.0, 0, 5)]
    assert len(asked) == 1


async def test_only_what_grew_is_searched_and_the_last_line_once_more(tmp_path: Path, asked: Asked) -> None:
    sources = [write(tmp_path, 0, "ValueError: a\nVal"), write(tmp_path, 1, "fine\n")]
    made = Errors()
    assert await made.places(sources) == [(0.0, 0, 0)]
    write(tmp_path, 0, "ueError: b\n", mode="a")
    assert await made.places(sources) == [(0.0, 0, 0), (0.0, 0, 14)]
    assert asked[1:] == [([0], {0: 14})]
    write(tmp_path, 1, "KeyError: c\n", mode="a")
    assert await made.places(sources) == [(0.0, 0, 0), (0.0, 0, 14), (0.0, 1, 5)]
    assert [ranks for ranks, _ in asked[2:]] == [[1]]


async def test_a_log_that_became_shorter_and_other_logs_are_searched_as_a_whole(tmp_path: Path) -> None:
    sources = [write(tmp_path, 0, "fine\nValueError: a\n"), write(tmp_path, 1, "fine\n")]
    made = Errors()
    assert await made.places(sources) == [(0.0, 0, 5)]
    write(tmp_path, 0, "KeyError: b\n")
    assert await made.places(sources) == [(0.0, 0, 0)]
    assert await made.places(sources[1:]) == []
    assert await made.places([]) == []


async def test_what_grew_in_utf_16_is_found(tmp_path: Path) -> None:
    source = write(tmp_path, 0, "fine\n", encoding="utf-16-le")
    source.log.write_bytes(b"\xff\xfe" + source.log.read_bytes())
    made = Errors()
    assert await made.places([source]) == []
    write(tmp_path, 0, "ValueError: a\n", mode="a", encoding="utf-16-le")
    assert await made.places([source]) == [(0.0, 0, 12)]
