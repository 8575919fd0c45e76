"""Models of an Azure ML workspace: list them and their versions, register one from a run or from here, download."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace

from desktop_app.cli import asset_verbs, in_cloud
from desktop_app.cli.in_cloud import Desk, add_verb

run = in_cloud.run
_TYPES = ("custom_model", "mlflow_model", "triton_model")
_PATH = "a local file or folder, RUN:outputs/model.pt for what a run made, or a datastore's path (azureml://…)"


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    verbs = parser.add_subparsers(metavar="list|register|download", required=True)
    listing = add_verb(verbs, "list", _list, "the newest version of each model, or all versions of one")
    listing.add_argument("name", metavar="NAME", nargs="?", help="all versions of this model")
    register = add_verb(verbs, "register", _register, "register a model, with the run that it came from")
    asset_verbs.add_register_options(register, _TYPES, _PATH)
    download = add_verb(verbs, "download", _download, "fetch a model's files, checked by their number and sizes")
    download.add_argument("name", metavar="NAME[:VERSION]", help="the model; the newest version where none is named")
    download.add_argument("folder", metavar="DIR", help="where to")


async def _list(desk: Desk, options: Namespace) -> int:
    return await asset_verbs.show(desk, "model", options)


async def _register(desk: Desk, options: Namespace) -> int:
    return await asset_verbs.register(desk, "model", options)


async def _download(desk: Desk, options: Namespace) -> int:
    return await asset_verbs.download(desk, "model", options)
