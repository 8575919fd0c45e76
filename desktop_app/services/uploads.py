"""The upload preview: what a job file would send to Azure ML, folder by folder, and the ignore files that mend it."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from desktop_app.api import Diagnostic, Severity, UserError
from desktop_app.documents.ignore_file import safe_amlignore
from desktop_app.documents.ignore_rules import Rules
from desktop_app.documents.kinds import kind_of
from desktop_app.documents.local_paths import is_folder, is_there
from desktop_app.documents.text_file import TextFile
from desktop_app.documents.upload import LeftOut, Upload, UploadFile, plan_upload
from desktop_app.documents.upload_parts import UploadPart
from desktop_app.documents.upload_references import parts_with_references
from desktop_app.documents.yaml_text import parse

FOLDER = "folder"
"""The kind of a preview of a folder that was named itself, not by a file."""
_MOST_NAMED = 5


@dataclass(frozen=True, slots=True)
class PartPreview:
    """One folder or file that goes up. `path` is where the job file names it, `given` what stands there."""

    path: str
    what: str
    given: str
    folder: Path
    files: tuple[UploadFile, ...]
    left_out: tuple[LeftOut, ...]
    diagnostics: tuple[Diagnostic, ...]
    ignore_file: str

    @property
    def bytes(self) -> int:
        """The size of its files together."""
        return sum(each.size for each in self.files)


@dataclass(frozen=True, slots=True)
class UploadPreview:
    """All that a file (or a folder, taken as code) would send up."""

    path: Path
    kind: str
    parts: tuple[PartPreview, ...]

    @property
    def bytes(self) -> int:
        """The size of all parts together."""
        return sum(each.bytes for each in self.parts)


def preview_upload(path: Path, text: str | None = None) -> UploadPreview:
    """Return what `path` would send up, with `text` in place of what lies on disk; a folder is taken as a code folder.

    Reads files, for their sizes and for secrets in them, and takes its time over large folders: call it beside the
    window's thread. Raises UserError for a file that is no sound YAML, or can't be read.
    """
    if path.is_dir():
        part = UploadPart("", FOLDER, str(path), path)
        return UploadPreview(path, FOLDER, (_part(part),))
    parsed = parse(TextFile.load(path).text if text is None else text)
    if parsed.is_template:
        raise UserError(f"{path} is a template: what it sends up is known when it is filled in.")
    if parsed.problems and parsed.data is None:
        first = parsed.problems[0]
        raise UserError(f"{path} is no sound YAML: line {first.line}: {first.message}")
    kind = kind_of(path, parsed.data, parsed.text)
    parts = parts_with_references(kind, parsed.data, path)
    return UploadPreview(path, kind, tuple(_part(each) for each in parts))


def _part(part: UploadPart) -> PartPreview:
    place = part.path.partition(" → ")[0]  # in the file that is looked at
    if part.trouble:
        found = Upload(part.source, (), (), (Diagnostic(Severity.ERROR, "unreadable", part.trouble, place),))
    elif is_there(part.source):
        found = plan_upload(part.source, of_component=part.of_component)
    else:
        message = f"Write a place that is there at {part.path}: “{part.given}” is not."
        found = Upload(part.source, (), (), (Diagnostic(Severity.ERROR, "missing-path", message, place),))
    return PartPreview(
        part.path, part.what, part.given, part.source, found.files, found.left_out, found.diagnostics, found.ignore_file
    )


@dataclass(frozen=True, slots=True)
class Kept:
    """An `.amlignore` that was not written, and why, as a sentence."""

    path: Path
    why: str


@dataclass(frozen=True, slots=True)
class Mended:
    """What became of the ignore files: those that were written, and those that were left as they are.

    `secrets` went along before and stay behind now, since they look like secrets or hold one.
    """

    written: tuple[Path, ...] = ()
    kept: tuple[Kept, ...] = ()
    secrets: tuple[Path, ...] = ()

    @property
    def warning(self) -> str:
        """What a job may miss now, as a sentence; empty where it misses nothing."""
        if not self.secrets:
            return ""
        names = ", ".join(each.name for each in self.secrets[:_MOST_NAMED])
        more = f" and {len(self.secrets) - _MOST_NAMED} more" if len(self.secrets) > _MOST_NAMED else ""
        is_one = len(self.secrets) == 1
        what = "is left out now, since it seems to hold a secret" if is_one else (
            "are left out now, since they seem to hold secrets"
        )  # fmt: skip
        them = "it" if is_one else "them"
        return (
            f"{names}{more} {what}: a script that imports or reads {them} fails in the job. "
            f"Take the secret out and delete the line in .amlignore, or pass it in an environment variable."
        )


def write_amlignore(preview: UploadPreview) -> Mended:
    """Write a safe `.amlignore` into every folder of a preview where one would change something.

    Only folders below the job file's own are written to: what else a job names was not given by the person. Lines of an
    `.amlignore` that is there stay; the file is replaced as a whole or not at all. Raises UserError for an ignore file
    that can't be read, before anything is written.
    """
    wanted: dict[TextFile, str] = {}
    kept: list[Kept] = []
    for part in preview.parts:
        if not is_folder(part.folder):
            continue
        path = part.folder / ".amlignore"
        why = _why_kept(path, preview)
        if why:
            kept.append(Kept(path, why))
            continue
        text = safe_amlignore(part.folder)
        file = TextFile.load(path) if path.exists() else TextFile(path, "", "\n", bom=False, stamp=None)
        if text != file.text:
            wanted[file] = text
    for file, text in wanted.items():
        file.save(text)
    texts = {each.path.parent: text for each, text in wanted.items()}
    lost = (each for part in preview.parts if part.folder in texts for each in _secrets(part, texts[part.folder]))
    return Mended(tuple(each.path for each in wanted), tuple(kept), tuple(dict.fromkeys(lost)))


def _secrets(part: PartPreview, text: str) -> Iterator[Path]:
    """Yield what a part would have sent that looks like a secret or holds one, and that these rules leave out."""
    rules = Rules(".amlignore", text.splitlines())
    for each in part.files:
        if (each.is_private or each.holds) and rules.ignores(each.path):
            yield part.folder / each.path


def _why_kept(path: Path, preview: UploadPreview) -> str:
    root = preview.path if preview.kind == FOLDER else preview.path.absolute().parent
    if path.is_symlink():
        return f"{path} is a link and was left as it is: write the rules where it leads, or put a file in its place."
    real, home = os.path.realpath(path.parent), os.path.realpath(root)
    if real == home or real.startswith(home.rstrip(os.sep) + os.sep):
        return ""
    command = f"rankzero upload-preview {shlex.quote(str(path.parent))} --write-amlignore"
    return f"{path} lies outside the job's folder and was not written: `{command}` does it."
