"""A signal that is told on the event loop's thread, whichever thread something happened on."""

from __future__ import annotations

import contextlib
import functools
import sys
import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Generic, ParamSpec

from desktop_app.core.observable import Signal

if TYPE_CHECKING:
    import asyncio

P = ParamSpec("P")


class LoopSignal(Generic[P]):
    """Tells on the loop that it was made, connected or emitted on last; where there is none, it is a plain call."""

    def __init__(self) -> None:
        self._signal: Signal[P] = Signal()
        self._loop = _running()

    def connect(self, listener: Callable[P, object]) -> Callable[[], None]:
        """Call `listener` at every emit from now on, until the returned function is called."""
        self._remember_loop()
        return self._signal.connect(listener)

    def emit(self, *args: P.args, **kwargs: P.kwargs) -> None:
        """Tell at once on the loop's thread or where there is no loop; else the loop does it, a moment later."""
        self._remember_loop()
        tell = functools.partial(self._signal.emit, *args, **kwargs)
        loop = self._loop
        if loop is None or _running() is not None or threading.current_thread() is threading.main_thread():
            tell()
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed, and with it all who would listen
            loop.call_soon_threadsafe(tell)

    def _remember_loop(self) -> None:
        self._loop = _running() or self._loop


def _running() -> asyncio.AbstractEventLoop | None:
    loops = sys.modules.get("asyncio")  # a program that has not imported it has no loop, and starts sooner without
    if loops is None:
        return None
    try:
        found: asyncio.AbstractEventLoop = loops.get_running_loop()
        return found
    except RuntimeError:
        return None
