"""What two environments differ in: packages, Python, CUDA, image. Versions are compared as PEP 440 says."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from packaging.specifiers import InvalidSpecifier, SpecifierSet
from packaging.version import InvalidVersion, Version

from desktop_app.core.environments import Environment, Requirement

_SAME_NAME = {"pytorch": "torch", "pytorch-gpu": "torch", "pytorch-cpu": "torch", "tensorflow-gpu": "tensorflow"}


@dataclass(frozen=True, slots=True)
class Row:
    """One thing that differs; `kind` is package, python, cuda, image or build. An empty side has none of it."""

    kind: str
    name: str
    left: str
    right: str
    note: str = ""

    @property
    def only(self) -> str:
        """Which side alone has it: left, right, or neither."""
        return "left" if not self.right else "right" if not self.left else ""


@dataclass(frozen=True, slots=True)
class Difference:
    """All that differs, and how many packages are the same; `unknown` says why more may differ."""

    left: Environment
    right: Environment
    rows: tuple[Row, ...]
    same: int
    unknown: tuple[str, ...]


def compare(left: Environment, right: Environment) -> Difference:
    """Return what differs between two environments."""
    one, other = _by_name(left), _by_name(right)
    names = sorted(one.keys() | other.keys())
    packages = [row for name in names if (row := _package(name, one.get(name), other.get(name)))]
    unknown = [f"{side.title}: {each}" for side in (left, right) for each in side.unknown]
    rows = (*_settings(left, right), *packages)
    return Difference(left, right, rows, len(names) - len(packages), tuple(unknown))


def _by_name(environment: Environment) -> Mapping[str, Requirement]:
    found: dict[str, Requirement] = {}
    for each in environment.packages:
        name = _SAME_NAME.get(each.name, each.name) or each.shown
        if name not in found or (each.spec and not found[name].spec):
            found[name] = each
    return found


def _settings(left: Environment, right: Environment) -> list[Row]:
    rows = [
        Row("python", "Python", left.python, right.python),
        Row("cuda", "CUDA", left.cuda, right.cuda),
        Row("image", "image", left.image, right.image),
        Row("build", "build context", left.build, right.build),
    ]
    return [each for each in rows if not _same_version(each.left, each.right)]


def _package(name: str, one: Requirement | None, other: Requirement | None) -> Row | None:
    left, right = _said(one), _said(other)
    if one is None or other is None:
        return Row("package", name, left, right)
    if _same(one.spec, other.spec):
        return None
    return Row("package", name, left, right, _admits(one.spec, other.spec))


def _said(package: Requirement | None) -> str:
    if package is None:
        return ""
    if package.hindrance:
        return package.shown
    return package.spec.removeprefix("==") or "any version"


def _same(one: str, other: str) -> bool:
    try:
        return SpecifierSet(one) == SpecifierSet(other) or (_exact(one) is not None and _exact(one) == _exact(other))
    except InvalidSpecifier:
        return one == other


def _exact(spec: str) -> Version | None:
    """Return the one version that is asked for; local parts such as +cu126 count."""
    try:
        return Version(spec.removeprefix("==")) if spec.startswith("==") and "," not in spec else None
    except InvalidVersion:
        return None


def _same_version(one: str, other: str) -> bool:
    return one == other or (bool(one and other) and _same(f"=={one}", f"=={other}"))


def _admits(one: str, other: str) -> str:
    """Return whether the version of one side would do for the other."""
    for exact, wide in ((_exact(one), other), (_exact(other), one)):
        try:
            if exact is not None and _exact(wide) is None:
                inside = SpecifierSet(wide).contains(exact, prereleases=True)
                return f"{exact} {'fits' if inside else 'does not fit'} {wide or 'any version'}"
        except InvalidSpecifier:
            continue
    return ""
