"""Watches what a plugin does beside answering: files, processes, threads, the network, and what all of them share.

Seen are the interpreter's own audit events on this thread, and what differs afterwards. It is no sandbox.
"""

from __future__ import annotations

import builtins
import contextlib
import os
import sys
import threading
import time
from collections.abc import Iterator, Mapping
from typing import Any

_WRITES = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND
_EVENTS: Mapping[str, str] = {
    "subprocess.Popen": "starts a process",
    "os.system": "starts a process",
    "os.posix_spawn": "starts a process",
    "os.spawn": "starts a process",
    "os.exec": "starts a process",
    "os.fork": "starts a process",
    "os.forkpty": "starts a process",
    "socket.connect": "uses the network",
    "socket.bind": "uses the network",
    "socket.getaddrinfo": "uses the network",
    "socket.gethostbyname": "uses the network",
    "socket.sendto": "uses the network",
    "os.putenv": "changes the environment",
    "os.unsetenv": "changes the environment",
    "os.chdir": "changes the working folder",
    "os.chmod": "changes files",
    "os.link": "changes files",
    "os.mkdir": "changes files",
    "os.remove": "changes files",
    "os.rename": "changes files",
    "os.rmdir": "changes files",
    "os.symlink": "changes files",
    "os.truncate": "changes files",
    "sqlite3.connect": "opens a database",
}
_SHARED = ("builtins", "io", "json", "logging", "os", "pathlib", "random", "re", "socket", "subprocess", "threading")
_STREAMS = ("stdin", "stdout", "stderr", "excepthook", "displayhook", "unraisablehook")


class Watch:
    """What was seen, a line each: `uses the network (socket.connect)`."""

    def __init__(self) -> None:
        self.seen: list[str] = []
        self.cpu = 0.0
        self._thread = threading.get_ident()

    def did(self, what: str) -> None:
        """Note what this thread did."""
        if threading.get_ident() == self._thread:
            self.seen.append(what)

    def event(self, name: str, arguments: tuple[Any, ...]) -> None:
        """Called for each audit event while this watch is on."""
        if name == "open":
            path, _, flags = arguments
            if isinstance(flags, int) and flags & _WRITES and path != os.devnull:
                self.did(f"writes a file ({path!s})")
        elif name in _EVENTS:
            self.did(f"{_EVENTS[name]} ({name})")


class _Auditor:
    """The one audit hook of this process: such a hook can never be taken away, but does nothing without a watch."""

    def __init__(self) -> None:
        self._watch: Watch | None = None
        self._is_added = False

    @contextlib.contextmanager
    def watching(self, watch: Watch) -> Iterator[None]:
        """Tell a watch of every event."""
        if not self._is_added:
            sys.addaudithook(self._hear)
            self._is_added = True
        self._watch = watch
        try:
            yield
        finally:
            self._watch = None

    def _hear(self, name: str, arguments: tuple[Any, ...]) -> None:
        if self._watch is not None:
            self._watch.event(name, arguments)


_AUDITOR = _Auditor()


@contextlib.contextmanager
def watched(watch: Watch) -> Iterator[None]:
    """Watch what happens on this thread, and afterwards compare what all share."""
    before, compiled = _shared(), sys.dont_write_bytecode
    sys.dont_write_bytecode = True  # what Python keeps of an import is none of the plugin's doing
    start = time.thread_time()
    try:
        sleeps, starts = (
            _heard(watch, time, "sleep", "waits"),
            _heard(watch, threading.Thread, "start", "starts a thread"),
        )
        with _AUDITOR.watching(watch), sleeps, starts:
            yield
    finally:
        watch.cpu = time.thread_time() - start
        sys.dont_write_bytecode = compiled
        watch.seen += _differences(before, _shared())


@contextlib.contextmanager
def _heard(watch: Watch, owner: Any, name: str, what: str) -> Iterator[None]:
    """Hear a function that has no audit event of its own being called."""
    function = getattr(owner, name)

    def told(*arguments: Any) -> Any:
        watch.did(f"{what} ({getattr(owner, '__qualname__', owner.__name__)}.{name})")
        return function(*arguments)

    setattr(owner, name, told)
    try:
        yield
    finally:
        setattr(owner, name, function)


def _shared() -> dict[str, dict[str, Any]]:
    """Return what a plugin must leave as it is: groups of names with their values."""
    own = {each: getattr(sys, each) for each in _STREAMS}
    own |= {"path": tuple(sys.path), "meta_path": tuple(sys.meta_path)}
    rest = {"builtins": set(vars(builtins)), "os.environ": dict(os.environ), "the working folder": _folder()}
    found = {"sys.{}": own, "{}": rest, "sys.modules[{!r}]": dict(sys.modules)}
    return found | {f"{name}.{{}}": dict(vars(sys.modules[name])) for name in _SHARED if name in sys.modules}


def _folder() -> str:
    try:
        return os.getcwd()  # noqa: PTH109 - no more than a text is wanted
    except OSError:
        return ""


def _differences(before: Mapping[str, dict[str, Any]], after: Mapping[str, dict[str, Any]]) -> list[str]:
    """Return what was there and is not any more, or is another."""
    return [
        f"changes {group.format(name)}"
        for group, values in before.items()
        for name, value in values.items()
        if (new := after[group].get(name, before)) is not value and _counts(group, name, value) and new != value
    ]


def _counts(group: str, name: str, value: Any) -> bool:
    """Whether somebody else minds: of a library's module no more than its public functions and classes."""
    return group.partition(".")[0] not in _SHARED or (callable(value) and not name.startswith("_"))
