"""Where sign-ins are kept: in the system keyring, in pieces as small as Windows takes them; never in a plain file."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Iterator, Mapping
from typing import Any, Protocol

_SERVICE = "rankzero"
_ENTRY = "azure-sign-in"
_PIECE = 1200
"""Characters of a piece: Windows keeps 2,560 bytes an entry, two for each character."""
_KNOWN = {
    "keyring.backends.Windows": "the Windows Credential Manager",
    "keyring.backends.macOS": "the macOS keychain",
    "keyring.backends.SecretService": "the system keyring (Secret Service)",
    "keyring.backends.libsecret": "the system keyring (libsecret)",
    "keyring.backends.kwallet": "KWallet",
}
"""The keyrings that encrypt; any other, one that writes plain files among them, is not used."""


Flat = dict[str, Any]
"""Everything that is kept, an entry each by its kind and name: `RefreshToken …`, `chosen …`, `principal …`."""


class Ring(Protocol):
    """What is used of a keyring."""

    def get_password(self, service: str, username: str) -> str | None:
        """Return an entry."""

    def set_password(self, service: str, username: str, password: str) -> None:
        """Write an entry."""

    def delete_password(self, service: str, username: str) -> None:
        """Delete an entry; raises where there is none."""


class Keeper:
    """One text in a keyring; without a keyring nothing outlives this process."""

    def __init__(self, ring: Ring | None, title: str = "") -> None:
        self._ring = ring
        self._title = title

    @classmethod
    def of_system(cls) -> Keeper:
        """Return a keeper over the system's keyring, where it has one that is known to encrypt."""
        for ring in _rings():
            title = _KNOWN.get(type(ring).__module__)
            if title:
                return cls(ring, title)
        return cls(None)

    @property
    def place(self) -> str:
        """What a person calls the keyring; empty where nothing is kept."""
        return self._title if self._ring is not None else ""

    def load(self) -> str | None:
        """Return the text, empty where there is none, None where it can't be read or a part of it is gone."""
        if self._ring is None:
            return ""
        try:
            return "".join(self._pieces(self._ring))
        except Exception:  # noqa: BLE001 - a locked or broken keyring
            return None

    def save(self, text: str) -> bool:
        """Keep a text in place of the former one, in one step for who reads it; return whether that was possible."""
        if self._ring is None:
            return False
        stamp = secrets.token_hex(4)
        pieces = [text[start : start + _PIECE] for start in range(0, len(text), _PIECE)]
        try:
            former = self._head(self._ring)
            for number, piece in enumerate(pieces):
                self._ring.set_password(_SERVICE, f"{_ENTRY}/{stamp}/{number}", piece)
            self._ring.set_password(_SERVICE, _ENTRY, f"{stamp} {len(pieces)}")
        except Exception:  # noqa: BLE001 - as above; the sign-in goes on in memory
            self._ring = None
            return False
        self._delete(self._ring, former)
        return True

    def forget(self) -> None:
        """Delete the text."""
        if self._ring is not None:
            with contextlib.suppress(Exception):
                former = self._head(self._ring)
                self._ring.delete_password(_SERVICE, _ENTRY)
                self._delete(self._ring, former)

    def _pieces(self, ring: Ring) -> Iterator[str]:
        stamp, count = self._head(ring)
        for number in range(count):
            piece = ring.get_password(_SERVICE, f"{_ENTRY}/{stamp}/{number}")
            if piece is None:
                raise LookupError(number)
            yield piece

    def _head(self, ring: Ring) -> tuple[str, int]:
        stamp, _, count = (ring.get_password(_SERVICE, _ENTRY) or "").partition(" ")
        return stamp, int(count or 0)

    def _delete(self, ring: Ring, head: tuple[str, int]) -> None:
        for number in range(head[1]):
            with contextlib.suppress(Exception):
                ring.delete_password(_SERVICE, f"{_ENTRY}/{head[0]}/{number}")


def merged(base: Mapping[str, Any], mine: Mapping[str, Any], theirs: Mapping[str, Any]) -> Flat:
    """Return theirs with what was set and taken away here since both were as `base`."""
    changed = {name: each for name, each in mine.items() if base.get(name) != each}
    return {name: each for name, each in {**theirs, **changed}.items() if name in mine or name not in base}


def _rings() -> list[Any]:
    """Return the system's keyrings, the one to use first."""
    try:
        import keyring
        from keyring.backends.chainer import ChainerBackend

        found = keyring.get_keyring()
        return list(found.backends) if isinstance(found, ChainerBackend) else [found]
    except Exception:  # noqa: BLE001 - no message bus, no keyring
        return []
