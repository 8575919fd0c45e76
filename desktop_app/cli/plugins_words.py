"""What is said of plugins in lines: where one comes from, what a plan would do, what was done."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from desktop_app.core.words import size_text
from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.installing.changing.accepting import Accepted
from desktop_app.services.plugins.installing.models import (
    Act,
    Change,
    Offer,
    Plan,
    PlanItem,
    PluginFacts,
    Source,
    SourceKind,
)
from desktop_app.services.plugins.words import source_text, version_change

Row = tuple[str, str]
_DID = {
    Act.INSTALL: "Installed",
    Act.UPDATE: "Updated",
    Act.REMOVE: "Removed",
    Act.ENABLE: "Enabled",
    Act.DISABLE: "Disabled",
    Act.PIN: "Pinned",
    Act.UNDO: "Undid",
}


def state_words(plugin: PluginInfo) -> str:
    """Return a plugin's state, with the reason where it takes no part."""
    return plugin.state.value if plugin.state is PluginState.OK else f"{plugin.state.value}: {plugin.reason}"


def failure_words(plugin: PluginInfo) -> str:
    """Return how a plugin that takes part, or was switched off for its failures, failed last; empty if it did not."""
    last = plugin.last_failure
    is_told = plugin.state is PluginState.OK or plugin.problem == "three-starts"
    return f"failed at its last start: {last.reason}" if last and is_told else ""


def why_text(plugin: PluginInfo) -> str:
    """Return why a plugin takes no part, and how it failed at its last start."""
    failed = failure_words(plugin)
    return " ".join(filter(None, (plugin.reason, failed[:1].upper() + failed[1:] if plugin.reason else failed)))


def show_rows(plugin: PluginInfo, facts: PluginFacts, changes: Sequence[Change]) -> Iterator[Row]:
    """Yield what is known of a plugin, by name; a text that is empty is nothing to show."""
    yield "Plugin", f"{plugin.name} ({plugin.id})"
    yield "About", plugin.summary
    yield "Version", f"{plugin.version}, for version {plugin.api} of the plugin API" if plugin.api else plugin.version
    yield "State", state_words(plugin)
    yield "Last failure", failure_words(plugin)
    yield "Author", plugin.author
    yield "Licence", plugin.license
    yield "Homepage", plugin.homepage
    yield from _origin(facts)
    yield "Folder", str(plugin.folder or "")
    for kind, names in plugin.contributes.items():
        if kind != "settings":  # they stand below, with their values
            yield kind.capitalize(), ", ".join(names)
    yield "Hooks", ", ".join(facts.hooks)
    yield "Brings", ", ".join(facts.requires)
    yield "Toolchains", ", ".join(each.name for each in plugin.toolchains)
    yield "Changed", "\n".join(facts.changed)
    yield "History", "\n".join(f"{each.at.astimezone():%Y-%m-%d %H:%M} {did(each)}" for each in changes)


def _origin(facts: PluginFacts) -> Iterator[Row]:
    yield "Source", source_text(facts.source, editable=facts.editable)
    yield "Trust", facts.trust
    yield "Size", size_text(facts.size) if facts.size else ""
    yield "SHA-256", facts.sha256
    yield "Installed", f"{facts.installed.astimezone():%Y-%m-%d %H:%M}" if facts.installed else ""
    yield "Pinned", f"to {facts.pinned}: updates leave it alone" if facts.pinned else ""


def edits_words(accepted: Accepted) -> str:
    """Return that a plugin is not as it was installed, though its files are as they should be."""
    at, files = f"{accepted.at.astimezone():%Y-%m-%d %H:%M}", ", ".join(accepted.files)
    return f"is as its edits were accepted on {at}, not as it was installed: {files}. Installing it again undoes them."


def source_word(source: Source) -> str:
    """Return where a plugin comes from in a word: a folder of wheels is told from a wheel."""
    is_house = source.kind is SourceKind.WHEEL and bool(source.where) and not source.where.lower().endswith(".whl")
    return "wheelhouse" if is_house else str(source.kind)


def plan_lines(plan: Plan, verb: str) -> Iterator[str]:
    """Yield what a plan would do, item by item, then what is worth knowing."""
    for item in plan.items:
        yield f"{verb} {item.title} ({item.id}): {versions(item.before, item.after)}"
        for name, text in _item_rows(item):
            if text:
                yield f"  {name:<9} {text}"
    for note in plan.notes:
        yield f"Note: {note}"


def versions(before: str, after: str) -> str:
    """Return a change of version: `0.3.0 → 0.4.0`, or the one there is."""
    return f"{after}, again" if before and before == after else version_change(before, after)


def _item_rows(item: PlanItem) -> Iterator[Row]:
    offer = item.offer
    yield "from", source_text(offer.source)
    yield "file", _file(offer)
    yield "sha256", offer.sha256
    yield "by", ", ".join(filter(None, (offer.author, offer.license, offer.homepage)))
    yield "brings", ", ".join(item.requires)
    yield "needs", _toolchains(item.toolchains)


def _file(offer: Offer) -> str:
    name = offer.url.partition("#")[0].rpartition("/")[2] or (offer.file.name if offer.file else "")
    size = size_text(offer.size) if offer.size else ""
    return ", ".join(filter(None, (name, size)))


def _toolchains(names: tuple[str, ...]) -> str:
    if not names:
        return ""
    word = "toolchain" if len(names) == 1 else "toolchains"
    return f"the {word} {', '.join(names)}, made when a job first needs it"


def did(change: Change) -> str:
    """Return what was done, as a sentence: `Updated Acme (acme): 0.3.0 → 0.4.0.`"""
    if change.act is Act.PIN and not change.after:
        return f"Unpinned {change.title} ({change.id})."
    said = change.after if change.act is Act.PIN else _versions_of(change)
    if change.act is Act.UNDO and change.before == change.after:
        said = ""
    return f"{_DID[change.act]} {change.title} ({change.id}){f': {said}' if said else ''}."


def _versions_of(change: Change) -> str:
    return versions(change.before, change.after)


def history_row(change: Change) -> tuple[str, ...]:
    """Return a change as the history's table has it."""
    at = f"{change.at.astimezone():%Y-%m-%d %H:%M}"
    act = "unpin" if change.act is Act.PIN and not change.after else str(change.act)
    act = f"{act}, undone" if change.undone else act
    source = source_text(change.source) if change.source else "–"
    return (str(change.number), at, act, change.id, _versions_of(change) or "–", source)
