"""`runs open`: a colleague's bundle, or logs from elsewhere, as a run to look at."""

from __future__ import annotations

import asyncio
import sys
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from desktop_app.cli import console
from desktop_app.cli.shapes import run_shape
from desktop_app.services.run_logs_taken import open_paths
from desktop_app.services.run_staging import LOGS_IN, TakenIn, Taking
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    help_text = "what `rankzero runs bundle` wrote, or a folder of logs, or logs"
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help=help_text)


async def run(workbench: Workbench, options: Namespace) -> int:
    """Take the bundle, or the logs, in among the runs."""
    opened = await _opened([each.absolute() for each in options.paths], workbench.places.runs)
    await workbench.monitor.refresh("local")
    if options.json:
        found = workbench.store.get(opened.handle)
        console.document(run_shape(found) if found is not None else {"run": opened.run, "folder": str(opened.folder)})
        return 0
    print(opened.run)
    of = opened.origin if opened.origin.startswith(LOGS_IN) else f"from a bundle: {opened.origin}"
    console.note(f"{of}. It is only to be looked at; nothing of it runs here.")
    console.note(f"`rankzero runs show {opened.run}` tells of it, `rankzero runs rm {opened.run}` removes it.")
    return 0


async def _opened(paths: Sequence[Path], runs: Path) -> TakenIn:
    """Take in, with progress at a terminal; who presses Ctrl+C finds nothing of it."""
    lines = console.ProgressLines()
    taking = Taking(lines if sys.stderr.isatty() else None)
    try:
        return await asyncio.to_thread(open_paths, paths, runs, taking)
    finally:
        taking.stop()
        lines.close()
