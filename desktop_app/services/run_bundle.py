"""Puts what is known of a run into one zip for a colleague or an issue report, without secrets, all or nothing."""

from __future__ import annotations

import json
import os
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from desktop_app import __version__
from desktop_app.api import MetricPoint, OutsideError, RunSnapshot, UserError
from desktop_app.api._records import to_json
from desktop_app.core.redact import COVER
from desktop_app.documents.ignore_rules import is_secret
from desktop_app.services import bundle_readme
from desktop_app.services.bundle_clock import Moved, moved_marks
from desktop_app.services.bundle_json import covered_json, covered_lines
from desktop_app.services.bundle_paper import DIAGNOSIS, PAPER, paper, points_as_lines
from desktop_app.services.bundle_text import (
    Cover,
    OpenFile,
    copy_text,
    looks_binary,
    open_text,
    said_in_json_lines,
    said_in_text,
    whole_lines,
)
from desktop_app.services.code_compare import OWN
from desktop_app.services.json_objects import object_in
from desktop_app.services.logs.sources import logs_of
from desktop_app.services.redaction import Redactor, secrets_of
from desktop_app.services.run_packages import PAPER as PACKAGES
from desktop_app.services.run_packages import is_from_here, packages_of
from desktop_app.services.run_plans import PLAN, plan_json

LIMIT = 5_000_000
"""Bytes of one log, beyond which its beginning and its end have to do."""
STATE = "run.json"
WHOLE = ("job.yml", PLAN)
LINES = ("events.jsonl", "metrics.jsonl", "resources.jsonl", "supervisor.log")
METRICS = "metrics.jsonl"
OF_CLOUDS = ("azureml-logs", "logs", "system_logs")
"""Where the logs of a run in a workspace lie, beside those of ranks."""
_UNLIMITED = 1 << 62


@dataclass(frozen=True, slots=True)
class Bundled:
    """What was written: `files` by name with their sizes, what was left out and why, what was covered how often."""

    path: Path
    files: Mapping[str, int]
    left_out: tuple[str, ...]
    covered: Mapping[str, int]


@dataclass(slots=True)
class _Work:
    """A bundle in the making; `stop` asks whether nobody wants it any more.

    `mark` is what the run's processes are known by on this machine: no business of others, and nobody's secret either.
    """

    archive: zipfile.ZipFile
    redactor: Redactor
    stop: Callable[[], bool]
    choices: Choices
    mark: str
    left_out: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Choices:
    """How a bundle is made: `doctor` is what this machine has; `limit` is the bytes of a log that go along.

    `points` is what the run logged, as its backend tells it: event files and clouds have more than the run's own file.
    `diagnosis` is what is known of why it failed: a frozen dataclass.
    """

    doctor: str = ""
    points: Sequence[MetricPoint] = ()
    diagnosis: object = None
    with_code: bool = False
    limit: int = LIMIT


def bundle_run(
    run: RunSnapshot, target: Path, choices: Choices | None = None, stop: Callable[[], bool] = lambda: False
) -> Bundled:
    """Write `target`, with what the run's files hold at this moment; gives up as soon as `stop` says so.

    Raises UserError where the run's folder is gone or something stands at `target`, OutsideError where it can't be
    written; then nothing is left there.
    """
    folder = Path(run.folder)
    if not run.folder or not folder.is_dir():
        raise UserError(f"The folder of {run.run} is gone: there is nothing to bundle.", hint=f"It was {run.folder}.")
    if os.path.lexists(target):
        raise _standing(target)
    try:
        return _written(run, target, choices or Choices(), stop)
    except OSError as error:
        why = f"{target} can't be written: {error.strerror or error}."
        first = "Free some space" if target.parent.is_dir() else f"Make the folder {target.parent}"
        raise OutsideError(why, hint=f"{first}, or give another place with --output.") from error


def _standing(target: Path) -> UserError:
    return UserError(f"{target} is there already.", hint="Nothing was written; give another name with --output.")


def _written(run: RunSnapshot, target: Path, choices: Choices, stop: Callable[[], bool]) -> Bundled:
    """Write beside the target first, so that a full disk or Ctrl+C leaves nothing half there."""
    folder = Path(run.folder)
    state = object_in(folder / STATE)
    redactor = Redactor(secrets_of(plan_json(folder), state), home=_home())
    descriptor, name = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".tmp", dir=target.parent)
    try:
        with os.fdopen(descriptor, "wb") as stream:
            with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
                work = _Work(archive, redactor, stop, choices, str(state.get("mark") or ""))
                _fill(work, run, folder)
                files = {each.filename: each.file_size for each in archive.infolist()}
            stream.flush()
            os.fsync(stream.fileno())
        _publish(Path(name), target)
    finally:
        Path(name).unlink(missing_ok=True)
    return Bundled(target, files, tuple(work.left_out), dict(+redactor.counts))


def _home() -> Path | None:
    try:
        return Path.home()
    except RuntimeError:
        return None


def _publish(draft: Path, target: Path) -> None:
    """Give a draft its name, which nothing else may have got meanwhile."""
    try:
        target.hardlink_to(draft)
    except FileExistsError as error:
        raise _standing(target) from error
    except OSError as error:  # a file system without hard links
        if os.path.lexists(target):
            raise _standing(target) from error
        draft.rename(target)


def _fill(work: _Work, run: RunSnapshot, folder: Path) -> None:
    # A run may go on: its state first, then every file as far as it is written by then, however long copying takes.
    _take(work, STATE, folder / STATE, None)
    clocks = {each.path: folder / "clock" / f"{each.label}.bin" for each in logs_of(run)}
    for name, path, size in [(name, path, _size(path)) for name, path in _sources(folder, work.choices.with_code)]:
        if name == METRICS and work.choices.points:
            continue
        moved = _take(work, name, path, size)
        if moved is not None and name in clocks and (marks := moved_marks(clocks[name], moved)):
            work.archive.writestr(_entry(f"clock/{clocks[name].name}", time.time()), marks)
    if work.choices.points:
        _copy(work, METRICS, points_as_lines(work.choices.points))
    if not work.choices.with_code:
        work.left_out.append("the code, on purpose (--with-code takes it along)")
    work.left_out.append("inputs, outputs and models, on purpose")
    if run.sweep is not None and run.sweep.started:
        work.left_out.append(f"its trials, which are runs of their own: rankzero runs bundle {run.run}_0, and so on")
    _add_papers(work, run)


def _add_papers(work: _Work, run: RunSnapshot) -> None:
    """Add what is made for the bundle alone."""
    _add(work, PAPER, paper(run))
    known = packages_of(Path(run.folder), plan_json(Path(run.folder)), is_here=is_from_here(run))
    if known:
        _add(work, PACKAGES, json.dumps(known, indent=1))
    if work.choices.diagnosis is not None:
        text = json.dumps(to_json(work.choices.diagnosis), ensure_ascii=False)
        _add(work, DIAGNOSIS, covered_json(text, work.redactor))
    _add(work, "doctor.txt", work.redactor(work.choices.doctor or "It was not asked.\n"))
    names = work.archive.namelist()
    readme = bundle_readme.readme(run, names, work.left_out, work.redactor, __version__)
    work.archive.writestr(_entry("README.txt", time.time()), readme)


def _add(work: _Work, name: str, text: str) -> None:
    work.archive.writestr(_entry(name, time.time()), text.encode("utf-8", "replace"))


def _size(path: Path) -> int:
    try:
        return path.lstat().st_size
    except OSError:
        return 0


def _sources(folder: Path, with_code: bool) -> Iterator[tuple[str, Path]]:
    """Yield what goes along beside the state."""
    yield from ((name, folder / name) for name in (*WHOLE, *LINES))
    for each in sorted((folder / "user_logs").glob("*")):
        yield f"user_logs/{each.name}", each
    yield from _below(folder / "code" / "logs", "code/logs")
    for root in OF_CLOUDS:
        yield from _below(folder / root, root)
    if with_code:
        yield from _below(folder / "code", "code", skipped=OWN)


def _below(root: Path, prefix: str, skipped: tuple[str, ...] = ()) -> Iterator[tuple[str, Path]]:
    for here, folders, files in os.walk(root):
        own = skipped if Path(here) == root else ()
        folders[:] = sorted(each for each in folders if each not in (*own, "__pycache__"))
        for each in sorted(files):
            path = Path(here, each)
            yield f"{prefix}/{path.relative_to(root).as_posix()}", path


def _take(work: _Work, name: str, path: Path, size: int | None) -> Moved | None:
    """Take a file along and return where its bytes went, or note why not."""
    if work.stop():
        raise UserError("The bundle was given up.")
    if name.startswith("code/") and is_secret(name):
        work.left_out.append(f"{name}: by its name it holds secrets")
        return None
    try:
        opened = open_text(path, size)
    except OSError as error:
        if not (isinstance(error, FileNotFoundError) and name in LINES):
            work.left_out.append(f"{name}: {error.strerror or error}")
        return None
    with opened.stream:
        if name.startswith("code/") and looks_binary(opened):
            work.left_out.append(f"{name}: it is no text, so that secrets in it can't be found")
            return None
        return _copy(work, name, opened)


def _copy(work: _Work, name: str, opened: OpenFile) -> Moved:
    limit = _UNLIMITED if name in WHOLE else work.choices.limit
    said, moved = said_in_text, Moved()
    cover: Cover = work.redactor
    if name.endswith(".jsonl"):
        opened, said, cover = whole_lines(opened), said_in_json_lines, lambda text: covered_lines(text, work.redactor)
    if name in (STATE, PLAN):
        text = opened.stream.read(opened.size).decode("utf-8", "surrogateescape")
        text = text.replace(work.mark, COVER) if work.mark else text
        covered = covered_json(text, work.redactor).encode("utf-8", "surrogateescape")
        work.archive.writestr(_entry(name, opened.modified), covered)
        return moved
    with work.archive.open(_entry(name, opened.modified), "w", force_zip64=opened.size > 1 << 30) as sink:
        left_out = copy_text(opened, sink, cover, limit, said, follower=moved)
    if left_out:
        work.left_out.append(f"{name}: {left_out:,} of {opened.size:,} bytes from its midst")
    return moved


def _entry(name: str, modified: float) -> zipfile.ZipInfo:
    moment = time.localtime(max(modified, 315619200.0))  # a zip's time begins in 1980
    entry = zipfile.ZipInfo(name, moment[:6])
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o600 << 16
    return entry
