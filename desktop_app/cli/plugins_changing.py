"""Changing what is installed: install, update, remove, pin, and the history with its undo."""

from __future__ import annotations

import asyncio
import dataclasses
from collections import Counter
from collections.abc import Sequence

from desktop_app.api import OutsideError, UserError
from desktop_app.cli import console
from desktop_app.cli.plugins_asking import agreed
from desktop_app.cli.plugins_desk import Desk
from desktop_app.cli.plugins_shapes import change_shape, list_shape, plan_shape
from desktop_app.cli.plugins_words import did, edits_words, history_row, plan_lines, state_words
from desktop_app.cli.terminal_text import plain
from desktop_app.services.plugins import PluginState
from desktop_app.services.plugins.installing.models import Act, Change, Order, Plan
from desktop_app.services.plugins.plugin_settings import forget_settings, stored_settings


async def install(desk: Desk) -> int:
    """Install what was named, all of it or nothing."""
    options = desk.options
    orders = [Order(each, desk.wheelhouse, options.pre) for each in dict.fromkeys(options.targets)]
    plans = [await desk.manager.plan_install(each, desk.progress) for each in orders]
    return await _do(desk, joined(plans), "Install")


async def update(desk: Desk) -> int:
    """Bring the named plugins, or all that are not pinned, to the newest version that fits."""
    ids = [desk.found(each).id for each in dict.fromkeys(desk.options.names)]
    plan = await desk.manager.plan_update(ids, desk.progress)
    desk.progress.close()
    if desk.options.check:
        return _checked(desk, plan)
    if plan.items:
        return await _do(desk, plan, "Update")
    _refuse_silence(plan)
    for each in plan.notes:
        console.note(f"Note: {each}")
    console.note("There is nothing to update.")
    return _ended(desk, (), plan.notes)


def _checked(desk: Desk, plan: Plan) -> int:
    if not plan.items:
        _refuse_silence(plan)
    if desk.options.json:
        console.document({"plan": plan_shape(plan)})
        return 0
    for line in plan_lines(plan, "Update"):
        print(plain(line))
    if not plan.items:
        console.note("There is nothing to update.")
    return 0


def _refuse_silence(plan: Plan) -> None:
    """Raise OutsideError where nothing is known to be newer because nobody answered."""
    if plan.complaints:
        others = [each for each in plan.notes if each not in plan.complaints]
        for each in others:
            console.note(f"Note: {each}")
        raise OutsideError(" ".join(plan.complaints), hint="Whether there is something newer can't be said.")


def joined(plans: Sequence[Plan]) -> Plan:
    """Return several plans as one, which is done wholly or not at all."""
    items = [each for plan in plans for each in plan.items]
    twice = [each for each, count in Counter(item.id for item in items).items() if count > 1]
    if twice:
        raise UserError(f"Two of these are the same plugin, “{twice[0]}”.", hint="Name one of them.")
    questions = dict.fromkeys(each for plan in plans for each in plan.questions)
    notes = dict.fromkeys(each for plan in plans for each in plan.notes)
    return dataclasses.replace(plans[0], items=tuple(items), questions=tuple(questions), notes=tuple(notes))


async def _do(desk: Desk, plan: Plan, verb: str) -> int:
    desk.progress.close()
    if not agreed(plan, verb, yes=desk.options.yes):
        _ended(desk, (), plan.notes)
        return 1
    return _ended(desk, await desk.manager.apply(plan, desk.progress, agreed=True), plan.notes)


async def remove(desk: Desk) -> int:
    """Remove plugins, one after the other; `undo` brings the last one back."""
    settings, forgets = desk.workbench.settings, desk.options.forget_settings
    gone, ids = [], []
    for name in dict.fromkeys(desk.options.names):
        if forgets and not desk.knows(name) and stored_settings(settings, name):
            gone.append(name)
        else:
            ids.append(desk.found(name).id)  # a name that is wrong is said before anything is removed
    changes = [await desk.manager.remove(each, desk.progress) for each in dict.fromkeys(ids)]
    for each in (*gone, *ids) if forgets else ():
        await asyncio.to_thread(forget_settings, settings, each)
    for each in gone:
        console.note(f"{each} is not installed; its settings, which had stayed, were deleted.")
    ended = _ended(desk, changes)
    for each in ids:
        if stored_settings(settings, each) and not desk.options.json:
            console.note(f"Its settings stay; `rankzero plugins remove {each} --forget-settings` deletes them.")
    return ended


async def pin(desk: Desk) -> int:
    """Keep a plugin at its version, or at the one that is named."""
    plugin = desk.found(desk.options.name)
    change = await desk.manager.pin(plugin.id, desk.options.version)
    ended = _ended(desk, (change,))
    if change.after != plugin.version and not desk.options.json:
        console.note(f"It is at {plugin.version}; `rankzero plugins update {plugin.id}` brings it to {change.after}.")
    return ended


async def unpin(desk: Desk) -> int:
    """Let updates have a plugin again."""
    plugin_id = desk.found(desk.options.name).id
    return _ended(desk, (await desk.manager.pin(plugin_id, None),))


async def undo(desk: Desk) -> int:
    """Take the last change back, and say what it was and how things are now."""
    last = [each for each in desk.manager.history() if each.can_undo]
    change = await desk.manager.undo(desk.progress)
    if desk.options.json:
        return _ended(desk, (change,))
    ended = _ended(desk, ())
    known = {each.id: each for each in desk.host.plugins}
    for each in last:
        console.note(f"Taken back: {did(each)}")
    for plugin_id in dict.fromkeys(each.id for each in last):
        now = known.get(plugin_id)
        said = f"is at {now.version} now: {state_words(now).rstrip('.')}" if now else "is not installed"
        console.note(f"{plugin_id} {said}.")
        accepted = desk.edits(plugin_id) if now else None
        if accepted and any(each.id == plugin_id and each.act is Act.ENABLE for each in last):
            console.note(f"What was edited stays accepted: {plugin_id} {edits_words(accepted)}")
    return ended


async def enable(desk: Desk) -> int:
    """Switch a plugin on, for good."""
    return await _switch(desk, on=True)


async def disable(desk: Desk) -> int:
    """Switch a plugin off, for good."""
    return await _switch(desk, on=False)


async def _switch(desk: Desk, *, on: bool) -> int:
    plugin_id = desk.found(desk.options.name).id
    change = await desk.manager.switch(plugin_id, on)
    desk.host.load()
    plugin = desk.found(plugin_id)
    if desk.options.json:
        console.document({**list_shape(desk.host.plugins), "changes": [change_shape(change)]})
    else:
        console.note(f"{plugin_id} is {state_words(plugin) if on else plugin.state.value}.".replace("..", "."))
    return 1 if on and plugin.state is not PluginState.OK else 0


def _ended(desk: Desk, changes: Sequence[Change], notes: Sequence[str] = ()) -> int:
    """Say what was done, and how the plugins it is about are now; `notes` were said already."""
    desk.progress.close()
    desk.host.load()
    for notice in desk.manager.notices:
        console.warning(str(notice))
    if desk.options.json:
        done = {"changes": [change_shape(each) for each in changes], "notes": list(notes)}
        console.document({**list_shape(desk.host.plugins), **done})
        return 0
    known = {each.id: each for each in desk.host.plugins}
    for each in changes:
        console.note(did(each))
        plugin = known.get(each.id)
        if plugin is not None and plugin.state is not PluginState.OK and each.act is not Act.PIN:
            console.warning(f"{each.id} is {state_words(plugin)}")
    return 0


async def history(desk: Desk) -> int:
    """Print what was done to plugins, newest first."""
    warnings = desk.warn()
    changes = desk.manager.history()
    if desk.options.json:
        console.document({"changes": [change_shape(each) for each in changes], "warnings": warnings})
    elif changes:
        console.table(("NO", "WHEN", "DID", "PLUGIN", "VERSION", "SOURCE"), map(history_row, changes))
        if last := next((each for each in changes if each.can_undo), None):
            console.note(f"`rankzero plugins undo` takes number {last.number} back.")
    else:
        console.note("Nothing was installed, switched or removed yet.")
    return 0
