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

from desktop_app import __version__
from desktop_app.api import UserError
from desktop_app.places import Places
from desktop_app.services.workbench import Workbench
from desktop_app.ui import tasks
from desktop_app.ui.crash import CrashReporter
from desktop_app.ui.interrupt import Interrupts
from desktop_app.ui.journal import Journal
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
    asked: list[str] = []
    before = signal.getsignal(signal.SIGINT)
    interrupts = Interrupts(asked.append)
    signal.raise_signal(signal.SIGINT)
    await until(lambda: asked)
    assert asked == ["SIGINT"]
    assert signal.getsignal(signal.SIGINT) is signal.SIG_DFL
    interrupts.stop()
    assert signal.getsignal(signal.SIGINT) is before


async def test_a_signal_that_is_ignored_stays_so() -> None:
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    interrupts = Interrupts(lambda _name: None)
    assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    interrupts.stop()
    signal.signal(signal.SIGHUP, before)


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
    os.kill(os.getpid(), getattr(signal, sys.argv[2]))
main_window.MainWindow.attach = then_interrupt
from desktop_app.app import run_window
code = run_window(None, sys.argv[1], False)
print("closed", code, "torch" in sys.modules, "pyqtgraph" in sys.modules, flush=True)
"""


@pytest.mark.parametrize("name", ["SIGINT", "SIGTERM", "SIGHUP"])
def test_the_whole_window_starts_and_a_signal_closes_it_and_is_written_down(name: str, tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-W", "error", "-X", "faulthandler", "-c", START, str(tmp_path), name], cwd=ROOT,
        capture_output=True, text=True, timeout=100, env=offscreen(tmp_path), check=False,
    )  # fmt: skip
    assert done.stdout == "closed 0 False False\n", done.stderr
    assert done.stderr.splitlines()[-1] == f"rankzero: asked to end by {name}"
    lines = (tmp_path / "window.log").read_text("utf-8").splitlines()
    assert [each.split(" ", 2)[2].partition(",")[0] for each in lines] == [
        f"started {__version__}", f"closing: {name}", "closed",
    ]  # fmt: skip
    assert (tmp_path / "window.json").is_file()
    assert not list(tmp_path.glob("crashes/*"))


CRASH = """
import sys, os, signal
from pathlib import Path
from desktop_app.ui.journal import Journal
Journal(Path(sys.argv[1])).start("1")
os.kill(os.getpid(), signal.SIGSEGV)
"""


def test_a_hard_crash_leaves_its_stack_in_the_log(tmp_path: Path) -> None:
    log = tmp_path / "home" / "window.log"
    done = subprocess.run([sys.executable, "-c", CRASH, str(log)], cwd=ROOT, timeout=100, check=False)
    assert done.returncode == -signal.SIGSEGV
    assert "Fatal Python error: Segmentation fault" in log.read_text("utf-8")


def test_the_log_forgets_its_older_half(tmp_path: Path) -> None:
    log = tmp_path / "window.log"
    log.write_text("an old line\n" * 20_000)
    journal = Journal(log)
    journal.start("1")
    journal.stop("closed")
    journal.write("after the end")
    lines = log.read_text("utf-8").splitlines()
    assert len(lines) < 9_000
    assert set(lines[:-2]) == {"an old line"}
    assert lines[-1].endswith(" closed")
    Journal(tmp_path / "window.log" / "no folder").start("1")


def offscreen(home: Path) -> dict[str, str]:
    """Return an environment for a window without a display."""
    return {**os.environ, "QT_QPA_PLATFORM": "offscreen", "RANKZERO_CACHE": str(home / "cache")}
