"""Closing as a task: unsaved texts are settled, tasks ended, the state saved; only then the window goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, cast

from desktop_app.ui.main_window import MainWindow
from desktop_app.ui.shell import FilesView
from desktop_app.ui.tasks import cancel_all, spawn


async def until_closed(
    window: MainWindow, start: Callable[[], Coroutine[Any, Any, object]], note: Callable[[str], object] = lambda _: None
) -> None:
    """Run `start` as a task, and return when the window has closed; `note` is told why it closes, or stays."""
    closed = asyncio.Event()
    closing = False

    def ask() -> None:
        nonlocal closing
        if not closing:
            closing = True
            note(f"closing: {window.close_reason}")
            spawn(close(), "close the window")

    async def close() -> None:
        nonlocal closing
        try:
            if await may_close(window):
                await cancel_all()
                window.finish()
                closed.set()
            else:
                note("stays open: texts are unsaved")
        finally:
            closing = False

    window.closing.connect(ask)
    spawn(start(), "open the workbench")
    if window.was_asked_to_close:
        ask()
    await closed.wait()


async def may_close(window: MainWindow) -> bool:
    """Let the Files page settle what is unsaved; False keeps the window open."""
    files = window.pages.made("files")
    if hasattr(files, "may_close"):
        return await cast("FilesView", files).may_close()
    return True
