"""Data assets of an Azure ML workspace: list them and their versions, register files, folders, addresses, download."""

from __future__ import annotations

from argparse import ArgumentParser

from desktop_app.cli import asset_verbs, in_cloud

run = in_cloud.run
_KIND = asset_verbs.Kind(
    "data",
    "data asset",
    "register data, as FileDataset did in SDK v1",
    ("uri_file", "uri_folder", "mltable"),
    "a local file or folder (uploaded), a web address or a datastore's path (azureml://…; referred to, not copied)",
)


def configure(parser: ArgumentParser) -> None:
    """Add the verbs below this one."""
    asset_verbs.configure(parser, _KIND)
