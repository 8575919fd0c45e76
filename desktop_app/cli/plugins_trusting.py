"""The sources that a person agreed to take plugins from: which they are, and taking that back."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

from desktop_app.api import UserError
from desktop_app.cli import console
from desktop_app.cli.plugins_desk import Desk
from desktop_app.core.nearest import nearest
from desktop_app.services.plugins.installing.keeping.trust import Agreed


async def sources(desk: Desk) -> int:
    """Print the sources that were agreed to; with `--forget` be asked about one of them again."""
    held = await asyncio.to_thread(desk.manager.sources)
    if wanted := desk.options.forget:
        gone = _meant(held, wanted)
        for each in gone:
            await asyncio.to_thread(desk.manager.forget_source, each.key)
            console.note(f"You will be asked about {each.where} again. What is installed from there stays.")
        held = tuple(each for each in held if each not in gone)
    if desk.options.json:
        console.document({"sources": list(map(_shape, held))})
    elif held:
        console.table(("SOURCE", "WHERE", "AGREED"), map(_row, held))
    elif not wanted:
        console.note("You agreed to no source yet: you are asked when something is first installed from it.")
    return 0


def _meant(held: Iterable[Agreed], wanted: str) -> list[Agreed]:
    """Return the sources that a text names: by address, path, key, or a SHA-256. Raises UserError for none."""
    found = [each for each in held if wanted.rstrip("/") in {*_names(each), each.where.rstrip("/")}]
    if not found:
        hint = nearest(wanted, [each.where for each in held]) or "`rankzero plugins sources` lists them."
        raise UserError(f"You agreed to no source “{wanted}”.", hint=hint)
    return found


def _names(source: Agreed) -> tuple[str, ...]:
    return (source.key, source.key.partition(" ")[2])


def _row(source: Agreed) -> tuple[str, ...]:
    at = f"{source.at.astimezone():%Y-%m-%d %H:%M}" if source.at else "–"
    return (source.kind, source.where, at)


def _shape(source: Agreed) -> dict[str, Any]:
    at = source.at.isoformat().replace("+00:00", "Z") if source.at else None
    return {"kind": source.kind, "where": source.where, "key": source.key, "at": at}
