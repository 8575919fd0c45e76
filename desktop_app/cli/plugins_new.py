"""Beginning a plugin of one's own, and checking what it knows of failures."""

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


async def check(desk: Desk) -> int:
    """Print what is wrong with files of knowledge, those of plugins' folders too; 1 where anything is."""
    from desktop_app.services.diagnosing.knowledge_faults import knowledge_faults

    paths: list[Path] = desk.options.paths
    found = [(path, said) for path in paths for said in await asyncio.to_thread(knowledge_faults, path)]
    if desk.options.json:
        console.document({"problems": [{"path": str(path), "message": said} for path, said in found]})
        return 1 if found else 0
    for _, said in found:
        print(said)
    if not found:
        console.note("Each signature is found in its own log.")
    return 1 if found else 0


def _short(path: Path) -> str:
    """Return a path as one would type it from here."""
    try:
        return f"./{path.relative_to(Path.cwd())}"
    except ValueError:
        return str(path)
