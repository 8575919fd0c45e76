"""What the verbs for models, data and environments share: names with versions, tags, tables, registering, fetching."""

from __future__ import annotations

from argparse import ArgumentParser, ArgumentTypeError, Namespace
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Asset, NewAsset
from desktop_app.cli import console
from desktop_app.cli.cloud_shapes import as_of_shape, asset_shape
from desktop_app.cli.in_cloud import Desk, add_verb
from desktop_app.core.redact import redact
from desktop_app.services.cloud_lists import Listed, What

KEYS = {"model": "models", "data": "data", "environment": "environments"}
"""What the JSON of each kind calls its list."""


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of asset with verbs of its own: what the service and a person call it, and what registering takes."""

    name: str
    title: str
    registering: str
    types: tuple[str, ...]
    path: str


def configure(parser: ArgumentParser, kind: Kind) -> None:
    """Add list, register and download."""
    verbs = parser.add_subparsers(metavar="list|register|download", required=True)
    summary = f"the newest version of each {kind.title}, or all versions of one"
    listing = add_verb(verbs, "list", lambda desk, options: show(desk, kind.name, options), summary)
    listing.add_argument("name", metavar="NAME", nargs="?", help=f"all versions of this {kind.title}")
    registering = add_verb(
        verbs, "register", lambda desk, options: register(desk, kind.name, options), kind.registering
    )
    add_register_options(registering, kind.types, kind.path)
    summary = f"fetch a {kind.title}'s files, checked by their number and sizes"
    fetching = add_verb(verbs, "download", lambda desk, options: download(desk, kind.name, options), summary)
    named = f"the {kind.title}; the newest version where none is named"
    fetching.add_argument("name", metavar="NAME[:VERSION]", help=named)
    fetching.add_argument("folder", metavar="DIR", help="where to")


def tag(text: str) -> tuple[str, str]:
    """Return a tag of `KEY=VALUE`."""
    key, sign, value = text.partition("=")
    if not key or not sign:
        raise ArgumentTypeError(f"“{text}” is no tag: write KEY=VALUE")
    return key, value


def add_register_options(parser: ArgumentParser, types: Sequence[str], path_help: str) -> None:
    """Add what registering takes beside the name."""
    parser.add_argument("name", metavar="NAME", help="the asset's name")
    parser.add_argument("path", metavar="PATH", help=path_help)
    if types:
        parser.add_argument("--type", choices=types, default="", help="what it is (default: seen from its files)")
    parser.add_argument("--version", metavar="V", default="", help="its version (default: the next one)")
    parser.add_argument("--description", metavar="TEXT", default="", help="what it is for")
    parser.add_argument(
        "--tag", metavar="KEY=VALUE", action="append", default=[], type=tag, help="a tag; may stand twice"
    )


async def show(desk: Desk, kind: str, options: Namespace, registry: str = "") -> int:
    """Print the newest versions of all, or all versions of one."""
    name = getattr(options, "name", None) or ""
    listed = None
    if name:
        found = await desk.cloud.assets(desk.workspace, kind, name, registry)
    else:
        listed = await desk.listed(What(kind, Asset, registry))
        found = listed.items
    print_assets(kind, found, options.json, listed)
    if not found and not options.json:
        console.note(f"There are none yet in {registry or desk.workspace.name}.")
    return 0


def print_assets(kind: str, found: Sequence[Asset], as_json: bool, listed: Listed[Asset] | None = None) -> None:
    """Print assets as a table or as JSON; `listed` says of when they are."""
    if as_json:
        console.document({KEYS[kind]: [asset_shape(each) for each in found], **as_of_shape(listed)})
    elif found:
        console.table(("NAME", "VERSION", "TYPE", "CREATED", "FROM"), [_row(each) for each in found])


def _row(each: Asset) -> tuple[str, ...]:
    created = each.created.astimezone().strftime("%Y-%m-%d %H:%M") if each.created else "–"
    origin = f"run {each.run}" if each.run else redact(each.path.rpartition("/paths/")[2]) or "–"
    return (each.name, each.version or "–", each.type or "–", created, origin)


async def register(desk: Desk, kind: str, options: Namespace) -> int:
    """Register what the options name."""
    asset = NewAsset(
        kind=kind,
        name=options.name,
        path=options.path,
        type=getattr(options, "type", ""),
        version=options.version,
        description=options.description,
        tags=dict(options.tag),
    )
    made = await desk.cloud.register(desk.workspace, asset, desk.progress)
    desk.progress.close()
    print_assets(kind, [made], options.json)
    return 0


async def download(desk: Desk, kind: str, options: Namespace) -> int:
    """Fetch the files of `NAME` or `NAME:VERSION`."""
    name, _, version = options.name.partition(":")
    asset = Asset(kind, name, version)
    placed = await desk.cloud.download_asset(desk.workspace, asset, Path(options.folder), desk.progress)
    desk.progress.close()
    if options.json:
        console.document({"downloaded": str(placed.absolute())})
    else:
        print(placed)
    return 0
