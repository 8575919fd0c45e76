"""Tells listeners on the event loop's thread, whichever thread something happened on."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Callable


class OnLoop:
    """Remembers the loop it was last used on. Where there is none yet, telling is a plain call."""

    def __init__(self) -> None:
        self._loop = _running()

    def here(self) -> None:
        """Take the running loop, if there is one, as the one to tell on."""
        self._loop = _running() or self._loop

    def tell(self, call: Callable[[], object]) -> None:
        """Call at once on the loop's thread or where there is no loop; else hand the call to the loop."""
        self.here()
        loop = self._loop
        if loop is None or _running() is not None or threading.current_thread() is threading.main_thread():
            call()
            return
        with contextlib.suppress(RuntimeError):  # the loop is closed, and with it all who would listen
            loop.call_soon_threadsafe(call)


def _running() -> asyncio.AbstractEventLoop | None:
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None
