"""Models and data assets of a workspace as a table, and registering one from a file, folder or web address."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import PurePath

from desktop_app.api import Asset, NewAsset

HEADERS = ("Name", "Version", "Type", "Made by run", "Created", "Description")
TYPES = {
    "model": (
        ("custom_model", "Any file or folder", "Kept as it is; who loads it knows how."),
        ("mlflow_model", "MLflow model", "A folder with an MLmodel file, as mlflow.*.log_model writes it."),
        ("triton_model", "Triton model", "A model repository of NVIDIA Triton."),
    ),
    "data": (
        ("uri_folder", "Folder", "All files below it; a job gets the folder's path."),
        ("uri_file", "File", "One file; a job gets its path."),
        ("mltable", "Table (MLTable)", "A folder with an MLTable file that says how its files are read."),
    ),
}
"""The types of each kind: the service's word, a title, and what it is."""
NOUNS = {"model": "model", "data": "data asset"}


def cells(asset: Asset, created: str) -> tuple[str, ...]:
    """Return an asset's cells, in the order of `HEADERS`; `created` is said by the window, in the person's locale."""
    return (
        asset.name, asset.version, type_title(asset.kind, asset.type), asset.run or "–", created or "–",
        asset.description,
    )  # fmt: skip


def type_title(kind: str, name: str) -> str:
    """Return what a type is called."""
    return next((title for each, title, _says in TYPES.get(kind, ()) if each == name), name or "–")


def type_for(kind: str, path: str, *, is_folder: bool) -> str:
    """Return the type that a file or folder most likely is."""
    if kind == "data":
        return "uri_folder" if is_folder or path.endswith("/") else "uri_file"
    return "custom_model"


def name_for(path: str) -> str:
    """Return a name for what lies at a path."""
    stem = PurePath(path.rstrip("/").rpartition("/")[2] or path).stem
    plain = "".join(each if each.isalnum() or each in "._-" else "-" for each in stem).strip("-._")
    return plain or "asset"


def path_complaint(path: str) -> str:
    """Return what is wrong with a typed path; empty where nothing is."""
    return "" if path.strip() else "Choose a file or folder, or type a web address."


def new_asset(kind: str, name: str, path: str, type_name: str, description: str) -> NewAsset:
    """Return what to register."""
    return NewAsset(kind, name.strip(), path.strip(), type_name, description=description.strip())


def order(assets: Sequence[Asset]) -> list[Asset]:
    """Return the assets, newest first; those without a date last, by name."""
    by_name = sorted(assets, key=lambda each: each.name.lower())
    return sorted(by_name, key=lambda each: each.created.timestamp() if each.created else 0.0, reverse=True)


def with_older(assets: Sequence[Asset], older: Mapping[str, Sequence[Asset]]) -> list[Asset]:
    """Return the assets, newest first; below each whose name is in `older`, its other versions."""
    made: list[Asset] = []
    for each in order(assets):
        made += [each, *(one for one in order(older.get(each.name, ())) if one.version != each.version)]
    return made
