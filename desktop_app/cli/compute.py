"""Compute targets of an Azure ML workspace: list, create, scale, delete clusters; VM sizes and quota of the region."""

from __future__ import annotations

import asyncio
from argparse import ArgumentParser, Namespace
from collections.abc import Sequence

from desktop_app.api import Compute, ComputeSpec, SizeOffer
from desktop_app.cli import console, in_cloud
from desktop_app.cli.cloud_shapes import as_of_shape, compute_shape, quota_shape, size_shape
from desktop_app.cli.in_cloud import Desk, add_verb
from desktop_app.core.words import limit_text
from desktop_app.services.catalogues import facts, vm_sizes
from desktop_app.services.cloud_lists import COMPUTES, QUOTAS

run = in_cloud.run
_USUAL = ComputeSpec("", "")
_LOOK = "`rankzero compute list` shows how far it is."


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|create|scale|delete|sizes|quota", required=True)
    add_verb(verbs, "list", _list, "all compute targets with their state and nodes")
    create = add_verb(verbs, "create", _create, "make a cluster and wait until it stands; Ctrl+C stops waiting only")
    scale = add_verb(verbs, "scale", _scale, "change how many nodes a cluster has, and how long idle ones stay")
    delete = add_verb(verbs, "delete", _delete, "delete a compute target and wait until it is gone")
    sizes = add_verb(verbs, "sizes", _sizes, "the VM sizes that clusters may have in the workspace's region")
    quota = add_verb(verbs, "quota", _quota, "cores in use and allowed, by VM family")
    for each in (create, scale, delete):
        each.add_argument("name", metavar="NAME", help="the compute's name, such as gpu-cluster")
    _configure_create(create)
    _configure_limits(scale)
    sizes.add_argument("--gpu", action="store_true", help="only sizes with a GPU")
    quota.add_argument("--all", action="store_true", help="families as well of which nothing is used or allowed")


def _configure_create(create: ArgumentParser) -> None:
    size = vm_sizes()[0].name
    create.add_argument("--size", metavar="SIZE", default=size, help=f"the nodes' VM size (default: {size})")
    create.add_argument(
        "--low-priority", action="store_true", help="cheaper nodes that Azure may take away at any time"
    )
    _configure_limits(create, _USUAL)


def _configure_limits(parser: ArgumentParser, usual: ComputeSpec | None = None) -> None:
    said = ("", "", "") if usual is None else tuple(
        f" (default: {each})" for each in (usual.minimum, usual.maximum, usual.idle_seconds)
    )  # fmt: skip
    values = (None, None, None) if usual is None else (usual.minimum, usual.maximum, usual.idle_seconds)
    options = (
        ("--min", "N", "nodes that always run, and cost"),
        ("--max", "N", "nodes at most"),
        ("--idle", "SECONDS", "how long an idle node stays"),
    )
    for (option, metavar, text), default, value in zip(options, said, values, strict=True):
        parser.add_argument(option, metavar=metavar, type=int, default=value, help=f"{text}{default}")


async def _list(desk: Desk, options: Namespace) -> int:
    found = await desk.listed(COMPUTES)
    if options.json:
        console.document({"computes": [compute_shape(each) for each in found.items], **as_of_shape(found)})
        return 0
    _print(found.items, as_json=False)
    if not found.items:
        console.note("There are none yet. `rankzero compute create gpu-cluster` makes one.")
    return 0


def _print(found: Sequence[Compute], as_json: bool) -> None:
    if as_json:
        console.document({"computes": [compute_shape(each) for each in found]})
    elif found:
        console.table(("COMPUTE", "STATE", "SIZE", "NODES", "IDLE AFTER", "KIND"), [_row(each) for each in found])
        for each in found:
            for error in each.errors:
                console.note(f"{each.name}: {error}")


def _row(each: Compute) -> tuple[str, ...]:
    kind = f"{each.kind}{', low priority' if each.low_priority else ''}"
    idle = limit_text(each.idle_seconds) if each.idle_seconds else "–"
    return (each.name, each.state, each.vm_size or "–", _nodes(each), idle, kind)


def _nodes(each: Compute) -> str:
    """Return how many nodes there are, of how many, and what they do: `2 of 0–4: 1 running, 1 idle`."""
    if not each.maximum:
        return "–"
    states = ", ".join(f"{count} {state}" for state, count in each.nodes.items() if count)
    growing = f" → {each.target}" if each.target != each.current else ""
    return f"{each.current}{growing} of {each.minimum}–{each.maximum}{f': {states}' if states else ''}"


async def _create(desk: Desk, options: Namespace) -> int:
    workspace = desk.workspace
    desk.look = _LOOK
    _warn_of_age(options.size)
    spec = ComputeSpec(options.name, options.size, options.min, options.max, options.idle, options.low_priority)
    made = await desk.cloud.create_compute(workspace, spec, desk.progress)
    desk.progress.close()
    room = await desk.cloud.headroom(workspace, made.vm_size, spec.maximum, spec.low_priority)
    if not room.fits:
        console.warning(f"{room.says} The others of its {spec.maximum} nodes won't start until there is quota.")
    _print([made], options.json)
    return 0


def _warn_of_age(size: str) -> None:
    """Say that a size is gone or soon will be, as the catalogue knows: articles and samples still name such ones."""
    known = facts().size(size)
    if known is None or known.status not in ("retired", "retirement announced"):
        return
    when = f"retired since {known.retired_on}" if known.status == "retired" else f"retired from {known.retired_on} on"
    instead = f" Take {known.successors[0]} instead." if known.successors else ""
    console.warning(f"{known.name} is {when} (as of {facts().sizes_as_of()}).{instead}")


async def _scale(desk: Desk, options: Namespace) -> int:
    desk.look = _LOOK
    desk.progress(f"Scaling {options.name}", None)
    try:
        changed = await desk.cloud.scale_compute(desk.workspace, options.name, options.min, options.max, options.idle)
    except asyncio.CancelledError:
        desk.progress(f"Scaling {options.name} may have begun, and goes on in Azure.", None)
        raise
    desk.progress.close()
    _print([changed], options.json)
    return 0


async def _delete(desk: Desk, options: Namespace) -> int:
    desk.look = _LOOK
    await desk.cloud.delete_compute(desk.workspace, options.name, desk.progress)
    desk.progress.close()
    if options.json:
        console.document({"deleted": options.name})
    else:
        console.note(f"{options.name} is gone.")
    return 0


async def _sizes(desk: Desk, options: Namespace) -> int:
    found = [each for each in await desk.cloud.sizes(desk.workspace) if each.gpus or not options.gpu]
    if options.json:
        console.document({"sizes": [size_shape(each) for each in found]})
        return 0
    headings = ("SIZE", "CORES", "MEMORY", "GPUS", "INFINIBAND", "AN HOUR", "STATUS")
    console.table(headings, [_size_row(each) for each in found])
    as_of = next((each.as_of for each in found if each.as_of), "")
    console.note(f"GPU models, InfiniBand and status are as of {as_of}; the rest the service says.")
    return 0


def _size_row(each: SizeOffer) -> tuple[str, ...]:
    gpus = f"{each.gpus} × {each.gpu_model}" if each.gpus and each.gpu_model else str(each.gpus or "–")
    price = f"{each.price:.2f} {each.currency}" if each.price is not None else "–"
    status = f"{each.status} {each.retired_on}".strip()
    instead = f" → {each.successors[0]}" if each.successors and each.status not in ("", "current") else ""
    memory = f"{each.memory_gib:g} GiB"
    return (
        each.name,
        str(each.vcpus),
        memory,
        gpus,
        "yes" if each.infiniband else "–",
        price,
        f"{status}{instead}" or "–",
    )


async def _quota(desk: Desk, options: Namespace) -> int:
    listed = await desk.listed(QUOTAS)
    found = [each for each in listed.items if options.all or each.used or each.limit]
    if options.json:
        console.document({"quotas": [quota_shape(each) for each in found], **as_of_shape(listed)})
        return 0
    rows = [(each.family, str(each.used), str(each.limit), str(each.left)) for each in found]
    console.table(("FAMILY", "USED", "ALLOWED", "LEFT"), rows)
    return 0
