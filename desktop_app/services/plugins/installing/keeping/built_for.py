"""For which Python and which kind of machine compiled files were built, and whether they are of use in this program."""

from __future__ import annotations

import platform
import sys
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

_ANY = ("none", "abi3")
"""What stands in a wheel's tag where it works with more than one version of Python."""


@dataclass(frozen=True, slots=True)
class Built:
    """`python` is `3.11`, `machine` is `linux-x86_64`; empty where all of them will do."""

    python: str = ""
    machine: str = ""


def here() -> Built:
    """Return what this program runs on."""
    return Built(f"{sys.version_info.major}.{sys.version_info.minor}", f"{sys.platform}-{platform.machine()}")


def built_in(library: Path) -> Built:
    """Return what the distributions of a folder were installed for, which is this program, where that matters. Blocks.

    Each one's WHEEL names its tags: `cp311-cp311-manylinux_2_17_x86_64`.
    """
    tags = [tag for each in metadata.distributions(path=[str(library)]) for tag in _tags(each)]
    now = here()
    is_bound = any(abi not in _ANY for _, abi, _ in tags)
    is_compiled = any(machine != "any" for _, _, machine in tags)
    return Built(now.python if is_bound else "", now.machine if is_compiled else "")


def why_unfit(built: Built) -> str:
    """Return in a sentence why what was built can't be used in this program, or nothing."""
    now = here()
    if built.python and built.python != now.python:
        return f"It was installed for Python {built.python}, and this is Python {now.python}. Install it again."
    if built.machine and built.machine != now.machine:
        return (
            f"It was installed on another kind of machine ({built.machine}; this is {now.machine}). Install it again."
        )
    return ""


def _tags(distribution: metadata.Distribution) -> list[tuple[str, str, str]]:
    try:
        lines = (distribution.read_text("WHEEL") or "").splitlines()
    except (OSError, UnicodeDecodeError):
        return []
    told = [each.partition(":")[2].strip().split("-") for each in lines if each.lower().startswith("tag:")]
    return [(each[0], each[1], each[2]) for each in told if len(each) == 3]
