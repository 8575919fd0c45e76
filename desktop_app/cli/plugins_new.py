"""Beginning a plugin of one's own."""

from __future__ import annotations

import asyncio
import shlex
from pathlib import Path

from desktop_app.cli import console
from desktop_app.cli.plugins_desk import Desk


async def new(desk: Desk) -> int:
    """Make a plugin's project that installs and passes its tests as it is; prints where it lies."""
    from desktop_app.services.plugins.templates import new_plugin

    made = await asyncio.to_thread(new_plugin, desk.options.name, desk.options.output)
    if desk.options.json:
        console.document({"name": desk.options.name, "folder": str(made)})
    else:
        print(made)
        console.note(f"`rankzero plugins install {shlex.quote(_short(made))}` installs it; what you edit there holds.")
    return 0


def _short(path: Path) -> str:
    """Return a path as one would type it from here."""
    try:
        return f"./{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)
