"""`runs open`: a colleague's bundle, or logs from elsewhere, as a run to look at."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path

from desktop_app.cli import console
from desktop_app.cli.shapes import run_shape
from desktop_app.services.diagnosing.gathering import gathered
from desktop_app.services.run_logs_taken import take_logs
from desktop_app.services.run_open import SUFFIX, is_bundle, open_bundle
from desktop_app.services.run_staging import LOGS_IN, TakenIn
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    help_text = "what `rankzero runs bundle` wrote, or a folder of logs, or logs"
    parser.add_argument("paths", metavar="PATH", nargs="+", type=Path, help=help_text)


async def run(workbench: Workbench, options: Namespace) -> int:
    """Take the bundle, or the logs, in among the runs."""
    opened = await asyncio.to_thread(_opened, [each.absolute() for each in options.paths], workbench.places.runs)
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


def _opened(paths: Sequence[Path], runs: Path) -> TakenIn:
    """A zip that is alone counts as a bundle, so that one that is damaged says so; unless it merely holds logs."""
    if len(paths) == 1 and paths[0].suffix.lower() == SUFFIX and (is_bundle(paths[0]) or not _holds_logs(paths[0])):
        return open_bundle(paths[0], runs)
    return take_logs(paths, runs)


def _holds_logs(path: Path) -> bool:
    return path.is_file() and bool(gathered([path]).logs)
