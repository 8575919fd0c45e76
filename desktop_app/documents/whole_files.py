"""Replaces a file as a whole: who reads it sees the old or the new one, never half of one."""

from __future__ import annotations

import contextlib
import os
import secrets
from pathlib import Path

_BINARY = getattr(os, "O_BINARY", 0)
_AS_ANY = 0o666  # less the umask: what any program's new file gets
_OWN = 0o600


def replace_file(path: Path, data: bytes, *, mode: int | None = None, durable: bool = True) -> None:
    """Replace `path`, whose folder is there, by `data`. Raises OSError, and leaves the file as it was then.

    The file gets the mode bits `mode`, else those that any new file gets here. Where `durable` is off the disk is not
    waited for: after a power cut the file may be the old one, or damaged.
    """
    # A short name of its own: that of the file may already be as long as names can be.
    draft = path.parent / f".rankzero-{secrets.token_hex(6)}.tmp"
    try:
        created = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL | _BINARY, _AS_ANY if mode is None else _OWN)
        with os.fdopen(created, "wb") as stream:
            if mode is not None:
                draft.chmod(mode)  # before there is anything to read in it
            stream.write(data)
            stream.flush()
            if durable:
                os.fsync(stream.fileno())
        draft.replace(path)
    except BaseException:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
        raise
