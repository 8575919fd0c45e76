"""What was changed from outside while this window ran: the list of plugins, and plugins used from their own folders."""

from __future__ import annotations

import os
from pathlib import Path

from desktop_app.places import Places
from desktop_app.services.plugins.host import PluginHost
from desktop_app.services.plugins.installing.keeping.registry import FILE, FOLDER, Registry

_MOST = 500
"""Files of a folder that are looked at: it may hold anything."""
_PASSED_OVER = frozenset({"node_modules", "dist", "build"})

Seen = dict[str, tuple[int, int]]


class Outside:
    """Remembers how things were when it was made, and then when it was last asked. Everything here blocks, shortly."""

    def __init__(self, places: Places, host: PluginHost) -> None:
        self._host = host
        self._root = places.plugins / FOLDER
        self._registry = state_of(self._root / FILE)
        self._folders: Seen | None = None

    def registry_changed(self) -> bool:
        """Return whether somebody changed the list of plugins, this window or another."""
        before, self._registry = self._registry, state_of(self._root / FILE)
        return before != self._registry

    def restart_edited(self) -> tuple[str, ...]:
        """Have plugins whose own folders were edited read and imported anew; returns their ids.

        The first time it merely looks how they are.
        """
        before, self._folders = self._folders, self._look()
        if before is None:
            return ()
        edited = [key for key, seen in self._folders.items() if key in before and before[key] != seen]
        if edited:
            self._host.rediscover()
            for each in {info.id for info in self._host.plugins} & set(edited):
                self._host.restart(each)
            self._host.load()
        return tuple(edited)

    def _look(self) -> Seen:
        try:
            installed = Registry(self._root).read().plugins if self._root.is_dir() else {}
        except OSError:
            installed = {}
        own = {each.id: each.folder for each in installed.values() if each.editable}
        by_hand = {each.id: each.folder for each in self._host.plugins if each.source == "folder" and each.folder}
        return {key: _newest(folder) for key, folder in {**by_hand, **own}.items()}


def state_of(path: Path) -> tuple[int, int]:
    """Return what is another one after each change of a file that is replaced and never written into."""
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return (found.st_ino, found.st_mtime_ns)


def _newest(folder: Path) -> tuple[int, int]:
    """Return how many files a plugin's folder has, and when the newest one was written."""
    count = newest = 0
    for parent, folders, files in os.walk(folder):
        folders[:] = [each for each in folders if not each.startswith((".", "__")) and each not in _PASSED_OVER]
        for each in files:
            count += 1
            if count > _MOST:
                return count, newest
            try:
                newest = max(newest, os.stat(os.path.join(parent, each)).st_mtime_ns)  # noqa: PTH116, PTH118 - quick
            except OSError:
                continue
    return count, newest
