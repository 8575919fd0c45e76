"""What can be taken from a run's folder: its job file as it was submitted, and its outputs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, RunSnapshot, UserError
from desktop_app.services.run_plans import plan_json


def submitted_text(run: RunSnapshot) -> str:
    """Return the job file as it was submitted. Raises UserError where it is gone.

    What was sent to a workspace has other paths and a name of its own: the plan has the file as the person wrote it.
    """
    if run.backend != "local" and (written := _planned_text(run)):
        return written
    try:
        return (Path(run.folder) / "job.yml").read_bytes().decode("utf-8", "surrogateescape")  # line ends as they are
    except (OSError, ValueError) as error:
        raise UserError(f"The job file of {run.run} is gone.", hint=f"It was {run.folder}/job.yml.") from error


def _planned_text(run: RunSnapshot) -> str:
    return str(plan_of(run).get("source_text") or "")


def planned_compute(run: RunSnapshot) -> str:
    """Return the compute target that a run was planned for; empty where there is none, or none is known."""
    job = plan_of(run).get("job")
    return str(job.get("compute") or "").removeprefix("azureml:") if isinstance(job, dict) else ""


def plan_of(run: RunSnapshot) -> dict[str, Any]:
    """Return the plan that was submitted, as JSON has it; empty where it is gone."""
    return plan_json(Path(run.folder))


def suggested_copy(run: RunSnapshot) -> Path:
    """Return a name for a copy, beside the file that the job came from, so that its paths stay right."""
    source = Path(run.source) if run.source else Path.home() / "job.yml"
    return source.with_name(f"{source.stem}-{run.run.rpartition('-')[2]}{source.suffix or '.yml'}")


def write_copy(run: RunSnapshot, path: Path) -> None:
    """Save the job file as it was submitted to `path`. Raises OutsideError where that can't be written."""
    text = submitted_text(run)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode("utf-8", "surrogateescape"))
    except OSError as error:
        raise OutsideError(f"{path} can't be written: {error.strerror or error}.") from error


@dataclass(frozen=True, slots=True)
class OutputRoot:
    """A folder with outputs; `name` is `outputs`, `logs`, or that of a named output."""

    name: str
    folder: Path


def output_roots(run: RunSnapshot) -> tuple[OutputRoot, ...]:
    """Return the folders that hold what a run left behind: `./outputs`, `./logs` and every named output."""
    folder = Path(run.folder)
    found = [OutputRoot("outputs", folder / "code" / "outputs"), OutputRoot("logs", folder / "code" / "logs")]
    named = folder / "named_outputs"
    if named.is_dir():
        found += [OutputRoot(each.name, each) for each in sorted(named.iterdir()) if each.is_dir()]
    return tuple(each for each in found if each.folder.is_dir() and not each.folder.is_symlink())


@dataclass(frozen=True, slots=True)
class OutputEntry:
    """A file or folder below a root; `size` in bytes, of a folder that of all in it, with how many `files` it has."""

    path: Path
    is_folder: bool
    size: int
    modified: float
    files: int = 1


def entries_of(folder: Path, root: Path) -> list[OutputEntry]:
    """Return what lies in a folder, folders first. A link that leads out of `root` is left out."""
    found = []
    try:
        children = sorted(os.scandir(folder), key=lambda each: each.name.lower())
    except OSError:
        return []
    for each in children:
        if not _is_inside(Path(each.path), root):
            continue
        try:
            found.append(_entry(each))
        except OSError:
            continue
    return sorted(found, key=lambda entry: not entry.is_folder)


def _files_below(root: Path) -> Iterator[Path]:
    for here, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if not Path(here, each).is_symlink())
        yield from (Path(here, each) for each in sorted(files) if _is_inside(Path(here, each), root))


def _entry(found: os.DirEntry[str]) -> OutputEntry:
    path = Path(found.path)
    about = found.stat()
    if not found.is_dir():
        return OutputEntry(path, is_folder=False, size=about.st_size, modified=about.st_mtime)
    sizes = [0 if each.is_symlink() else each.stat().st_size for each in _files_below(path)]
    return OutputEntry(path, is_folder=True, size=sum(sizes), modified=about.st_mtime, files=len(sizes))


def _is_inside(path: Path, root: Path) -> bool:
    try:
        return path.resolve(strict=True).is_relative_to(root.resolve())
    except OSError:
        return False
