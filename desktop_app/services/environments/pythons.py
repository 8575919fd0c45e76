"""Finds a Python of this machine to try an environment with: the one that is asked for, or the nearest."""

from __future__ import annotations

import re
import sys
from typing import NamedTuple

from desktop_app.api import UserError
from desktop_app.services.toolchains.uv import Uv

_LISTED = re.compile(r"^cpython-(?P<version>\d+\.\d+\.\d+)\S*\s+(?P<path>\S.*?)(?:\s+->.*)?$")


class Python(NamedTuple):
    """An interpreter that is installed here."""

    version: str
    path: str


async def choose(uv: Uv, asked: str, written: str) -> Python:
    """Return the Python that was `asked` for; else the nearest to the one that a file has `written`, or this one's.

    Raises UserError where the one that was asked for is not here: none is fetched.
    """
    own = Python("{}.{}.{}".format(*sys.version_info[:3]), sys.executable)
    wanted = asked or written
    if not wanted or is_like(own.version, wanted):
        return own
    there = await _installed(uv, own)
    near = min(there, key=lambda each: _distance(each.version, wanted))
    if asked and not is_like(near.version, asked):
        minors = ", ".join(sorted({_minor(each.version) for each in there}, key=_numbers))
        hint = f"`--python {_minor(near.version)}` takes the nearest; here are: {minors}."
        raise UserError(f"Python {asked} is not on this machine, and none is fetched.", hint=hint)
    return near


def is_like(version: str, wanted: str) -> bool:
    """Whether a Python is of the release that is wanted, by its first two numbers."""
    return _numbers(version)[: len(_numbers(wanted)[:2])] == _numbers(wanted)[:2]


async def _installed(uv: Uv, own: Python) -> list[Python]:
    lines = await uv.run(
        ["python", "list", "--only-installed", "--no-python-downloads"], "Looking for other Pythons", lambda *_: None
    )
    found = (_LISTED.match(each.strip()) for each in lines)
    return [own, *(Python(each["version"], each["path"].strip()) for each in found if each)]


def _distance(version: str, wanted: str) -> tuple[int, int]:
    """Return how far two releases lie apart; of two equally far ones the later is nearer."""
    major, minor = (*_numbers(version), 0)[:2]
    other, least = (*_numbers(wanted), 0)[:2]
    return abs(major - other) * 100 + abs(minor - least), -minor


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(each) for each in re.findall(r"\d+", version))
