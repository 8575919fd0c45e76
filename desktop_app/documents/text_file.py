"""A text file on disk: its text, and saving that keeps everything else about the file."""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import OutsideError, UserError
from desktop_app.core.words import size_text
from desktop_app.documents.line_ends import LineEnds
from desktop_app.documents.whole_files import overwrite_file, replace_file

LARGEST = 16_000_000
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What tells one state of a file from another without reading it."""

    size: int
    modified_ns: int
    inode: int


class TextFile:
    """A file as it was when it was read or saved last. Lines of `text` end in a newline, whatever they end in there."""

    def __init__(self, path: Path, text: str, newline: str, bom: bool, stamp: _Stamp | None) -> None:
        self.path = path
        self.bom = bom
        self._ends = LineEnds(text, newline)
        self._stamp = stamp
        self._digest = b""

    @classmethod
    def load(cls, path: Path) -> TextFile:
        """Read the file. Raises UserError for one that is no text, too large, or can't be read."""
        try:
            stamp, data = _read(path)
        except (OSError, ValueError) as error:  # ValueError: a NUL in the name
            raise _unreadable(path, error) from error
        file = cls(path, "", "\n", data.startswith(_BOM), stamp)
        file._ends, file._digest = LineEnds.of(_decode(path, data)), _digest(data)
        return file

    @property
    def text(self) -> str:
        """The text as it was read or saved last."""
        return self._ends.text

    def save(self, text: str) -> None:
        """Replace the file by `text`, as a whole or not at all; line ends, byte order mark, owner and mode bits stay.

        Where lines end in different ways, each keeps its own end. A link stays a link: what it points to is replaced.
        Raises OutsideError where the disk refuses.
        """
        raw = self._ends.joined(text)
        data = self.as_written(text).encode("utf-8")
        target = Path(os.path.realpath(self.path))
        try:
            _replace(target, data)
            self._stamp = _stamp_of(target.stat())
        except OSError as error:
            raise _unsaved(self.path, error) from error
        self._digest = _digest(data)
        # What is saved as one line or none says nothing of how the next ones end.
        self._ends = LineEnds.of(raw) if "\n" in text else LineEnds(text, self._ends.usual)

    def as_written(self, text: str) -> str:
        """Return a text as it is saved: with the file's mark, and each line with the end that it had."""
        return ("\ufeff" if self.bom else "") + self._ends.joined(text)

    def changed_on_disk(self) -> bool:
        """Whether the file no longer holds what was read or saved last; True also where it is gone.

        One that was only touched, or written anew with the same bytes, is not changed.
        """
        try:
            if _stamp_of(self.path.stat()) == self._stamp:
                return False
            stamp, data = _read(self.path)
        except (OSError, UserError):
            return True
        if _digest(data) != self._digest:
            return True
        self._stamp = stamp
        return False


def _digest(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


_HINTS = {
    errno.EROFS: "The disk is read-only: save a copy elsewhere.",
    errno.ENOSPC: "Free some space and save again.",
    errno.ENOENT: "Its folder is gone: make it again, or save a copy elsewhere.",
    errno.EACCES: "Give yourself the right to write it, or save a copy elsewhere.",
}


def _unsaved(path: Path, error: OSError) -> OutsideError:
    """Return why a file could not be saved, and what to do."""
    hint = _HINTS.get(error.errno or 0, "The file on disk is as it was.")
    return OutsideError(f"{path} could not be saved: {error.strerror or error}.", hint=hint)


def _read(path: Path) -> tuple[_Stamp, bytes]:
    if not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):  # before opening: a pipe would make it wait
        raise UserError(f"{path} is no regular file.", hint="Choose a text file.")
    with path.open("rb") as stream:
        state = os.fstat(stream.fileno())
        data = b"" if state.st_size > LARGEST else stream.read(LARGEST + 1)
    if state.st_size > LARGEST or len(data) > LARGEST:
        message = f"{path} is too large to edit here ({size_text(state.st_size)})."
        raise UserError(message, hint=f"At most {size_text(LARGEST)}.")
    return _stamp_of(state), data


def _stamp_of(state: os.stat_result) -> _Stamp:
    return _Stamp(state.st_size, state.st_mtime_ns, state.st_ino)


def _unreadable(path: Path, error: OSError | ValueError) -> UserError:
    if isinstance(error, FileNotFoundError):
        return UserError(f"{path} is not there.", hint="Check the name and the folder.")
    if isinstance(error, IsADirectoryError):
        return UserError(f"{path} is a folder.", hint="Choose a file in it.")
    if isinstance(error, PermissionError):
        return UserError(f"{path} may not be read.", hint="Change its permissions, or choose another file.")
    if isinstance(error, ValueError):
        return UserError(f"{str(path)!r} can't be the name of a file.", hint="Check the name and the folder.")
    return OutsideError(f"{path} can't be read: {error.strerror or error}.")


def _decode(path: Path, data: bytes) -> str:
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise UserError(f"{path} is written in UTF-16.", hint="Save it as UTF-8: Azure ML reads nothing else.")
    if b"\0" in data:
        raise UserError(f"{path} is no text file.", hint="It holds bytes that no text has.")
    try:
        return data.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        at = error.start + (len(_BOM) if data.startswith(_BOM) else 0)
        line = data.count(b"\n", 0, at) + 1
        column = len(data[data.rfind(b"\n", 0, at) + 1 : at].decode("utf-8", "replace")) + 1
        message = f"{path} is not UTF-8: line {line}, column {column} holds the byte 0x{data[at]:02x}."
        raise UserError(message, hint="Save it as UTF-8 in the editor it comes from.") from None


def _replace(target: Path, data: bytes) -> None:
    state = target.stat() if target.exists() else None
    if state is not None and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only")
    if state is not None and (state.st_nlink > 1 or not os.access(target.parent, os.W_OK)):
        # A new file in its place would part it from its other names, or can't be made in this folder.
        overwrite_file(target, data)
    else:
        replace_file(target, data, like=state)
