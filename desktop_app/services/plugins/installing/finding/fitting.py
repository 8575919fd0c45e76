"""Why a version doesn't fit this host, in a sentence each, as far as a list of files says it."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache

from packaging.specifiers import InvalidSpecifier, Specifier, SpecifierSet
from packaging.tags import sys_tags

from desktop_app import __version__
from desktop_app.api import API_VERSION
from desktop_app.services.plugins.installing.finding.shelf import Release, Wheel
from desktop_app.services.plugins.installing.harmless import harmless
from desktop_app.services.plugins.installing.models import Offer

Blocked = Callable[[Offer], str]
"""Returns why a version is on the block list, or nothing."""


@cache
def _tags() -> Mapping[str, int]:
    return {str(each): place for place, each in enumerate(sys_tags())}


@dataclass(frozen=True, slots=True)
class Fit:
    """What a version has to fit: this Python, this machine's tags with how good each is, the API, and the program."""

    python: str = ".".join(map(str, sys.version_info[:3]))
    tags: Mapping[str, int] = field(default_factory=_tags)
    api: str = API_VERSION
    program: str = __version__

    def why_no_python(self, version: str, wanted: str) -> str:
        """Return why a version doesn't fit this Python, or nothing; nonsense is passed over, as by pip."""
        try:
            failing = _failing(SpecifierSet(wanted), self.python)
        except InvalidSpecifier:
            return ""
        return failing and f"{version} needs Python {failing}; this is {self.python}."

    def why_no_program(self, version: str, wanted: SpecifierSet) -> str:
        """Return why a version doesn't fit this version of the program, or nothing."""
        failing = _failing(wanted, self.program)
        return failing and f"{version} needs Rank Zero {failing}; this is {self.program}."

    def why_no_api(self, version: str, apis: Sequence[str]) -> str:
        """Return why a version doesn't fit this program's API, or nothing."""
        if self.api in apis or not apis:
            return ""
        return f"{version} is made for plugin API {' and '.join(apis)}; this program has {self.api}."

    def place(self, wheel: Wheel) -> int | None:
        """Return how good a wheel's tags are, 0 for the best, None where it is not for this machine."""
        return min((self.tags[each] for each in wheel.tags if each in self.tags), default=None)


def _failing(wanted: SpecifierSet, here: str) -> str:
    """Return in words what is asked for that `here` is not, or nothing."""
    return next((_in_words(each) for each in wanted if not each.contains(here, prereleases=True)), "")


def _in_words(clause: Specifier) -> str:
    version = clause.version.removesuffix(".*")
    words = {
        ">=": "{} or newer", ">": "newer than {}", "<": "older than {}", "<=": "{} or older", "!=": "other than {}",
    }  # fmt: skip
    return words.get(clause.operator, "{}").format(version)


def pick(release: Release, fit: Fit, *, yanked: bool = False) -> tuple[Wheel | None, str]:
    """Return a release's best wheel for this host, or None and why there is none."""
    version = str(release.version)
    if not release.wheels:
        return None, f"{version} has no wheel, only source."
    there = [each for each in release.wheels if each.yanked is None or yanked]
    if not there:
        return None, withdrawn_why(release)
    refused = [fit.why_no_python(version, each.requires_python) for each in there]
    for_python = [each for each, why in zip(there, refused, strict=True) if not why]
    if not for_python:
        return None, refused[0]
    fitting = [each for each in for_python if fit.place(each) is not None]
    if not fitting:
        kinds = sorted({each.rpartition("-")[2] for wheel in for_python for each in wheel.tags})
        return None, f"{version} has no wheel for this machine and Python; there are some for {_some(kinds)}."
    return min(fitting, key=lambda each: (fit.place(each), [-number for number in each.build[:1]])), ""


def withdrawn_why(release: Release) -> str:
    """Return that a release was withdrawn, with its author's reason."""
    reason = harmless(release.wheels[0].yanked or "", 200).rstrip(".")
    return f"{release.version} was withdrawn by its author{f': {reason}' if reason else ''}."


def _some(kinds: Sequence[str]) -> str:
    return ", ".join(kinds[:3]) + (", …" if len(kinds) > 3 else "")
