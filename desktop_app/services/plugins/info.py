"""What there is to know about a plugin, whether it works or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from desktop_app.api import API_VERSION, ToolchainSpec
from desktop_app.api._plugins import Manifest


class PluginState(StrEnum):
    """A plugin's state; failing is one of them and no accident."""

    OK = "ok"
    DISABLED = "disabled"
    INCOMPATIBLE = "incompatible"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin as the list shows it.

    `source` is bundled, index, wheel or folder. `reason` says in one sentence why the plugin is off;
    `details` is a traceback to copy. An enabled plugin is OK until its import or one of its hooks fails.
    """

    id: str
    name: str
    version: str = ""
    api: str = ""
    summary: str = ""
    author: str = ""
    license: str = ""
    icon: str = ""
    source: str = "folder"
    state: PluginState = PluginState.OK
    reason: str = ""
    details: str = ""
    contributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    folder: Path | None = None
    toolchains: tuple[ToolchainSpec, ...] = ()

    def off(self, state: PluginState, reason: str, details: str = "") -> PluginInfo:
        """Return the same plugin in a state in which it takes no part, with the reason."""
        return dataclasses.replace(self, state=state, reason=reason, details=details)


def info_of(manifest: Manifest, source: str) -> PluginInfo:
    """Return what the list shows for a manifest that could be read; another API makes it incompatible."""
    info = PluginInfo(
        id=manifest.id,
        name=manifest.name,
        version=manifest.version,
        api=manifest.api,
        summary=manifest.summary,
        author=manifest.author,
        license=manifest.license,
        icon=manifest.icon,
        source=source,
        contributes=manifest.contributes,
        folder=manifest.folder,
        toolchains=manifest.toolchains,
    )
    if manifest.api == API_VERSION:
        return info
    reason = f"It is made for version {manifest.api} of the plugin API; this program has version {API_VERSION}."
    return info.off(PluginState.INCOMPATIBLE, reason)
