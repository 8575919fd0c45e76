"""Imports modules in a made environment, each in a process of its own: one that crashes or hangs says so, no more."""

from __future__ import annotations

import asyncio
import csv
import json
import re
import signal
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Progress
from desktop_app.core.environments import normal
from desktop_app.processes import end_group, group_options

_SCRIPT = Path(__file__).resolve().parents[2] / "worker" / "interpreter_probe.py"
_NO_MODULES = frozenset(
    {"test", "tests", "testing", "doc", "docs", "example", "examples", "benchmarks", "scripts", "bin"}
)
_MODULE = re.compile(r"(?P<name>[A-Za-z]\w*)(?:/__init__\.py|\.py|(?:\.[\w-]+)*\.(?:so|pyd))$")
_TAIL = 4000


@dataclass(frozen=True, slots=True)
class Import:
    """A module that was imported, the package that brought it, and the first line of what went wrong."""

    module: str
    package: str = ""
    error: str = ""
    details: str = ""


async def import_each(
    python: Path, modules: Sequence[tuple[str, str]], patience: float, progress: Progress
) -> tuple[Import, ...]:
    """Import modules one after the other; cancelling ends the one at hand."""
    made = []
    with tempfile.TemporaryDirectory(prefix="rankzero-try-") as empty:
        for number, (module, package) in enumerate(modules):
            progress(f"Importing {module}", number / len(modules))
            error, details = await _import(python, module, patience, empty)
            made.append(Import(module, package, error, details))
    return tuple(made)


async def _import(python: Path, module: str, patience: float, folder: str) -> tuple[str, str]:
    process = await asyncio.create_subprocess_exec(
        str(python), "-I", str(_SCRIPT), "import", module, cwd=folder,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
        **group_options(),
    )  # fmt: skip
    try:
        output, errors = await asyncio.wait_for(process.communicate(), patience)
    except TimeoutError:
        await end_group(process)
        return f"The import did not end within {patience:g} seconds.", ""
    except BaseException:
        await end_group(process)
        raise
    return _read(module, output, errors.decode("utf-8", "replace")[-_TAIL:], process.returncode or 0)


def _read(module: str, output: bytes, errors: str, code: int) -> tuple[str, str]:
    try:
        trouble = json.loads(output)["troubles"].get(module)
    except (ValueError, KeyError, TypeError, AttributeError):
        how = f"was killed by {_signal(-code)}" if code < 0 else f"ended with code {code}"
        return f"Python {how} at this import.", errors
    return (str(trouble[0]).splitlines()[0], str(trouble[1])) if trouble else ("", "")


def _signal(number: int) -> str:
    try:
        return signal.Signals(number).name
    except ValueError:
        return f"signal {number}"


def modules_of(name: str, site: Path) -> list[str]:
    """Return the modules that a distribution brings to be imported, going by the files it installed; sorted."""
    info = next((each for each in site.glob("*.dist-info") if _name_of(each) == name), None)
    found = {each for each in _top_levels(info) if not each.startswith("_")} if info else set()
    better = {each for each in found if each.lower() not in _NO_MODULES}
    return sorted(better or found)


def _name_of(info: Path) -> str:
    return normal(info.name.removesuffix(".dist-info").rsplit("-", 1)[0])


def _top_levels(info: Path) -> Iterator[str]:
    """Yield the top-level names of a distribution's record; those of a namespace by their first part."""
    try:
        rows = list(csv.reader((info / "RECORD").read_text("utf-8", "replace").splitlines()))
    except OSError:
        return
    for row in rows:
        match = _MODULE.match(row[0]) if row else None
        if match:
            yield match["name"]
