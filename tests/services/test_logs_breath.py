"""Who reads lets the window go first, and is never held for good."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from desktop_app.services.logs import breath
from desktop_app.services.logs.breath import Breath, Over
from desktop_app.services.logs.feed import LogFeed
from desktop_app.services.logs.log_file import LogFile
from desktop_app.services.logs.merge import LogSource


def test_who_reads_waits_while_the_window_is_ahead(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breath, "_LONGEST", 30.0)  # a busy machine may hold this test up for longer than usual
    made, drawn = Breath(), threading.Event()

    def read() -> None:
        made()
        drawn.set()

    with made.ahead():
        reader = threading.Thread(target=read)
        reader.start()
        assert not drawn.wait(0.05)
    assert drawn.wait(30)
    reader.join()


def test_a_window_that_does_not_come_back_holds_nobody_for_good(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(breath, "_LONGEST", 0.01)
    made = Breath()
    with made.ahead():
        made()


def test_the_window_that_fails_lets_go() -> None:
    made = Breath()
    with pytest.raises(RuntimeError), made.ahead():
        raise RuntimeError
    reader = threading.Thread(target=made)
    reader.start()
    reader.join(30)
    assert made._free.is_set()


def test_who_reads_for_nobody_breaks_off() -> None:
    made = Breath()
    made()
    made.end()
    with pytest.raises(Over):
        made()


def test_who_closes_a_log_waits_for_nothing_that_is_still_to_be_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    reading, over, read, reads = threading.Event(), threading.Event(), LogFile.read, list[int]()

    def slow(self: LogFile, offset: int, count: int) -> bytes:
        reads.append(offset)
        reading.set()
        assert over.wait(30)
        return read(self, offset, count)

    monkeypatch.setattr(LogFile, "read", slow)
    for rank in range(50):
        (tmp_path / f"{rank}.txt").write_text("step 1\n")
    sources = [LogSource(rank, tmp_path / f"{rank}.txt", Path()) for rank in range(50)]
    delivered: list[object] = []
    feed = LogFeed(sources, delivered.append)
    end = feed.breath.end

    def told() -> None:
        end()
        over.set()

    monkeypatch.setattr(feed.breath, "end", told)
    feed.show_end(10, follow=False)
    assert reading.wait(30)
    feed.close()
    assert (len(reads), delivered) == (1, [])
