"""The project folder as the Files page shows it: what lies in a folder, of what kind it is, and changes to it.

Everything here may touch the disk: a window calls it off its own thread.
"""

from __future__ import annotations

import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import wraps
from pathlib import Path
from typing import ParamSpec, TypeVar

from desktop_app.api import OutsideError, UserError, Value
from desktop_app.documents.kinds import KINDS, UNKNOWN, kind_of, may_be_known

P = ParamSpec("P")
T = TypeVar("T")

HIDDEN = frozenset({
    ".git", ".hg", ".svn", "__pycache__", ".venv", ".mypy_cache", ".ruff_cache", ".pytest_cache",
    ".ipynb_checkpoints", "node_modules", ".DS_Store", "Thumbs.db", ".idea", ".vscode",
})  # fmt: skip
MOST_ENTRIES = 5_000
"""Of a folder; what is left out is said in a last row."""
_SNIFFED = 64_000

_KINDS_BY_ENDING = {
    ".py": "python", ".pyi": "python", ".ipynb": "notebook", ".md": "markdown", ".rst": "markdown", ".txt": "text",
    ".log": "text", ".sh": "script", ".ps1": "script", ".bat": "script", ".json": "settings", ".toml": "settings",
    ".ini": "settings", ".cfg": "settings", ".csv": "table", ".tsv": "table", ".parquet": "table", ".npz": "arrays",
    ".npy": "arrays", ".h5": "arrays", ".zip": "archive", ".gz": "archive", ".tar": "archive", ".png": "picture",
    ".jpg": "picture", ".jpeg": "picture", ".gif": "picture", ".svg": "picture", ".pt": "weights", ".pth": "weights",
    ".onnx": "weights", ".safetensors": "weights", ".pkl": "weights",
}  # fmt: skip
_PLAIN_TITLES = {
    "python": "Python", "notebook": "Notebook", "markdown": "Text", "text": "Text", "script": "Script",
    "settings": "Settings", "yaml": "YAML", "ignore": "Ignore rules", "table": "Table", "arrays": "Arrays",
    "archive": "Archive", "picture": "Picture", "weights": "Model weights",
}  # fmt: skip
_RESERVED = frozenset('<>:"/\\|?*')


@dataclass(frozen=True, slots=True)
class Entry:
    """A file or folder in the tree; `kind` picks its icon and its tool tip."""

    name: str
    path: Path
    is_folder: bool
    kind: str = "file"
    is_link: bool = False


def list_folder(folder: Path) -> tuple[Entry, ...]:
    """Return what a person wants to see of a folder: files by name, then folders by name.

    Raises UserError for a folder that is gone or can't be read.
    """
    try:
        with os.scandir(folder) as found:
            entries = [_entry(folder, each) for each in found if each.name not in HIDDEN]
    except OSError as error:
        raise OutsideError(f"The folder “{folder.name}” can't be read.", hint=_reason(error)) from error
    entries.sort(key=lambda each: (each.is_folder, each.name.casefold(), each.name))
    if len(entries) > MOST_ENTRIES:
        more = f"… {len(entries) - MOST_ENTRIES} more"
        entries[MOST_ENTRIES:] = [Entry(more, folder / more, False, "more")]
    return tuple(entries)


def _entry(folder: Path, found: os.DirEntry[str]) -> Entry:
    try:
        is_folder, is_link = found.is_dir(), found.is_symlink()
    except OSError:
        is_folder, is_link = False, False
    path = folder / found.name
    kind = "folder" if is_folder else file_kind(path)
    return Entry(found.name, path, is_folder, kind, is_link)


def file_kind(path: Path) -> str:
    """Return what a file is: Azure ML's word for it (`commandJob`, …), or a plain one (`python`, `text`, `file`)."""
    kind = kind_by_name(path)
    return _known_kind(path, kind) if may_be_known(path.name) else kind


def kind_title(kind: str) -> str:
    """Return what a kind is called; empty for a file of which nothing is to be said."""
    known = KINDS.get(kind)
    return known.title if known else _PLAIN_TITLES.get(kind, "")


def kind_by_name(path: Path) -> str:
    """Return what a file is as far as its name tells: `yaml`, `python`, `ignore`, `text`, …, or `file`."""
    name = path.name.lower()
    if name.endswith((".yml", ".yaml")):
        return "yaml"
    if name in {".amlignore", ".gitignore", ".dockerignore"}:
        return "ignore"
    if name in {"dockerfile", "makefile"} or name.endswith(".dockerfile"):
        return "script"
    return _KINDS_BY_ENDING.get(path.suffix.lower(), "file")


def _known_kind(path: Path, plain: str) -> str:
    try:
        if not path.is_file():  # a pipe would make it wait
            return plain
        with path.open("rb") as file:
            text = file.read(_SNIFFED).decode("utf-8-sig", "replace")
    except OSError:
        return plain
    data = _small_json(text) if path.suffix.lower() == ".json" else None
    found = kind_of(path, data, text)
    return plain if found == UNKNOWN else found


def _small_json(text: str) -> Value:
    try:
        data: Value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return data


def name_problem(folder: Path, name: str, present: str = "") -> str:
    """Return why `name` can't be given to something in `folder`, in one sentence; empty where it can."""
    if not name.strip():
        return "A name is needed."
    if name in {".", ".."} or any(each in _RESERVED or ord(each) < 32 for each in name):
        return 'A name holds none of  < > : " / \\ | ? *'
    if len(os.fsencode(name)) > 255:
        return f"The name is {len(os.fsencode(name)) - 255} bytes too long for the disk."
    if name != name.rstrip(". "):
        return "A name doesn't end in a dot or a space: Windows would drop it."
    taken = (folder / name).exists() or (folder / name).is_symlink()
    if taken and name != present and name.casefold() != present.casefold():
        return f"“{name}” is there already."
    return ""


def _told(action: Callable[P, T]) -> Callable[P, T]:
    """Let what the disk refuses be told to the person."""

    @wraps(action)
    def wrapped(*args: P.args, **kwargs: P.kwargs) -> T:
        try:
            return action(*args, **kwargs)
        except OSError as error:
            name = Path(str(error.filename or args[0])).name
            raise OutsideError(f"“{name}” could not be changed.", hint=_reason(error)) from error

    return wrapped


@_told
def create_file(folder: Path, name: str, text: str = "") -> Path:
    """Make a new file; never in place of one that is there."""
    _refuse(name_problem(folder, name))
    path = folder / name
    with path.open("x", encoding="utf-8", newline="\n") as file:
        file.write(text)
    return path


@_told
def create_folder(folder: Path, name: str) -> Path:
    """Make a new folder."""
    _refuse(name_problem(folder, name))
    path = folder / name
    path.mkdir()
    return path


@_told
def rename(path: Path, name: str) -> Path:
    """Give a file or folder another name in its place; never that of another one."""
    _refuse(name_problem(path.parent, name, path.name))
    target = path.with_name(name)
    if target != path:
        path.rename(target)
    return target


@_told
def put_back(trashed: Path, original: Path) -> None:
    """Take something out of the trash again; a trash of the desktop also keeps a note about it, which goes."""
    if original.exists():
        raise UserError(f"“{original.name}” is there again already.", hint=f"The one you deleted lies in {trashed}.")
    original.parent.mkdir(parents=True, exist_ok=True)
    shutil.move(trashed, original)
    (trashed.parent.parent / "info" / f"{trashed.name}.trashinfo").unlink(missing_ok=True)


@_told
def delete(path: Path) -> None:
    """Delete for good: only where there is no trash, and after asking."""
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink()


def _refuse(problem: str) -> None:
    if problem:
        raise UserError(problem)


def _reason(error: OSError) -> str:
    return f"The system says: {error.strerror or error}."


def files_below(folder: Path, patterns: Sequence[str], limit: int = 200) -> list[str]:
    """Return files below `folder` whose names match, relative and with `/`; nearest first, at most `limit`."""
    found = (each for each in _walk(folder, limit * 50) if not patterns or _matches(each, patterns))
    return sorted((each for each, _ in zip(found, range(limit), strict=False)), key=_depth)


def folders_below(folder: Path, limit: int = 200) -> list[str]:
    """Return folders below `folder`, relative and with `/`; nearest first, at most `limit`."""
    found: list[str] = []
    for here, folders, _files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in HIDDEN and not each.startswith("."))
        found += [Path(here, each).relative_to(folder).as_posix() for each in folders]
        if len(found) >= limit:
            break
    return sorted(found[:limit], key=_depth)


def _walk(folder: Path, most: int) -> Iterator[str]:
    seen = 0
    for here, folders, files in os.walk(folder):
        folders[:] = sorted(each for each in folders if each not in HIDDEN and not each.startswith("."))
        yield from (Path(here, each).relative_to(folder).as_posix() for each in sorted(files))
        seen += len(files)
        if seen > most:
            return


def _matches(name: str, patterns: Sequence[str]) -> bool:
    return any(fnmatch(name.rpartition("/")[2], each) for each in patterns)


def _depth(name: str) -> tuple[int, str]:
    return name.count("/"), name.casefold()
