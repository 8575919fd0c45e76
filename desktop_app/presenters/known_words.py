"""Names that age: VM sizes, curated environments, images, packages; each with facts, their date and their source."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from desktop_app.services.catalogues import catalogue, curated_environments
from desktop_app.services.environments.catalogue import rank_in

REGISTRY = "azureml://registries/azureml/environments/"
_WORKSPACE = "azureml:"
_GONE = frozenset({"retired", "deprecated", "retirement announced", "stale", "previous generation"})
_CHANNELS = {
    "conda-forge": "The community's channel; free for everybody.",
    "nodefaults": "Leaves out the channel of Anaconda, whose terms ask larger companies to pay.",
    "pytorch": "Old builds of PyTorch; newer ones come by pip.",
    "nvidia": "CUDA libraries by NVIDIA.",
}


@dataclass(frozen=True, slots=True)
class KnownName:
    """`text` is what a person looks for, `value` what stands in a file; `detail` in a few words, `facts` in lines."""

    text: str
    value: str
    detail: str
    facts: tuple[str, ...] = ()
    is_gone: bool = False
    rank: int = 0


@cache
def vm_sizes() -> tuple[KnownName, ...]:
    """Return VM sizes, those for training first, those that are no longer offered last."""
    source = _source("vm_sizes")
    found = (_size(each, source) for each in catalogue("vm_sizes")["items"])
    return tuple(sorted(found, key=lambda each: each.rank))


@cache
def environments(distribution: str = "", *, deploys: bool = False) -> tuple[KnownName, ...]:
    """Return curated environments, first those for a job of this distribution, or for a deployment; gone ones last."""
    source = _source("curated_environments")
    items = {each["name"]: each for each in catalogue("curated_environments")["items"]}
    order = sorted(curated_environments(), key=lambda each: rank_in(each, distribution, deploys=deploys))
    found = (_environment(items[each.name], source) for each in order if each.name in items)
    return tuple(sorted(found, key=lambda each: each.is_gone))


@cache
def images() -> tuple[KnownName, ...]:
    """Return Azure ML's base images, the current ones first."""
    source = _source("base_images")
    found = (_image(each, source) for each in catalogue("base_images")["items"])
    return tuple(sorted(found, key=lambda each: each.rank))


@cache
def packages() -> tuple[KnownName, ...]:
    """Return frameworks with their releases, newest first, as pip takes them."""
    source = _source("frameworks")
    newest = sorted(catalogue("frameworks")["items"], key=lambda each: _numbers(each["version"]), reverse=True)
    return tuple(
        _release(each, source, "==") for each in newest if each["package"] != "python" and not each.get("ended")
    )


@cache
def conda_packages() -> tuple[KnownName, ...]:
    """Return what an environment of conda begins with: Python and pip."""
    source = _source("frameworks")
    pythons = [each for each in catalogue("frameworks")["items"] if each["package"] == "python"]
    newest = sorted(pythons, key=lambda each: _numbers(each["version"]), reverse=True)
    made = [_release(each, source, "=") for each in newest if not each.get("ended")]
    return (*made, KnownName("pip", "pip", "installs what stands below pip:"))


@cache
def channels() -> tuple[KnownName, ...]:
    """Return conda's channels."""
    return tuple(KnownName(name, name, says) for name, says in _CHANNELS.items())


def environment_named(value: str) -> KnownName | None:
    """Return the curated environment that a value names, in a registry or a workspace."""
    name = value.removeprefix(REGISTRY).removeprefix(_WORKSPACE)
    name = name.split("/")[0].split("@")[0].split(":")[0].lower()
    found = {each.text.lower(): each for each in environments()}
    return found.get(name) or found.get(name.removeprefix("azureml-"))


def size_named(value: str) -> KnownName | None:
    """Return the VM size of a name, in any case."""
    return next((each for each in vm_sizes() if each.text.lower() == value.lower()), None)


def image_named(value: str) -> KnownName | None:
    """Return the image of a name, with or without a tag."""
    head, _, last = value.rpartition("/")
    name = f"{head}/{last.split(':')[0].split('@')[0]}".lower()
    return next((each for each in images() if each.value.lower() == name), None)


def _size(item: Mapping[str, Any], source: str) -> KnownName:
    gpus = item.get("gpus") or 0
    gpu = f"{gpus:g} × {item.get('gpu_model') or 'GPU'}" if gpus else ""
    capability = f"CUDA capability {item['capability']}" if item.get("capability") else ""
    machine = _joined(gpu or "no GPU", f"{item['vcpus']} vCPUs", f"{item['memory_gib']:g} GiB")
    link = "InfiniBand between nodes" if item.get("infiniband") else ""
    gone = item["status"] in _GONE
    state = _state(item["status"], item.get("retired_on", ""), item.get("successors", ()))
    rank = 2 if gone else 0 if item.get("to_train") else 1
    facts = tuple(each for each in (machine, capability, link, state, source) if each)
    return KnownName(item["name"], item["name"], _joined(_short(item), machine), facts, gone, rank)


def _environment(item: Mapping[str, Any], source: str) -> KnownName:
    gone = item["status"] in _GONE
    holds = [f"{name} {version}" for name, version in (item.get("packages") or {}).items() if version[:1].isdigit()]
    parts = _joined(_labelled("Python", item.get("python")), _labelled("CUDA", item.get("cuda")), item.get("os", ""))
    state = _state(item["status"], item.get("removed_on", ""), (item.get("successor", ""),))
    value = f"{REGISTRY}{item['name']}/labels/latest"
    facts = tuple(each for each in (parts, ", ".join(holds[:5]), state, source) if each)
    return KnownName(item["name"], value, _joined(_short(item), item["purpose"], parts), facts, gone)


def _image(item: Mapping[str, Any], source: str) -> KnownName:
    gone = item["status"] in _GONE
    parts = _joined(_labelled("Python", item.get("python")), _labelled("CUDA", item.get("cuda")), item.get("os", ""))
    state = _state(item["status"], item.get("since", ""), (item.get("successor", ""),))
    facts = tuple(each for each in (parts, state, source) if each)
    short = item["name"].rpartition("/")[2]
    return KnownName(short, item["name"], _joined(_short(item), parts), facts, gone, int(gone))


def _release(item: Mapping[str, Any], source: str, sign: str) -> KnownName:
    value = f"{item['package']}{sign}{item['version']}{'.*' if sign == '==' else ''}"
    needs = f"Python {', '.join(item['python'])}" if item.get("python") else ""
    cuda = f"CUDA {', '.join(item['cuda'])}" if item.get("cuda") else ""
    ends = f"mended until {item['ends']}" if item.get("ends") else ""
    return KnownName(
        value, value, _joined(needs, cuda, ends), tuple(each for each in (needs, cuda, ends, source) if each)
    )


def _state(status: str, since: str, successors: tuple[str, ...] | list[str]) -> str:
    if status == "current":
        return ""
    follow = next((each for each in successors if each), "")
    says = f"{status.capitalize()}{f' since {since}' if since else ''}."
    return f"{says} Take {follow}." if follow else says


def _short(item: Mapping[str, Any]) -> str:
    return "" if item["status"] == "current" else str(item["status"])


def _labelled(name: str, value: str | None) -> str:
    return f"{name} {value}" if value else ""


def _joined(*parts: str) -> str:
    return " · ".join(each for each in parts if each)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in version.split(".") if each.isdigit())


def _source(name: str) -> str:
    """Return whence the facts are, without the commits: those stand in the catalogue."""
    whole = catalogue(name)
    return f"As of {whole['as_of']}, {str(whole['source']).split(' (')[0].split('@')[0].split(', ')[0]}"
