"""Show exactly which files Azure ML would take of a job's folders, what stays behind and why, and what is risky."""

from __future__ import annotations

from argparse import ArgumentParser, Namespace
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from desktop_app.api import Severity
from desktop_app.cli import console
from desktop_app.cli.shapes import diagnostic_shape
from desktop_app.cli.terminal_text import plain
from desktop_app.core.words import size_text
from desktop_app.services.uploads import Mended, PartPreview, UploadPreview, preview_upload, write_amlignore

_LISTED = 200


def configure(parser: ArgumentParser) -> None:
    """Add the verb's options."""
    parser.add_argument("path", metavar="JOB.yml", type=Path, help="a job file (or another Azure ML file), or a folder")
    parser.add_argument("--all", action="store_true", help="list every file, and every one that is left out")
    parser.add_argument(
        "--write-amlignore", action="store_true",
        help="write a safe .amlignore into each folder: what .gitignore says, and what should never go along",
    )  # fmt: skip


def run(options: Namespace) -> int:
    """Look, and print. Exits 1 where the upload would fail."""
    preview = preview_upload(options.path)
    mended = write_amlignore(preview) if options.write_amlignore else Mended()
    if mended.written:
        preview = preview_upload(options.path)
    if options.json:
        kept = [{"path": str(each.path), "reason": each.why} for each in mended.kept]
        written, secrets = ([str(each) for each in found] for found in (mended.written, mended.secrets))
        console.document({**_shape(preview), "written": written, "secrets_left_out": secrets, "not_written": kept})
    else:
        _print(preview, options.all)
        for path in mended.written:
            console.note(f"{path} was written.")
        if mended.warning:
            console.note(f"warning: {mended.warning}")
        for each in mended.kept:
            console.note(f"warning: {each.why}")
    failing = (each for part in preview.parts for each in part.diagnostics if each.severity is Severity.ERROR)
    return 1 if any(failing) else 0


def _shape(preview: UploadPreview) -> dict[str, Any]:
    return {
        "path": str(preview.path),
        "kind": preview.kind,
        "parts": [_part_shape(each) for each in preview.parts],
        "files": sum(len(each.files) for each in preview.parts),
        "bytes": preview.bytes,
    }


def _part_shape(part: PartPreview) -> dict[str, Any]:
    return {
        "path": part.path,
        "what": part.what,
        "folder": str(part.folder),
        "ignore_file": part.ignore_file or None,
        "files": [
            {
                "path": each.path, "bytes": each.size, "link": each.link or None,
                "big": each.is_big, "secret": each.is_private or bool(each.holds),
            }
            for each in part.files
        ],
        "left_out": [
            {"path": each.path, "bytes": each.size, "rule": each.rule, "line": each.line or None}
            for each in part.left_out
        ],
        "bytes": part.bytes,
        "diagnostics": [diagnostic_shape(each) for each in part.diagnostics],
    }  # fmt: skip


def _print(preview: UploadPreview, everything: bool) -> None:
    if not preview.parts:
        print(plain(f"{preview.path} sends no files of this machine."))
    for part in preview.parts:
        head = f"{part.what} {part.given} → {len(part.files)} {_files(part.files)}, {size_text(part.bytes)}"
        print(plain(f"{head}{_left(part)}"))
        _print_files(part, everything)
        for each in part.diagnostics:
            console.note(f"{each.severity.value}: {each.message} [{each.code}]")


def _left(part: PartPreview) -> str:
    by = f" by {part.ignore_file}" if part.ignore_file else ""
    return f" ({len(part.left_out)} left out{by})" if part.left_out else ""


def _files(found: Sequence[object]) -> str:
    return "file" if len(found) == 1 else "files"


def _print_files(part: PartPreview, everything: bool) -> None:
    shown = part.files if everything else part.files[:_LISTED]
    for each in shown:
        words = [each.link and f"a link to {each.link}", each.is_big and "large", each.is_private and "secret?",
                 each.holds and f"holds {each.holds}?"]  # fmt: skip
        said = ", ".join(str(word) for word in words if word)
        print(plain(f"  {size_text(each.size):>8}  {each.path}{f'  ({said})' if said else ''}"))
    if len(shown) < len(part.files):
        print(f"  … {len(part.files) - len(shown)} more; --all lists them")
    for left in part.left_out if everything else ():
        by = f"line {left.line} of {part.ignore_file}: {left.rule}" if left.line else left.rule
        print(plain(f"  {'left out':>8}  {left.path}  ({by})"))
