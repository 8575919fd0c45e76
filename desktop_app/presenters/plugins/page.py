"""One plugin: what it adds by name, who made it, where it comes from, and what it takes."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from desktop_app.core.words import size_text
from desktop_app.presenters.plugins.cards import added
from desktop_app.presenters.plugins.words import TRUST, hash_text
from desktop_app.services.plugins import PluginInfo
from desktop_app.services.plugins.installing.models import PluginFacts, Source, SourceKind
from desktop_app.services.plugins.words import source_text

_TITLES = {
    "wizards": "Wizards", "environments": "Environments", "exporters": "Exporters", "backends": "Backends",
    "checks": "Checks", "toolchains": "Toolchains",
}  # fmt: skip


_BESIDE = "the program's own Python, where pip put it"


@dataclass(frozen=True, slots=True)
class PluginAbout:
    """The lines of a plugin's page: what it adds, and facts."""

    adds: tuple[tuple[str, str], ...]
    facts: tuple[tuple[str, str], ...]
    trust: str


def about(info: PluginInfo, facts: PluginFacts | None, when: Callable[[datetime], str] = str) -> PluginAbout:
    """Return what is said of a plugin; `facts` once they are known, `when` says a local time."""
    shown = {kind: names for kind, names in added(info).items() if kind != "settings"}  # they have a form
    adds = tuple((_TITLES.get(kind, kind.title()), ", ".join(names)) for kind, names in shown.items())
    told = _facts(info, facts or PluginFacts(info.id, Source(SourceKind(info.source))), when)
    said = "" if info.source == SourceKind.BUNDLED else TRUST
    return PluginAbout(adds, tuple((name, text) for name, text in told.items() if text), said)


def homepage(info: PluginInfo) -> str:
    """Return the plugin's address in the web, or nothing where it names none that a browser may open."""
    address = str(getattr(info, "homepage", ""))
    try:
        parts = urlsplit(address)
    except ValueError:
        return ""
    return address if parts.scheme in ("http", "https") and parts.hostname else ""


def _facts(info: PluginInfo, facts: PluginFacts, when: Callable[[datetime], str]) -> dict[str, str]:
    is_beside = facts.source.kind is SourceKind.WHEEL and facts.installed is None
    pythons = sorted({each.python for each in info.toolchains if each.python})
    return {
        "Made by": info.author,
        "Licence": info.license,
        "Comes from": _BESIDE if is_beside else source_text(facts.source, editable=facts.editable),
        "Installed": when(facts.installed.astimezone()) if facts.installed else "",
        "Kept at": facts.pinned,
        "Size": size_text(facts.size) if facts.size else "",
        "Brought along": ", ".join(each.replace("==", " ") for each in facts.requires),
        "Plugin API": info.api,
        "Python": f"{', '.join(pythons)} for its toolchains" if pythons else "",
        "Hooks": ", ".join(facts.hooks),
        "Identifier": info.id,
        "Folder": str(info.folder or ""),
        "SHA-256": hash_text(facts.sha256),
    }
