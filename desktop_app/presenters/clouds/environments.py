"""Environments of a workspace or of a shared registry as a table, and by what a job names one."""

from __future__ import annotations

from collections.abc import Sequence

from desktop_app.api import Asset

HEADERS = ("Name", "Version", "Made from", "Created", "Description")
REGISTRY = "azureml"
"""The registry of Azure ML's own environments, which every workspace sees."""
_KINDS = {"conda": "conda file", "build": "Docker build", "image": "image"}


def cells(asset: Asset, created: str) -> tuple[str, ...]:
    """Return an environment's cells, in the order of `HEADERS`; `created` is said by the window."""
    return (
        asset.name,
        asset.version or "–",
        _KINDS.get(asset.type, "–"),
        created or "–",
        first_line(asset.description),
    )


def first_line(text: str) -> str:
    """Return what of a description fits into a row."""
    return next((each.strip() for each in text.splitlines() if each.strip()), "")


def reference(asset: Asset, version: str = "") -> str:
    """Return what stands behind `environment:` in a job: a version, or the newest where none is known."""
    chosen = version or asset.version
    if asset.registry:
        end = f"versions/{chosen}" if chosen else "labels/latest"
        return f"azureml://registries/{asset.registry}/environments/{asset.name}/{end}"
    return f"azureml:{asset.name}:{chosen}" if chosen else f"azureml:{asset.name}@latest"


def found(assets: Sequence[Asset], words: str) -> list[Asset]:
    """Return the environments that hold every typed word, in their name, description or tags."""
    wanted = words.lower().split()
    return [each for each in assets if all(word in _searched(each) for word in wanted)]


def _searched(asset: Asset) -> str:
    tags = " ".join(f"{key} {value}" for key, value in asset.tags.items())
    return f"{asset.name} {asset.version} {asset.description} {tags}".lower()


def none_found(words: str, place: str) -> str:
    """Return what stands where nothing fits what was typed."""
    return f"Nothing in {place} fits “{words.strip()}”."
