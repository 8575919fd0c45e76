"""What an environment is here: a curated one as the catalogue knows it, or one's own as its files say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from desktop_app.api import Value
from desktop_app.core.redact import redact

Tool = Literal["conda", "pip"]
REGISTRY = "azureml://registries/azureml/environments"
STATUSES = {"current": "current", "stale": "deprecated"}
"""A catalogue's word and the word that a person reads; a stale one is there, on a base that has reached its end."""
_FRAMEWORKS = (
    ("pytorch", frozenset({"torch"}), re.compile(r"torch|acpt|acft", re.IGNORECASE)),
    ("tensorflow", frozenset({"tensorflow"}), re.compile(r"tensorflow|keras", re.IGNORECASE)),
    ("sklearn", frozenset({"scikit-learn"}), re.compile(r"sklearn|scikit", re.IGNORECASE)),
    ("lightgbm", frozenset({"lightgbm"}), re.compile(r"lightgbm", re.IGNORECASE)),
    ("xgboost", frozenset({"xgboost"}), re.compile(r"xgboost", re.IGNORECASE)),
)
FRAMEWORKS = tuple(name for name, _, _ in _FRAMEWORKS)


@dataclass(frozen=True, slots=True)
class Curated:
    """A curated environment with all that the catalogue knows, its source and date.

    `packages` are those that its sources name, not all that is inside; `horovod` is said where no version is known.
    """

    name: str
    status: str = "current"
    purpose: str = ""
    cuda: str = ""
    python: str = ""
    os: str = ""
    image: str = ""
    base_image: str = ""
    packages: Mapping[str, str] = field(default_factory=dict)
    horovod: str = ""
    mpi: str = ""
    removed_on: str = ""
    successor: str = ""
    last_changed: str = ""
    note: str = ""
    confidence: str = ""
    source: str = ""
    as_of: str = ""
    reference: str = ""

    @property
    def state(self) -> str:
        """The status in the word that a person reads: current, deprecated or retired."""
        return STATUSES.get(self.status, self.status)

    @property
    def frameworks(self) -> tuple[str, ...]:
        """What it is for: by the packages that are known, or else by its name."""
        found = tuple(name for name, packages, _ in _FRAMEWORKS if packages & self.packages.keys())
        return found or tuple(name for name, _, pattern in _FRAMEWORKS if pattern.search(self.name))

    @property
    def is_general(self) -> bool:
        """Whether it is for training of any kind, not a part of one of Azure ML's own features."""
        return bool(self.reference) or "/training/general/" in self.source

    @property
    def written(self) -> str:
        """What stands behind `environment:` for its newest version."""
        return self.reference or f"{REGISTRY}/{self.name}/labels/latest"


@dataclass(frozen=True, slots=True)
class Requirement:
    """A package as it is asked for: `spec` compares versions (`==2.8.0`), empty for any version.

    `hindrance` says why it is not a package of an index: a path, an address, an option. `written` is what is installed
    and saved, and may hold a password then; `shown` is for people.
    """

    name: str
    spec: str = ""
    tool: Tool = "pip"
    written: str = ""
    hindrance: str = ""

    @property
    def shown(self) -> str:
        """What was written, without secrets: names of packages hold none, though they may speak of them."""
        if self.name and (not self.hindrance or self.tool == "conda"):
            return self.written
        option, sign, value = self.written.partition("=") if self.written.startswith("-") else ("", "", "")
        return redact(f"{option} {value}" if sign and " " not in option else self.written)


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment that can be compared and checked, wherever it stands.

    `origin` is curated, environment, conda, requirements, job or build. `data` is what a v2 environment file would
    say of it, with the conda file written out. `unknown` are sentences on what can't be told from what there is.
    """

    title: str
    origin: str
    packages: tuple[Requirement, ...] = ()
    python: str = ""
    cuda: str = ""
    image: str = ""
    build: str = ""
    channels: tuple[str, ...] = ()
    data: Mapping[str, Value] = field(default_factory=dict)
    curated: Curated | None = None
    unknown: tuple[str, ...] = ()

    def package(self, *names: str) -> Requirement | None:
        """Return the first package of one of these names."""
        return next((each for each in self.packages if each.name in names), None)


def normal(name: str) -> str:
    """Return a distribution's name as all spellings of it have it (PEP 503)."""
    return re.sub(r"[-_.]+", "-", name).lower()


def bare_name(reference: str) -> str:
    """Return the environment's name in a reference: `acpt` of `azureml:AzureML-acpt@latest`; without the prefix."""
    plain = reference.strip()
    in_registry = re.match(r"azureml://registries/[^/]+/environments/([^/]+)", plain)
    name = in_registry[1] if in_registry else re.split(r"[@:]", plain.removeprefix("azureml:"), maxsplit=1)[0]
    return re.sub(r"(?i)^azureml-", "", name)
