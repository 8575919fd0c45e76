"""Models among what a run left. Everything here blocks: these are files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from desktop_app.api import RunSnapshot, UserError
from desktop_app.presenters.models.export import Source
from desktop_app.services.exports.formats.sniffing import look_at
from desktop_app.services.exports.run_models import scripts_of
from desktop_app.services.run_copies import output_roots

_MOST = 400
"""Files that are looked at; in a run with more, one picks the model oneself."""


def source_in_run(run: RunSnapshot, path: Path) -> Source:
    """Return a file or folder of a run as a model, with the code that its classes are in.

    Of a run in a workspace that is the folder of the job file, where it still is on this machine.
    """
    code = Path(run.folder) / "code" if run.folder else None
    if code is None or not any(code.glob("*.py")):
        code = Path(run.source).parent if run.source and Path(run.source).is_file() else code
    code = code if code is not None and code.is_dir() else None
    scripts = tuple(scripts_of(run, code)) if code is not None else ()
    home = Path(run.source).parent if run.source and Path(run.source).is_file() else None
    return Source(path, "", code, scripts, run.run, run.display_name, home)


def working_folder() -> Path:
    """Return where files go that have no place of their own: where the program was started, else the home folder."""
    try:
        here = Path.cwd()
    except OSError:  # it was removed
        return Path.home()
    return here if here != Path(here.anchor) and os.access(here, os.W_OK) else Path.home()


def models_in(run: RunSnapshot) -> list[Source]:
    """Return the models that a run on this machine left, newest first. Raises UserError where there is none."""
    found = {_whole(each) for root in output_roots(run) if root.name != "logs" for each in _candidates(root.folder)}
    if not found:
        hint = "A script saves one into ./outputs, such as torch.save(model.state_dict(), 'outputs/model.pt')."
        raise UserError(f"{run.display_name or run.run} left no model that can be exported.", hint=hint)
    ordered = sorted(found, key=lambda each: (-each.stat().st_mtime, each))
    return [source_in_run(run, each) for each in ordered]


def _candidates(root: Path) -> Iterator[Path]:
    seen = 0
    for here, folders, files in os.walk(root):
        folders[:] = sorted(each for each in folders if not Path(here, each).is_symlink())
        for name in sorted(files):
            path = Path(here, name)
            seen += 1
            if seen > _MOST:
                return
            if path.suffix != ".py" and not path.is_symlink() and _is_model(path):
                yield path


def _is_model(path: Path) -> bool:
    try:
        return look_at(path).kind not in ("onnx", "python")
    except UserError:
        return False


def _whole(path: Path) -> Path:
    """Return the folder that a file is the model of, such as a SavedModel; else the file itself."""
    try:
        return look_at(path).path
    except UserError:
        return path
