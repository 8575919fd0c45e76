"""`runs bundle`: one zip of a run for a colleague's Rank Zero or an issue report, without secrets."""

from __future__ import annotations

import asyncio
import threading
from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop_app.cli import console, doctor
from desktop_app.cli.lookup import find_run
from desktop_app.services.diagnosing.runs import diagnose_run
from desktop_app.services.run_bundle import Bundled, Choices, bundle_run
from desktop_app.services.run_points import points_of
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("--output", metavar="FILE.zip", type=Path, help="where to; otherwise R.zip in this folder")
    parser.add_argument("--with-code", action="store_true", help="take the text files of the code along")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Bundle; says on standard error what was left out and what was covered."""
    found = await find_run(workbench, options.name)
    target = (options.output or Path(f"{found.run}.zip")).absolute()
    stopped = threading.Event()
    points, diagnosis = await points_of(workbench, found), await diagnose_run(workbench.plugins, found)

    def bundle() -> Bundled:
        machine = "" if stopped.is_set() else _doctor(workbench)
        choices = Choices(machine, points, diagnosis, with_code=options.with_code)
        return bundle_run(found, target, choices, stopped.is_set)

    try:
        written = await asyncio.to_thread(bundle)
    finally:
        stopped.set()
    _tell(written)
    if options.json:
        console.document(bundle_shape(found.run, written))
    else:
        print(target)
    return 0


def bundle_shape(run: str, written: Bundled) -> dict[str, object]:
    """Return a bundle as `runs bundle --json` prints it."""
    files = [{"path": name, "bytes": size} for name, size in written.files.items()]
    document = {"run": run, "file": str(written.path), "bytes": written.path.stat().st_size, "files": files}
    return {**document, "left_out": list(written.left_out), "covered": dict(written.covered)}


def _doctor(workbench: Workbench) -> str:
    """Return what this machine has, a line for each check."""
    lines = (f"{each.name}: {each.status}, {each.found} {each.advice}".rstrip() for each in doctor.examine(workbench))
    return "".join(f"{line}\n" for line in lines)


def _tell(written: Bundled) -> None:
    for each in written.left_out:
        console.note(f"left out {each}")
    covered = ", ".join(f"{kind} {count} ×" for kind, count in sorted(written.covered.items()))
    console.note(f"covered {covered}" if covered else "covered nothing: no secret was found")
    console.note("Have a look at it before you send it: a secret that looks like any other word is not found.")
