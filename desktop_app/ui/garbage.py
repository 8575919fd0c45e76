"""Python's garbage is collected on the window's thread alone.

WORKAROUND https://github.com/napari/napari/issues/1029: the collector runs in whichever thread happens to allocate, and
there it destroys the widgets and icons that ended in a cycle: the program dies. As calibre and pyqtgraph do, the
automatic collection is switched off and a timer of the window's thread does its work.
"""

from __future__ import annotations

import gc
from time import monotonic

from PySide6.QtCore import QObject, QTimer

_EVERY_MS, _TURNS = 250, 4  # it is looked four times a second, and collected once, where there is no more than usual
_MUCH = 5000  # new objects: to look through those of thousands of logs at once would take many frames
_FULL_EVERY = 30.0  # seconds: a full collection is the only one that may take longer than a frame
_SHARE = 1000  # as many times as long as it took, at least, until the next one


class Garbage(QObject):
    """Collects what the automatic collector would have, by its own thresholds."""

    def __init__(self) -> None:
        super().__init__()
        self._limits = gc.get_threshold()
        self._full, self._rest, self._turns = monotonic(), _FULL_EVERY, 0
        self._timer = QTimer(self, interval=_EVERY_MS)
        self._timer.timeout.connect(self.look)

    def start(self) -> None:
        """Take over from the automatic collector; what is there already is held for lasting."""
        gc.disable()
        gc.freeze()
        self._timer.start()

    def stop(self) -> None:
        """Hand back to the automatic collector."""
        self._timer.stop()
        gc.unfreeze()
        gc.enable()

    def look(self) -> int:
        """Collect what is due, and what is new where that is much; returns as `collect`."""
        self._turns += 1
        if gc.get_count()[0] > _MUCH:
            gc.collect(1)  # what stays is not looked at again before the next full collection
            return 1
        return self.collect() if self._turns % _TURNS == 0 else -1

    def collect(self) -> int:
        """Collect the generations that are due; returns the oldest of them, -1 for none."""
        young, middle, old = gc.get_count()
        if old > self._limits[2] and monotonic() - self._full > self._rest:
            due = 2
        elif middle > self._limits[1]:
            due = 1
        else:
            due = 0 if young > self._limits[0] else -1
        if due >= 0:
            began = monotonic()
            gc.collect(due)
            if due == 2:
                self._full = monotonic()
                self._rest = max(_FULL_EVERY, _SHARE * (self._full - began))
        return due
