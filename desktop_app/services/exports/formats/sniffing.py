"""What a model file is, found by looking into it: nothing of it is run, unpickled, or believed for its ending."""

from __future__ import annotations

import contextlib
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

from desktop_app.api import MODEL_KINDS, ModelFile, OnnxExporter, UserError
from desktop_app.services.exports.formats import (
    binary_heads,
    folder_heads,
    pickle_heads,
    python_heads,
    torch_heads,
    zip_heads,
)

_HEAD = 4096
_SPECIAL = {
    stat.S_ISFIFO: "a pipe",
    stat.S_ISSOCK: "a socket",
    stat.S_ISCHR: "a device",
    stat.S_ISBLK: "a device",
}


def look_at(path: Path, callable: str = "", code: Path | None = None, scripts: Sequence[str] = ()) -> ModelFile:  # noqa: A002 - as in ModelFile
    """Return what a model file, a folder or Python code is. Raises UserError, with the way out, where it is none."""
    path = Path(os.path.abspath(path))  # noqa: PTH100 - links stay as they are: a cache's folder is made of them
    with _said(path):
        model = _looked_at(path, callable)
    place = path.parent if code is None and model.kind == "python" else code
    return replace(model, callable=callable, code=place, scripts=tuple(scripts), facts=(*_link(path), *model.facts))


def _looked_at(path: Path, callable: str) -> ModelFile:  # noqa: A002
    if folder_heads.is_prefix(path):
        return folder_heads.checkpoint(path)
    return _folder(path) if stat.S_ISDIR(_mode(path)) else _file(path, callable)


def refuse_other(model: ModelFile, exporters: Iterable[OnnxExporter], asked: str = "") -> UserError:
    """Return the refusal of a model that the exporter that a person asked for can't take, or that none can."""
    able = list(dict.fromkeys(each.title for each in exporters if model.kind in each.kinds))
    what = f"{model.path.name} is no model for {asked}" if asked else f"{model.path.name} can't be exported here"
    what = f"{what}: it is “{MODEL_KINDS[model.kind]}”."
    if model.kind == "onnx":
        return UserError(f"{model.path.name} is an ONNX model already.", hint="Open it under Models to look at it.")
    if not able:
        return UserError(what, hint="No plugin that is on exports those; `rankzero plugins list` shows which are off.")
    return UserError(what, hint=f"{' and '.join(able)} can export it: leave out --plugin.")


@contextlib.contextmanager
def _said(path: Path) -> Iterator[None]:
    try:
        yield
    except FileNotFoundError:
        raise _missing(path) from None
    except NotADirectoryError:
        raise UserError(f"There is no {path}.", hint="Its folder is a file.") from None
    except PermissionError as error:
        message = f"{Path(error.filename or path).name} may not be read by you."
        raise UserError(message, hint="Ask its owner for the right to read it, or for a copy.") from None
    except OSError as error:
        why = error.strerror or str(error)
        raise UserError(f"{path.name} can't be read: {why}.", hint="Copy it to a disk of this machine.") from None


def _mode(path: Path) -> int:
    """Return the mode of what a path leads to. Raises UserError for what is neither file nor folder."""
    mode = path.stat().st_mode
    for test, what in _SPECIAL.items():
        if test(mode):
            raise UserError(f"{path.name} is {what}, not a model file.", hint="Write the model into a file first.")
    return mode


def _missing(path: Path) -> UserError:
    if path.is_symlink():
        return UserError(
            f"{path.name} is a link to {path.readlink()}, which isn't there.", hint="Fetch the file first."
        )
    prefix = folder_heads.similar(path)
    return UserError(f"There is no {path}.", hint=f"Did you mean {prefix}?" if prefix else "")


def _link(path: Path) -> tuple[tuple[str, str], ...]:
    return (("Is a link to", str(path.resolve())),) if path.is_symlink() else ()


def _folder(path: Path) -> ModelFile:
    found = folder_heads.look_at_folder(path)
    if isinstance(found, ModelFile):
        return found
    inner = look_at(found.path)
    return replace(inner, facts=(*found.facts, *inner.facts), warnings=(*found.warnings, *inner.warnings))


def _file(path: Path, callable: str) -> ModelFile:  # noqa: A002
    belongs = folder_heads.part_of_a_folder(path)
    if belongs is not None:
        return belongs
    descriptor = os.open(path, os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0))
    with os.fdopen(descriptor, "rb") as stream:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise UserError(f"{path.name} is not a file any more.", hint="Try again.")
        head = stream.read(_HEAD)
        binary_heads.refuse_nothing(path, head)
        stream.seek(0)
        return _by_head(path, head, stream, callable)


def _by_head(path: Path, head: bytes, stream: BinaryIO, callable: str) -> ModelFile:  # noqa: A002
    if head.startswith((b"PK\x03\x04", b"PK\x05\x06")):
        return zip_heads.look_at_zip(path)
    if head.startswith(torch_heads.MAGIC):
        return torch_heads.legacy(path, stream)
    if head[257:262] == b"ustar":
        return torch_heads.tar(path)
    found = binary_heads.look_at_binary(path, head)
    if found is not None:
        return found
    if head[:1] == b"\x80" and head[1:2] <= b"\x05":
        raise torch_heads.plain_pickle(path, pickle_heads.read_pickle(stream))
    return python_heads.look_at_text(path, head, callable)
