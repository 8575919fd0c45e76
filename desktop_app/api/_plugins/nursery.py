"""The nursery: has imported the api once, and forks a process for each plugin. It runs no plugin's code itself.

It does what the program asks for, an order a line, and nothing is left of it once the program has hung up: every
plugin's process leads a group, and what left that group falls to the nursery, which ends it (Linux).
"""

from __future__ import annotations

import contextlib
import ctypes
import gc
import json
import os
import select
import signal
import socket
import sys
import time
from pathlib import Path
from typing import Any

from desktop_app.api._plugins.crashes import prepare
from desktop_app.api._plugins.serving import serve, warm

_DEATH_SIGNAL, _SUBREAPER = 1, 36  # PR_SET_PDEATHSIG, PR_SET_CHILD_SUBREAPER
_LINUX = sys.platform == "linux"
_ASKED = 0.3  # seconds for a process to say where it is, before it is ended
_WAIT = 2.5  # seconds for the system to end what was killed
_PAUSE = 0.002  # seconds between two looks at it

if sys.platform != "win32":
    _system: Any = ctypes.CDLL(None) if _LINUX else None

    def run(descriptor: int) -> None:
        """Do what the program orders until it hangs up, then end all there is."""
        channel = socket.socket(fileno=descriptor)
        if _system is not None:
            _system.prctl(_SUBREAPER, 1, 0, 0, 0)
        woken, wake = os.pipe()
        for each in (woken, wake):
            os.set_blocking(each, False)
        signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda *_: None)
        nursery = _Nursery(channel, (woken, wake))
        warm()
        gc.collect()
        gc.freeze()  # what is shared stays so: no plugin's collector goes through it
        try:
            while nursery.wait(woken):
                pass
        finally:
            nursery.end_all()
            os._exit(0)

    class _Nursery:
        def __init__(self, channel: socket.socket, own: tuple[int, int]) -> None:
            self._channel, self._own = channel, own
            self._alive: set[int] = set()
            self._ended: dict[int, int] = {}

        def wait(self, woken: int) -> bool:
            """Do the next thing; False once the program has hung up."""
            talks = self._channel.fileno()
            ready, _, _ = select.select([talks, woken], [], [])
            if woken in ready:
                with contextlib.suppress(BlockingIOError):
                    os.read(woken, 4096)
                self._reap()
            return talks not in ready or self._order()

        def _order(self) -> bool:
            try:
                text, descriptors, _, _ = socket.recv_fds(self._channel, 4096, 4)
            except ConnectionError:
                return False
            if not text:
                return False
            order = json.loads(text)
            answer: dict[str, Any]
            try:
                answer = {"pid": self._fork(descriptors)} if order["do"] == "fork" else {"status": self._end(**order)}
            except OSError as error:  # too many processes, or no memory
                answer = {"error": [error.errno, error.strerror]}
            for each in descriptors:
                os.close(each)
            try:
                self._channel.sendall(json.dumps(answer).encode() + b"\n")
            except ConnectionError:
                return False
            return True

        def _fork(self, descriptors: list[int]) -> int:
            parent = os.getpid()
            pid = os.fork()
            if pid:
                self._alive.add(pid)
                return pid
            try:
                signal.set_wakeup_fd(-1)
                self._channel.close()
                for each in self._own:
                    os.close(each)
                _become_plugin(parent, *descriptors)
            finally:
                os._exit(0)

        def _end(self, pid: int, asks: bool = False, do: str = "") -> int | None:
            """End a plugin's process with all it started, and return how it ended; None for one that isn't ours."""
            self._reap()
            if pid in self._alive:
                if asks:  # it writes down where it is, and ends by that
                    _kill(pid, signal.SIGABRT)
                    self._gone(pid, _ASKED)
                if pid in self._alive:
                    _kill_group(pid)
                    _kill(pid, signal.SIGKILL)
                    self._gone(pid, _WAIT)
            self._sweep()
            return self._ended.pop(pid, None)

        def _gone(self, pid: int, seconds: float) -> None:
            until = time.monotonic() + seconds
            pause = 0.0002
            while pid in self._alive and time.monotonic() < until:
                time.sleep(pause)
                pause = min(pause * 2, 0.02)
                self._reap()

        def _reap(self) -> None:
            """Take note of who has ended; what the dead left behind is ended too."""
            dead = False
            with contextlib.suppress(ChildProcessError):
                while True:
                    pid, status = os.waitpid(-1, os.WNOHANG)
                    if not pid:
                        break
                    if pid in self._alive:
                        self._alive.discard(pid)
                        self._ended[pid] = status
                        _kill_group(pid)
                        dead = True
            if dead:
                self._sweep()

        def _sweep(self) -> None:
            """End the processes that became the nursery's own because a plugin's process left them behind."""
            until = time.monotonic() + _WAIT
            while left := _children() - self._alive:
                for each in left:
                    _kill(each, signal.SIGKILL)
                    with contextlib.suppress(ChildProcessError):
                        os.waitpid(each, os.WNOHANG)  # it may be one that this process may not kill
                if time.monotonic() >= until:
                    break
                time.sleep(_PAUSE)

        def end_all(self) -> None:
            """End every plugin's process."""
            for pid in tuple(self._alive):
                _kill_group(pid)
                _kill(pid, signal.SIGKILL)
            for pid in tuple(self._alive):
                self._gone(pid, _WAIT)
            self._sweep()

    def _become_plugin(parent: int, connection: int, trace: int) -> None:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.setsid()
        if _system is not None:
            _system.prctl(_DEATH_SIGNAL, signal.SIGKILL, 0, 0, 0)
            _system.prctl(_SUBREAPER, 1, 0, 0, 0)
            with contextlib.suppress(OSError):  # where memory runs out, it goes before the program does
                Path("/proc/self/oom_score_adj").write_text("1000")
        if os.getppid() != parent:
            return
        prepare(trace)
        serve(socket.socket(fileno=connection))

    def _kill(pid: int, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(pid, number)

    def _kill_group(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)

    def _children() -> set[int]:
        """Return the pids of this process's children; nothing where the system does not tell."""
        try:
            return set(map(int, Path(f"/proc/self/task/{os.getpid()}/children").read_text().split()))
        except OSError:
            return set()
