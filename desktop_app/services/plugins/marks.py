"""Remembers across starts which plugin took the program down with it.

A plugin that ends the process while it is imported (a crash in native code, `os._exit`, a hang that the person had
to kill) can't be caught. A mark that lies on disk during the import names it at the next start. The importing
process holds a lock on its mark: the system frees it however the process ends, and no pid can be mistaken for
another one's.
"""

from __future__ import annotations

import contextlib
import os
import uuid
from collections.abc import Iterator
from pathlib import Path

from desktop_app.services.files import locked

_IMPORTING = b"importing\n"


class Marks:
    """A file for each import that goes on: several programs may import one plugin at the same time."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    @contextlib.contextmanager
    def during(self, plugin_id: str) -> Iterator[None]:
        """Keep a mark while the body runs, also if it raises. Where nothing can be written there is no mark."""
        with contextlib.ExitStack() as stack:
            with contextlib.suppress(OSError):
                stack.enter_context(_mark(self._folder / f"{plugin_id}@{uuid.uuid4().hex}"))
            yield

    def is_left(self, plugin_id: str) -> bool:
        """Whether a process that is gone left a mark behind."""
        return any(_is_left(each) for each in self._of(plugin_id))

    def clear(self, plugin_id: str) -> None:
        """Forget the marks that were left behind; those of imports that go on stay."""
        for each in self._of(plugin_id):
            if _is_left(each):
                with contextlib.suppress(OSError):
                    each.unlink(missing_ok=True)

    def _of(self, plugin_id: str) -> list[Path]:
        return list(self._folder.glob(f"{plugin_id}@*"))


@contextlib.contextmanager
def _mark(path: Path) -> Iterator[None]:
    """A mark counts when it is locked and written: who looks in between takes it for none."""
    with locked(path) as descriptor:
        assert descriptor is not None
        os.write(descriptor, _IMPORTING)
        try:
            yield
        finally:
            with contextlib.suppress(OSError):
                os.ftruncate(descriptor, 0)
                path.unlink()


def _is_left(path: Path) -> bool:
    try:
        with locked(path, wait=False) as descriptor:
            if descriptor is None:
                return False
            left = path.stat().st_size > 0
    except OSError:
        return False
    return left
