"""A text file on disk: its text, and saving that keeps everything else about the file."""

from __future__ import annotations

import errno
import os
import stat
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import OutsideError, UserError
from desktop_app.documents.whole_files import replace_file

LARGEST = 16 << 20
_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class _Stamp:
    """What tells one state of a file from another without reading it."""

    size: int
    modified_ns: int
    inode: int


class TextFile:
    """A file as it was when it was read or saved last. Lines of `text` end in a newline alone if all end alike."""

    def __init__(self, path: Path, text: str, newline: str, bom: bool, stamp: _Stamp | None) -> None:
        self.path = path
        self.text = text
        self.newline = newline
        self.bom = bom
        self._stamp = stamp

    @classmethod
    def load(cls, path: Path) -> TextFile:
        """Read the file. Raises UserError for one that is no text, too large, or can't be read."""
        try:
            stamp, data = _read(path)
        except OSError as error:
            raise _unreadable(path, error) from error
        text = _decode(path, data)
        newline = _newline_of(text)
        return cls(path, text.replace(newline, "\n"), newline, data.startswith(_BOM), stamp)

    def save(self, text: str) -> None:
        """Replace the file by `text`, as a whole or not at all; line ends, byte order mark and mode bits stay.

        A link stays a link: what it points to is replaced. Raises OutsideError where the disk refuses.
        """
        data = (_BOM if self.bom else b"") + self._with_line_ends(text).encode("utf-8")
        target = Path(os.path.realpath(self.path))
        try:
            _replace(target, data)
            self._stamp = _stamp_of(target.stat())
        except OSError as error:
            reason = error.strerror or str(error)
            message = f"{self.path} could not be saved: {reason}."
            raise OutsideError(message, hint="The file on disk is as it was; your text is kept here.") from error
        self.text = text

    def changed_on_disk(self) -> bool:
        """Whether the file is no longer the one that was read or saved last; True also where it is gone."""
        try:
            return _stamp_of(self.path.stat()) != self._stamp
        except OSError:
            return True

    def _with_line_ends(self, text: str) -> str:
        return text if self.newline == "\n" else text.replace("\r\n", "\n").replace("\n", self.newline)


def _read(path: Path) -> tuple[_Stamp, bytes]:
    if not path.is_dir() and not stat.S_ISREG(path.stat().st_mode):  # before opening: a pipe would make it wait
        raise UserError(f"{path} is no regular file.", hint="Choose a text file.")
    with path.open("rb") as stream:
        state = os.fstat(stream.fileno())
        data = b"" if state.st_size > LARGEST else stream.read(LARGEST + 1)
    if state.st_size > LARGEST or len(data) > LARGEST:
        size = state.st_size / (1 << 20)
        raise UserError(f"{path} is too large to edit here ({size:.0f} MB).", hint=f"At most {LARGEST >> 20} MB.")
    return _stamp_of(state), data


def _stamp_of(state: os.stat_result) -> _Stamp:
    return _Stamp(state.st_size, state.st_mtime_ns, state.st_ino)


def _unreadable(path: Path, error: OSError) -> UserError:
    if isinstance(error, FileNotFoundError):
        return UserError(f"{path} is not there.", hint="Check the name and the folder.")
    if isinstance(error, IsADirectoryError):
        return UserError(f"{path} is a folder.", hint="Choose a file in it.")
    if isinstance(error, PermissionError):
        return UserError(f"{path} may not be read.", hint="Change its permissions, or choose another file.")
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


def _newline_of(text: str) -> str:
    """Return how all lines end; where they end differently, they are left as they are."""
    if "\r" not in text:
        return "\n"
    if text.count("\r\n") == text.count("\n") == text.count("\r"):
        return "\r\n"
    return "\r" if "\n" not in text else "\n"


def _replace(target: Path, data: bytes) -> None:
    present = target.exists()
    if present and not os.access(target, os.W_OK):
        raise PermissionError(errno.EACCES, "it is read-only")
    replace_file(target, data, mode=stat.S_IMODE(target.stat().st_mode) if present else None)
