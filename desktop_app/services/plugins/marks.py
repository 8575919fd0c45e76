"""Remembers across starts which plugin took the program down with it.

A plugin that ends the process while it is imported (a crash in native code, `os._exit`, a hang that the person had
to kill) can't be caught. A mark that lies on disk during the import names it at the next start.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


class Marks:
    """A file per plugin that is being imported, with the process that imports it."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def during(self, plugin_id: str) -> Iterator[None]:
        """Keep the mark while the body runs, also if it raises. Where nothing can be written there is no mark."""
        path = self._folder / plugin_id
        with contextlib.suppress(OSError):
            self._folder.mkdir(parents=True, exist_ok=True)
            path.write_text(str(os.getpid()), "utf-8")
        try:
            yield
        finally:
            self.clear(plugin_id)

    def is_left(self, plugin_id: str) -> bool:
        """Whether a process that is gone left the mark behind."""
        try:
            process = int((self._folder / plugin_id).read_text("utf-8"))
        except (OSError, ValueError):
            return False
        import psutil

        return process != os.getpid() and not psutil.pid_exists(process)

    def clear(self, plugin_id: str) -> None:
        """Forget the mark."""
        with contextlib.suppress(OSError):
            (self._folder / plugin_id).unlink(missing_ok=True)
