"""What the verbs of the cloud have in common: the workspace they are about, their progress, and an orderly end."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Awaitable, Callable, Coroutine
from typing import Any, TypeVar

from desktop_app.api import Cloud, UserError, Workspace
from desktop_app.cli import console
from desktop_app.cli.dispatch import add_shared
from desktop_app.cli.following import Interrupts
from desktop_app.cli.refusals import EndedError
from desktop_app.cli.taking_part import opened
from desktop_app.core.nearest import nearest
from desktop_app.services.cloud_lists import Listed, What
from desktop_app.services.workbench import Workbench

T = TypeVar("T")
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
        self.look = ""
        """How to see what became of what this verb began in Azure, for who ends it in the middle."""
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

    async def listed(self, what: What[T]) -> Listed[T]:
        """Return a list of the workspace: as it is now, or, where nobody answers, as it said last, with a warning."""
        workspace = self.workspace
        found = await self.workbench.lists.ask_or_kept(workspace, what)
        if found.fault is not None:
            at = f"{found.as_of.astimezone():%Y-%m-%d %H:%M}"
            cut = f", without the last {found.left_out}" if found.left_out else ""
            console.warning(f"{found.fault.message} This is what {workspace.name} said at {at}{cut}.")
        return found


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
    desk = Desk(opened(options), options)
    interrupts = Interrupts(asyncio.get_running_loop())
    try:
        if "workspace" in options:
            _ = desk.workspace  # that there is none is said before the client is made
        with interrupts.leaving():
            return await _unless_left(interrupts, _acted(desk, options, act))
    except asyncio.CancelledError:  # what goes on without us is said last, and stays on the screen
        said = _left_behind(desk)
        if interrupts.left.is_set():  # SIGTERM, not Ctrl+C
            raise EndedError("This program was asked to end.", hint=said) from None
        console.note(f"Interrupted. {said}")
        raise
    finally:
        desk.progress.close()
        await desk.cloud.close()


async def _acted(desk: Desk, options: Namespace, act: Act) -> int:
    if options.asks:
        await desk.workbench.toolchains.create(AZUREML, desk.progress)
    return await act(desk, options)


async def _unless_left(interrupts: Interrupts, work: Coroutine[Any, Any, int]) -> int:
    """Return what a verb ends with; it is canceled where the program is asked to end."""
    working, left = asyncio.ensure_future(work), asyncio.ensure_future(interrupts.left.wait())
    try:
        await asyncio.wait({working, left}, return_when=asyncio.FIRST_COMPLETED)
    finally:
        left.cancel()
        working.cancel()  # does nothing where it is done
        await asyncio.wait({working})
    return await working


def _left_behind(desk: Desk) -> str:
    """Return what the verb was at, what of it goes on in Azure, and how to look."""
    last = desk.progress.last
    desk.progress.close()
    if last.endswith("."):  # it says that something has begun in Azure
        return f"{last} {desk.look}".rstrip()
    return f"It was at: {last}." if last else ""
