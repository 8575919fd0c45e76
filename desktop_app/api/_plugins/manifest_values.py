"""Values in a `plugin.toml`: each has its type, else the manifest can't be used."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Mapping
from typing import Any

LONGEST = 500
_JOINERS = "\u200c\u200d"  # Persian, Indic scripts and emoji need them
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Zl", "Zp"}


class ManifestError(Exception):
    """A manifest that can't be used; the text is one sentence for the person, and shows what can't be seen as �."""

    def __init__(self, message: str) -> None:
        super().__init__("".join("\ufffd" if unseen(each) else each for each in message))


def texts(value: Any, key: str) -> tuple[str, ...]:
    """Return a list of texts."""
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise ManifestError(f"plugin.toml: {key} must be a list of texts.")
    return tuple(value)


def shown(value: Any, key: str) -> str:
    """Return a text that people will see: one line, with nothing in it that hides or turns round what stands there."""
    if not isinstance(value, str):
        raise ManifestError(f"plugin.toml: {key} must be a text in quotes.")
    if len(value) > LONGEST:
        raise ManifestError(f"plugin.toml: {key} is longer than {LONGEST} characters.")
    wrong = unseen(value)
    if wrong in ("\n", "\r"):
        raise ManifestError(f"plugin.toml: {key} must be one line.")
    if wrong:
        raise ManifestError(f"plugin.toml: {key} has a character that can't be seen (U+{ord(wrong):04X}).")
    return value


def unseen(value: str) -> str:
    """Return the first character that can't be seen or changes how others are seen, or an empty text."""
    return next((each for each in value if unicodedata.category(each) in _UNSEEN and each not in _JOINERS), "")


def text(table: Mapping[str, Any], key: str, name: str, default: str | None = None) -> str:
    """Return a text; without a default it must be there, and not be empty."""
    value = table.get(key, default)
    if value is None or (default is None and value == ""):
        raise ManifestError(f"plugin.toml lacks {name}.{key}.")
    if not isinstance(value, str):
        raise ManifestError(f"plugin.toml: {name}.{key} must be a text in quotes.")
    return value


def number(table: Mapping[str, Any], key: str, name: str) -> int:
    """Return a whole number that is not below nothing; 0 where it is missing."""
    value = table.get(key, 0)
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ManifestError(f"plugin.toml: {name}.{key} must be a whole number, 0 or more.")
    return value


def tables(value: Any, name: str) -> list[Mapping[str, Any]]:
    """Return what is written as [[name]]."""
    if not isinstance(value, list) or not all(isinstance(each, dict) for each in value):
        raise ManifestError(f"plugin.toml: {name} must be written as [[{name}]].")
    return value


def only(table: Mapping[str, Any], known: Iterable[str], name: str) -> None:
    """Raise ManifestError for a key that nobody reads: a slip of the pen is seen."""
    for key in sorted(table.keys() - set(known)):
        raise ManifestError(f"plugin.toml has an unknown key {name}.{key[:64]}.")
