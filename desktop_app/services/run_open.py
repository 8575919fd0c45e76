"""Takes a colleague's bundle in as a run to look at: staged beside the other runs, and there with one rename or not."""

from __future__ import annotations

import contextlib
import re
import zipfile
from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from desktop_app.api import OutsideError, RankState, RunSnapshot, RunStatus, SubmissionPlan, UserError
from desktop_app.api._records import from_json, to_json
from desktop_app.core.conforming import misfit
from desktop_app.core.shared_texts import whole
from desktop_app.services.bundle_paper import DIAGNOSIS, FORMAT, PAPER
from desktop_app.services.bundle_zip import opened_zip, read_paper, refuse_long, refused, safe_entries, unpack
from desktop_app.services.json_objects import object_of
from desktop_app.services.run_bundle import LINES, OF_CLOUDS, STATE, WHOLE
from desktop_app.services.run_packages import PAPER as PACKAGES
from desktop_app.services.run_plans import PLAN
from desktop_app.services.run_staging import TakenIn, Taking, staged, write_paper

SUFFIX = ".zip"
MOST_RANKS = 100_000
_NAME = re.compile(
    r"(?!(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$))[a-z0-9](?:[\w.-]{0,119}[\w-])?", re.ASCII | re.IGNORECASE
)  # what the local backend takes for a run's name, without those that no folder of Windows has
_PAPERS = frozenset({STATE, PAPER, DIAGNOSIS, PACKAGES, *WHOLE})
_SINGLE = _PAPERS.union(LINES, ("README.txt", "doctor.txt"))
_BELOW = tuple(f"{each}/" for each in ("user_logs", "clock", "code", *OF_CLOUDS))
_ODD = (TypeError, ValueError, KeyError, AttributeError, IndexError, OverflowError, RecursionError)


def is_bundle(file: Path) -> bool:
    """Whether a file says of itself that it is a run's bundle. Reads the file's end."""
    with contextlib.suppress(UserError, OutsideError), opened_zip(file) as archive:
        return PAPER in archive.namelist()
    return False


def open_bundle(file: Path, runs: Path, taking: Taking | None = None) -> TakenIn:
    """Take a bundle in among the runs below `runs`. Blocks.

    Raises UserError where it is none, damaged, not safe, of a newer program, or of a run that is there already; and
    OutsideError where it can't be read or written. Then nothing of it is left.
    """
    try:
        with opened_zip(file) as archive:
            return _taken(file, archive, runs, taking or Taking())
    except OSError as error:
        raise OutsideError(
            f"{file.name} can't be opened: {error.strerror or error}.", hint=f"Look at {runs}."
        ) from error


def _taken(file: Path, archive: zipfile.ZipFile, runs: Path, taking: Taking) -> TakenIn:
    taking.begin(f"Reading {file.name}")
    entries = [each for each in safe_entries(file, archive) if _is_wanted(each.filename)]
    for each in entries:
        if each.filename in _PAPERS:
            refuse_long(file, each)
    origin = _origin(file, object_of(read_paper(file, archive, PAPER)))
    run = _run(file, read_paper(file, archive, STATE))
    target = runs / run.run
    _refuse_known(file, run.run, target)
    with staged(runs, run.run) as stage:
        unpack(file, archive, entries, stage, taking)
        _settle(stage, target, _kept(run, origin, {each.filename for each in entries}))
        taking.went()
        _publish(file, stage, target)
    return TakenIn(f"local://{run.run}", run.run, target, origin[0])


def _is_wanted(name: str) -> bool:
    """Whether a file of a bundle is taken in; what a newer program or a file manager added is passed by."""
    return name in _SINGLE or name.startswith(_BELOW)


def _origin(file: Path, paper: Mapping[str, Any]) -> tuple[str, datetime]:
    """Return where and when a bundle was made, and that time. Raises UserError for one that can't be understood."""
    number = paper.get("format")
    if type(number) is int and number > FORMAT:
        by = str(paper.get("program"))[:60]
        raise refused(file, f"it was written by a newer program ({by})", "Update Rank Zero, then open it again.")
    try:
        host, at = str(paper["host"])[:100], datetime.fromisoformat(paper["bundled"])
        if number != FORMAT or not host.isprintable() or misfit(datetime, at):
            raise ValueError(number)
        return f"{host}, {at:%Y-%m-%d %H:%M} UTC", at
    except _ODD as error:
        raise refused(file, f"its {PAPER} can't be understood") from error


def _run(file: Path, data: bytes) -> RunSnapshot:
    """Return the run in a bundle, every value of which is what it should be. Raises UserError for others."""
    try:
        run = replace(from_json(RunSnapshot, object_of(data)), sweep=None, trial=None, from_bundle="")
        wrong = misfit(RunSnapshot, run) or ("" if _NAME.fullmatch(run.run) else "run") or _odd_counts(run)
    except _ODD as error:
        raise refused(file, f"its {STATE} can't be understood") from error
    if wrong:
        raise refused(file, f"“{wrong}” in its {STATE} is not what it should be")
    return run


def _odd_counts(run: RunSnapshot) -> str:
    """Return what is numbered in a way that no run is; empty where all is well."""
    numbers = [number for each in run.ranks for number in (each.rank, each.node, each.local_rank)]
    counts = (run.nodes, run.processes_per_node, run.nodes * run.processes_per_node, run.launched or 0, *numbers)
    ranks, fallen = {each.rank for each in run.ranks}, run.first_failure
    if not all(0 <= each <= MOST_RANKS for each in counts) or len(ranks) < len(run.ranks):
        return "ranks"
    if fallen is not None and (fallen.rank not in ranks or not 0 <= (fallen.log_line or 0) < 1 << 31):
        return "first_failure"
    return ""


def _refuse_known(file: Path, name: str, target: Path) -> None:
    if target.is_symlink() or target.exists():
        hint = f"`rankzero runs show {name}` shows it; another home (--home) has room for both."
        raise refused(file, f"a run {name} is here already", hint)


def _kept(run: RunSnapshot, origin: tuple[str, datetime], names: Collection[str]) -> RunSnapshot:
    """Return the run as it is kept here: nothing in it goes on, and every path in it is its own."""
    said, at = origin
    going = not run.is_over
    reason = f"It was {run.status.value} when the bundle was made; what became of it, the bundle does not say."
    return replace(
        run,
        handle=f"local://{run.run}",
        backend="local",
        from_bundle=said,
        status=RunStatus.UNKNOWN if going else run.status,
        reason=reason if going else run.reason,
        ended=run.ended or (at if going and run.started else None),
        phases=tuple(replace(each, ended=each.ended or at) for each in run.phases),
        ranks=tuple(_kept_rank(each, names, going=going) for each in run.ranks),
        launcher_logs=tuple(each for each in run.launcher_logs if each in names),
        source="",
    )


def _kept_rank(rank: RankState, names: Collection[str], *, going: bool) -> RankState:
    was_live = going and rank.ended is None and rank.status not in (RunStatus.NOT_STARTED, RunStatus.QUEUED)
    log = rank.log if rank.log in names else f"user_logs/std_log_process_{rank.rank}.txt"
    return replace(rank, log=log, pid=None, status=RunStatus.UNKNOWN if was_live else rank.status)


def _settle(stage: Path, target: Path, run: RunSnapshot) -> None:
    """Write state and plan anew, as they hold here."""
    placed = replace(run, folder=str(target), outputs=str(target / "code" / "outputs"))
    plan = _kept_plan(stage / PLAN, target)
    for name, data in ((STATE, to_json(placed)), (PLAN, plan)):
        (stage / name).unlink(missing_ok=True)
        if data is not None:
            write_paper(stage / name, data)


def _kept_plan(path: Path, target: Path) -> dict[str, Any] | None:
    """Return a plan whose files are those that came along; None for what is no plan."""
    try:
        plan = object_of(path.read_bytes())
        found = from_json(SubmissionPlan, whole(plan))
        if misfit(SubmissionPlan, found):
            return None
    except (OSError, *_ODD):
        return None
    code = target / "code"
    files = [replace(each, source=str(code / each.target)) for each in found.files if _is_below(each.target)]
    return {**plan, "files": to_json(files), "source": ""}


def _is_below(path: str) -> bool:
    parts = path.replace("\\", "/").split("/")
    return ":" not in parts[0] and not any(each in ("", "..") for each in parts)


def _publish(file: Path, stage: Path, target: Path) -> None:
    """Give the staged folder its name, which a run may have got meanwhile."""
    _refuse_known(file, target.name, target)
    try:
        stage.rename(target)
    except OSError:
        _refuse_known(file, target.name, target)
        raise
