"""Collects findings while a document is read, and offers the mending with each."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import lru_cache
from types import MappingProxyType

from desktop_app.api import Diagnostic, Fix, Severity, Value
from desktop_app.core.paths import Part, join_path

MISPLACED = MappingProxyType({
    "instance_count": "resources.instance_count",
    "instance_type": "resources.instance_type",
    "shm_size": "resources.shm_size",
    "docker_args": "resources.docker_args",
    "node_count": "resources.instance_count",
    "timeout": "limits.timeout",
    "job_tier": "queue_settings.job_tier",
    "process_count_per_instance": "distribution.process_count_per_instance",
    "process_count_per_node": "distribution.process_count_per_instance",
    "worker_count": "distribution.worker_count",
    "parameter_server_count": "distribution.parameter_server_count",
})  # fmt: skip
"""Keys that are right elsewhere in the file, or were in SDK v1, and where they belong."""


@dataclass(slots=True)
class Findings:
    """Findings about one document, in the order they were made."""

    made: list[Diagnostic] = field(default_factory=list)

    def error(self, code: str, path: Iterable[Part], message: str, fix: Fix | None = None) -> None:
        """Add what keeps a job from starting."""
        self.made.append(Diagnostic(Severity.ERROR, code, message, join_path(path), fix=fix))

    def warning(self, code: str, path: Iterable[Part], message: str, fix: Fix | None = None) -> None:
        """Add what is probably not meant."""
        self.made.append(Diagnostic(Severity.WARNING, code, message, join_path(path), fix=fix))

    def unknown_keys(self, data: Mapping[str, Value], known: Iterable[str], path: tuple[Part, ...] = ()) -> None:
        """Say which keys Azure ML doesn't know: an error where a known one is near, since it is ignored in silence."""
        wanted = tuple(known)
        for key in data:
            if key in wanted or key.startswith(("x-", "_")):
                continue
            meant = nearest_key(key, [each for each in wanted if each not in data])
            home = _home(key, path)
            if home is not None and home != join_path((*path, key)) and meant not in (key, home.rpartition(".")[2]):
                fix = Fix(f"Move to {home}", {home: data[key]}, (join_path((*path, key)),))
                self.error("unknown-key", (*path, key), f"“{key}” is not known here: write it as {home}.", fix)
            elif meant is None:
                self.warning("unknown-key", (*path, key), f"Azure ML does not know “{key}” here and ignores it.")
            else:
                fix = rename(path, key, meant, data[key])
                self.error("unknown-key", (*path, key), f"“{key}” is not known here: write “{meant}”.", fix)


def _home(key: str, path: tuple[Part, ...]) -> str | None:
    """Return where a misplaced key belongs; in a sweep, what trials need belongs below trial."""
    home = MISPLACED.get(key)
    if home is None or path[:1] != ("trial",):
        return home
    return join_path(("trial", *home.split("."))) if home.startswith(("resources.", "distribution.")) else None


def nearest_key(key: str, known: Iterable[str]) -> str | None:
    """Return the known key that was probably meant: close in letters, or the same but for its case and dashes."""
    return _nearest(key, tuple(known))


@lru_cache(maxsize=4096)
def _nearest(key: str, known: tuple[str, ...]) -> str | None:
    """Look for the nearest key: a file with a slip is held against many shapes, which know the same keys."""
    plain = {_plain(each): each for each in known}
    if _plain(key) in plain:
        return plain[_plain(key)]
    close = get_close_matches(_plain(key), list(plain), 1, 0.75)
    return plain[close[0]] if close else _beginning(_plain(key), plain)


def _beginning(key: str, plain: Mapping[str, str]) -> str | None:
    """Return the one known key that begins as this one: proces_count for process_count_per_instance."""
    if len(key) < 6:
        return None
    begins = {each[: len(key) + 1]: each for each in plain if len(each) > len(key)}
    close = get_close_matches(key, list(begins), 2, 0.9)
    return plain[begins[close[0]]] if len(close) == 1 else None


def _plain(key: str) -> str:
    return key.lower().replace("-", "").replace("_", "").replace(" ", "")


def rename(path: tuple[Part, ...], key: str, meant: str, value: Value) -> Fix:
    """Return the fix that gives a key its right name."""
    return Fix(f"Rename to {meant}", {join_path((*path, meant)): value}, (join_path((*path, key)),))
