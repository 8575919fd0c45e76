"""Names that came from elsewhere made into files here, none of which lies outside its folder."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from pathlib import Path, PurePosixPath

_RESERVED = {"con", "prn", "aux", "nul", *(f"{each}{n}" for each in ("com", "lpt") for n in "123456789¹²³")}
_FORBIDDEN = set('<>:"|?*\\')
_LONGEST = 240  # bytes; file systems take 255, and a part's ending is added


def objection(name: str) -> str:
    """Return why no file here may have this name, empty where it may: it is good on every system, wherever it is now.

    Source: "Naming Files, Paths, and Namespaces", learn.microsoft.com, read 2026-11.
    """
    if not name or name.startswith("/") or "\0" in name:
        return "it is no relative path"
    for part in name.split("/"):
        if part in ("", ".", ".."):
            return "it leads out of the folder" if part == ".." else "it has an empty part"
        if set(part) & _FORBIDDEN or any(ord(each) < 32 for each in part):
            return "it has characters that no file name may have everywhere"
        if part.split(".")[0].strip().lower() in _RESERVED or part[-1] in ". ":
            return "Windows reserves it"
        if len(part.encode("utf-8", "replace")) > _LONGEST:
            return "it is too long"
    return ""


def placed_below(folder: Path, name: str) -> Path | None:
    """Return the file of a name below a folder; None for a name that is refused, or where a link leads out of it."""
    if objection(name):
        return None
    path = folder.joinpath(*PurePosixPath(name).parts)
    try:
        inside = path.resolve().is_relative_to(folder.resolve())
    except (OSError, RuntimeError):
        return None
    return path if inside else None


def placed(names: Sequence[str], folder: Path) -> tuple[dict[str, Path], list[str]]:
    """Return where each file goes below a folder, and why others go nowhere; of names that are one the first is taken.

    Two names are one where they differ in capitals or in how accents are written: some systems know no difference.
    """
    targets: dict[str, Path] = {}
    left_out: list[str] = []
    taken: set[str] = set()
    folders = {parent for each in names for parent in _parents(_plain(each))}
    for each in names:
        path = placed_below(folder, each)
        why = objection(each) or ("" if path else "a link there leads out of the folder")
        why = why or ("another file differs from it in capitals or accents only" if _plain(each) in taken else "")
        why = why or ("there is a folder of this name too" if _plain(each) in folders else "")
        if why or path is None:
            left_out.append(f"{each}: {why}")
        else:
            targets[each] = path
            taken.add(_plain(each))
    return targets, left_out


def _plain(name: str) -> str:
    return unicodedata.normalize("NFC", unicodedata.normalize("NFC", name).casefold())


def _parents(name: str) -> list[str]:
    parts = name.split("/")
    return ["/".join(parts[:end]) for end in range(1, len(parts))]
