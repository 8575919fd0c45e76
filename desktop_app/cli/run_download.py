"""`runs download`: copies what a run left into a folder, all or nothing."""

from __future__ import annotations

import shutil
import tempfile
from argparse import ArgumentParser, Namespace
from collections.abc import Iterator
from pathlib import Path

from desktop_app.api import OutsideError, RunSnapshot, UserError
from desktop_app.cli import console
from desktop_app.cli.lookup import find_run
from desktop_app.services.workbench import Workbench


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("target", metavar="DIR", type=Path, help="a folder; made where it is missing")


async def run(workbench: Workbench, options: Namespace) -> int:
    """Copy."""
    found = await find_run(workbench, options.name)
    target: Path = options.target.absolute()
    parts = list(_parts(found))
    if not parts:
        raise UserError(f"{found.run} left nothing that could be copied.", hint=f"Its folder was {found.folder}.")
    standing = [name for name, _source in parts if (target / name).exists()]
    if standing:
        raise UserError(f"{target} has {', '.join(standing)} already.", hint="Nothing was copied; give another folder.")
    try:
        _copy(parts, target)
    except OSError as error:
        raise OutsideError(f"{found.run} can't be copied to {target}: {error.strerror or error}.") from error
    if options.json:
        console.document({"run": found.run, "folder": str(target), "copied": [name for name, _source in parts]})
    else:
        print(target)
    return 0


def _parts(run: RunSnapshot) -> Iterator[tuple[str, Path]]:
    folder = Path(run.folder)
    candidates = {
        "outputs": Path(run.outputs),
        "logs": folder / "code" / "logs",
        "named_outputs": folder / "named_outputs",
        "user_logs": folder / "user_logs",
        "job.yml": folder / "job.yml",
    }
    for name, source in candidates.items():
        if source.is_file() or (source.is_dir() and any(source.iterdir())):
            yield name, source


def _copy(parts: list[tuple[str, Path]], target: Path) -> None:
    """Copy beside the target first, so that a full disk or Ctrl+C leaves nothing half there."""
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".rankzero-", dir=target) as staging:
        for name, source in parts:
            staged = Path(staging, name)
            if source.is_dir():
                shutil.copytree(source, staged, symlinks=True)
            else:
                shutil.copyfile(source, staged)
        for name, _source in parts:
            Path(staging, name).rename(target / name)
