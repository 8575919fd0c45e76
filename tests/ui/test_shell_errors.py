"""Bugs become a report and a quiet message; tasks send their errors where they belong; Ctrl+C closes."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from PySide6.QtCore import QTimer, qCritical, qWarning

from desktop_app.api import UserError
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui import tasks
from desktop_app.ui.crash import CrashReporter
from desktop_app.ui.interrupt import Interrupts
from tests.ui.windows import Windows, until

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture
def crashes(places: Places) -> Iterator[CrashReporter]:
    made = CrashReporter(places)
    made.install()
    yield made
    made.uninstall()


def reports(places: Places) -> list[str]:
    """Return what was reported."""
    return [each.read_text("utf-8") for each in sorted(places.crashes.glob("*.txt"))]


def fail(text: str = "a bug") -> None:
    raise RuntimeError(text)


@pytest.mark.qt_no_exception_capture
async def test_a_bug_is_reported_shown_and_survived(
    windows: Windows, bench: Workbench, places: Places, crashes: CrashReporter
) -> None:
    window = await windows.open(bench)
    window.follow_crashes(crashes)
    QTimer.singleShot(0, lambda: fail("HF_TOKEN=hf_0123456789abcdef went wrong"))
    await until(lambda: bool(reports(places)))
    assert "hf_0123456789abcdef" not in reports(places)[0]
    assert "went wrong" in reports(places)[0]
    assert "Rank Zero made a mistake: RuntimeError" in window.message.heading.text()
    assert "Traceback" in window.message.details.toPlainText()
    window.show_page("plugins")
    assert window.isVisible()


@pytest.mark.qt_no_exception_capture
async def test_the_same_bug_is_reported_once(places: Places, crashes: CrashReporter) -> None:
    failed: list[int] = []

    def fail_again() -> None:
        failed.append(1)
        fail()

    for _ in range(5):
        QTimer.singleShot(0, fail_again)
    await until(lambda: len(failed) == 5)
    assert len(reports(places)) == 1


async def test_threads_the_loop_and_qt_are_heard(
    places: Places, crashes: CrashReporter, caplog: pytest.LogCaptureFixture
) -> None:
    loop = asyncio.get_running_loop()
    before = loop.get_exception_handler()
    crashes.watch_loop(loop)
    thread = threading.Thread(target=lambda: fail("in a thread"), name="sampler")
    thread.start()
    thread.join()
    loop.call_exception_handler({"message": "forgotten", "exception": ValueError("in the loop")})
    qCritical("in Qt")
    qWarning("not worth a report")
    loop.set_exception_handler(before)
    text = "\n".join(reports(places))
    assert all(each in text for each in ("in a thread", "thread sampler", "in the loop", "in Qt"))
    assert len(reports(places)) == 3
    assert [each.getMessage() for each in caplog.records] == ["Qt: not worth a report"]


def test_a_report_that_cannot_be_written_is_still_told(places: Places) -> None:
    places.home.mkdir(parents=True)
    places.crashes.write_text("in the way")
    made = CrashReporter(places)
    heard: list[tuple[str, str, str]] = []
    made.reported.connect(lambda *what: heard.append(what))
    made.report(RuntimeError("a bug"))
    assert "no report" in heard[0][1]


async def test_a_task_that_fails_tells_whom_it_concerns() -> None:
    said: list[BaseException] = []
    bugs: list[BaseException] = []
    tasks.route(user_error=said.append, bug=bugs.append)

    async def raises(error: Exception) -> None:
        raise error

    mine: list[UserError] = []
    await asyncio.wait([tasks.spawn(raises(UserError("yours")), "one")])
    await asyncio.wait([tasks.spawn(raises(UserError("mine")), "two", mine.append)])
    await asyncio.wait([tasks.spawn(raises(ValueError("bug")), "three")])
    await until(lambda: not tasks.running())
    assert [str(each) for each in (*said, *mine, *bugs)] == ["yours", "mine", "bug"]


async def test_cancelling_ends_all_tasks_and_tells_nobody() -> None:
    bugs: list[BaseException] = []
    tasks.route(user_error=bugs.append, bug=bugs.append)
    tasks.spawn(asyncio.Event().wait(), "waits")
    await tasks.cancel_all()
    assert tasks.running() == frozenset()
    assert bugs == []


async def test_an_interrupt_closes_in_good_order() -> None:
    asked: list[bool] = []
    before = signal.getsignal(signal.SIGINT)
    interrupts = Interrupts(lambda: asked.append(True))
    signal.raise_signal(signal.SIGINT)
    await until(lambda: asked)
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    interrupts.stop()
    assert signal.getsignal(signal.SIGINT) is before


FIRST_PAINT = """
import sys
from desktop_app.app import first_paint
app, window = first_paint(sys.argv[1], print)
assert window.was_painted
heavy = ("torch", "tensorflow", "onnx", "azure", "numpy", "pyqtgraph", "asyncio", "pluggy", "qtawesome", "sqlite3")
print([name for name in heavy if name in sys.modules])
import PySide6.QtCore
print("Qt" in vars(PySide6.QtCore))
"""


def test_the_first_paint_needs_nothing_heavy(tmp_path: Path) -> None:
    for enums in (True, False):  # the second start finds what the first one drew, and makes none of Qt's enumerations
        done = subprocess.run(
            [sys.executable, "-c", FIRST_PAINT, str(tmp_path)], cwd=ROOT, capture_output=True, text=True, timeout=100,
            env=offscreen(tmp_path), check=False,
        )  # fmt: skip
        assert done.stdout == f"[]\n{enums}\n", done.stderr


START = """
import sys, os, signal, threading
from desktop_app.ui import main_window
attach = main_window.MainWindow.attach
def then_interrupt(self, workbench):
    attach(self, workbench)
    os.kill(os.getpid(), signal.SIGINT)
main_window.MainWindow.attach = then_interrupt
from desktop_app.app import run_window
code = run_window(None, sys.argv[1], False)
print("closed", code, "torch" in sys.modules, "pyqtgraph" in sys.modules, flush=True)
"""


def test_the_whole_window_starts_and_ctrl_c_closes_it(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "faulthandler", "-c", START, str(tmp_path)], cwd=ROOT,
        capture_output=True, text=True, timeout=100, env=offscreen(tmp_path), check=False,
    )  # fmt: skip
    assert done.stdout == "closed 0 False False\n", done.stderr
    assert (tmp_path / "window.json").is_file()
    assert not list(tmp_path.glob("crashes/*"))


def offscreen(home: Path) -> dict[str, str]:
    """Return an environment for a window without a display."""
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RANKZERO_CACHE": str(home / "cache")}
