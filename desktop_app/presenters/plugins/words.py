"""Where plugins come from, and how they are, in plain words."""

from __future__ import annotations

from desktop_app.services.plugins import PluginState
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


def count_text(number: int, kind: str) -> str:
    """Return `2 wizards`."""
    one, many = KINDS.get(kind, (kind, kind))
    return f"{number} {one if number == 1 else many}"


def hash_text(sha256: str) -> str:
    """Return a hash in two lines: in one it would not fit everywhere."""
    return f"{sha256[:32]}\n{sha256[32:]}".strip()
