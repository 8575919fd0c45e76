"""Azure ML workspaces: add one by its config.json, list, use, show, sign in, sign out, remove."""

from __future__ import annotations

import asyncio
import getpass
import os
import sys
import webbrowser
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, SignInMethod, SignInPrompt, SignInReport, Workspace
from desktop_app.cli import console, in_cloud
from desktop_app.cli.cloud_shapes import sign_in_shape, workspace_shape
from desktop_app.cli.in_cloud import Desk, add_verb, named
from desktop_app.cli.refusals import UsageError

run = in_cloud.run
_METHODS = [each.value for each in SignInMethod]
_KINDS_LEFT_FOR_LATER = frozenset({"offline", "timeout", "throttled", "service", "clock", "gateway", "signed-out"})


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="add|list|use|show|sign-in|sign-out|remove", required=True)
    add = _add(
        verbs, "add", _add_one, "add a workspace by its config.json, or by its names; the first is in use at once"
    )
    _add(verbs, "list", _list, "the workspaces that were added, * marks the one in use")
    use = _add(verbs, "use", _use, "take a workspace for all verbs that name none")
    show = _add(verbs, "show", _show, "ask Azure for a workspace: its region and tenant", asks=True)
    sign_in = _add(
        verbs, "sign-in", _sign_in, "sign in to a workspace's account; says what each way answered", asks=True
    )
    sign_out = _add(verbs, "sign-out", _sign_out, "forget the tokens of a workspace's account", asks=True)
    remove = _add(verbs, "remove", _remove, "take a workspace off this list; nothing of it is deleted in Azure")
    _configure_add(add)
    for each in (use, remove):
        each.add_argument("name", metavar="NAME", help="the workspace's name, or SUBSCRIPTION/GROUP/NAME")
    for each in (show, sign_in, sign_out):
        each.add_argument("name", metavar="NAME", nargs="?", help="the workspace (default: the one in use)")
    sign_in.add_argument("--method", choices=_METHODS, help="how (default: as it was added; automatic tries each)")
    sign_in.add_argument(
        "--client-id",
        metavar="ID",
        help="a service principal, kept in the keyring; its secret is asked for, or piped in",
    )
    sign_in.add_argument("--tenant", metavar="ID", help="the service principal's tenant (default: the subscription's)")


def _configure_add(parser: ArgumentParser) -> None:
    parser.add_argument(
        "config", metavar="config.json", nargs="?", type=Path,
        help="the file, or a folder to look in and above (default: this folder)",
    )  # fmt: skip
    parser.add_argument("--subscription", metavar="ID", help="the subscription's id, instead of a config.json")
    parser.add_argument("--group", metavar="NAME", help="the resource group")
    parser.add_argument("--name", metavar="NAME", help="the workspace's name")
    parser.add_argument("--tenant", metavar="ID", default="", help="the tenant, where the account has several")
    parser.add_argument("--cloud", metavar="NAME", help="AzureCloud, AzureChinaCloud or AzureUSGovernment")
    parser.add_argument("--sign-in", choices=_METHODS, help="how to sign in (default: automatic)")
    parser.add_argument("--no-check", action="store_true", help="don't ask Azure whether it is there")


def _add(verbs: Any, name: str, act: in_cloud.Act, summary: str, *, asks: bool = False) -> ArgumentParser:
    return add_verb(verbs, name, act, summary, with_workspace=False, asks=asks)


async def _add_one(desk: Desk, options: Namespace) -> int:
    given = _given(desk, options)
    if not options.no_check:
        await desk.workbench.toolchains.create(in_cloud.AZUREML, desk.progress)
    workspace = given if options.no_check else await _checked(desk, given)
    kept = desk.cloud.add(workspace)
    _say_clock(desk)
    _print(desk, [kept], options.json)
    if not options.json:
        console.note(in_cloud.NOT_PROVEN)
    return 0


def _given(desk: Desk, options: Namespace) -> Workspace:
    typed = (options.subscription, options.group, options.name)
    if any(typed) and (options.config or not all(typed)):
        hint = "Give a config.json, or --subscription, --group and --name together."
        raise UsageError("That names no workspace.", hint=hint)
    found = Workspace(options.name, options.subscription, options.group) if all(typed) else None
    workspace = found or desk.cloud.read_config(options.config or Path.cwd())
    method = SignInMethod(options.sign_in) if options.sign_in else workspace.sign_in
    return Workspace(
        name=workspace.name,
        subscription=workspace.subscription,
        group=workspace.group,
        cloud=options.cloud or workspace.cloud,
        tenant=options.tenant or workspace.tenant,
        location=workspace.location,
        sign_in=method,
    )


async def _checked(desk: Desk, workspace: Workspace) -> Workspace:
    """Return the workspace as Azure knows it; one that can't be asked for at the moment is added as it is."""
    desk.progress(f"Looking for {workspace.name} in Azure", None)
    try:
        return await desk.cloud.check(workspace)
    except OutsideError as error:
        if getattr(error, "kind", "") not in _KINDS_LEFT_FOR_LATER:
            raise
        console.warning(f"{workspace.name} was added and not looked for: {error}")
        return workspace


def _say_clock(desk: Desk) -> None:
    if said := desk.cloud.clock_off():
        console.warning(said)


async def _list(desk: Desk, options: Namespace) -> int:
    found = desk.cloud.workspaces()
    _print(desk, found, options.json)
    if not found:
        console.note("No workspace was added yet. `rankzero workspace add config.json` adds one.")
    return 0


def _print(desk: Desk, found: Sequence[Workspace], as_json: bool) -> None:
    current = desk.cloud.current()
    if as_json:
        console.document({"workspaces": [workspace_shape(each, current) for each in found]})
    elif found:
        headings = ("", "WORKSPACE", "GROUP", "SUBSCRIPTION", "REGION", "SIGN-IN")
        console.table(headings, [_row(each, current) for each in found])


def _row(each: Workspace, current: Workspace | None) -> tuple[str, ...]:
    mark = "*" if current is not None and each.key == current.key else ""
    return (mark, each.name, each.group, each.subscription, each.location or "–", each.sign_in.value)


async def _use(desk: Desk, options: Namespace) -> int:
    _print(desk, [desk.cloud.use(options.name)], options.json)
    return 0


async def _remove(desk: Desk, options: Namespace) -> int:
    gone = desk.cloud.forget(options.name)
    desk.workbench.lists.forget(gone)
    if options.json:
        console.document({"removed": gone.key})
    else:
        console.note(f"{gone.name} is off the list. In Azure nothing has changed.")
    return 0


def _named(desk: Desk, options: Namespace) -> Workspace:
    return named(options.name, desk.cloud.workspaces()) if options.name else desk.workspace


async def _show(desk: Desk, options: Namespace) -> int:
    workspace = _named(desk, options)
    desk.progress(f"Looking for {workspace.name} in Azure", None)
    found = await desk.cloud.check(workspace)
    desk.progress.close()
    _say_clock(desk)
    if options.json:
        console.document(workspace_shape(found, desk.cloud.current()))
        return 0
    facts = {
        "Workspace": found.name,
        "Group": found.group,
        "Subscription": found.subscription,
        "Region": found.location,
        "Tenant": found.tenant,
        "Cloud": found.cloud,
        "Sign-in": found.sign_in.value,
    }
    for title, text in facts.items():
        print(f"{title:<12} {text or '–'}")
    console.note(in_cloud.NOT_PROVEN)
    return 0


async def _sign_in(desk: Desk, options: Namespace) -> int:
    workspace = _named(desk, options)
    method = SignInMethod(options.method) if options.method else workspace.sign_in
    if options.client_id:
        method = SignInMethod.SERVICE_PRINCIPAL
    report = await desk.cloud.sign_in(workspace, method, _tell, await asyncio.to_thread(_typed, options))
    if options.json:
        console.document(sign_in_shape(report))
    else:
        _say(report)
    _say_clock(desk)
    return 0 if report.account else OutsideError.exit_code


def _typed(options: Namespace) -> dict[str, str]:
    """Return the service principal that was named, with its secret: never an argument, which others could read."""
    if not options.client_id:
        return {}
    is_typed = sys.stdin is not None and sys.stdin.isatty()
    secret = getpass.getpass("Secret: ") if is_typed else sys.stdin.readline().strip()
    return {"client_id": options.client_id, "client_secret": secret, "tenant_id": options.tenant or ""}


def _tell(prompt: SignInPrompt) -> None:
    code = f" and type the code {prompt.code}" if prompt.code else ""
    said = f"Open {prompt.url}{code}."
    if not prompt.code and _has_browser():
        asyncio.get_running_loop().run_in_executor(None, webbrowser.open, prompt.url)
        said = f"Sign in on the page that opens in your browser. If none does, open {prompt.url}"
    console.note(prompt.message if prompt.message and prompt.code else said)


def _has_browser() -> bool:
    """Whether a page can be opened; without a display there may be one that takes the terminal over."""
    named = any(os.environ.get(each) for each in ("BROWSER", "DISPLAY", "WAYLAND_DISPLAY"))
    return sys.platform in ("win32", "darwin") or named


def _say(report: SignInReport) -> None:
    for each in report.steps:
        mark = "✓" if each.succeeded else "✗"
        console.note(f"{mark} {each.method}: {each.said} {each.hint}".rstrip())
    if not report.account:
        console.error("Nobody is signed in.", "Each line above says what one way answered.")
        return
    kept = f" The token is kept in {report.kept_in}." if report.kept_in else ""
    print(f"Signed in as {report.account}.{kept}")


async def _sign_out(desk: Desk, options: Namespace) -> int:
    workspace = _named(desk, options)
    await desk.cloud.sign_out(workspace)
    if options.json:
        console.document({"signed_out": workspace.key})
    else:
        console.note(f"The tokens for {workspace.name} are forgotten.")
    return 0
