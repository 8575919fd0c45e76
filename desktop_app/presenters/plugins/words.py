"""Where plugins come from, and how they are, in plain words."""

from __future__ import annotations

from urllib.parse import urlsplit

from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.installing.models import Source, SourceKind
from desktop_app.services.plugins.words import RUNS_AS_YOU

STATES = {
    PluginState.OK: ("On", "completed", "mdi6.check-circle-outline"),
    PluginState.DISABLED: ("Off", "muted", "mdi6.circle-off-outline"),
    PluginState.INCOMPATIBLE: ("Incompatible", "canceled", "mdi6.alert-outline"),
    PluginState.FAILED: ("Failed", "failed", "mdi6.close-circle-outline"),
}
"""A state's word, colour and icon."""

ORIGINS = {"bundled": "bundled", "index": "from the package index", "wheel": "from a wheel", "folder": "from a folder"}
"""A plugin's origin in two or three words, as it stands behind its version."""

KINDS = {
    "wizards": ("wizard", "wizards"),
    "environments": ("environment", "environments"),
    "exporters": ("exporter", "exporters"),
    "backends": ("backend", "backends"),
    "checks": ("check", "checks"),
    "settings": ("setting", "settings"),
    "toolchains": ("toolchain", "toolchains"),
}
"""What a plugin may add, one and many."""

TRUST = RUNS_AS_YOU

_EDITABLE = ", used as it is: what you change there counts as soon as this window is in front again"


def source_text(source: Source, *, editable: bool = False) -> str:
    """Return where a plugin comes from as a part of a sentence: `the package index at packages.example`."""
    where = source.where
    if source.kind is SourceKind.BUNDLED:
        return "Rank Zero itself"
    if source.kind is SourceKind.INDEX:
        host = urlsplit(where).netloc.rpartition("@")[2] or where
        return f"the package index at {host}" if host else "the package index that pip is configured for"
    if source.kind is SourceKind.WHEEL:
        return f"the file {where}" if where.endswith(".whl") else f"the folder of wheels {where}".rstrip()
    return f"the folder {where}{_EDITABLE if editable else ''}".rstrip()


def version_change(before: str, after: str) -> str:
    """Return `0.3.2 → 0.4.0`, or the one version that there is."""
    if before and after and before != after:
        return f"{before} → {after}"
    return after or before


def count_text(number: int, kind: str) -> str:
    """Return `2 wizards`."""
    one, many = KINDS.get(kind, (kind, kind))
    return f"{number} {one if number == 1 else many}"


def hash_text(sha256: str) -> str:
    """Return a hash in two lines: in one it would not fit everywhere."""
    return f"{sha256[:32]}\n{sha256[32:]}".strip()
