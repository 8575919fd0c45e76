"""Takes logs from elsewhere in as a run to look at: their ranks, one clock, search and the cause, as of one's own."""

from __future__ import annotations

import os
import re
import secrets
import shutil
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path, PurePosixPath

from desktop_app.api import OutsideError, RankState, RunSnapshot, RunStatus, UserError
from desktop_app.api._records import to_json
from desktop_app.services.diagnosing.gathering import FoundLog, Gathered, gathered
from desktop_app.services.diagnosing.sources import FileBytes
from desktop_app.services.run_staging import LOGS_IN, Opened, staged, write_paper

_LOGS = "user_logs"
_ODD = re.compile(r"[^\w.-]+")
_MOST_RANKS = 100_000


def take_logs(paths: Sequence[Path], runs: Path) -> Opened:
    """Take the logs below paths in among the runs below `runs`. Blocks.

    Raises UserError where there is no log, and OutsideError where one can't be read or written; then nothing is left.
    """
    gone = next((each for each in paths if not each.exists()), None)
    if gone is not None:
        raise UserError(f"{gone} is not there.", hint="Name a folder of logs, or the logs themselves.")
    found = gathered(paths)
    if not found.logs:
        named = ", ".join(each.name or str(each) for each in paths)
        why = " ".join(found.missing[:3]) or "Logs are texts, such as std_log_process_0.txt."
        raise UserError(f"There is no log in {named}.", hint=why)
    now = datetime.now(UTC)
    name = f"logs-{now:%Y%m%d}-{secrets.token_hex(2)}"
    try:
        return _taken(paths, found, runs / name, now)
    except OSError as error:
        hint = f"Look at {error.filename or runs}."
        raise OutsideError(f"The logs can't be taken in: {error.strerror or error}.", hint=hint) from error


def _taken(paths: Sequence[Path], found: Gathered, target: Path, now: datetime) -> Opened:
    with staged(target.parent, target.name) as stage:
        (stage / _LOGS).mkdir(0o700)
        ranks, others = _kept(found.logs, stage)
        title = paths[0].resolve().name or str(paths[0])
        more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
        run = _run(target, f"{title}{more}", ranks, others, now)
        write_paper(stage / "run.json", to_json(run))
        stage.rename(target)
    return Opened(run.handle, run.run, target, run.from_bundle)


def _kept(logs: Sequence[FoundLog], stage: Path) -> tuple[dict[int, str], list[str]]:
    """Lay the logs into the run's folder; return those of ranks by rank, and the others, each by its path in there.

    What a rank has several of, such as stdout and stderr, goes into one, as they would have come from a launcher.
    """
    ranks: dict[int, str] = {}
    others: list[str] = []
    for each in logs:
        if each.rank is not None and each.rank < _MOST_RANKS:
            name = f"{_LOGS}/std_log_process_{each.rank}.txt"
            _lay(each, stage / name, joins=each.rank in ranks)
            ranks[each.rank] = name
        else:
            name = f"{_LOGS}/{_free(each.log.name, others)}.txt"
            _lay(each, stage / name, joins=False)
            others.append(name)
    return ranks, others


def _lay(found: FoundLog, target: Path, *, joins: bool) -> None:
    """Copy a log; a file on the same disk is linked, which takes no room."""
    log = found.log
    if isinstance(log, FileBytes) and not joins:
        try:
            os.link(log.path.resolve(), target)
        except OSError:
            shutil.copyfile(log.path, target)
        return
    if joins:  # a linked file is somebody's: it is not written to
        first = target.read_bytes()
        target.unlink()
        target.write_bytes(first if first.endswith(b"\n") else first + b"\n")
    with target.open("ab") as file:
        file.write(log.read(0, log.size()))


def _free(name: str, taken: Sequence[str]) -> str:
    """Return a name for a log that no other has, from as much of its path as tells it from others."""
    parts = [_ODD.sub("-", each).strip("-.") for each in PurePosixPath(name.replace("\\", "/")).with_suffix("").parts]
    plain = [each for each in parts if each]
    for count in range(1, len(plain) + 1):
        made = "-".join(plain[-count:])[-80:]
        if f"{_LOGS}/{made}.txt" not in taken:
            return made
    return f"{(plain or ['log'])[-1][-60:]}-{len(taken)}"


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
