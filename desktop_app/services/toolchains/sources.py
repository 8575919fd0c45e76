"""Source packages: unpacked where nothing of them gets out, and changed where a plugin says so."""

from __future__ import annotations

import tarfile
import zipfile
from collections.abc import Sequence
from pathlib import Path

from desktop_app.api import OutsideError, SourceEdit

_CHANGED = "It is another release than the plugin knows; its plugin.toml has to be brought up to date."


def unpack(archive: Path, into: Path) -> Path:
    """Unpack a source package, and return the folder with its files. Raises OutsideError."""
    try:
        if zipfile.is_zipfile(archive):
            with zipfile.ZipFile(archive) as zipped:
                zipped.extractall(into)  # noqa: S202 - it drops roots and ".." itself
        else:
            with tarfile.open(archive) as tar:
                tar.extractall(into, filter="data")  # links, devices and paths that lead out are refused
    except (tarfile.TarError, zipfile.BadZipFile, OSError, EOFError, RuntimeError) as error:  # the last: it is locked
        raise OutsideError(f"The source package {archive.name} can't be unpacked: {error}.") from error
    except TypeError as error:
        message = "This Python unpacks source packages without looking where their files go."
        raise OutsideError(message, hint="Use Python 3.11.4 or newer.") from error
    folders = [each for each in into.iterdir() if each.is_dir()]
    if len(folders) != 1:
        raise OutsideError(f"The source package {archive.name} holds no single folder.")
    return folders[0]


def apply_edits(source: Path, edits: Sequence[SourceEdit], requirement: str) -> None:
    """Change the files of a source package. Raises OutsideError where one is not as the edit knows it."""
    for each in edits:
        path = source / each.file
        if not path.resolve().is_relative_to(source.resolve()) or not path.is_file():
            message = f"The source of {requirement} can't be changed as it must be: it has no file {each.file}."
            raise OutsideError(message, hint=_CHANGED)
        text = path.read_bytes().decode("utf-8", "surrogateescape")
        if each.find not in text:
            lacks = f"{each.file} lacks “{_one_line(each.find)}”"
            raise OutsideError(f"The source of {requirement} can't be changed as it must be: {lacks}.", hint=_CHANGED)
        path.write_bytes(text.replace(each.find, each.replace).encode("utf-8", "surrogateescape"))


def _one_line(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= 120 else f"{flat[:119]}…"
