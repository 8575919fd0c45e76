"""Preparing: the working copy of the code folder, exactly the files of the plan."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

CHUNK = 8 << 20
_DISK = frozenset({errno.ENOSPC, getattr(errno, "EDQUOT", errno.ENOSPC), errno.EROFS, errno.EIO})
"""What a disk says that is no fault of the job."""


class Interrupted(Exception):  # noqa: N818 - a wish, not an error
    """Somebody asked for the run's end while files were being copied."""


class CopyFailed(Exception):  # noqa: N818 - said to a person as the run's reason
    """A file of the plan could not be copied; the text says which and why, `outside` whether the disk is at fault."""

    def __init__(self, text: str, *, outside: bool) -> None:
        super().__init__(text)
        self.outside = outside


def make_folders(folder: Path, outputs: Sequence[str]) -> None:
    """Make the folders that a run needs, one for each named output too. Raises OSError."""
    for name in ("code/outputs", "code/logs", "user_logs", "clock", "named_outputs", "requests"):
        (folder / name).mkdir(parents=True, exist_ok=True)
    for each in outputs:
        (folder / "named_outputs" / each).mkdir(exist_ok=True)


def copy_files(
    files: Sequence[Mapping[str, Any]], target: Path, changed: Callable[[str], None], interrupted: Callable[[], bool]
) -> None:
    """Copy the planned files below `target`; `changed` is told of each that is not as it was when planned.

    Raises Interrupted as soon as `interrupted()` is true, also within a big file, and CopyFailed.
    """
    for each in files:
        if interrupted():
            raise Interrupted
        destination = target / each["target"]
        try:
            found = _copy(Path(each["source"]), destination, interrupted)
        except OSError as error:
            raise CopyFailed(_explain(error, each["target"]), outside=error.errno in _DISK) from error
        if _differs(found, each):
            changed(each["target"])


def _copy(source: Path, destination: Path, interrupted: Callable[[], bool]) -> os.stat_result:
    destination.parent.mkdir(parents=True, exist_ok=True)
    with source.open("rb") as reader, destination.open("wb") as writer:
        while chunk := reader.read(CHUNK):
            writer.write(chunk)
            if len(chunk) == CHUNK and interrupted():
                raise Interrupted
        found = os.fstat(reader.fileno())
    shutil.copystat(source, destination)
    return found


def _differs(found: os.stat_result, planned: Mapping[str, Any]) -> bool:
    when = planned.get("modified_ns") or found.st_mtime_ns
    return found.st_size != planned["size"] or found.st_mtime_ns != when


def _explain(error: OSError, name: str) -> str:
    if isinstance(error, FileNotFoundError):
        return f"{name} is gone: it was there when the job was planned."
    return f"{name} could not be copied: {error.strerror or error}."
