"""Secrets in plain text: by the name of a variable, and by what a value looks like. The secret itself is never said."""

from __future__ import annotations

import re

from desktop_app.api import Value
from desktop_app.core.rules.notes import Notes
from desktop_app.core.rules.values import Path, is_bound, mapping, texts
from desktop_app.core.secrets import BARE_STORAGE_KEY, PASSWORD_IN_ADDRESS, PASSWORD_OPTION, kinds_of_secrets

_SECRET = frozenset(
    {"secret", "secrets", "token", "password", "passwd", "pwd", "passphrase", "credential", "credentials"}
)
_KEYS = frozenset(
    {"api", "access", "account", "storage", "shared", "private", "secret", "auth", "master", "subscription"}
)
_HARMLESS = re.compile(
    r"(?i)x+|\*+|\.+|-?\d+(?:\.\d+)?|true|false|yes|no|none|null||changeme|your[-_ ].*|my[-_ ].*|todo|placeholder"
    r"|redacted"
)
_ADVICE = "keep it in the workspace's key vault and read it in the script"


def check(data: Value, notes: Notes) -> None:
    """Check all texts of a file, and the names of its environment variables and tags."""
    said: set[Path] = set()
    for path, group in _named_groups(data):
        for name, value in group.items():
            if _says_secret(name) and _is_kept(value):
                said.add((*path, name))
                notes.warning("secret", (*path, name), f"{name} holds a secret in plain text: {_ADVICE}.")
    longer = [(path, value) for path, value in texts(data) if len(value) >= 8 and path not in said]
    if _kind("\n".join(value for _, value in longer)):  # once over all, since most files hold none
        for path, value in longer:
            _look(path, value, notes)


def _kind(text: str) -> str:
    """Return what kind of secret a text holds; empty for none."""
    found = kinds_of_secrets(text)
    if found:
        return found[0]
    if BARE_STORAGE_KEY.search(text):
        return "the key of a storage account"
    addresses = PASSWORD_IN_ADDRESS.finditer(text) if "@" in text else ()
    if any(_is_kept(each[2]) and not set("${}") & set(each[0]) for each in addresses):
        return "a password in an address"
    return "a password" if any(_is_kept(each[2]) for each in PASSWORD_OPTION.finditer(text)) else ""


def _look(path: Path, value: str, notes: Notes) -> None:
    kind = _kind(value)
    if kind and (kind != "a password" or path[-1] == "command"):
        notes.warning("secret", path, f"This text holds {kind} in plain text: {_ADVICE}.")


def _named_groups(data: Value) -> list[tuple[Path, dict[str, Value]]]:
    """Return every mapping whose keys a person chose as names of values: environment variables and tags."""
    found: list[tuple[Path, dict[str, Value]]] = []
    _walk(data, (), found)
    return found


def _walk(value: Value, path: Path, found: list[tuple[Path, dict[str, Value]]]) -> None:
    if isinstance(value, dict):
        for key, each in value.items():
            if key in {"environment_variables", "tags", "properties"}:
                found.append(((*path, key), dict(mapping(each))))
            _walk(each, (*path, key), found)
    elif isinstance(value, list):
        for index, each in enumerate(value):
            _walk(each, (*path, index), found)


def _says_secret(name: str) -> bool:
    words = [each.lower() for each in re.findall(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+", name)]
    while words and (words[-1].isdigit() or words[-1] == "value"):
        words.pop()
    if not words:
        return False
    last, before = words[-1], words[-2] if len(words) > 1 else ""
    if last in _SECRET or last in {"apikey", "accesskey", "pat"}:
        return True
    return (
        (last == "key" and before in _KEYS)
        or (last == "string" and before == "connection")
        or (last == "connectionstring")
    )


def _is_kept(value: Value) -> bool:
    """Whether a value may be a secret: no number, no word of yes or no, nothing to be filled in later."""
    return isinstance(value, str) and not is_bound(value) and not _HARMLESS.fullmatch(value.strip())
