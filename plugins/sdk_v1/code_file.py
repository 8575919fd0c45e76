"""A v1 file as it can be read: a script, a notebook's code cells in a row without magics, or a run configuration."""

from __future__ import annotations

import ast
import json
import re
import warnings
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from .run_config_text import parse

MOST_BYTES = 4_000_000
_MAGIC = re.compile(r"^(\s*)(?:[%!?].*|\w[\w.]*\?{1,2}\s*)$")
_ASSIGNED_MAGIC = re.compile(r"^(\s*[\w, ]+=\s*)[%!].*$")


@dataclass(frozen=True, slots=True)
class CodeFile:
    """What could be read of a file; `tree` is None, and `fault` says why, where it is no Python.

    `run_config` is what a `.runconfig` holds, which has no tree.
    """

    tree: ast.Module | None = None
    fault: str = ""
    run_config: dict[str, Any] | None = None

    @property
    def is_read(self) -> bool:
        """Whether there is something to look at."""
        return self.tree is not None or self.run_config is not None


def read_code(path: Path) -> CodeFile:
    """Return a file's syntax tree. Nothing of it is run. A file that did not change is not parsed again."""
    try:
        facts = path.stat()
        if facts.st_size > MOST_BYTES:
            return CodeFile(
                fault=f"{path.name} is too large to be v1 code that submits a job; pick the script that does."
            )
        return _read(path, facts.st_mtime_ns, facts.st_size)
    except FileNotFoundError:
        return CodeFile(fault=f"There is no file {path.name} in {path.parent}; pick another.")
    except (OSError, ValueError):
        return CodeFile(fault=f"{path.name} can't be read; pick another file.")


@lru_cache(maxsize=4)
def _read(path: Path, _modified: int, _size: int) -> CodeFile:
    text = path.read_bytes().decode("utf-8-sig", "replace")
    return parse_code(text, path.name)


def parse_code(text: str, name: str) -> CodeFile:
    """Return what a text holds: a notebook where `name` ends in .ipynb, a run configuration in .runconfig."""
    if name.lower().endswith(".runconfig"):
        return _parse_run_config(text, name)
    if name.lower().endswith(".ipynb"):
        cells = _cells(text)
        if cells is None:
            return CodeFile(fault=f"{name} is no notebook: it does not hold JSON with cells. Pick another file.")
        return _parse_cells(cells, name)
    if not name.lower().endswith(".py"):
        return CodeFile(fault=f"{name} is no Python script, notebook or .runconfig; pick the one that submits the job.")
    return _parse(_without_magics(text), name)


def _parse_run_config(text: str, name: str) -> CodeFile:
    try:
        found = parse(text)
    except (ValueError, RecursionError):
        found = {}
    if not {"script", "command", "framework", "target"} & found.keys():
        return CodeFile(fault=f"{name} is no run configuration: it names no script. Pick another file.")
    return CodeFile(run_config=found)


def _cells(text: str) -> list[str] | None:
    try:
        data = json.loads(text)
    except (ValueError, RecursionError):
        return None
    cells = data.get("cells") if isinstance(data, dict) else None
    if not isinstance(cells, list):
        return None
    found = []
    for each in cells:
        if isinstance(each, dict) and each.get("cell_type") == "code":
            source = each.get("source", "")
            lines = source if isinstance(source, list) else [source]
            found.append("".join(line for line in lines if isinstance(line, str)))
    return found


def _parse_cells(cells: list[str], name: str) -> CodeFile:
    """Parse what can be parsed: a cell in another language, or with a slip, takes nothing from the others."""
    kept: list[str] = []
    for each in cells:
        cell = "" if each.lstrip().startswith("%%") else _without_magics(each)
        kept.append(cell if _parse(cell, name).tree is not None else "\n" * cell.count("\n"))
    return _parse("\n".join(kept), name)


def _without_magics(text: str) -> str:
    """Return the text with lines that only IPython understands replaced, so that all others keep their numbers."""
    lines = []
    for line in text.splitlines():
        magic, assigned = _MAGIC.match(line), _ASSIGNED_MAGIC.match(line)
        lines.append(f"{magic[1]}pass" if magic else f"{assigned[1]}None" if assigned else line)
    return "\n".join(lines)


def _parse(text: str, name: str) -> CodeFile:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # an odd escape in a person's string is no news of ours
            return CodeFile(ast.parse(text))
    except SyntaxError as error:
        return CodeFile(
            fault=f"{name}, line {error.lineno}, is no Python 3: {error.msg}. Correct it, or type the values below."
        )
    except (ValueError, RecursionError, MemoryError):
        return CodeFile(fault=f"{name} is no Python that can be read; type the values below.")
