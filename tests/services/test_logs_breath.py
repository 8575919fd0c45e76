"""Who reads lets the window go first, and is never held for good."""

from __future__ import annotations

import threading

import pytest

from desktop_app.services.logs import breath
from desktop_app.services.logs.breath import Breath


def test_who_reads_waits_while_the_window_is_ahead() -> None:
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
