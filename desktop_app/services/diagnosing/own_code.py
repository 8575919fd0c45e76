"""The line of a person's own script that the cause of a failure comes from, by the traceback in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path, PureWindowsPath

from desktop_app.api import PlannedFile, SubmissionPlan
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.frames import Frame, is_of_others
from desktop_app.core.diagnosis.model import Diagnosis, Place
from desktop_app.core.diagnosis.tracebacks import frames_at
from desktop_app.services.bundle_text import open_text
from desktop_app.services.logs.failure import CodePlace

_MOST_CODE = 2 << 20


def with_code(
    known: Diagnosis, texts: Mapping[int, str], launcher: str = "", plan: SubmissionPlan | None = None, folder: str = ""
) -> Diagnosis:
    """Return a diagnosis with the line of the person's code: of a run's `plan` as its code folder names it.

    Where no frame is of the run's code, the innermost one that is not of an installed package is taken.
    """
    frames = _frames(known, texts, launcher)
    sent = ((own_file(CodePlace(each.file, each.line), plan, folder), each) for each in frames)
    own = next((replace(frame, file=file.target) for file, frame in sent if file is not None), None)
    if own is not None:
        own = replace(own, text=own.text or _copied(Path(folder, "code"), own.file, own.line))
    frame = own or next((each for each in frames if not is_of_others(each.file)), None)
    if frame is None:
        return known
    return replace(known, code=Place(frame.file, frame.line), code_text=frame.text)


def _copied(code: Path, name: str, line: int) -> str:
    """Return a line of the run's copy of the code; empty where it is not there: a bundle may name what lies outside."""
    try:
        path = (code / name).resolve()
        if not path.is_relative_to(code.resolve()):
            return ""
        opened = open_text(path)
    except OSError:
        return ""
    with opened.stream:  # no pipe: nobody may ever write into it
        lines = opened.stream.read(_MOST_CODE).splitlines()
    return lines[line - 1].decode("utf-8", "replace").strip() if 0 < line <= len(lines) else ""


def own_file(place: CodePlace, plan: SubmissionPlan | None, folder: str) -> PlannedFile | None:
    """Return the file of a run's code that a line of a traceback means; None for one of others."""
    target = _in_working_copy(Path(place.file), folder)
    return next((each for each in plan.files if each.target == target), None) if plan is not None else None


def own_code(place: CodePlace, plan: SubmissionPlan | None, folder: str) -> tuple[Path, int] | None:
    """Return the file of the person's own code folder that a line of a traceback means, with the line."""
    found = own_file(place, plan, folder)
    return (Path(found.source), place.line) if found is not None else None


def _frames(known: Diagnosis, texts: Mapping[int, str], launcher: str) -> tuple[Frame, ...]:
    cause = known.cause
    if cause is None or not cause.line:
        return ()
    text = launcher if cause.rank is None else texts.get(cause.rank, "")
    position = cause.position
    if position is None:
        place = text.rfind(cause.line)
        position = text.count("\n", 0, place) if place >= 0 else -1
    return frames_at(lines_of(text), position)


def _in_working_copy(path: Path, folder: str) -> str:
    if not path.is_absolute() and not PureWindowsPath(path).is_absolute():
        return path.as_posix().removeprefix("./")
    code = Path(folder) / "code"
    for start in (code, code.resolve()):
        if path.is_relative_to(start):
            return path.relative_to(start).as_posix()
    return _where_it_ran(path.as_posix(), f"/{code.parent.name}/code/")


def _where_it_ran(path: str, code: str) -> str:
    """Return a file's place in a run's code, by the run's name: an opened bundle's lay in somebody else's home."""
    _, found, rest = path.replace("\\", "/").partition(code)
    return rest if found else ""
