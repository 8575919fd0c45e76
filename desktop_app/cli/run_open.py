"""`runs open`: a colleague's bundle, as a run to look at."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop_app.cli import console
from desktop_app.cli.shapes import run_shape
from desktop_app.services.run_open import open_bundle
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("file", metavar="FILE.zip", type=Path, help="what `rankzero runs bundle` wrote")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Take the bundle in among the runs."""
    opened = await asyncio.to_thread(open_bundle, options.file.absolute(), workbench.places.runs)
    await workbench.monitor.refresh("local")
    if options.json:
        found = workbench.store.get(opened.handle)
        console.document(run_shape(found) if found is not None else {"run": opened.run, "folder": str(opened.folder)})
        return 0
    print(opened.run)
    console.note(f"from a bundle: {opened.origin}. It is only to be looked at; nothing of it runs here.")
    console.note(f"`rankzero runs show {opened.run}` tells of it, `rankzero runs rm {opened.run}` removes it.")
    return 0
