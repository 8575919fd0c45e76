"""`runs download`: copies what a run left into a folder, all or nothing; fetches what one in the cloud has made."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop_app.api import RunSnapshot
from desktop_app.cli import console
from desktop_app.cli.lookup import find_run
from desktop_app.services.run_downloads import Copied, copy_run
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("target", metavar="DIR", type=Path, help="a folder; made where it is missing")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Copy."""
    found = await find_run(workbench, options.name)
    target: Path = options.target.absolute()
    local = found.backend == "local"
    copied = await (asyncio.to_thread(copy_run, found, target) if local else _fetched(workbench, found, target))
    for each in copied.left_out:
        console.note(f"left out {each}")
    if options.json:
        document = {"run": found.run, "folder": str(target), "copied": list(copied.parts)}
        console.document({**document, "left_out": list(copied.left_out)})
    else:
        print(target)
    return 0


async def _fetched(workbench: Workbench, run: RunSnapshot, target: Path) -> Copied:
    """Fetch all that a run in the cloud has made up to now; files that are there whole are not fetched again."""
    progress = console.ProgressLines()
    try:
        paths = await workbench.cloud.fetch(run.handle, (), target, progress)
    finally:
        progress.close()
    parts = sorted({each.relative_to(target).parts[0] for each in paths if each.is_relative_to(target)})
    return Copied(tuple(parts), len(paths), tuple(getattr(paths, "left_out", ())))
