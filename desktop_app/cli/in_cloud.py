"""What the verbs of the cloud have in common: the workspace they are about, their progress, and an orderly end."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable
from typing import Any

from desktop_app.api import Cloud, UserError, Workspace
from desktop_app.cli import console
from desktop_app.cli.dispatch import add_shared
from desktop_app.compose import open_workbench
from desktop_app.core.nearest import nearest
from desktop_app.services.workbench import Workbench

Act = Callable[["Desk", Namespace], Awaitable[int]]
AZUREML = "azureml"
"""The toolchain of the Azure ML client."""
NOT_PROVEN = "Azure ML: not yet proven against the real service, docs/azure.md says what was."


class Desk:
    """A verb's place to work: the program's services, the cloud, and what to say meanwhile."""

    def __init__(self, workbench: Workbench, options: Namespace) -> None:
        self.workbench = workbench
        self.cloud: Cloud = workbench.cloud
        self.progress = console.ProgressLines()
        self._named: str = getattr(options, "workspace", None) or ""

    @property
    def workspace(self) -> Workspace:
        """The workspace that was named, or else the one in use. Raises UserError where there is none."""
        known = self.cloud.workspaces()
        if not known:
            hint = "Download config.json from its page in the Azure portal, then: rankzero workspace add config.json"
            raise UserError("No Azure ML workspace was added yet.", hint=hint)
        if not self._named:
            return self.cloud.current() or _none_in_use(known[0].name)
        return named(self._named, known)


def _none_in_use(first: str) -> Workspace:
    raise UserError(
        "No workspace is in use.", hint=f"`rankzero workspace use {first}` takes one, or name one with --workspace."
    )


def named(name: str, known: Any) -> Workspace:
    """Return a workspace by its name or key. Raises UserError."""
    found = [each for each in known if name.lower() in (each.name.lower(), each.key.lower())]
    if len(found) == 1:
        workspace: Workspace = found[0]
        return workspace
    if found:
        keys = ", ".join(each.key for each in found)
        raise UserError(f"Several workspaces are called “{name}”.", hint=f"Give one as {keys}.")
    hint = nearest(name, [each.name for each in known]) if known else "`rankzero workspace add config.json` adds one."
    raise UserError(f"No workspace “{name}” was added here.", hint=hint)


def add_verb(  # noqa: PLR0913 - what a verb has
    verbs: Any, name: str, act: Act, summary: str, *, with_workspace: bool = True, asks: bool = True
) -> ArgumentParser:
    """Add a verb below another one; `asks` says that it needs the Azure ML client, which is made once if need be."""
    parser: ArgumentParser = verbs.add_parser(name, help=summary, description=summary, allow_abbrev=False)
    parser.set_defaults(act=act, asks=asks)
    add_shared(parser)
    if with_workspace:
        parser.add_argument("--workspace", metavar="NAME", help="in this workspace instead of the one in use")
    return parser


def run(options: Namespace) -> int:
    """Do what the second verb says."""
    return asyncio.run(_run(options))


async def _run(options: Namespace) -> int:
    act: Act = options.act
    desk = Desk(open_workbench(options.home, options.safe_mode), options)
    try:
        if "workspace" in options:
            _ = desk.workspace  # that there is none is said before the client is made
        if options.asks:
            await desk.workbench.toolchains.create(AZUREML, desk.progress)
        return await act(desk, options)
    except asyncio.CancelledError:  # Ctrl+C: what goes on without us is said last, and stays on the screen
        last = desk.progress.last
        desk.progress.close()
        console.note(f"Interrupted. {last}" if last.endswith(".") else f"Interrupted at: {last}.")
        raise
    finally:
        desk.progress.close()
        await desk.cloud.close()
