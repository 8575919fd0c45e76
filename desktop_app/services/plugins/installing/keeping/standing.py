"""Whether an installed plugin may take part, by what is known of its files before anything of it is imported.

Asked for each plugin when plugins are looked for, so it is quick: where nothing changed, sizes and times are compared.
"""

from __future__ import annotations

from dataclasses import dataclass

from desktop_app.services.plugins.installing.keeping.block_list import BlockList
from desktop_app.services.plugins.installing.keeping.built_for import Built, why_unfit
from desktop_app.services.plugins.installing.keeping.hashes import FILES, changed
from desktop_app.services.plugins.installing.models import Installed

BLOCKED = "blocked"
CHANGED = "changed"
PYTHON = "python"
_NAMED = 3


@dataclass(frozen=True, slots=True)
class Off:
    """Why a plugin is off: a word for the problem, a sentence, how to go on, and what to fold out and copy."""

    problem: str
    reason: str
    details: str = ""


def why_off(plugin: Installed, blocked: BlockList) -> Off | None:
    """Return why an installed plugin must not be imported, or None. Blocks, shortly: its files are looked at."""
    reason = blocked.why(plugin.distribution, plugin.id, plugin.version, plugin.sha256)
    if reason:
        return Off(BLOCKED, f"{reason} Update it or remove it.")
    if unfit := why_unfit(Built(plugin.python, plugin.machine)):
        return Off(PYTHON, unfit)
    files = changed(plugin.lib.parent) if plugin.lib is not None else ()
    return Off(CHANGED, changed_words(plugin.id, files), "\n".join(files)) if files else None


def changed_words(plugin_id: str, files: tuple[str, ...]) -> str:
    """Return in a sentence which files were changed, and how to go on."""
    if files == (FILES,):
        what = "The record of its files is missing or damaged, so nobody can say whether they were changed"
    else:
        names = ", ".join(files[:_NAMED]) + (f" and {len(files) - _NAMED} more" if len(files) > _NAMED else "")
        what = f"Its files are not as they were installed: {names}"
    return f"{what}. Look at them (rankzero plugins verify {plugin_id}), install it again, or enable it as it is now."
