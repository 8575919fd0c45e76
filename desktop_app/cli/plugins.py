"""The plugins: find, install, update, switch, pin and remove them, look at them, and take the last change back."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from pathlib import Path
from typing import Any

from desktop_app.api import UserError
from desktop_app.cli import (
    console,
    plugins_blocking,
    plugins_changing,
    plugins_looking,
    plugins_new,
    plugins_searching,
    plugins_setting,
    plugins_trusting,
)
from desktop_app.cli.dispatch import add_shared
from desktop_app.cli.plugins_desk import Act, Desk
from desktop_app.compose import open_workbench
from desktop_app.services.plugins.tracebacks import authors_part

ORDER = (
    "list|search|show|history|verify|install|update|enable|disable|remove|pin|unpin|undo|set|sources|block-list|new"
    "|check"
)
_TELLING = (plugins_changing.install, plugins_changing.update)
"""Verbs that say what lies behind an error as well: to whoever wrote the plugin, it says where to look."""
_MOST_LINES = 30
PRINTED = "It printed:\n"
FROM_WHEELHOUSE = "take wheels from this folder alone, and no network"


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar=ORDER, required=True)
    _configure_looking(verbs)
    _configure_changing(verbs)
    _configure_others(verbs)


def _configure_looking(verbs: Any) -> None:
    listed = _add(verbs, "list", plugins_looking.list_all, "all plugins, with the reason why one is off")
    listed.add_argument("--updates", action="store_true", help="also the version that each could be updated to")
    search = _add(verbs, "search", plugins_searching.search, "plugins that the package index has")
    search.add_argument("text", metavar="TEXT", nargs="*", help="words, or the name of a plugin")
    search.add_argument("--wheelhouse", metavar="DIR", type=Path, help=FROM_WHEELHOUSE)
    _of_one(_add(verbs, "show", plugins_looking.show, "everything that is known of a plugin"))
    _add(verbs, "history", plugins_changing.history, "what was done to plugins, newest first")
    verify = _add(verbs, "verify", plugins_looking.verify, "whether files are as they were installed")
    verify.add_argument("names", metavar="X", nargs="*", help="the plugin's name; all, if none is given")


def _configure_changing(verbs: Any) -> None:
    install = _add(verbs, "install", plugins_changing.install, "install plugins; what would be done is shown first")
    install.add_argument(
        "targets", metavar="X", nargs="+", help="a name, NAME==VERSION, a wheel, or a source folder, used as it is"
    )
    install.add_argument("--wheelhouse", metavar="DIR", type=Path, help=FROM_WHEELHOUSE)
    install.add_argument("--pre", action="store_true", help="pre-releases too")
    update = _add(verbs, "update", plugins_changing.update, "the newest version that fits, of these or of all")
    update.add_argument("names", metavar="X", nargs="*", help="the plugin's name; all, if none is given")
    update.add_argument("--check", action="store_true", help="show what is newer, and do nothing")
    for each in (install, update):
        each.add_argument("--yes", action="store_true", help="agree to what is shown, without being asked")
    _of_one(_add(verbs, "enable", plugins_changing.enable, "switch a plugin on; one that failed is tried again"))
    _of_one(_add(verbs, "disable", plugins_changing.disable, "switch a plugin off; it stays installed"))
    remove = _add(verbs, "remove", plugins_changing.remove, "remove plugins; `undo` brings the last one back")
    remove.add_argument("names", metavar="X", nargs="+", help="the plugin's name")
    forgets = "delete the plugin's own settings, too, or now; `undo` does not bring them back"
    remove.add_argument("--forget-settings", action="store_true", help=forgets)
    pin = _of_one(_add(verbs, "pin", plugins_changing.pin, "keep a plugin at a version: updates leave it alone"))
    pin.add_argument("version", metavar="VERSION", nargs="?", default="", help="the one that is installed, if none")
    _of_one(_add(verbs, "unpin", plugins_changing.unpin, "let updates have a plugin again"))
    _add(verbs, "undo", plugins_changing.undo, "take the last change back")


def _configure_others(verbs: Any) -> None:
    values = _add(verbs, "set", plugins_setting.set_values, "a plugin's own settings; KEY= takes the default again")
    _of_one(values)
    values.add_argument("values", metavar="KEY=VALUE", nargs="*", help="what to set; without any, they are shown")
    sources = _add(verbs, "sources", plugins_trusting.sources, "the sources that you agreed to take plugins from")
    sources.add_argument("--forget", metavar="WHERE", help="be asked about this one again; what is installed stays")
    blocked = _add(verbs, "block-list", plugins_blocking.block_list, "what is blocked, or use the newer list in FILE")
    blocked.add_argument("file", metavar="FILE", nargs="?", type=Path, help="a list as blocked.json has it")
    new = _add(verbs, "new", plugins_new.new, "begin a plugin of your own: a project that passes its tests")
    new.add_argument("name", metavar="NAME", help="its name: acme-jobs")
    new.add_argument("--output", metavar="DIR", type=Path, default=Path(), help="make its folder in DIR")
    check = _add(verbs, "check", plugins_new.check, "what is wrong with what plugins know of failures")
    check.add_argument("paths", metavar="PATH", nargs="+", type=Path, help="a file of knowledge, or a plugin's folder")


def _of_one(parser: ArgumentParser) -> ArgumentParser:
    parser.add_argument("name", metavar="X", help="the plugin's name")
    return parser


def run(options: Namespace) -> int:
    """Do what the second verb says."""
    return asyncio.run(_run(options))


async def _run(options: Namespace) -> int:
    act: Act = options.act
    desk = Desk(open_workbench(options.home, options.safe_mode), options)
    try:
        return await act(desk)
    except UserError as error:
        desk.progress.close()
        if act in _TELLING:
            _tell_details(error)
        raise
    except (asyncio.CancelledError, KeyboardInterrupt):
        desk.progress.close()
        console.note("Interrupted: the plugins are as they were.")
        raise
    finally:
        desk.progress.close()


def _tell_details(error: UserError) -> None:
    printed = error.details.partition(PRINTED)[2].splitlines()  # in the message or not, a heading has its text below
    for line in authors_part(error.details).splitlines()[-_MOST_LINES:]:
        if line.strip() and (line in printed or line.strip() not in error.message):
            console.note(f"  {line}")


def _add(verbs: Any, name: str, act: Act, summary: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.set_defaults(act=act)
    add_shared(parser)
    return parser
