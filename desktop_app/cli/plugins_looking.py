"""Looking at plugins: all of them as a table, one with everything that is known of it, and whether files changed."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Iterable, Mapping
from typing import Any

from desktop_app.api import UserError
from desktop_app.cli import console
from desktop_app.cli.plugins_desk import Desk
from desktop_app.cli.plugins_setting import settings_shape, value_text
from desktop_app.cli.plugins_shapes import edits_shape, list_shape, whole_shape
from desktop_app.cli.plugins_words import Row, edits_words, show_rows, source_word, why_text
from desktop_app.cli.terminal_text import plain
from desktop_app.services.plugins import PluginInfo, PluginState
from desktop_app.services.plugins.installing.changing.accepting import Accepted
from desktop_app.services.plugins.installing.models import Installed
from desktop_app.services.plugins.plugin_settings import settings_of


async def list_all(desk: Desk) -> int:
    """Print every plugin with its state, and with `--updates` the version that each could go to."""
    await asyncio.to_thread(desk.host.load)
    if desk.options.updates:
        return await _list_with_updates(desk)
    print_list(desk)
    return 0


def print_list(desk: Desk) -> None:
    """Print all plugins as they are now, as a document where one is wanted."""
    if desk.options.json:
        console.document({**list_shape(desk.host.plugins), "warnings": desk.warn()})
    else:
        console.table(("PLUGIN", "VERSION", "STATUS", "SOURCE", "ABOUT"), _rows(desk))
        _say_why(desk.host.plugins)
        desk.warn()


def _say_why(plugins: Iterable[PluginInfo]) -> None:
    """Say whole why plugins are off against a person's will: the table is cut where its terminal ends."""
    if sys.stdout.isatty():
        for each in plugins:
            if why_text(each) and (each.state is not PluginState.DISABLED or each.problem):
                console.note(f"{each.id}: {why_text(each)}")


def _rows(desk: Desk) -> list[tuple[str, ...]]:
    installed = {each.id: each for each in desk.manager.installed()}
    return [_row(each, installed.get(each.id)) for each in desk.host.plugins]


def _row(plugin: PluginInfo, installed: Installed | None) -> tuple[str, ...]:
    version = f"{plugin.version}, pinned" if installed and installed.pinned else plugin.version
    source = source_word(installed.source) if installed else plugin.source
    return (plugin.id, version, plugin.state.value, source, why_text(plugin) or plugin.summary)


async def _list_with_updates(desk: Desk) -> int:
    """Print the list also where nobody could be asked for updates, but end with 3 then."""
    plan = await desk.manager.plan_update((), desk.progress)
    desk.progress.close()
    new = {each.id: each.after for each in plan.items}
    if desk.options.json:
        plugins = list_shape(desk.host.plugins)["plugins"]
        listed = [{**each, "update": new.get(each["name"])} for each in plugins]
        console.document({"plugins": listed, "notes": list(plan.notes), "warnings": desk.warn()})
    else:
        _print_with_updates(_rows(desk), new)
        _say_why(desk.host.plugins)
        desk.warn()
    for note in plan.notes:
        console.note(f"{'warning' if note in plan.complaints else 'Note'}: {note}")
    return 3 if plan.complaints else 0


def _print_with_updates(rows: Iterable[tuple[str, ...]], new: Mapping[str, str]) -> None:
    with_updates = [(*row[:4], new.get(row[0], "–"), row[4]) for row in rows]
    console.table(("PLUGIN", "VERSION", "STATUS", "SOURCE", "UPDATE", "ABOUT"), with_updates)


async def show(desk: Desk) -> int:
    """Print everything that is known of a plugin."""
    plugin_id = desk.found(desk.options.name).id
    await asyncio.to_thread(desk.host.load)
    plugin = desk.found(plugin_id)
    facts = await asyncio.to_thread(desk.manager.facts, plugin_id)
    changes = [each for each in desk.manager.history() if each.id == plugin_id]
    settings = await asyncio.to_thread(_settings, desk, plugin_id)
    if desk.options.json:
        console.document({"plugin": {**whole_shape(plugin, facts, changes), "settings": settings}})
    else:
        chosen = "\n".join(f"{each['key']} = {value_text(each['value'])}" for each in settings)
        print_rows([*show_rows(plugin, facts, changes), ("Settings", chosen), ("Details", _details(plugin))])
    return 0


def _details(plugin: PluginInfo) -> str:
    return plugin.details or (plugin.last_failure.details if plugin.last_failure else "")


def _settings(desk: Desk, plugin_id: str) -> list[dict[str, Any]]:
    """Return a plugin's settings; none for one that is off."""
    try:
        form = desk.host.settings_form(plugin_id)
    except UserError:
        return []
    return settings_shape(settings_of(form, desk.workbench.settings, plugin_id))


def print_rows(rows: Iterable[Row]) -> None:
    """Print facts by name, one below the other; those that are empty are left out."""
    for name, text in rows:
        for number, line in enumerate(text.splitlines()):
            print(f"{'' if number else name:<13} {plain(line)}".rstrip())


async def verify(desk: Desk) -> int:
    """Compare installed plugins with what was installed; ends with 1 where a file was changed."""
    named = [desk.found(each).id for each in dict.fromkeys(desk.options.names)]
    ids = named or [each.id for each in desk.manager.installed() if not each.editable]
    changed = {each: await desk.manager.verify(each) for each in ids}
    edits = {each: desk.edits(each) for each in ids}
    if desk.options.json:
        shapes = [{"name": each, "changed": list(files), **edits_shape(edits[each])} for each, files in changed.items()]
        console.document({"plugins": shapes})
    else:
        _print_changed(changed, edits)
    return 1 if any(changed.values()) else 0


def _print_changed(changed: Mapping[str, tuple[str, ...]], edits: Mapping[str, Accepted | None]) -> None:
    for plugin_id, files in changed.items():
        accepted = edits[plugin_id]
        if not files:
            console.note(f"{plugin_id} {edits_words(accepted) if accepted else 'is as it was installed.'}")
            continue
        hint = f"Install it again, or `rankzero plugins enable {plugin_id}` takes it as it is."
        console.error(f"{plugin_id} was changed since it was installed.", hint)
        for each in files:
            print(plain(each))
    if not changed:
        console.note("There is nothing to verify: no plugin was installed as a copy of its own.")
