"""Puts an ONNX file where the person wants it, whole or not at all."""

from __future__ import annotations

import contextlib
import errno
import glob
import hashlib
import json
import os
import shutil
from collections.abc import Iterable, Sequence
from pathlib import Path

from desktop_app.api import OutsideError, UserError

_NOTED = "placing.json"
_TIGHT = 1024 * 1024
_PART = 8 * 1024 * 1024


def check_target(target: Path, *, overwrite: bool) -> None:
    """Raise UserError where nothing can be, or may be, written."""
    check_parent(target)
    if target.exists() and not overwrite:
        raise UserError(
            f"{target} is there already.", hint="`--overwrite` replaces it once the new one is proven right."
        )


def check_parent(target: Path) -> None:
    """Raise UserError where no file of that name can be written."""
    if target.is_dir():
        raise UserError(f"{target} is a folder.", hint="Name a file, such as model.onnx.")
    if target.exists() and not target.is_file():
        raise UserError(f"{target} is no file.", hint="Name a file, such as model.onnx.")
    if not target.parent.is_dir():
        raise UserError(f"The folder {target.parent} isn't there.", hint="Make it, or choose another place.")
    if not os.access(target.parent, os.W_OK):
        raise UserError(f"Nothing can be written to {target.parent}.", hint="Choose another folder.")


def check_sources(target: Path, sources: Iterable[Path | None]) -> None:
    """Raise UserError where a target is what the model is read from: `--overwrite` means an ONNX file."""
    for each in sources:
        if each is not None and target.exists() and each.exists() and target.samefile(each):
            raise UserError(f"{target} is the model itself.", hint="Name another file, such as model.onnx.")


def refuse_full(folder: Path, why: str) -> None:
    """Raise OutsideError if the disk that a folder lies on is full, or `why` says that it was about to be."""
    try:
        free = shutil.disk_usage(folder).free
    except OSError:
        return
    if free < _TIGHT or "No space left on device" in why or "File too large" in why:
        hint = f"Make room on the disk of {folder.parent.parent}; --home puts exports on another one."
        raise OutsideError("The disk is full, or would have been soon.", hint=hint, details=why)


def place(model: Path, target: Path, folder: Path, *, overwrite: bool = True) -> str:
    """Copy a model, and the data beside it, to `target` in one step at the end; return the file's SHA-256.

    `folder` is the export's own: it notes there what it writes, for `clear` if this program is killed meanwhile.
    Blocks. Raises OutsideError where the disk is full or gone, UserError where another was faster; then what was there
    before is as it was. Data keep their name, by which the model finds them; one that isn't the target's own replaces
    none.
    """
    beside_it = parts_of(model)[1:]
    pairs = [(model, target), *((each, target.with_name(each.name)) for each in beside_it)]
    staged = [(goal.with_name(f".{goal.name}.{folder.name}.part"), goal) for _, goal in pairs]
    try:
        (folder / _NOTED).write_text(json.dumps([str(beside) for beside, _ in staged]), "utf-8")
        for (source, _), (beside, _) in zip(pairs, staged, strict=True):
            _copy(source, beside)
        for beside, goal in reversed(staged):  # the model itself last
            _move(beside, goal, overwrite=overwrite and goal.name.startswith(target.name))
    except FileExistsError as error:
        message = f"{error.filename2 or error.filename} came to be while this export ran, and was left as it is."
        raise UserError(message, hint="`--overwrite` replaces it once the new one is proven right.") from None
    except OSError as error:
        message = f"{target} could not be written: {error.strerror or error}."
        raise OutsideError(message, hint="Make room, or choose another place.") from error
    finally:
        clear(folder)
    return digest(target)


def clear(folder: Path) -> None:
    """Remove what an export has written beside its target and not moved there. Touches no other file."""
    noted = folder / _NOTED
    try:
        named = [Path(each) for each in json.loads(noted.read_text("utf-8"))]
    except (OSError, ValueError, TypeError):
        return
    for each in named:
        if each.name.endswith(f".{folder.name}.part"):
            with contextlib.suppress(OSError):
                each.unlink(missing_ok=True)
    with contextlib.suppress(OSError):
        noted.unlink()


def _move(beside: Path, goal: Path, *, overwrite: bool) -> None:
    """Give a file its name, in one step. Raises FileExistsError where it may not replace another."""
    if not overwrite:
        try:
            os.link(beside, goal)
        except FileExistsError:
            raise
        except OSError:  # a file system without hard links
            if goal.exists():
                raise FileExistsError(errno.EEXIST, "", str(goal)) from None
        else:
            return
    beside.replace(goal)


def set_aside(model: Path, kept: Path) -> None:
    """Move a model that isn't placed, and the data beside it, into its export's folder."""
    for each in parts_of(model)[1:]:
        each.replace(kept.with_name(each.name))
    model.replace(kept)


def parts_of(model: Path) -> Sequence[Path]:
    """Return the model's file, and then those with its data beside it, which begin with its name."""
    beside = sorted(each for each in model.parent.glob(f"{glob.escape(model.name)}.*") if each.is_file())
    return (model, *beside)


def digest(path: Path) -> str:
    """Return a file's SHA-256."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _copy(source: Path, target: Path) -> None:
    with source.open("rb") as reading, target.open("xb") as writing:
        shutil.copyfileobj(reading, writing, _PART)
        writing.flush()
        os.fsync(writing.fileno())
