"""Takes logs from elsewhere in as a run to look at: their ranks, one clock, search and the cause, as of one's own."""

from __future__ import annotations

import codecs
import itertools
import os
import re
import secrets
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from desktop_app.api import OutsideError, RankState, RunSnapshot, RunStatus, UserError
from desktop_app.api._records import to_json
from desktop_app.services.bundle_paper import PAPER
from desktop_app.services.diagnosing.gathering import FoundLog, Gathered, gathered
from desktop_app.services.diagnosing.sources import LogBytes, encoding_in
from desktop_app.services.diagnosing.unpacking import names_in
from desktop_app.services.logs.encodings import UTF_8
from desktop_app.services.run_open import SUFFIX, is_bundle, open_bundle
from desktop_app.services.run_staging import LOGS_IN, TakenIn, Taking, refuse_without_room, staged, write_paper

_LOGS = "user_logs"
_ODD = re.compile(r"[^\w.-]+")
_MOST_RANKS = 100_000
_OF_LOGS, _STD_LOG = (".log", ".out", ".err"), "std_log"
_BLOCK = 4 << 20


def open_paths(paths: Sequence[Path], runs: Path, taking: Taking | None = None) -> TakenIn:
    """Take in whatever is named: a bundle, or logs. Blocks, and raises as `open_bundle` and `take_logs` do.

    A zip that is alone counts as a bundle, so that one that is damaged says so; unless it merely holds logs.
    """
    taking, only = taking or Taking(), paths[0]
    if len(paths) > 1 or only.suffix.lower() != SUFFIX or not only.is_file():
        return take_logs(paths, runs, taking)
    found = None if is_bundle(only) else _found(paths, taking)
    if found is not None and found.logs:
        return _kept_as_run(paths, found, runs, taking)
    return open_bundle(only, runs, taking)


def is_of_runs(file: Path) -> bool:
    """Whether a zip is for here: a bundle, logs by the names in it, or so damaged that nobody can tell."""
    names = names_in(file)
    said = (PurePosixPath(each) for each in names)
    return not names or PAPER in names or any(each.suffix in _OF_LOGS or _STD_LOG in each.name for each in said)


def take_logs(paths: Sequence[Path], runs: Path, taking: Taking | None = None) -> TakenIn:
    """Take the logs below paths in among the runs below `runs`. Blocks.

    Raises UserError where there is no log, and OutsideError where one can't be read or written; then nothing is left.
    """
    taking = taking or Taking()
    gone = next((each for each in paths if not each.exists()), None)
    if gone is not None:
        raise UserError(f"{gone} is not there.", hint="Name a folder of logs, or the logs themselves.")
    found = _found(paths, taking)
    if not found.logs:
        named = ", ".join(each.name or str(each) for each in paths)
        why = " ".join(found.missing[:3]) or "Logs are texts, such as std_log_process_0.txt."
        raise UserError(f"There is no log in {named}.", hint=why)
    return _kept_as_run(paths, found, runs, taking)


def _found(paths: Sequence[Path], taking: Taking) -> Gathered:
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    taking.begin(f"Looking for logs in {paths[0].name or paths[0]}{more}")
    return gathered(paths, taking.went)


def _kept_as_run(paths: Sequence[Path], found: Gathered, runs: Path, taking: Taking) -> TakenIn:
    now = datetime.now(UTC)
    name = f"logs-{now:%Y%m%d}-{secrets.token_hex(2)}"
    try:
        return _taken(paths, found, runs / name, now, taking)
    except OSError as error:
        hint = f"Look at {error.filename or runs}."
        raise OutsideError(f"The logs can't be taken in: {error.strerror or error}.", hint=hint) from error


def _taken(paths: Sequence[Path], found: Gathered, target: Path, now: datetime, taking: Taking) -> TakenIn:
    with staged(target.parent, target.name) as stage:
        (stage / _LOGS).mkdir(0o700)
        total = sum(each.log.size() for each in found.logs)
        refuse_without_room("What was found", total, stage)
        taking.begin("Taking the logs in", total)
        ranks, others = _kept(found.logs, stage, taking)
        title = (paths[0].resolve().name or str(paths[0])).encode("utf-8", "replace").decode()  # a name may be no text
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        run = _run(target, f"{title}{more}", ranks, others, now)
        write_paper(stage / "run.json", to_json(run))
        taking.went()
        stage.rename(target)
    return TakenIn(run.handle, run.run, target, run.from_bundle)


def _kept(logs: Sequence[FoundLog], stage: Path, taking: Taking) -> tuple[dict[int, str], list[str]]:
    """Copy the logs into the run's folder; return those of ranks by rank, and the others, each by its path in there.

    What a rank has several of, such as stdout and stderr, goes into one, as they would have come from a launcher.
    """
    ranks: dict[int, str] = {}
    others: list[str] = []
    taken = {f"std_log_process_{each.rank}" for each in logs}
    for each in logs:
        if each.rank is not None and each.rank < _MOST_RANKS:
            ranks[each.rank] = f"{_LOGS}/std_log_process_{each.rank}.txt"
            _copy(each.log, stage / ranks[each.rank], taking)
        else:
            others.append(f"{_LOGS}/{_free(each.log.name, taken)}.txt")
            _copy(each.log, stage / others[-1], taking)
    return ranks, others


def _copy(log: LogBytes, target: Path, taking: Taking) -> None:
    """Copy a log to the end of a file of ours; never a link, through which the original would change with it.

    It is UTF-8 there, as logs that are joined may be written differently, without the zeros that a crash left.
    """
    place, size, encoding = 0, log.size(), encoding_in(log)
    decoder = None if encoding == UTF_8 else codecs.getincrementaldecoder(encoding)("replace")
    with target.open("a+b") as file:
        if file.tell() and not _ends_a_line(file):
            file.write(b"\n")
        while block := log.read(place, min(_BLOCK, size - place)):
            text = None if decoder is None else decoder.decode(block).removeprefix("\ufeff")
            file.write(block if text is None else text.encode("utf-8", "replace"))
            place += len(block)
            taking.went(len(block))


def _ends_a_line(file: BinaryIO) -> bool:
    file.seek(-1, os.SEEK_END)
    return file.read() == b"\n"


def _free(name: str, taken: set[str]) -> str:
    """Return a name for a log that no other has, from as much of its path as tells it from others, and note it."""
    parts = [_ODD.sub("-", each).strip("-.") for each in PurePosixPath(name.replace("\\", "/")).with_suffix("").parts]
    plain = [each for each in parts if each] or ["log"]
    short = ["-".join(plain[-count:])[-80:] for count in range(1, len(plain) + 1)]
    more = (f"{plain[-1][-60:]}-{number}" for number in itertools.count(2))
    made = next(each for each in itertools.chain(short, more) if each.casefold() not in taken)
    taken.add(made.casefold())
    return made


def _run(folder: Path, title: str, ranks: dict[int, str], others: Sequence[str], now: datetime) -> RunSnapshot:
    states = tuple(RankState(each, each, 0, RunStatus.UNKNOWN, log=log) for each, log in sorted(ranks.items()))
    return RunSnapshot(
        handle=f"local://{folder.name}",
        run=folder.name,
        backend="local",
        status=RunStatus.FAILED,
        display_name=title,
        experiment="",
        created=now,
        ended=now,
        folder=str(folder),
        ranks=states,
        nodes=1,
        processes_per_node=max(1, len(states)),
        launcher_logs=tuple(others),
        from_bundle=f"{LOGS_IN}{title}, {now:%Y-%m-%d %H:%M} UTC",
    )
