"""A change that comes from elsewhere, such as a failed run: it is shown first, then done in the editor or left."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from desktop_app.api import Diagnostic, Fix, Severity, UserError
from desktop_app.presenters.mending import Mended, MendPlan, mended
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.files.mend_dialog import MendDialog
from desktop_app.ui.tasks import spawn


async def offer_fix(pane: EditorPane, fix: Fix) -> None:
    """Show what a fix changes in a pane's text; where it is accepted it is one step to undo."""
    await pane.settle()
    found = Diagnostic(Severity.INFO, "offered", fix.title, fix=fix)
    text = pane.editor.text()
    new, _fixes, left = await asyncio.to_thread(mended, text, [found])
    if left:
        _refuse(pane, left[0][1])
    else:
        _show(pane, fix.title, text, new, lambda: pane.apply_fix(found))


async def offer_change(pane: EditorPane, title: str, make: Callable[[str], str]) -> None:
    """Show what `make` changes in a pane's text; where it is accepted it is one step to undo."""
    await pane.settle()
    text = pane.editor.text()
    try:
        new = await asyncio.to_thread(make, text)
    except UserError as error:
        _refuse(pane, f"{error} {error.hint}".strip())
    else:
        _show(pane, title, text, new, lambda: spawn(_change(pane, make), title))


async def _change(pane: EditorPane, make: Callable[[str], str]) -> None:
    try:
        await pane.change(make)
    except UserError as error:  # the text changed while it was looked at
        _refuse(pane, f"{error} {error.hint}".strip())


def _show(pane: EditorPane, title: str, text: str, new: str, do: Callable[[], object]) -> None:
    path = pane.file.path
    if new == text:
        pane.note.clear_buttons()
        pane.note.show_text("info", pane.tr("{} says so already.").format(path.name))
        return
    plan = MendPlan("", (Mended(path, path.name, text, new, 1, is_open=True),))
    dialog = MendDialog(plan, pane.window(), title)
    dialog.accepted.connect(do)
    dialog.open()


def _refuse(pane: EditorPane, why: str) -> None:
    pane.note.clear_buttons()
    pane.note.show_text("warning", why)
