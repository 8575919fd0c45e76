"""Dated data that ships with the program: each catalogue is read once, when it is first asked for."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any, TypeVar

from desktop_app.api import VmSize
from desktop_app.api._records import from_json
from desktop_app.core import environments
from desktop_app.core.environment_fit import Architecture
from desktop_app.core.exports.forecast import Cost
from desktop_app.core.rules.facts import Curated, Facts, Image, Moved, NameRule, Release, Size
from desktop_app.places import shipped

T = TypeVar("T")


@cache
def vm_sizes() -> tuple[VmSize, ...]:
    """Return the VM sizes that are offered for training, in the catalogue's order."""
    return tuple(from_json(VmSize, each) for each in _items("vm_sizes") if each.get("to_train"))


def vm_size(name: str | None) -> VmSize | None:
    """Return a VM size by its name, also one that is no longer to be had; Azure does not mind the case of letters."""
    return _all_sizes().get((name or "").lower())


@cache
def _all_sizes() -> dict[str, VmSize]:
    # a part of a GPU, as some sizes have, is one to the processes there
    items = ({**each, "gpus": math.ceil(each.get("gpus", 0))} for each in _items("vm_sizes"))
    return {each["name"].lower(): from_json(VmSize, each) for each in items}


@cache
def facts() -> Facts:
    """Return what the rules may know; nothing is read before it is asked for."""
    return Facts(
        size=lambda name: _sizes().get(name.lower()),
        sizes=lambda: tuple(each.name for each in _sizes().values()),
        sizes_as_of=lambda: str(_catalogue("vm_sizes")["as_of"]),
        curated=_curated_environment,
        image=lambda name: _images().get(name.lower()),
        release=lambda name: _releases().get(name.lower()),
        limit=lambda name: _limits().get(name),
        name_rule=lambda name: _name_rules().get(name),
        reserved=lambda: tuple(_catalogue("names")["reserved"]),
        moved=lambda key: _moved().get(key),
    )


@cache
def export_costs() -> Mapping[str, Cost]:
    """Return what exports to ONNX take of memory, by exporter, or by `EXPORTER/KIND` of models for some."""
    return {
        each["name"]: Cost(each["base_mb"] * 1_000_000, each["factor"], each["spread"])
        for each in _items("export_memory")
    }


@cache
def curated_environments() -> tuple[environments.Curated, ...]:
    """Return every curated environment with all that is known of it, in the catalogue's order."""
    as_of = str(_catalogue("curated_environments")["as_of"])
    found = (_made(environments.Curated, each) for each in _items("curated_environments"))
    return tuple(replace(each, as_of=as_of) for each in found)


def current_images() -> tuple[Image, ...]:
    """Return Azure ML's base images that are kept up."""
    return tuple(each for each in _images().values() if each.status == "current")


@cache
def azure_clouds() -> tuple[tuple[str, str], ...]:
    """Return the clouds that a workspace may be in, by the name that `config.json` has for them, with their titles."""
    return tuple((str(each["name"]), str(each["title"])) for each in _items("azure_clouds"))


def gpu_architecture(capability: str) -> Architecture | None:
    """Return which releases of CUDA build for GPUs of a compute capability such as `7.0`."""
    return _architectures().get(capability)


@cache
def _architectures() -> dict[str, Architecture]:
    return {each["capability"]: _made(Architecture, each) for each in _items("gpu_architectures")}


@cache
def _catalogue(name: str) -> dict[str, Any]:
    data: dict[str, Any] = json.loads((shipped("resources") / "catalogues" / f"{name}.json").read_bytes())
    return data


def _items(name: str) -> list[dict[str, Any]]:
    items: list[dict[str, Any]] = _catalogue(name)["items"]
    return items


def _made(kind: type[T], given: Mapping[str, Any]) -> T:
    """Return a value of the fields that it has, lists as tuples; sources stay in the catalogue."""
    known = kind.__dataclass_fields__  # type: ignore[attr-defined]
    return kind(**{key: tuple(each) if isinstance(each, list) else each for key, each in given.items() if key in known})


@cache
def _sizes() -> dict[str, Size]:
    return {each["name"].lower(): _made(Size, each) for each in _items("vm_sizes")}


@cache
def _curated() -> dict[str, Curated]:
    return {each["name"].lower(): _made(Curated, each) for each in _items("curated_environments")}


def _curated_environment(name: str) -> Curated | None:
    """Return an environment by its name in the registry or, with AzureML- before it, in a workspace."""
    plain = name.lower()
    return _curated().get(plain) or _curated().get(plain.removeprefix("azureml-"))


@cache
def _images() -> dict[str, Image]:
    return {each["name"].lower(): _made(Image, each) for each in _items("base_images")}


@cache
def _releases() -> dict[str, Release]:
    return {f"{each['package']} {each['version']}": _made(Release, each) for each in _items("frameworks")}


@cache
def _limits() -> dict[str, int]:
    return {each["name"]: int(each["value"]) for each in _items("limits")}


@cache
def _name_rules() -> dict[str, NameRule]:
    return {each["name"]: _made(NameRule, each) for each in _items("names")}


@cache
def _moved() -> dict[str, Moved]:
    return {each["key"]: _made(Moved, each) for each in _items("v1_names")}


def catalogue(name: str) -> dict[str, Any]:
    """Return a whole catalogue as it ships: `items`, and `as_of` and `source` of all of them."""
    return _catalogue(name)


@cache
def schema_source() -> str:
    """Return which release of Azure ML's SDK the schemas were read from, and when: azure-ai-ml 1.35.2, 2026-11-21."""
    told = (shipped("resources") / "schemas" / "README.md").read_text("utf-8")
    found = re.search(r"made on (?P<day>\S+) by.*?\bof (?P<release>azure-ai-ml [\d.]*\d)", told, re.DOTALL)
    return f"{found['release']}, {found['day']}" if found else "azure-ai-ml"
