"""Fixtures of the window's suite: offscreen, one loop for Qt and asyncio, and no surprise goes unnoticed."""

from __future__ import annotations

import asyncio
import gc
import inspect
import os
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

os.environ.setdefault("QT_QPA_PLATFORM", "offscreen")
os.environ.setdefault("QT_ENABLE_HIGHDPI_SCALING", "1")

from PySide6.QtCore import QCoreApplication, QEvent, QMessageLogContext, QtMsgType, qInstallMessageHandler
from PySide6.QtGui import QFont
from PySide6.QtWidgets import QApplication, QWidget

from desktop_app.places import Places
from desktop_app.ui import tasks
from desktop_app.ui.icons import forget_pictures
from desktop_app.ui.theme import theme_manager
from tests.helpers.benches import small_bench
from tests.helpers.fake_shell import FakeShell

if TYPE_CHECKING:
    from desktop_app.services.workbench import Workbench
    from tests.ui.windows import Windows

_HARMLESS = ("This plugin does not support",)


def _loop() -> asyncio.AbstractEventLoop:
    import qasync

    loop: asyncio.AbstractEventLoop = qasync.QEventLoop(QApplication.instance())

    def run(work: Coroutine[Any, Any, Any]) -> Any:
        """Run without the last turn that qasync gives to Qt: a timer that is due would find no loop running by then."""
        task = asyncio.ensure_future(work, loop=loop)
        task.add_done_callback(lambda _task: loop.stop())
        loop.run_forever()
        return task.result()

    loop.run_until_complete = run  # type: ignore[method-assign, assignment]
    return loop


def pytest_asyncio_loop_factories(
    config: pytest.Config, item: pytest.Item
) -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Async tests of this suite run on Qt's loop, as the window does."""
    return {"qt": _loop}


@pytest.fixture(scope="session", autouse=True)
def dressed_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[QApplication]:
    """The application in the light theme, whatever the desktop says."""
    made = QApplication.instance()
    app = made if isinstance(made, QApplication) else QApplication(["rankzero"])
    app.setQuitOnLastWindowClosed(False)
    gc.disable()  # as in the window (ui/garbage.py): a collection on another thread would destroy widgets there
    theme_manager().set_mode("light")
    theme_manager().apply(app, tmp_path_factory.mktemp("art"))
    yield app
    gc.enable()
    forget_pictures()


@pytest.fixture(autouse=True)
def no_surprises(request: pytest.FixtureRequest, dressed_app: QApplication) -> Iterator[None]:
    """Fail the test that leaves a widget or a task behind, or makes Qt complain."""
    heard: list[str] = []

    def hear(kind: QtMsgType, _context: QMessageLogContext, text: str) -> None:
        if kind != QtMsgType.QtDebugMsg and not text.startswith(_HARMLESS):
            heard.append(text)

    before = qInstallMessageHandler(hear)
    known = set(dressed_app.topLevelWidgets())
    font, mode = QFont(dressed_app.font()), theme_manager().mode
    if inspect.iscoroutinefunction(getattr(request.node, "obj", None)):
        request.getfixturevalue("no_task_left")
    yield
    settle()
    dressed_app.setFont(font)
    theme_manager().set_mode(mode)
    left = [each for each in dressed_app.topLevelWidgets() if each not in known and not _is_internal(each)]
    qInstallMessageHandler(before)
    assert not heard, f"Qt said: {heard}"
    assert not left, f"left behind: {[(type(each).__name__, each.objectName(), each.windowTitle()) for each in left]}"


@pytest.fixture
async def no_task_left(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """Fail the test that ends while a task it started still runs.

    Between a fixture, the test and the next fixture the loop stands still: a Qt timer that pytest-qt let fire there
    would step tasks outside their loop.
    """
    monkeypatch.setattr("pytestqt.plugin._process_events", lambda: None)
    yield
    left = sorted(each.get_name() for each in tasks.running() if not each.done())
    await tasks.cancel_all()
    assert not left, f"tasks left behind: {left}"


@pytest.fixture
def shell(tmp_path: Path, dressed_app: QApplication) -> Iterator[FakeShell]:
    """A window that only writes down what it is asked."""
    made = FakeShell(tmp_path)
    yield made
    made.close()


@pytest.fixture
def workbench(places: Places) -> Iterator[Workbench]:
    """The real services over an empty home; processes of plugins are ended."""
    from desktop_app.compose import open_workbench

    made = open_workbench(places.home)
    yield made
    made.plugins.close()


@pytest.fixture
def bench(places: Places) -> Workbench:
    """Real settings, plugins and run store; toolchains and backends that cost nothing."""
    return small_bench(places.home)


@pytest.fixture
async def windows(places: Places) -> AsyncIterator[Windows]:
    """Makes whole windows; closes them after the test."""
    from tests.ui.windows import Windows

    made = Windows(places)
    yield made
    await made.close()
    assert made.bugs == []


def settle() -> None:
    """Let Qt finish what it put off: deletions, layouts, paints.

    In an async test only what is posted is sent, and no timer fires: a task's step that ran inside this task's own
    would be lost, and whoever waits for it would wait for ever.
    """
    gc.collect()
    for _ in range(8):
        QCoreApplication.sendPostedEvents(None, int(QEvent.Type.DeferredDelete.value))
        QCoreApplication.sendPostedEvents()
        if not _in_a_task():
            QCoreApplication.processEvents()


def _in_a_task() -> bool:
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return False
    return True


def _is_internal(widget: QWidget) -> bool:
    """Return whether Qt itself keeps the widget (tool tips, popups of combo boxes that live with their box)."""
    return type(widget).__name__ in ("QTipLabel", "QComboBoxPrivateContainer", "QDesktopWidget")
