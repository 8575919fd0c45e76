"""A fix that comes from elsewhere, such as a failed run: what it changes is shown, then done in the editor or left."""

from __future__ import annotations

import asyncio

from desktop_app.api import Diagnostic, Fix, Severity
from desktop_app.presenters.mending import Mended, MendPlan, mended
from desktop_app.ui.files.editor_pane import EditorPane
from desktop_app.ui.files.mend_dialog import MendDialog


async def offer_fix(pane: EditorPane, fix: Fix) -> None:
    """Show what a fix changes in a pane's text; where it is accepted it is one step to undo."""
    await pane.settle()
    found = Diagnostic(Severity.INFO, "offered", fix.title, fix=fix)
    text = pane.editor.text()
    new, _fixes, left = await asyncio.to_thread(mended, text, [found])
    if left or new == text:
        pane.note.clear_buttons()
        done = pane.tr("{} says so already.").format(pane.file.path.name)
        pane.note.show_text("warning" if left else "info", left[0][1] if left else done)
        return
    path = pane.file.path
    plan = MendPlan("", (Mended(path, path.name, text, new, 1, is_open=True),))
    dialog = MendDialog(plan, pane.window(), fix.title)
    dialog.accepted.connect(lambda: pane.apply_fix(found))
    dialog.open()
