"""What there is to know about a plugin, whether it works or not."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path

from desktop_app.api import ToolchainSpec
from desktop_app.api._plugins import Manifest, api_complaint


class PluginState(StrEnum):
    """A plugin's state; failing is one of them and no accident."""

    OK = "ok"
    DISABLED = "disabled"
    INCOMPATIBLE = "incompatible"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class Failure:
    """How a plugin failed: the sentence on it, the hook (`import` for its import), a traceback, when."""

    reason: str
    hook: str = ""
    details: str = ""
    at: str = ""
    version: str = ""


@dataclass(frozen=True, slots=True)
class PluginInfo:
    """A plugin as the list shows it.

    `source` is bundled, index, wheel or folder. `reason` says in one sentence why the plugin is off;
    `details` is a traceback to copy, `problem` a word for what went wrong: import, hook, hang, crash, changed, blocked,
    api, python, manifest, taken, three-starts. An enabled plugin is OK until its import or one of its
    hooks fails. `failures` are the starts in a row in which it failed; `last_failure` is remembered of an
    earlier start until what failed does well again.
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
    problem: str = ""
    homepage: str = ""
    failures: int = 0
    last_failure: Failure | None = None
    left_out_by_safe_mode: bool = False

    def off(self, state: PluginState, reason: str, details: str = "", problem: str = "") -> PluginInfo:
        """Return the same plugin in a state in which it takes no part, with the reason."""
        problem = problem or self.problem
        return dataclasses.replace(self, state=state, reason=reason, details=details, problem=problem)


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
        homepage=manifest.homepage,
    )
    reason = api_complaint(manifest.api)
    return dataclasses.replace(info.off(PluginState.INCOMPATIBLE, reason), problem="api") if reason else info
