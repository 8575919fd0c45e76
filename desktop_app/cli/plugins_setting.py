"""The settings of a plugin: what there are, and setting them."""

from __future__ import annotations

import asyncio
import json
from typing import Any

from desktop_app.api import Value
from desktop_app.cli import console
from desktop_app.cli.plugins_desk import Desk
from desktop_app.services.plugins.plugin_settings import PluginSettings, set_plugin_setting, settings_of


async def set_values(desk: Desk) -> int:
    """Set what was given as KEY=VALUE, all of it or nothing; without any, print what there is to set."""
    plugin_id = desk.found(desk.options.name).id
    held = await asyncio.to_thread(_set, desk, plugin_id)
    if desk.options.json:
        console.document({"name": plugin_id, "settings": settings_shape(held)})
        return 0
    if not held.form.fields:
        console.note(f"{plugin_id} has no settings.")
        return 0
    rows = [
        (each.name, value_text(held.values.get(each.name)), "chosen" if each.name in held.chosen else "", each.title)
        for each in held.form.fields
    ]
    console.table(("KEY", "VALUE", "", "ABOUT"), rows)
    for each in held.problems:
        console.warning(each)
    return 0


def _set(desk: Desk, plugin_id: str) -> PluginSettings:
    settings = desk.workbench.settings
    if desk.options.values:
        return set_plugin_setting(desk.host, settings, plugin_id, desk.options.values)
    return settings_of(desk.host.settings_form(plugin_id), settings, plugin_id)


def settings_shape(held: PluginSettings) -> list[dict[str, Any]]:
    """Return the settings of a plugin, in the order of its form."""
    return [
        {
            "key": each.name,
            "title": each.title,
            "kind": str(each.kind),
            "value": held.values.get(each.name),
            "default": each.default,
            "chosen": each.name in held.chosen,
        }
        for each in held.form.fields
    ]


def value_text(value: Value) -> str:
    """Return a value as it is typed; nothing for none."""
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
