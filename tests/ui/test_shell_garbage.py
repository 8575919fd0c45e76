"""Garbage is collected on the window's thread alone."""

from __future__ import annotations

import gc
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from desktop_app.ui.garbage import Garbage
from tests.ui.test_shell_errors import offscreen

ROOT = Path(__file__).resolve().parents[2]


class Knot:
    """A cycle that says on which thread it was untied."""

    untied: list[int]

    def __init__(self, untied: list[int]) -> None:
        self.me, self.untied = self, untied

    def __del__(self) -> None:
        self.untied.append(threading.get_ident())


@pytest.fixture
def garbage() -> Iterator[Garbage]:
    made = Garbage()
    made.start()
    yield made
    made.stop()
    gc.disable()  # as the suite has it


def litter(untied: list[int], count: int = 3000) -> None:
    for _ in range(count):
        Knot(untied)


def test_another_thread_leaves_garbage_alone_and_the_timer_takes_it(garbage: Garbage) -> None:
    untied: list[int] = []
    thread = threading.Thread(target=litter, args=(untied,))
    thread.start()
    thread.join()
    assert untied == []
    assert garbage.collect() == 0
    assert set(untied) == {threading.get_ident()}
    assert len(untied) == 3000


def test_with_little_garbage_nothing_is_done(garbage: Garbage) -> None:
    gc.collect()
    assert garbage.collect() == -1


def test_older_generations_have_their_turn(garbage: Garbage) -> None:
    seen = set()
    for _ in range(15):
        litter([], 800)
        seen.add(garbage.collect())
    assert seen == {0, 1}


def test_much_at_once_is_taken_before_its_turn(garbage: Garbage) -> None:
    gc.collect()
    assert garbage.look() == -1
    untied: list[int] = []
    litter(untied, 6000)
    held = [Knot([]) for _ in range(6000)]
    assert garbage.look() == 1
    assert len(untied) == 6000
    assert not any(each is held[0] for each in gc.get_objects(1)), "what stays is not looked through again and again"
    assert {garbage.look() for _ in range(2)} == {-1}


def test_once_in_four_turns_the_usual_is_collected(garbage: Garbage) -> None:
    gc.collect()
    litter([], 800)
    assert [garbage.look() for _ in range(4)] == [-1, -1, -1, 0]


def test_the_automatic_collection_comes_back(garbage: Garbage) -> None:
    assert not gc.isenabled()
    garbage.stop()
    assert gc.isenabled()


WINDOW = """
import gc, os, signal, sys
from desktop_app.ui import main_window
attach = main_window.MainWindow.attach
def look(self, workbench):
    attach(self, workbench)
    print("automatic", gc.isenabled(), flush=True)
    os.kill(os.getpid(), signal.SIGINT)
main_window.MainWindow.attach = look
from desktop_app.app import run_window
run_window(None, sys.argv[1], False)
print("automatic", gc.isenabled(), flush=True)
"""


def test_the_window_has_it_so(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", WINDOW, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=100,
        env=offscreen(tmp_path), check=False,
    )  # fmt: skip
    assert done.stdout == "automatic False\nautomatic True\n", done.stderr
