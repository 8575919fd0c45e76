"""Runs `rankzero` on a terminal of its own, as wide as a test says. POSIX only."""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
import threading
from pathlib import Path

from tests.helpers.program import Program


def on_terminal(program: Program, *arguments: str | Path, columns: int = 80) -> tuple[int, str]:
    """Return the exit code of a verb, and what its standard output shows on a terminal."""
    import fcntl
    import pty
    import termios

    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    with subprocess.Popen(
        program.command(*arguments), cwd=program.cwd, env=program.variables(), stdout=theirs, stderr=subprocess.DEVNULL
    ) as running:
        os.close(theirs)
        shown = _all_of(ours)
    os.close(ours)
    return running.returncode, shown.decode("utf-8", "replace").replace("\r\n", "\n")


def answering(program: Program, *arguments: str | Path, answer: bytes) -> tuple[int, str]:
    """Return the exit code of a verb to whose question `answer` is typed, and what its standard error shows."""
    import pty

    ours, theirs = pty.openpty()
    with subprocess.Popen(
        program.command(*arguments),
        cwd=program.cwd,
        env=program.variables(),
        stdin=theirs,
        stdout=subprocess.DEVNULL,
        stderr=theirs,
        start_new_session=True,
        preexec_fn=_take_terminal,  # noqa: PLW1509 - it makes one system call: Ctrl+C needs a terminal of its own
    ) as running:
        os.close(theirs)
        shown = b""
        overdue = threading.Timer(120, running.kill)
        overdue.start()
        with contextlib.suppress(OSError):
            while (part := os.read(ours, 1 << 16)) and b"[y/N]" not in (shown := shown + part):
                pass
            os.write(ours, answer)
        shown += _all_of(ours)
        overdue.cancel()
    os.close(ours)
    return running.returncode, shown.decode("utf-8", "replace").replace("\r\n", "\n")


def _take_terminal() -> None:
    import fcntl
    import termios

    fcntl.ioctl(0, termios.TIOCSCTTY, 0)


def _all_of(terminal: int) -> bytes:
    parts = []
    with contextlib.suppress(OSError):  # how Linux says that nobody writes any more
        while part := os.read(terminal, 1 << 16):
            parts.append(part)
    return b"".join(parts)
