"""Progress of slow work, brought from whatever thread it comes from to the window's own."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from PySide6.QtWidgets import QWidget
from shiboken6 import isValid

from desktop_app.api import Progress


def telling(widget: QWidget, show: Callable[[str, float | None], object]) -> Progress:
    """Return what may be called from any thread; `show` is called on the loop's, while `widget` is there."""
    loop = asyncio.get_running_loop()

    def arrive(text: str, part: float | None) -> None:
        if isValid(widget):
            show(text, part)

    def tell(text: str, part: float | None) -> None:
        if not loop.is_closed():
            loop.call_soon_threadsafe(arrive, text, part)

    return tell
