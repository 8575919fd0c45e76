"""The line of a person's own script that the cause of a failure comes from, by the traceback in the log."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path, PureWindowsPath

from desktop_app.api import Explanation, PlannedFile, SubmissionPlan
from desktop_app.api.kit.log_lines import lines_of
from desktop_app.core.diagnosis.frames import Frame, is_of_others
from desktop_app.core.diagnosis.model import Diagnosis, Place, Stand, Verdict
from desktop_app.core.diagnosis.tracebacks import frames_at
from desktop_app.services.bundle_text import open_text
from desktop_app.services.logs.failure import CodePlace

_MOST_CODE = 2 << 20
_MOST_RANKS = 64
_MISMATCH = "collective-mismatch"


@dataclass(frozen=True, slots=True)
class Code:
    """Where the code of a failure lies: of a run its `plan` and its folder, of other logs nothing is known."""

    plan: SubmissionPlan | None = None
    folder: str = ""


def with_code(known: Diagnosis, texts: Mapping[int, str], launcher: str = "", code: Code | None = None) -> Diagnosis:
    """Return a diagnosis with the line of the person's code, as the run's code folder names it.

    It is that of the cause; where only symptoms are known that of the first. Where ranks that lost or waited for each
    other were at different lines, it is said where each was: they did not call the same operations.
    """
    told = known.cause or next(iter(known.symptoms), None)
    frame = _own_frame(told, texts, launcher, code or Code()) if told is not None else None
    if frame is not None:
        known = replace(known, code=Place(frame.file, frame.line), code_text=frame.text)
    return replace(known, stands=_stands(known, texts, launcher, code or Code())) if _is_of_many(known) else known


def _is_of_many(known: Diagnosis) -> bool:
    """Whether ranks waited for each other, or called what does not fit, and nothing else is known."""
    return known.verdict is Verdict.SYMPTOMS_ONLY if known.cause is None else known.cause.category == _MISMATCH


def _stands(known: Diagnosis, texts: Mapping[int, str], launcher: str, code: Code) -> tuple[Stand, ...]:
    told: dict[int, Explanation] = {}
    for each in known.all:
        if each.rank is not None:
            told.setdefault(each.rank, each)
    places: dict[Frame, list[int]] = {}
    for rank in sorted(told)[:_MOST_RANKS]:
        frame = _own_frame(told[rank], texts, launcher, code)
        if frame is not None:
            places.setdefault(frame, []).append(rank)
    if len(places) < 2:
        return ()
    return tuple(Stand(tuple(ranks), Place(each.file, each.line), each.text) for each, ranks in places.items())


def _own_frame(told: Explanation, texts: Mapping[int, str], launcher: str, code: Code) -> Frame | None:
    """Return the innermost frame of the run's code, else the innermost one that is not of an installed package."""
    frames = _frames(told, texts, launcher)
    sent = ((own_file(CodePlace(each.file, each.line), code.plan, code.folder), each) for each in frames)
    own = next((replace(frame, file=file.target) for file, frame in sent if file is not None), None)
    if own is not None:
        return replace(own, text=own.text or _copied(Path(code.folder, "code"), own.file, own.line))
    return next((each for each in frames if not is_of_others(each.file)), None)


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


def _frames(told: Explanation, texts: Mapping[int, str], launcher: str) -> tuple[Frame, ...]:
    if not told.line:
        return ()
    text = launcher if told.rank is None else texts.get(told.rank, "")
    position = told.position
    if position is None:
        place = text.rfind(told.line)
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
