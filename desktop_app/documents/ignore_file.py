"""Writes a safe `.amlignore`: the rules of the `.gitignore` first, then what should never go along.

An `.amlignore` switches the `.gitignore` off altogether, so one that only lists a few names would send up all that Git
leaves out. Rules of `.gitignore` files further down, which count for Git but not for Azure ML, are written with their
folder in front.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from desktop_app.documents.ignore_rules import Rules
from desktop_app.documents.local_paths import is_file
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.upload import plan_upload

SAFE_RULES = (
    ("version control", (".git/", ".gitignore", ".amlignore")),
    ("secrets", (
        ".env", ".env.*", "!.env.example", "!.env.sample", "!.env.template", "*.pem", "*.key", "*.pfx", "*.p12",
        "id_rsa*", "id_ed25519*", ".netrc", ".pypirc", ".npmrc", "credentials.json", ".azure/", ".aws/", ".ssh/",
    )),
    ("made by programs", (
        "__pycache__/", "*.pyc", ".venv/", "venv/", ".ipynb_checkpoints/", ".pytest_cache/", ".mypy_cache/",
        ".ruff_cache/", ".tox/", "node_modules/", ".idea/", ".vscode/", ".DS_Store", "Thumbs.db",
    )),
    ("results of earlier runs", ("/outputs/", "/logs/", "/mlruns/", "/wandb/")),
)  # fmt: skip
"""What should never go along, by what it is."""
_MOST_FOLDERS = 2000
_NEVER_ENTERED = frozenset({".git", "node_modules", ".venv", "venv", "__pycache__"})


def safe_amlignore(folder: Path) -> str:
    """Return the text of an `.amlignore` for a folder; lines that stand in one already stay as they are, on top.

    Files that look like secrets or hold one, and that no rule leaves out yet, are listed by name. Raises UserError for
    an ignore file that is no UTF-8, on which Azure ML's upload stops as well.
    """
    present = _read(folder / ".amlignore")
    lines = present.rstrip("\n").split("\n") if present.strip() else []
    if not lines:
        lines = [*_taken_over(folder)]
    lines += _missing(lines)
    lines += _named_secrets(folder, lines)
    return "\n".join(lines).strip("\n") + "\n"


def _taken_over(folder: Path) -> Iterator[str]:
    """Yield the rules of the folder's own `.gitignore`, then those of the ones further down."""
    for place in _gitignores(folder):
        prefix = place.parent.relative_to(folder).as_posix()
        rules = _read(place).rstrip("\n")
        if not rules.strip():
            continue
        yield f"# from {place.relative_to(folder).as_posix()}"
        yield from rules.split("\n") if prefix == "." else (_below(prefix, each) for each in rules.split("\n"))
        yield ""


def _gitignores(folder: Path) -> Iterator[Path]:
    for seen, (here, folders, files) in enumerate(os.walk(folder)):
        if seen > _MOST_FOLDERS:
            return
        folders[:] = sorted(each for each in folders if each not in _NEVER_ENTERED)
        if ".gitignore" in files:
            yield Path(here, ".gitignore")


def _below(prefix: str, line: str) -> str:
    """Return a rule of a folder further down as one of the root: `*.csv` in `data` becomes `data/**/*.csv`."""
    rule = line.strip()
    if not rule or rule.startswith("#"):
        return line
    negated, rule = ("!", rule[1:]) if rule.startswith("!") else ("", rule)
    is_anchored = "/" in rule.rstrip("/")
    return f"{negated}{_escaped(prefix)}/{'' if is_anchored else '**/'}{rule.removeprefix('/')}"


def _escaped(prefix: str) -> str:
    return "".join(f"\\{each}" if each in "*?[]!#\\ " else each for each in prefix)


def _missing(lines: Sequence[str]) -> list[str]:
    known = {each.strip() for each in lines}
    more: list[str] = []
    for title, rules in SAFE_RULES:
        new = [each for each in rules if each not in known]
        if new:
            more += ["", f"# {title}", *new]
    return more


def _named_secrets(folder: Path, lines: Sequence[str]) -> list[str]:
    rules = Rules(".amlignore", lines)
    found = [each for each in plan_upload(folder).files if each.is_private or each.holds]
    left = [each.path for each in found if not rules.ignores(each.path)]
    return ["", "# these hold secrets, as far as a program can tell", *(f"/{_escaped(each)}" for each in left)] * bool(
        left
    )


def _read(path: Path) -> str:
    return TextFile.load(path).text if is_file(path) else ""
