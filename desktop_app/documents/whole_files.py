"""Replaces a file as a whole: who reads it sees the old or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)
_AS_ANY = 0o666  # less the umask: what any program's new file gets
_OWN = 0o600


def replace_file(
    path: Path, data: bytes, *, mode: int | None = None, durable: bool = True, like: os.stat_result | None = None
) -> None:
    """Replace `path`, whose folder is there, by `data`. Raises OSError, and leaves the file as it was then.

    The file gets the mode bits `mode`, else the owner and the mode bits of the file that `like` is the state of, else
    those that any new file gets here. Where `durable` is off the disk is not
    waited for: after a power cut the file may be the old one, or damaged.
    """
    # A short name of its own: that of the file may already be as long as names can be.
    draft = path.parent / f".rankzero-{secrets.token_hex(6)}.tmp"
    try:
        created = os.open(
            draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, _AS_ANY if mode is None and like is None else _OWN
        )
        with os.fdopen(created, "wb") as stream:
            if mode is not None:
                draft.chmod(mode)  # before there is anything to read in it
            if like is not None:
                _make_alike(draft, like)
            stream.write(data)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise


def _make_alike(path: Path, state: os.stat_result) -> None:
    """Give a file the owner, the group and the mode bits of another; owner and group where that may be."""
    if hasattr(os, "chown"):
        for owner, group in ((-1, state.st_gid), (state.st_uid, -1)):
            with contextlib.suppress(OSError):
                os.chown(path, owner, group)
    path.chmod(stat.S_IMODE(state.st_mode))


def overwrite_file(path: Path, data: bytes) -> None:
    """Write into the file that is there. Raises OSError where the disk refuses, having put back what it held."""
    before = path.read_bytes()
    try:
        _write_into(path, data)
    except OSError:
        with contextlib.suppress(OSError):
            _write_into(path, before)
        raise


def _write_into(path: Path, data: bytes) -> None:
    with path.open("r+b") as stream:
        stream.write(data)
        stream.truncate()
        stream.flush()
        os.fsync(stream.fileno())
