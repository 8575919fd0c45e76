"""The shape of the sources, by the numbers in which the project believes."""

from __future__ import annotations

import ast
import re
import statistics
import subprocess
import tomllib
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
SOURCES = ("desktop_app", "plugins", "installer")
INDEX_WORDS = ("index-url", "find-links", "trusted-host")


def tracked(pattern: str) -> list[Path]:
    """Return the files that git knows."""
    listed = subprocess.run(["git", "ls-files", "-z", pattern], cwd=ROOT, capture_output=True, text=True, check=True)
    return [ROOT / each for each in listed.stdout.split("\0") if each and (ROOT / each).exists()]


def functions(path: Path) -> Iterator[tuple[str, int]]:
    """Yield each function with its length in lines."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.end_lineno:
            yield f"{path.relative_to(ROOT)}:{node.name}", node.end_lineno - node.lineno + 1


def sources() -> list[Path]:
    """Return the program's own files."""
    return [each for name in SOURCES for each in tracked(f"{name}/*.py")]


def test_functions_are_short() -> None:
    lengths = sorted((length, name) for path in sources() for name, length in functions(path))
    values = [length for length, _name in lengths]
    assert statistics.median(values) <= 8
    assert statistics.quantiles(values, n=20)[18] <= 35, lengths[-10:]


def test_files_are_of_one_thought() -> None:
    long = {str(path.relative_to(ROOT)): path.read_text("utf-8").count("\n") for path in tracked("*.py")}
    assert {name: lines for name, lines in long.items() if lines > 500} == {}


def test_no_address_of_a_package_index_stands_in_the_project() -> None:
    pinned = [*tracked("installer/*"), *tracked("pyproject.toml"), *tracked("plugins/*.toml"), *tracked(".ci/*")]
    for path in pinned:
        text = path.read_text("utf-8", "replace")
        assert not [word for word in INDEX_WORDS if f"--{word}" in text], path
        assert "://" not in text or path.suffix not in (".txt", ".toml") or path.parent.name == "knowledge", path


def test_what_is_known_of_failures_has_addresses_of_pages_alone() -> None:
    """Advice that names an index would be one that stands in the project."""
    for path in tracked("plugins/*/knowledge/*.toml"):
        for each in tomllib.loads(path.read_text("utf-8"))["signature"]:
            said = " ".join([each["explanation"], *each.get("advice", ())])
            assert not re.search(r"https?://\w", said), (path, each["code"])
            assert not [link for link in each.get("links", ()) if "/whl" in link or "/simple" in link], path
