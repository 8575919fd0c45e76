"""Online endpoints of an Azure ML workspace: list, deploy an MLflow or Triton model, its log, a call, delete."""

from __future__ import annotations

import sys
from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import Endpoint, UserError
from desktop_app.cli import console, in_cloud
from desktop_app.cli.cloud_shapes import as_of_shape, endpoint_shape
from desktop_app.cli.in_cloud import Desk, add_verb
from desktop_app.cli.refusals import UsageError
from desktop_app.services.cloud_lists import ENDPOINTS

run = in_cloud.run
_SIZE = "Standard_DS3_v2"
_STANDARD_INPUT = Path("-")
_LOOK = "`rankzero endpoints list` shows how far it is."


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|deploy|traffic|log|call|delete", required=True)
    add_verb(verbs, "list", _list, "all online endpoints with what they serve")
    deploy = add_verb(verbs, "deploy", _deploy, "serve an MLflow or Triton model without code; makes the endpoint")
    traffic = add_verb(verbs, "traffic", _traffic, "what part of the calls each deployment gets, in per cent")
    log = add_verb(verbs, "log", _log, "the last lines of a deployment's log")
    call = add_verb(verbs, "call", _call, "send JSON to an endpoint, print what it answers")
    delete = add_verb(verbs, "delete", _delete, "delete an endpoint with all that it serves, or one of its deployments")
    for each in (deploy, traffic, log, call, delete):
        each.add_argument("name", metavar="NAME", help="the endpoint's name")
    deploy.add_argument("model", metavar="MODEL[:VERSION]", help="the model; the newest version where none is named")
    deploy.add_argument("--size", metavar="SIZE", default=_SIZE, help=f"the VM size that serves it (default: {_SIZE})")
    deploy.add_argument("--count", metavar="N", type=int, default=1, help="so many machines (default: 1)")
    traffic.add_argument(
        "parts", metavar="DEPLOYMENT=PERCENT", nargs="+", type=_part, help="together 100; who is not named gets none"
    )
    log.add_argument(
        "deployment", metavar="DEPLOYMENT", nargs="?", default="", help="default: the one that gets the calls"
    )
    delete.add_argument(
        "deployment", metavar="DEPLOYMENT", nargs="?", default="", help="only this one, which gets no calls any more"
    )
    call.add_argument("file", metavar="FILE", nargs="?", type=Path, help="a JSON file; - for standard input")
    call.add_argument("--data", metavar="JSON", help="the JSON itself")


async def _list(desk: Desk, options: Namespace) -> int:
    found = await desk.listed(ENDPOINTS)
    if options.json:
        console.document({"endpoints": [endpoint_shape(each) for each in found.items], **as_of_shape(found)})
        return 0
    _print(found.items, as_json=False)
    if not found.items:
        console.note("There are none yet. `rankzero endpoints deploy NAME MODEL` makes one.")
    return 0


def _print(found: Sequence[Endpoint], as_json: bool) -> None:
    if as_json:
        console.document({"endpoints": [endpoint_shape(each) for each in found]})
    elif found:
        rows = [row for each in found for row in _rows(each)]
        console.table(("ENDPOINT", "STATE", "DEPLOYMENT", "IS", "MODEL", "SIZE", "CALLS", "URL"), rows)


def _rows(endpoint: Endpoint) -> list[tuple[str, ...]]:
    if not endpoint.deployments:
        return [(endpoint.name, endpoint.state, "–", "–", "–", "–", "–", endpoint.url or "–")]
    return [
        (
            endpoint.name, endpoint.state, each.name, each.state, each.model, f"{each.count} × {each.vm_size}",
            f"{each.traffic} %", endpoint.url or "–",
        )
        for each in endpoint.deployments
    ]  # fmt: skip


async def _deploy(desk: Desk, options: Namespace) -> int:
    desk.look = _LOOK
    made = await desk.cloud.deploy(
        desk.workspace, options.name, options.model, options.size, desk.progress, options.count
    )
    desk.progress.close()
    _print([made], options.json)
    idle = [each.name for each in made.deployments if not each.traffic]
    if idle:
        one = f"`rankzero endpoints delete {made.name} {idle[0]}` ends one"
        console.warning(f"{', '.join(idle)} still runs at {made.name}, without calls, and costs: {one}.")
    if not options.json:
        console.note(
            f"`rankzero endpoints call {made.name} FILE` tries it; `rankzero endpoints delete {made.name}` ends it."
        )
    return 0


def _part(text: str) -> tuple[str, int]:
    name, sign, part = text.partition("=")
    if not name or not sign or not part.isdecimal():
        raise ArgumentTypeError(f"“{text}” is no part of the calls: write DEPLOYMENT=PERCENT")
    return name, int(part)


async def _traffic(desk: Desk, options: Namespace) -> int:
    desk.look = _LOOK
    changed = await desk.cloud.send_traffic(desk.workspace, options.name, dict(options.parts), desk.progress)
    desk.progress.close()
    _print([changed], options.json)
    return 0


async def _log(desk: Desk, options: Namespace) -> int:
    text = await desk.cloud.endpoint_log(desk.workspace, options.name, options.deployment)
    if options.json:
        console.document({"log": text})
        return 0
    for line in text.splitlines():
        console.log_line(line, sys.stdout)
    return 0


async def _call(desk: Desk, options: Namespace) -> int:
    if (options.file is None) == (options.data is None):
        raise UsageError("Give a JSON file, or --data.", hint="`rankzero endpoints call --help` shows what it takes.")
    answer = await desk.cloud.call_endpoint(desk.workspace, options.name, options.data or _read(options.file))
    if options.json:
        console.document({"answer": answer})
    else:
        console.log_line(answer, sys.stdout)
    return 0


def _read(file: Path) -> str:
    try:
        return sys.stdin.read() if file == _STANDARD_INPUT else file.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        why = (error.strerror if isinstance(error, OSError) else "it is no text in UTF-8") or str(error)
        raise UserError(f"{file} can't be read: {why}.") from error


async def _delete(desk: Desk, options: Namespace) -> int:
    desk.look = _LOOK
    await desk.cloud.delete_endpoint(desk.workspace, options.name, desk.progress, options.deployment)
    desk.progress.close()
    gone = f"{options.name}/{options.deployment}" if options.deployment else options.name
    if options.json:
        console.document({"deleted": gone})
    else:
        console.note(f"{gone} is gone." if options.deployment else f"The endpoint {gone} is gone.")
    return 0
