"""The list of plugins that are known to do harm: what it says, and putting a newer one in its place."""

from __future__ import annotations

import asyncio
from typing import Any

from desktop_app.cli import console
from desktop_app.cli.plugins_desk import Desk
from desktop_app.services.plugins.installing.keeping.block_list import Blocked, read_block_list, update_block_list


async def block_list(desk: Desk) -> int:
    """Use the list in a file from now on; without one, print what is blocked."""
    plugins = desk.workbench.places.plugins
    if desk.options.file is not None:
        done = await asyncio.to_thread(update_block_list, desk.options.file, plugins)
        before = f"; the one before was of {done.before}" if done.before else ""
        console.note(f"This list is used from now on: of {done.as_of}, with {done.count} blocked{before}.")
    held = await asyncio.to_thread(read_block_list, plugins)
    if desk.options.json:
        blocked = [_shape(each) for each in held.items]
        console.document({"as_of": held.as_of, "blocked": blocked, "complaints": list(held.complaints)})
    elif held.items:
        console.table(("NAME", "VERSIONS", "REASON", "AS OF"), map(_row, held.items))
    else:
        console.note(f"Nothing is blocked, as of {held.as_of}.")
    for each in held.complaints:
        console.warning(each)
    return 0


def _row(blocked: Blocked) -> tuple[str, ...]:
    hashes = ", ".join(f"sha256 {each[:12]}…" for each in sorted(blocked.sha256))
    versions = blocked.versions or ("" if blocked.sha256 else "all")
    return (blocked.name or "–", ", ".join(filter(None, (versions, hashes))), blocked.reason, blocked.as_of or "–")


def _shape(blocked: Blocked) -> dict[str, Any]:
    return {
        "name": blocked.name or None,
        "versions": blocked.versions or None,
        "sha256": sorted(blocked.sha256),
        "reason": blocked.reason,
        "source": blocked.source or None,
        "as_of": blocked.as_of or None,
    }
