"""Jobs that wait for Azure ML, held on disk with their files as they were: list, send, withdraw."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from desktop_app.api import UserError, Waiting
from desktop_app.cli import console, in_cloud
from desktop_app.cli.cloud_shapes import waiting_shape
from desktop_app.cli.in_cloud import Desk, add_verb
from desktop_app.core.nearest import nearest
from desktop_app.core.words import plural, size_text

run = in_cloud.run
IN_DOUBT = "Taken back. Azure ML is asked whether it arrived before, and the run canceled there."
"""Of a job that was withdrawn while nobody knew whether the service had it."""


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|send|withdraw", required=True)
    add_verb(verbs, "list", _list, "what waits, oldest first, and why", with_workspace=False, asks=False)
    send = add_verb(
        verbs, "send", _send, "try to send a waiting job now, or all of them", with_workspace=False, asks=False
    )
    withdraw = add_verb(
        verbs, "withdraw", _withdraw, "take a job that was not sent out again", with_workspace=False, asks=False
    )
    send.add_argument("name", metavar="R", nargs="?", help="the run's name, or as much of its end as is needed")
    withdraw.add_argument("name", metavar="R", help="the run's name, or as much of its end as is needed")


async def _list(desk: Desk, options: Namespace) -> int:
    found = desk.cloud.waiting()
    if options.json:
        console.document({"waiting": [waiting_shape(each) for each in found]})
    elif found:
        console.table(("RUN", "WORKSPACE", "NAME", "SINCE", "FILES", "TRIES", "WHY"), [_row(each) for each in found])
    else:
        console.note("Nothing waits: every job that was submitted is with Azure ML.")
    return 0


def _row(each: Waiting) -> tuple[str, ...]:
    since = each.created.astimezone().strftime("%Y-%m-%d %H:%M")
    files = f"{plural(each.files, 'file')}, {size_text(each.size)}"
    why = IN_DOUBT if each.withdrawn else each.reason or "–"
    return (each.run, each.workspace, each.display_name, since, files, str(each.tries), why)


def _find(waiting: Sequence[Waiting], name: str) -> Waiting:
    fitting = [each for each in waiting if name in (each.run, each.handle) or each.run.endswith(name)]
    exact = [each for each in fitting if name in (each.run, each.handle)]
    if len(exact or fitting) == 1:
        return (exact or fitting)[0]
    if fitting:
        raise UserError(
            f"“{name}” fits several: {', '.join(each.run for each in fitting)}.", hint="Give more of the name."
        )
    hint = nearest(name, [each.run for each in waiting][:5]) if waiting else "Nothing waits."
    raise UserError(f"No job “{name}” waits in the outbox.", hint=hint)


async def _send(desk: Desk, options: Namespace) -> int:
    waiting = desk.cloud.waiting()
    chosen = [_find(waiting, options.name)] if options.name else list(waiting)
    if chosen:
        await desk.workbench.toolchains.create(in_cloud.AZUREML, desk.progress)
    sent, failed = [], None
    for each in chosen:
        try:
            handle = await desk.cloud.send(each.handle, desk.progress)
            if each.withdrawn:
                console.note(f"{each.run} is taken back.")
            else:
                sent.append(handle)
        except UserError as error:
            failed = failed or error
            console.warning(f"{each.run} still waits: {error}")
    desk.progress.close()
    if failed is not None:
        raise failed
    _say_sent(sent, options.json)
    if not chosen and not options.json:
        console.note("Nothing waits.")
    return 0


def _say_sent(handles: Sequence[str], as_json: bool) -> None:
    if as_json:
        console.document({"sent": list(handles)})
        return
    for each in handles:
        print(each.rpartition("/")[2])


async def _withdraw(desk: Desk, options: Namespace) -> int:
    found = _find(desk.cloud.waiting(), options.name)
    desk.cloud.withdraw(found.handle)
    is_settled = found.handle not in [each.handle for each in desk.cloud.waiting()]
    if options.json:
        console.document({"withdrawn": found.run, "settled": is_settled})
    elif is_settled:
        console.note(f"{found.run} was not sent and is out of the outbox.")
    else:
        console.note(f"{found.run}: {IN_DOUBT} `rankzero outbox send {found.run}` asks now.")
    return 0
