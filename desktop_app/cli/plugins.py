"""The plugins: list, enable, disable."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from typing import Any

from desktop_app.api import UserError
from desktop_app.cli import console
from desktop_app.cli.dispatch import add_shared
from desktop_app.compose import open_workbench
from desktop_app.core.nearest import nearest
from desktop_app.services.plugins import PluginHost, PluginInfo, PluginState

KINDS = ("wizards", "exporters", "environments", "backends")


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|enable|disable", dest="act", required=True)
    add_shared(verbs.add_parser("list", help="all plugins, with the reason why one is off"))
    for name, summary in (("enable", "switch a plugin on"), ("disable", "switch a plugin off")):
        verb = verbs.add_parser(name, help=summary)
        verb.add_argument("name", metavar="X", help="the plugin's name")
        add_shared(verb)


def run(options: Namespace) -> int:
    """Do what the second verb says, and print the plugins as they then are."""
    host = open_workbench(options.home, options.safe_mode).plugins
    if options.act != "list":
        _switch(host, options.name, on=options.act == "enable")
    host.load()
    if options.json:
        console.document({"plugins": [plugin_shape(each) for each in host.plugins]})
    elif options.act == "list":
        _print(host.plugins)
    else:
        console.note(f"{options.name} is {_found(host, options.name).state.value}.")
    return 0


def _switch(host: PluginHost, name: str, *, on: bool) -> None:
    _found(host, name)
    if on:
        host.enable(name)
    else:
        host.disable(name)


def _found(host: PluginHost, name: str) -> PluginInfo:
    known = {each.id: each for each in host.plugins}
    if name not in known:
        raise UserError(f"There is no plugin “{name}”.", hint=nearest(name, list(known)))
    return known[name]


def plugin_shape(plugin: PluginInfo) -> dict[str, Any]:
    """Return a plugin as `plugins list` prints it."""
    return {
        "name": plugin.id,
        "title": plugin.name,
        "version": plugin.version,
        "api": plugin.api,
        "enabled": plugin.state is not PluginState.DISABLED,
        "source": str(plugin.source),
        "status": plugin.state.value,
        "reason": plugin.reason or None,
        "summary": plugin.summary,
        "contributes": {kind: list(plugin.contributes.get(kind, ())) for kind in KINDS},
    }


def _print(plugins: Sequence[PluginInfo]) -> None:
    rows = [
        (each.id, each.version, each.state.value, str(each.source), each.reason or each.summary) for each in plugins
    ]
    console.table(("PLUGIN", "VERSION", "STATUS", "SOURCE", "ABOUT"), rows)
