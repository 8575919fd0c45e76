"""Remembers across starts which plugins fail, and how: one that fails in three starts in a row is switched off."""

from __future__ import annotations

import contextlib
import json
import threading
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from desktop_app.core.redact import redact
from desktop_app.services.files import locked, write_atomically
from desktop_app.services.plugins.info import Failure

STARTS = 3
_LONGEST_REASON, _LONGEST_DETAILS = 1000, 8000  # characters


class Health:
    """How often each plugin has failed, starts in a row; a start counts once, and one without a failure ends the row.

    That a start went without one is known when the next begins: until then it has gone well so far. Where nothing can
    be written nothing is remembered, and a helper of a program, which is no start of its own, only reads.
    """

    def __init__(self, folder: Path) -> None:
        self.is_start = True
        self._path = folder / ".health.json"
        self._turn = threading.Lock()
        self._known: dict[str, Any] | None = None
        self._failed_now: set[str] = set()
        self._well_now: set[str] = set()
        self._well_hooks: set[tuple[str, str]] = set()

    def failures(self, plugin_id: str, version: str) -> int:
        """Return in how many starts in a row this version of a plugin failed, up to now."""
        with self._turn:
            return _count(self._read().get(plugin_id), version)

    def last(self, plugin_id: str, version: str) -> Failure | None:
        """Return how this version of a plugin failed last, unless what failed did well since."""
        with self._turn:
            return _failure(self._read().get(plugin_id), version)

    def fails(self, plugin_id: str, version: str, failure: Failure | None = None) -> int:
        """Take note that a plugin failed, and how, and return in how many starts in a row it has."""
        if not self.is_start:
            return self.failures(plugin_id, version)
        with self._turn:
            before = self._read().get(plugin_id)
            row_ended = isinstance(before, dict) and before.get("well") is True and plugin_id not in self._well_now
            count = 0 if row_ended else _count(before, version)
            if plugin_id in self._failed_now and count:
                return count
            self._failed_now.add(plugin_id)
            self._well_hooks = {each for each in self._well_hooks if each[0] != plugin_id}
            last = {"last": _kept(failure, version)} if failure else {}
            self._write(plugin_id, {"version": version, "failed": count + 1, "well": False, **last})
            return count + 1

    def does_well(self, plugin_id: str, hook: str = "") -> bool:
        """Take note that a plugin's hook answered in this start, and return whether that makes good its last failure.

        Cheap for one that never failed.
        """
        if (plugin_id, hook) in self._well_hooks or not self.is_start:
            return False
        with self._turn:
            is_first = plugin_id not in self._well_now and plugin_id not in self._failed_now
            self._well_now.add(plugin_id)
            self._well_hooks.add((plugin_id, hook))
            before = self._read().get(plugin_id)
            if not isinstance(before, dict):
                return False
            after = _better(before, hook, is_first)
            if after != before:
                self._write(plugin_id, after)
            return "last" in before and "last" not in (after or {})

    def forget(self, plugin_id: str) -> None:
        """Begin anew with a plugin: the person enabled it."""
        with self._turn:
            self._known = None  # another program may have counted since
            self._failed_now.discard(plugin_id)
            self._well_now.discard(plugin_id)
            self._well_hooks = {each for each in self._well_hooks if each[0] != plugin_id}
            if plugin_id in self._read():
                self._write(plugin_id, None)

    def _read(self) -> dict[str, Any]:
        if self._known is None:
            self._known = _load(self._path)
        return self._known

    def _write(self, plugin_id: str, entry: dict[str, Any] | None) -> None:
        with contextlib.suppress(OSError), locked(self._path.with_suffix(".lock")):
            self._known = {**_load(self._path), plugin_id: entry}
            if entry is None:
                del self._known[plugin_id]
            write_atomically(self._path, json.dumps(self._known, indent=1, sort_keys=True), durable=False)


def _count(entry: Any, version: str) -> int:
    if not isinstance(entry, dict) or entry.get("version") != version:
        return 0
    count = entry.get("failed")
    return count if type(count) is int else 0


def _better(entry: dict[str, Any], hook: str, is_first: bool) -> dict[str, Any] | None:
    """Return what is left of an entry after a hook did well, for the first time in this start or not."""
    twice = is_first and entry.get("well") is True
    left = {**entry, **({"well": True} if is_first else {}), **({"failed": 0} if twice else {})}
    last = _failure(entry, str(entry.get("version")))
    if last is None or last.hook in (hook, "import") or (twice and not last.hook):
        left.pop("last", None)
    return None if twice and "last" not in left else left


def _kept(failure: Failure, version: str) -> dict[str, Any]:
    """Return what is written of a failure: no secrets, and no more than helps."""
    reason, details = redact(failure.reason)[:_LONGEST_REASON], redact(failure.details)[-_LONGEST_DETAILS:]
    at = datetime.now(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return asdict(replace(failure, reason=reason, details=details, at=at, version=version))


def _failure(entry: Any, version: str) -> Failure | None:
    last = entry.get("last") if isinstance(entry, dict) and entry.get("version") == version else None
    names = ("reason", "hook", "details", "at")
    if not isinstance(last, dict) or not all(isinstance(last.get(name), str) for name in names) or not last["reason"]:
        return None
    return Failure(version=version, **{name: last[name] for name in names})


def _load(path: Path) -> dict[str, Any]:
    try:
        data = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return data if isinstance(data, dict) else {}
