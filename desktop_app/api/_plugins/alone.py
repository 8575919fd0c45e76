"""The process of one plugin where there is no nursery: it watches by itself whether the program is still there.

Its standard input stays open as long as the program lives, and comes with nothing to read; on Windows the socket to the
program comes through it first.
"""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import struct
import sys
import threading

from desktop_app.api._plugins.serving import serve


def be_alone(descriptor: int, trace: int) -> None:
    """Serve the program until it hangs up or ends; a crash says to `trace` where it was (not on Windows)."""
    _prepare(trace)
    life = os.dup(0)
    connection = _connection(life, descriptor)
    null = os.open(os.devnull, os.O_RDONLY)
    os.dup2(null, 0)
    os.close(null)
    threading.Thread(target=_watch, args=(life,), daemon=True).start()
    try:
        serve(connection)
    finally:
        _end()


def _watch(life: int) -> None:
    with contextlib.suppress(OSError):
        while os.read(life, 4096):
            pass
    _end()


if sys.platform == "win32":

    def _connection(life: int, descriptor: int) -> socket.socket:
        (size,) = struct.unpack("<I", os.read(life, 4))
        return socket.fromshare(os.read(life, size))

    def _prepare(trace: int) -> None:
        pass

    def _end() -> None:
        os._exit(0)

else:
    from desktop_app.api._plugins.crashes import prepare as _prepare

    def _connection(life: int, descriptor: int) -> socket.socket:
        return socket.socket(fileno=descriptor)

    def _end() -> None:
        """End with all the group: the process leads it."""
        with contextlib.suppress(OSError):
            os.killpg(os.getpid(), signal.SIGKILL)
        os._exit(0)
