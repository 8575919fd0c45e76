"""The Python environments that hold the frameworks: list, create, add, use, check, remove."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any

from desktop_app.cli import console
from desktop_app.cli.dispatch import add_shared
from desktop_app.cli.taking_part import opened
from desktop_app.core.words import size_text
from desktop_app.services.toolchains import Toolchain, Toolchains

Act = Callable[[Toolchains, Namespace], Awaitable[Sequence[Toolchain]]]


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|create|add|use|check|remove", required=True)
    _add(verbs, "list", _list, "all toolchains, made or chosen")
    create = _add(verbs, "create", _create, "make a toolchain; goes on where it was interrupted")
    add = _add(verbs, "add", _packages, "add packages to a toolchain")
    use = _add(verbs, "use", _use, "let a plugin's jobs run in a Python of your own; `remove` takes it back")
    check = _add(verbs, "check", _check, "try whether a toolchain works")
    remove = _add(verbs, "remove", _remove, "delete a toolchain that was made here, or take a choice back")
    for each in (create, add, check, remove):
        each.add_argument("name", metavar="NAME", help="the toolchain's name: pytorch")
    create.add_argument("--python", metavar="PATH", type=Path, help="the Python to make it with")
    add.add_argument("packages", metavar="PACKAGE", nargs="+", help="a requirement, as pip takes it")
    use.add_argument("plugin", metavar="PLUGIN", help="the plugin's name: rankzero-pytorch")
    use.add_argument("python", metavar="PYTHON", type=Path, help="an interpreter, or the folder of its environment")


def run(options: Namespace) -> int:
    """Do what the second verb says, and print the toolchains it is about."""
    toolchains = opened(options).toolchains
    act: Act = options.act
    found = asyncio.run(_act(act, toolchains, options))
    if options.json:
        console.document({"toolchains": [toolchain_shape(each) for each in found]})
    else:
        rows = [(each.name, str(each.state), str(each.origin), _size(each), _where(each)) for each in found]
        console.table(("TOOLCHAIN", "STATE", "ORIGIN", "SIZE", "PYTHON"), rows)
        for each in found:
            if each.reason:
                console.note(f"{each.name}: {each.reason}")
    return 0 if act is not _check or all(each.state == "ready" for each in found) else 3


def toolchain_shape(toolchain: Toolchain) -> dict[str, Any]:
    """Return a toolchain as `toolchains list` prints it; its size in bytes."""
    return {
        "name": toolchain.name,
        "title": toolchain.title,
        "state": str(toolchain.state),
        "origin": str(toolchain.origin),
        "reason": toolchain.reason or None,
        "python": str(toolchain.python),
        "packages": dict(toolchain.packages),
        "size": toolchain.size,
    }


def _add(verbs: Any, name: str, act: Act, summary: str) -> ArgumentParser:
    parser: ArgumentParser = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.set_defaults(act=act)
    add_shared(parser)
    return parser


async def _act(act: Act, toolchains: Toolchains, options: Namespace) -> Sequence[Toolchain]:
    return await act(toolchains, options)


async def _list(toolchains: Toolchains, _options: Namespace) -> Sequence[Toolchain]:
    return toolchains.list()


async def _create(toolchains: Toolchains, options: Namespace) -> Sequence[Toolchain]:
    progress = console.ProgressLines()
    try:
        return [await toolchains.create(options.name, progress, options.python)]
    finally:
        progress.close()


async def _packages(toolchains: Toolchains, options: Namespace) -> Sequence[Toolchain]:
    progress = console.ProgressLines()
    try:
        await toolchains.add(options.name, options.packages, progress)
    finally:
        progress.close()
    return [await toolchains.check(options.name)]


async def _use(toolchains: Toolchains, options: Namespace) -> Sequence[Toolchain]:
    toolchains.use(options.plugin, options.python)
    for each in [await toolchains.look(each.name) for each in toolchains.list() if each.origin == "chosen"]:
        if each.state != "ready":
            console.warning(f"{each.reason} `rankzero toolchains add {each.name} PACKAGE` adds to it.")
    found = toolchains.list()
    names = [each.name for each in found if each.origin == "chosen"]
    console.note(f"`rankzero toolchains remove {names[0] if names else 'NAME'}` takes the choice back.")
    return found


async def _check(toolchains: Toolchains, options: Namespace) -> Sequence[Toolchain]:
    return [await toolchains.check(options.name)]


async def _remove(toolchains: Toolchains, options: Namespace) -> Sequence[Toolchain]:
    before = toolchains.get(options.name)
    toolchains.remove(options.name)
    console.note(_removed(before, toolchains.get(options.name)))
    return toolchains.list()


def _removed(before: Toolchain, now: Toolchain) -> str:
    """Return what removing did to a toolchain, and what jobs run in from now on."""
    if before.origin != "chosen":
        return (
            f"{before.name} is gone. `rankzero toolchains create {before.name}` makes it anew, with its own packages."
        )
    then = f"jobs run in {now.python}" if now.state == "ready" else f"`rankzero toolchains create {now.name}` makes one"
    return f"{before.python} is no longer chosen for {before.name}, and was left as it is: {then}."


def _size(toolchain: Toolchain) -> str:
    return size_text(toolchain.size) if toolchain.size else "–"


def _where(toolchain: Toolchain) -> str:
    return "–" if toolchain.state in ("missing", "incomplete") else str(toolchain.python)
