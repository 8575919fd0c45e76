"""Copies what a run left behind into a folder of the person's, all or nothing."""

from __future__ import annotations

import os
import shutil
import stat
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import OutsideError, RunSnapshot, UserError

OUTPUTS = ("outputs", "logs", "named_outputs")
EVERYTHING = (*OUTPUTS, "user_logs", "job.yml")


@dataclass(frozen=True, slots=True)
class Copied:
    """What was copied: the parts by their names below the target, how many files, and what was left out and why."""

    parts: tuple[str, ...]
    files: int
    left_out: tuple[str, ...] = ()


def copy_run(run: RunSnapshot, target: Path, parts: Sequence[str] = EVERYTHING) -> Copied:
    """Copy parts of a run below `target`; named outputs each into a folder of its own in `named_outputs`.

    Links within a part become copies of what they point to; links out of it, and what is no file (sockets, pipes), are
    left out and reported. Raises UserError where there is nothing to copy or something in the way, OutsideError with
    the name of the file that can't be read or written; then nothing was copied.
    """
    found = {name: source for name, source in _parts(run).items() if name in parts and _holds_anything(source)}
    if not found:
        raise UserError(f"{run.run} left nothing that could be copied.", hint=f"Its folder was {run.folder}.")
    standing = [name for name in found if os.path.lexists(target / name)]
    if standing:
        raise UserError(f"{target} has {', '.join(standing)} already.", hint="Nothing was copied; give another folder.")
    try:
        return _staged(found, target)
    except OSError as error:
        message = f"{run.run} can't be copied to {target}: {error.strerror or error}."
        raise OutsideError(message, details=str(error)) from error


def _parts(run: RunSnapshot) -> dict[str, Path]:
    folder = Path(run.folder)
    return {
        "outputs": Path(run.outputs) if run.outputs else folder / "code" / "outputs",
        "logs": folder / "code" / "logs",
        "named_outputs": folder / "named_outputs",
        "user_logs": folder / "user_logs",
        "job.yml": folder / "job.yml",
    }


def _holds_anything(source: Path) -> bool:
    if source.is_symlink():
        return False  # a job may put a link in the place of its outputs: what it points to is not the run's
    return source.is_file() or (source.is_dir() and any(source.iterdir()))


def _staged(parts: dict[str, Path], target: Path) -> Copied:
    """Copy beside the target first, so that a full disk or Ctrl+C leaves nothing half there."""
    target.mkdir(parents=True, exist_ok=True)
    left_out: list[str] = []
    count = 0
    with tempfile.TemporaryDirectory(prefix=".rankzero-", dir=target) as staging:
        for name, source in parts.items():
            count += _copy_part(source, Path(staging, name), name, left_out)
        for name in parts:
            Path(staging, name).rename(target / name)
    return Copied(tuple(parts), count, tuple(left_out))


def _copy_part(source: Path, staged: Path, name: str, left_out: list[str]) -> int:
    if source.is_file():
        _copy_file(source, staged)
        return 1
    count, root = 0, source.resolve()
    staged.mkdir()
    for path, is_folder in _below(source):
        place = path.relative_to(source)
        reason = "" if is_folder else _objection(path, root)
        if reason:
            left_out.append(f"{name}/{place.as_posix()}: {reason}")
        elif is_folder:
            (staged / place).mkdir()
        else:
            _copy_file(path, staged / place)
            count += 1
    return count


def _below(root: Path) -> Iterator[tuple[Path, bool]]:
    """Yield what lies below a folder, folders before what is in them; linked folders are no folders."""
    for here, folders, files in os.walk(root, onerror=_refuse):
        linked = [each for each in folders if Path(here, each).is_symlink()]
        folders[:] = sorted(each for each in folders if each not in linked)
        yield from ((Path(here, each), True) for each in folders)
        yield from ((Path(here, each), False) for each in sorted((*files, *linked)))


def _refuse(error: OSError) -> None:
    raise OutsideError(f"{error.filename} can't be read: {error.strerror or error}.") from error


def _objection(path: Path, root: Path) -> str:
    """Return why an entry is not copied, empty if it is."""
    try:
        true = path.resolve(strict=True)
    except (OSError, RuntimeError):
        return "a link to nothing"
    if not true.is_relative_to(root):
        return "a link to somewhere else"
    mode = true.stat().st_mode
    if stat.S_ISDIR(mode):
        return "a link to a folder"
    return "" if stat.S_ISREG(mode) else "no file"


def _copy_file(source: Path, place: Path) -> None:
    """Copy a file's bytes; an error says which side it was on."""
    try:
        stream = source.open("rb")
    except OSError as error:
        raise OutsideError(f"{source} can't be read: {error.strerror or error}.") from error
    with stream, place.open("xb") as copy:
        shutil.copyfileobj(stream, copy, 1 << 20)
    shutil.copystat(source, place)
