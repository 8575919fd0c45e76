"""Files that several processes share: replaced as a whole, locked between processes, kept aside when damaged."""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from desktop_app.documents.whole_files import replace_file


def write_atomically(path: Path, text: str, *, durable: bool = True) -> None:
    """Replace `path`, the person's own, by `text`, and make its folder where it is missing. Raises OSError.

    A reader sees the old or the new file, never half of one. Where `durable` is off the disk is not waited for: after a
    power cut the file may be the old one, or damaged.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    replace_file(path, text.encode("utf-8"), mode=0o600, durable=durable)


def set_aside(path: Path) -> Path:
    """Rename a damaged file so that nothing is lost, and return its new path. Raises OSError."""
    stamp = f"{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"
    target = path.with_name(f"{path.stem}.damaged-{stamp}{path.suffix}")
    path.replace(target)
    return target


@contextlib.contextmanager
def locked(path: Path, *, wait: bool = True) -> Iterator[int | None]:
    """Hold the lock that `path` stands for among all processes; yields its file descriptor.

    Yields None if the lock is taken and `wait` is off. A child that inherits the descriptor keeps the lock while
    it lives, if this process is killed. The file is left lying: removing it would let two processes hold "the"
    lock. The system frees the lock when the process ends, however it ends. Raises OSError where the folder can't
    be written.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a+b") as stream:
        got = _lock(stream, wait=wait)
        try:
            yield stream.fileno() if got else None
        finally:
            if got:
                _unlock(stream)


if sys.platform == "win32":
    import msvcrt

    def _lock(stream: IO[bytes], *, wait: bool) -> bool:
        stream.seek(0)
        while True:
            try:
                msvcrt.locking(stream.fileno(), msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
            except OSError:
                if not wait:
                    return False
            else:
                return True

    def _unlock(stream: IO[bytes]) -> None:
        stream.seek(0)
        msvcrt.locking(stream.fileno(), msvcrt.LK_UNLCK, 1)

else:
    import fcntl

    def _lock(stream: IO[bytes], *, wait: bool) -> bool:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    def _unlock(stream: IO[bytes]) -> None:
        fcntl.flock(stream, fcntl.LOCK_UN)
