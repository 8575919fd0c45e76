"""`environments` in the cloud: those of a workspace or of a shared registry, and registering one from its file."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from pathlib import Path

from desktop_app.api import NewAsset, UserError
from desktop_app.cli import asset_verbs, in_cloud
from desktop_app.cli.in_cloud import Desk
from desktop_app.documents.text_file import TextFile
from desktop_app.services.environments.finding import name_in
from desktop_app.services.workbench import Workbench

REGISTRY = "azureml"
"""The registry of Azure ML's own environments."""


def configure_list(parser: ArgumentParser) -> None:
    """Add where to look, to the list that needs no network."""
    parser.add_argument(
        "--registry", metavar="NAME", nargs="?", const=REGISTRY,
        help=f"what a shared registry has now, asked of Azure ML (default: {REGISTRY})",
    )  # fmt: skip
    parser.add_argument("--registered", action="store_true", help="those of the Azure ML workspace")
    parser.add_argument("--versions", metavar="NAME", help="all versions of one, of a registry or workspace")
    parser.add_argument("--workspace", metavar="NAME", help="this workspace instead of the one in use")


def configure_register(parser: ArgumentParser) -> None:
    """Add what registering takes."""
    parser.add_argument("file", metavar="FILE", type=Path, help="an environment file")
    parser.add_argument("--name", metavar="NAME", default="", help="its name (default: as the file says)")
    parser.add_argument("--version", metavar="V", default="", help="its version (default: the next one)")
    parser.add_argument("--description", metavar="TEXT", default="", help="what it is for")
    parser.add_argument("--workspace", metavar="NAME", help="in this workspace instead of the one in use")


def is_asked(options: Namespace) -> bool:
    """Whether a list is of the cloud."""
    return bool(options.registry or options.registered or options.versions or options.workspace)


def show(_workbench: Workbench, options: Namespace) -> int:
    """Print what a workspace or a registry has."""
    return _in_cloud(_list, options)


def register(_workbench: Workbench, options: Namespace) -> int:
    """Register the environment of a file."""
    return _in_cloud(_register, options)


def _in_cloud(act: in_cloud.Act, options: Namespace) -> int:
    options.act, options.asks = act, True
    return in_cloud.run(options)


async def _list(desk: Desk, options: Namespace) -> int:
    options.name = options.versions
    return await asset_verbs.show(desk, "environment", options, options.registry or "")


async def _register(desk: Desk, options: Namespace) -> int:
    name = options.name or _name_in(options.file)
    asset = NewAsset("environment", name, str(options.file), version=options.version, description=options.description)
    made = await desk.cloud.register(desk.workspace, asset, desk.progress)
    desk.progress.close()
    asset_verbs.print_assets("environment", [made], options.json)
    return 0


def _name_in(file: Path) -> str:
    TextFile.load(file)  # says what is wrong with the file itself
    name = name_in(file)
    if not name:
        raise UserError(f"{file} names no environment.", hint="Give it a name: in the file, or here.")
    return name
