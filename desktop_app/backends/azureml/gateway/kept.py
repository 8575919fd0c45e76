"""What is known of people's sign-ins: msal's cache, who was chosen for what, typed secrets; shared through the keyring.

Several processes use one keyring: each adds and takes away what it did itself, and learns what the others did.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Iterable, Mapping
from typing import Any

import msal

from .keeping import Flat, Keeper, merged

_CACHED = ("RefreshToken", "Account", "AppMetadata")  # what a new process needs; tokens end within the hour anyway


class Kept:
    """The state, in memory and in the keyring; `lock` guards it."""

    def __init__(self, keeper: Keeper) -> None:
        self.keeper = keeper
        self.cache = msal.SerializableTokenCache()
        self.lock = threading.RLock()
        self._named: Flat = {}
        self._base: Flat = {}

    def get(self, kind: str, names: Iterable[str]) -> Any:
        """Return the first entry of a kind that is there, looked for in the keyring as well; None where none is."""
        with self.lock:
            for is_last in (False, True):
                found = next((each for name in names if (each := self._named.get(f"{kind} {name}"))), None)
                if found is not None or is_last:
                    return found
                self.share()
        return None

    def put(self, kind: str, names: Iterable[str], value: Any) -> None:
        """Set entries of a kind, or take them away with None; `share` keeps that."""
        with self.lock:
            for name in names:
                self._named.pop(f"{kind} {name}", None)
                if value is not None:
                    self._named[f"{kind} {name}"] = value

    def values(self, kind: str) -> list[Any]:
        """Return all entries of a kind."""
        return [value for name, value in self._named.items() if name.startswith(f"{kind} ")]

    def share(self) -> None:
        """Put what changed here into the keyring, and take over what changed there."""
        with self.lock:
            if not self.keeper.place:
                return
            theirs = _parsed(self.keeper.load())
            mine = self._mine()
            found = merged(self._base, mine, self._base if theirs is None else theirs)
            if all(name.partition(" ")[0] in _CACHED for name in found):
                found = {}  # nobody is signed in
            if found != mine:
                self._take(found)
            if found != theirs:
                self.keeper.save(json.dumps(found, separators=(",", ":"))) if found else self.keeper.forget()
            self._base = found

    def drop(self, homes: set[str]) -> None:
        """Take all of some people out of the cache; msal's own way would ask the authority first."""
        removers = {
            "RefreshToken": self.cache.remove_rt, "AccessToken": self.cache.remove_at,
            "IdToken": self.cache.remove_idt, "Account": self.cache.remove_account,
        }  # fmt: skip
        for kind, remove in removers.items():
            for each in [found for found in self.cache.search(kind) if found["home_account_id"] in homes]:
                remove(each)

    def _mine(self) -> Flat:
        cached = json.loads(self.cache.serialize())
        entries = {f"{kind} {name}": each for kind in _CACHED for name, each in cached.get(kind, {}).items()}
        return {**entries, **self._named}

    def _take(self, found: Mapping[str, Any]) -> None:
        cached = json.loads(self.cache.serialize())
        for kind in _CACHED:
            start = f"{kind} "
            cached[kind] = {name.removeprefix(start): each for name, each in found.items() if name.startswith(start)}
        self.cache.deserialize(json.dumps(cached))
        self._named = {name: each for name, each in found.items() if name.partition(" ")[0] not in _CACHED}


def _parsed(text: str | None) -> Flat | None:
    """Return what the keyring holds, None where that can't be read."""
    try:
        found = json.loads(text) if text else {}
    except ValueError:
        return None
    is_sound = isinstance(found, dict) and text is not None
    return found if is_sound else None
