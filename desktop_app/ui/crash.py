"""Bugs: whatever nobody caught becomes a report file and a quiet message, and the window goes on."""

from __future__ import annotations

import logging
import sys
import threading
import types
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from PySide6.QtCore import QMessageLogContext, QObject, QtMsgType, Signal, qInstallMessageHandler

from desktop_app.places import Places

if TYPE_CHECKING:
    import asyncio

_log = logging.getLogger(__name__)
_NOISE = ("This plugin does not support",)  # a platform without a window manager says so for each window
_MOST = 20  # reports of one session: a bug that repeats must not fill the disk


class QtMessageError(Exception):
    """A critical message of Qt's, made something that can be reported."""


class CrashReporter(QObject):
    """Catches what nobody caught. `reported` carries (what happened, the report's text, its path)."""

    reported = Signal(str, str, str)

    def __init__(self, places: Places) -> None:
        super().__init__()
        self._places = places
        self._seen: set[str] = set()
        self._undo: list[Callable[[], object]] = []

    def install(self) -> None:
        """Put every hook in place; `uninstall` takes them all back."""
        hooks = (sys.excepthook, threading.excepthook, sys.unraisablehook)
        sys.excepthook = self._from_main
        threading.excepthook = self._from_thread
        sys.unraisablehook = self._from_nowhere
        before = qInstallMessageHandler(self._from_qt)

        def restore() -> None:
            sys.excepthook, threading.excepthook, sys.unraisablehook = hooks
            qInstallMessageHandler(before)

        self._undo.append(restore)

    def watch_loop(self, loop: asyncio.AbstractEventLoop) -> None:
        """Report what the loop's callbacks and forgotten tasks raise."""
        loop.set_exception_handler(self._from_loop)

    def uninstall(self) -> None:
        """Take back what `install` did."""
        while self._undo:
            self._undo.pop()()

    def report(self, error: BaseException, context: str = "") -> Path | None:
        """Write a report, each bug once and not too many; returns its path."""
        from desktop_app.services.crash_reports import write_report

        print(f"bug: {type(error).__name__}: {error}", file=sys.stderr)
        place = _place(error)
        if place in self._seen or len(self._seen) >= _MOST:
            return None
        self._seen.add(place)
        try:
            path = write_report(self._places, error, context)
            text = path.read_text("utf-8")
        except OSError as failure:
            path, text = Path(), f"{type(error).__name__}: {error}\n(no report: {failure})"
        self.reported.emit(f"{type(error).__name__}: {error}".splitlines()[0], text, str(path))
        return path

    def _from_main(self, kind: type[BaseException], error: BaseException, trace: types.TracebackType | None) -> None:
        if issubclass(kind, KeyboardInterrupt):
            sys.__excepthook__(kind, error, trace)
        else:
            self.report(error.with_traceback(trace), "an event of the window")

    def _from_thread(self, caught: threading.ExceptHookArgs) -> None:
        if caught.exc_value is not None:
            self.report(caught.exc_value, f"thread {caught.thread.name if caught.thread else '?'}")

    def _from_nowhere(self, caught: sys.UnraisableHookArgs) -> None:
        if caught.exc_value is not None:
            self.report(caught.exc_value, caught.err_msg or "cleaning up")

    def _from_loop(self, loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
        error = context.get("exception")
        if error is None:
            _log.warning("event loop: %s", context.get("message"))
        else:
            self.report(error, str(context.get("message", "")))

    def _from_qt(self, kind: QtMsgType, context: QMessageLogContext, message: str) -> None:
        if kind in (QtMsgType.QtCriticalMsg, QtMsgType.QtFatalMsg):
            self.report(QtMessageError(message), f"Qt, {context.category}")
        elif kind == QtMsgType.QtWarningMsg and not message.startswith(_NOISE):
            _log.warning("Qt: %s", message)


def _place(error: BaseException) -> str:
    """Return what tells this bug from others: its type and the innermost line it passed."""
    trace = error.__traceback__
    while trace is not None and trace.tb_next is not None:
        trace = trace.tb_next
    where = f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else str(error)
    return f"{type(error).__qualname__} {where}"
