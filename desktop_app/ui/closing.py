"""Closing as a task: unsaved texts are settled, tasks ended, the state saved; only then the window goes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any, cast

from desktop_app.ui.main_window import ASKED_BY_HAND, MainWindow
from desktop_app.ui.shell import FilesView
from desktop_app.ui.tasks import cancel_all, spawn

if TYPE_CHECKING:
    from desktop_app.ui.models.exporting import Exporting
    from desktop_app.ui.models.page import ModelsPage


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


async def may_end(exporting: Exporting, window: MainWindow) -> bool:
    """Whether an export may end with the window; a person is asked, a machine that goes down is not."""
    if not exporting.is_busy or window.close_reason not in ASKED_BY_HAND:
        return True
    from desktop_app.ui.files.questions import ask  # rarely needed

    file = exporting.order.output.name if exporting.order is not None else ""
    choices = (
        ("delete", window.tr("&Give the export up and close")),
        ("stay", window.tr("&Keep the window open")),
    )
    title = window.tr("An export goes on")
    text = window.tr("The export to {} is not over yet.").format(file)
    detail = window.tr("It ends with the window, and nothing is written.")
    return await ask(window, title, text, choices, detail) == "delete" or not exporting.is_busy


async def may_close(window: MainWindow) -> bool:
    """Ask about an export that goes on, and let the Files page settle what is unsaved; False keeps the window open."""
    models = window.pages.made("models")
    if hasattr(models, "exporting") and not await may_end(cast("ModelsPage", models).exporting, window):
        return False
    files = window.pages.made("files")
    if hasattr(files, "may_close"):
        return await cast("FilesView", files).may_close()
    return True
