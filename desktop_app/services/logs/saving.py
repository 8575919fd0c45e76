"""A log as a file of one's own: one rank's as it is, several merged by time with the time and the rank of each line."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from desktop_app.api import OutsideError, UserError
from desktop_app.services.logs.merge import LogLine, LogSource, MergedLog
from desktop_app.services.logs.sources import log_names


def save_log(sources: Sequence[LogSource], target: Path) -> None:
    """Write the logs as they are now to `target`; raises UserError or OutsideError, and then nothing was written."""
    if any(each.log.resolve() == target.resolve() for each in sources):
        raise UserError(f"{target.name} is the log itself.", hint="Give another name.")
    part = target.with_name(f"{target.name}.part")
    try:
        _write(sources, part)
        part.replace(target)
    except OSError as error:
        part.unlink(missing_ok=True)
        raise OutsideError(f"{target.name} can't be written: {error.strerror or error}.") from error


def _write(sources: Sequence[LogSource], part: Path) -> None:
    if len(sources) == 1 and sources[0].log.is_file():
        shutil.copyfile(sources[0].log, part)
        return
    with part.open("w", encoding="utf-8", newline="\n") as file:
        names = log_names(sources)
        file.writelines(f"{_line(each, names[each.rank])}\n" for each in MergedLog(sources).lines())


def _line(line: LogLine, name: str) -> str:
    at = datetime.fromtimestamp(line.time).astimezone() if line.time else None
    time = f"{at:%Y-%m-%d %H:%M:%S}.{at.microsecond // 100_000}" if at else "–"
    return f"{time}\t{name}\t{line.text}"
