"""Ctrl+C in the terminal, the terminal's end and the system's wish close the window in good order."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from types import FrameType

from PySide6.QtCore import QObject, QSocketNotifier


def _asked() -> list[signal.Signals]:
    """Return the signals that mean an end here; one that is ignored (`nohup`) stays ignored."""
    known = [signal.Signals[each] for each in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, each)]
    return [each for each in known if signal.getsignal(each) is not signal.SIG_IGN]


class Interrupts(QObject):
    """Calls `close` with the signal's name at the first SIGINT, SIGTERM or SIGHUP; the second ends the program as ever.

    Python runs signal handlers between bytecodes, and Qt's loop runs none: the signal's byte wakes it through a socket.
    """

    def __init__(self, close: Callable[[str], object]) -> None:
        super().__init__()
        self._close = close
        self._ours, self._theirs = socket.socketpair()
        self._ours.setblocking(False)
        self._theirs.setblocking(False)
        self._before_fd = signal.set_wakeup_fd(self._theirs.fileno(), warn_on_full_buffer=False)
        self._before = {each: signal.signal(each, self._asked) for each in _asked()}
        self._notifier = QSocketNotifier(self._ours.fileno(), QSocketNotifier.Type.Read, self)
        self._notifier.activated.connect(self._drain)

    def stop(self) -> None:
        """Put everything back as it was."""
        self._notifier.setEnabled(False)
        signal.set_wakeup_fd(self._before_fd)
        for each, handler in self._before.items():
            signal.signal(each, handler)
        self._ours.close()
        self._theirs.close()

    def _drain(self) -> None:
        self._ours.recv(64)  # that Python code runs at all lets the handler run

    def _asked(self, number: int, _frame: FrameType | None) -> None:
        signal.signal(number, signal.SIG_DFL)
        self._close(signal.Signals(number).name)
