"""What the job runs in: today's curated environment, or a base image with the packages that v1 named."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from desktop_app.api import Value, WizardContext
from desktop_app.api.kit import JobKind, Presets, reference_to

from .words import V1

_FILE = Path(__file__).parent / "data" / "environments.json"
PRESETS = Presets(_FILE)
KIND = JobKind("", PRESETS, suffix="v2")
_NAME = re.compile(r"^([A-Za-z0-9][\w.-]*)(\[[\w,-]*\])?\s*(.*)$")
_PYTHON = re.compile(r"^python\s*==?\s*(\d+\.\d+)", re.IGNORECASE)
_RETIRED = re.compile(r"^AzureML-", re.IGNORECASE)
_LIBRARIES = {"pytorch": "torch", "tensorflow": "tensorflow"}
_FIRST = {"torch": (2, 0), "tensorflow": (2, 12)}


def data() -> dict[str, Any]:
    """Return the dated facts."""
    found: dict[str, Any] = json.loads(_FILE.read_text("utf-8"))
    return found


@dataclass(frozen=True, slots=True)
class Package:
    """A requirement as it is carried over; `why` says where it is not as v1 had it."""

    text: str
    why: str = ""


def wants_own(v1: V1) -> bool:
    """Whether v1 named packages or an image, so that no curated environment will do."""
    names = ("pip_packages", "conda_packages", "conda_file", "base_image")
    return any(v1.text(each) for each in names) or (v1.text("framework") == "other" and not v1.text("v1_environment"))


def successor(v1: V1, context: WizardContext) -> str:
    """Return the curated environment that comes nearest to what v1 named."""
    framework = v1.text("framework")
    named = v1.text("v1_environment")
    known = {each.name: each for each in context.presets if each.status == "current"}
    if named and not _RETIRED.match(named):
        return named
    found = data()["successors"].get(_named_framework(named) or framework)
    if found is not None:
        return str(found["environment"])
    return next(iter(known), "")


def environment_of(v1: V1, context: WizardContext) -> str | dict[str, Value] | None:
    """Return what stands behind `environment:`."""
    if wants_own(v1):
        return _own(v1)
    name = successor(v1, context)
    if not name:
        return _own(v1)
    if name == v1.text("v1_environment"):
        return f"azureml:{name}@latest"
    known = {each.name: each.reference for each in context.presets}
    return known.get(name, reference_to(name))


def _own(v1: V1) -> dict[str, Value]:
    own: dict[str, Value] = {"image": image_of(v1)}
    if v1.text("conda_file") and not (v1.text("pip_packages") or v1.text("conda_packages")):
        return own | {"conda_file": v1.text("conda_file")}
    pip: list[Value] = [each.text for each in pip_packages(v1)]
    conda: list[Value] = [each.text for each in conda_packages(v1)]
    dependencies: list[Value] = [f"python={python_of(v1)}", *conda, "pip", {"pip": pip}]
    return own | {"conda_file": {"name": "job", "channels": ["conda-forge"], "dependencies": dependencies}}


def python_of(v1: V1) -> str:
    """Return v1's own Python where it is still kept up, else today's."""
    today = str(data()["python"])
    said = next((found[1] for each in v1.listed("conda_packages") if (found := _PYTHON.match(each))), today)
    return said if _release(said) >= _release(today) else today


def image_of(v1: V1) -> str:
    """Return v1's own image where it is still to be had, else Azure's base image, with CUDA where GPUs are used."""
    said = v1.text("base_image")
    if said and not is_retired_image(said):
        return said
    return PRESETS.base_images["gpu" if v1.flag("use_gpu") or "gpu" in said.lower() or "cuda" in said else "cpu"]


def is_retired_image(image: str) -> bool:
    """Whether an image is one of Azure's of v1's time, or v1's name for its default."""
    return is_gone(image) or bool(re.search(r"azureml/openmpi\d.*ubuntu20\.04", image))


def is_gone(image: str) -> bool:
    """Whether an image can't be had any more (Ubuntu 16.04 and 18.04); of Ubuntu 20.04 they are there, and grow old."""
    return image in {"DEFAULT_GPU_IMAGE", "DEFAULT_CPU_IMAGE"} or bool(
        re.search(r"azureml/(?:base|openmpi[34]|intelmpi).*(?:ubuntu1[68]\.04)|azureml/base", image)
    )


def pip_packages(v1: V1) -> tuple[Package, ...]:
    """Return the packages for pip: the framework first, then v1's own, then what logs to Azure ML."""
    found = [_carried(each) for each in v1.listed("pip_packages")]
    names = {_bare(each.text) for each in found}
    library = _LIBRARIES.get(v1.text("framework"), "")
    if library and not {library, f"{library}-gpu", f"{library}-cpu"} & names:
        found.insert(0, framework_package(v1))
    if "mlflow" in names:  # it holds all that the small one does
        found = [each for each in found if _bare(each.text) != "mlflow-skinny"]
        names.add("mlflow-skinny")
    found += [Package(each) for each in ("mlflow-skinny", "azureml-mlflow") if each not in names]
    unique = {_bare(each.text): each for each in reversed(found) if each.text}
    return tuple(reversed(unique.values()))


def framework_package(v1: V1) -> Package:
    """Return the framework with v1's version where that can still be installed, else with today's."""
    framework, version = v1.text("framework"), v1.text("framework_version")
    library = _LIBRARIES[framework]
    today = str(data()["successors"][framework]["packages"][0])
    numbers = tuple(int(each) for each in re.findall(r"\d+", version)[:2])
    if version and numbers >= _FIRST[library]:
        return Package(f"{library}=={version}")
    return Package(today, f"{library} {version} needs a Python that has ended; {today} is taken." if version else "")


def conda_packages(v1: V1) -> tuple[Package, ...]:
    """Return the packages for conda without Python and pip, which are named anyway."""
    found = (_carried(each, "=") for each in v1.listed("conda_packages"))
    return tuple(each for each in found if each.text and _bare(each.text) not in {"python", "pip"})


def package_names(v1: V1) -> frozenset[str]:
    """Return the bare names of all packages that v1 named."""
    return frozenset(_bare(each) for each in (*v1.listed("pip_packages"), *v1.listed("conda_packages")))


def package_notes(v1: V1) -> Iterator[str]:
    """Yield what became of pip's packages that are not carried over as v1 had them."""
    for each in (*(_carried(one) for one in v1.listed("pip_packages")), *pip_packages(v1)[:1]):
        if each.why:
            yield each.why


def conda_notes(v1: V1) -> Iterator[str]:
    """Yield what became of conda's packages, and of the Python among them."""
    for text in v1.listed("conda_packages"):
        if (pinned := _PYTHON.match(text)) and pinned[1] != (python := python_of(v1)):
            yield f"{text} has ended: Python {python} is taken."
        elif why := _carried(text, "=").why:
            yield why


def _carried(text: str, pin: str = "==") -> Package:
    match = _NAME.match(text)
    name = match[1].lower().replace("_", "-") if match else ""
    successors: dict[str, str] = data()["packages"]
    if name in successors:
        new = successors[name]
        rest = match[3] if match and new.startswith("tensorflow") else ""
        why = f"{text} belongs to SDK v1's time: {'it is left out' if not new else f'{new} takes its place'}."
        return Package(new + (rest if rest and _release(rest) >= (2, 12) else ""), why)
    if name == "horovod":
        why = (
            f"{text}: Horovod's last release is 0.28.1. It is compiled when the environment is built; "
            "the curated TensorFlow environment has it."
        )
        extras = match[2] or "" if match and pin == "==" else ""
        return Package(text if "0.28" in text else f"horovod{extras}{pin}0.28.1", why)
    library = {"torch": (2, 0), "tensorflow": (2, 12)}.get(name)
    if library and match and match[3] and _release(match[3]) < library:
        today = {"torch": "torch==2.8.0", "tensorflow": "tensorflow==2.16.2"}[name]
        return Package(today, f"{text} needs a Python that has ended; {today} is taken.")
    return Package(text)


def _release(text: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", text)[:2])


def _bare(text: str) -> str:
    match = _NAME.match(text)
    return match[1].lower().replace("_", "-") if match else text


def _named_framework(name: str) -> str:
    return next((each for each in ("pytorch", "tensorflow") if each in name.lower()), "")
