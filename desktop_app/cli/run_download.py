"""`runs download`: copies what a run left into a folder, all or nothing."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop_app.cli import console
from desktop_app.cli.lookup import find_run
from desktop_app.services.run_downloads import copy_run
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("target", metavar="DIR", type=Path, help="a folder; made where it is missing")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Copy."""
    found = await find_run(workbench, options.name)
    target: Path = options.target.absolute()
    copied = await asyncio.to_thread(copy_run, found, target)
    for each in copied.left_out:
        console.note(f"left out {each}")
    if options.json:
        document = {"run": found.run, "folder": str(target), "copied": list(copied.parts)}
        console.document({**document, "left_out": list(copied.left_out)})
    else:
        print(target)
    return 0
