"""Which logs there are below files and folders from anywhere, and whose each is, by its name.

Names that say a rank: `std_log_process_3.txt`, `70_driver_log_3.txt`, `rank3.log`, `rank.3/stdout` (mpirun),
`attempt_0/3/stderr.log` (torchrun), `worker-3/…`, and `….3.log` where its neighbours differ by that number alone.
"""

from __future__ import annotations

import os
import re
import stat
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from desktop_app.services.diagnosing.excerpts import is_binary
from desktop_app.services.diagnosing.sources import FileBytes, LogBytes, Unpacking

MOST_FILES = 20_000
_OF_NO_LOG = """
.py .pyc .ipynb .yml .yaml .toml .md .rst .cfg .ini .sh .c .cc .cpp .cu .h .hpp .js .ts .css .html .csv .tsv .parquet
.pt .pth .ckpt .onnx .npz .npy .bin .safetensors .pkl .png .jpg .jpeg .gif .svg .pdf .whl .tar .so .pyd .dll .exe .db
.sqlite .lock .mp4 .wav .tfrecord .h5 .pb .arrow .json
"""
_NO_LOGS = frozenset(_OF_NO_LOG.split())
_NO_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages", "code", "clock", "launch", "requests"})
_OWN_FILES = frozenset({"run.json", "plan.json", "job.yml", "events.jsonl", "metrics.jsonl", "resources.jsonl"})
_RANK = re.compile(
    r"(?<![a-z])(?:std_log_process|std_log|driver_log|process|proc|rank|ps-worker)[._-]?(\d{1,5})(?!\d)", re.IGNORECASE
)
_WORKER = re.compile(r"(?:^|[._-])(?:worker|trainer|replica)[._-]?(\d+)(?!\d)", re.IGNORECASE)
_MASTER = re.compile(r"(?:^|[._-])(?:master|chief)(?:[._-]?0)?(?:$|[._-])", re.IGNORECASE)
_ATTEMPT = re.compile(r"^attempt_(\d+)$")
_LAST_NUMBER = re.compile(r"^(.*?\D|)(\d{1,5})(\.(?:log|txt|out|err|stdout|stderr))?$")


@dataclass(frozen=True, slots=True)
class FoundLog:
    """A log; `rank` is None where its name does not say it. A process may have several, such as stdout and stderr."""

    log: LogBytes
    rank: int | None = None


@dataclass(slots=True)
class Gathered:
    """The logs that were found, and what was left out: a sentence each."""

    logs: list[FoundLog] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def gathered(paths: Sequence[Path]) -> Gathered:
    """Return the logs below paths: files as they are, folders walked. Reads names, and a little of each file."""
    found = Gathered()
    logs: list[LogBytes] = []
    for path in paths:
        for file, name in _files(path, found, alone=len(paths) == 1):
            logs += _opened(file, name, found, asked=file == path)
    ranks = ranks_of([each.name for each in logs])
    found.logs = [FoundLog(log, rank) for log, rank in zip(logs, ranks, strict=True)]
    return found


def ranks_of(names: Sequence[str]) -> list[int | None]:
    """Return whose log each is, by its name; None where no name says it."""
    told = [_told(name) for name in names]
    if any(each is None for each in told):
        numbered = _numbered(names)
        told = [numbered.get(name) if rank is None else rank for name, rank in zip(names, told, strict=True)]
    last: dict[int, int] = {}
    for name, rank in zip(names, told, strict=True):
        if rank is not None:
            last[rank] = max(last.get(rank, 0), _attempt(name))
    with_masters = any(_is_master(name) for name in names)
    found = [
        None if rank is not None and _attempt(name) < last[rank] else rank
        for name, rank in zip(names, told, strict=True)
    ]
    return [_after_master(name, rank) for name, rank in zip(names, found, strict=True)] if with_masters else found


def _files(path: Path, found: Gathered, *, alone: bool) -> Iterator[tuple[Path, str]]:
    if not path.is_dir():
        yield path, str(path)
        return
    count = 0
    for folder, folders, files in os.walk(path, onerror=lambda error: found.missing.append(_unreadable(error))):
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in _NO_FOLDERS)
        for name in sorted(files):
            if PurePosixPath(name).suffix.lower() in _NO_LOGS or name.startswith(".") or name in _OWN_FILES:
                continue
            count += 1
            if count > MOST_FILES:
                found.missing.append(f"{path} holds more than {MOST_FILES:,} files; the others were not looked at.")
                return
            file = Path(folder, name)
            if _leads_out(file, path):
                found.missing.append(f"{file.name} is a link that leads out of {path.name}; it was not followed.")
                continue
            yield file, (file.relative_to(path) if alone else file).as_posix()


def _opened(path: Path, name: str, found: Gathered, *, asked: bool) -> list[LogBytes]:
    unpacking = Unpacking(found.missing)
    try:
        _refuse_no_file(path)
        if path.suffix == ".gz":
            logs: list[LogBytes] = list(unpacking.gzipped(path, name))
        elif path.suffix == ".zip":
            logs = list(unpacking.zipped(path, name, _may_be_log))
        else:
            with path.open("rb"):
                logs = [FileBytes(name, path)]
    except OSError as error:
        found.missing.append(_unreadable(error, name))
        return []
    return [each for each in logs if _is_log(each, found, asked=asked)]


def _leads_out(file: Path, folder: Path) -> bool:
    """Whether a file in a folder is a link to somewhere else: whoever named the folder did not mean that."""
    return file.is_symlink() and not file.resolve().is_relative_to(folder.resolve())


def _refuse_no_file(path: Path) -> None:
    """Raise OSError for pipes and devices, which may be waited for without end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is no file")


def _may_be_log(name: str) -> bool:
    path = PurePosixPath(name)
    return path.suffix.lower() not in _NO_LOGS and path.name not in _OWN_FILES and not set(path.parts) & _NO_FOLDERS


def _is_log(log: LogBytes, found: Gathered, *, asked: bool) -> bool:
    if not log.size():
        found.missing.append(f"{log.name} is empty.")
        return False
    if is_binary(log):
        if asked or log.name.endswith((".log", ".txt", ".out", ".err")):
            found.missing.append(f"{log.name} is no text; it was not looked at.")
        return False
    return True


def _unreadable(error: OSError, name: str = "") -> str:
    return f"{name or error.filename} can't be read: {error.strerror or error}."


def _told(name: str) -> int | None:
    """Return the rank that a name says in one of the ways that launchers write it; the last part counts first."""
    parts = PurePosixPath(name).parts
    for place in range(len(parts) - 1, max(-1, len(parts) - 4), -1):
        part = parts[place]
        found = _RANK.search(part) or _WORKER.search(part)
        if found is not None:
            return int(found[1])
        if part.isdecimal() and place and _ATTEMPT.match(parts[place - 1]):
            return int(part)
    if _is_master(name) or parts[-1] == "std_log.txt":
        return 0
    return None


def _is_master(name: str) -> bool:
    return any(_MASTER.search(PurePosixPath(part).stem) for part in PurePosixPath(name).parts[-2:])


def _after_master(name: str, rank: int | None) -> int | None:
    """Return a worker's rank where there is a master beside the workers, which is rank 0."""
    if rank is None or _is_master(name) or not any(_WORKER.search(part) for part in PurePosixPath(name).parts[-2:]):
        return rank
    return rank + 1


def _attempt(name: str) -> int:
    found = [_ATTEMPT.match(part) for part in PurePosixPath(name).parts]
    return max((int(each[1]) for each in found if each is not None), default=0)


def _numbered(names: Sequence[str]) -> dict[str, int]:
    """Return the numbers of names that differ from their neighbours in their last number alone, counted from 0 or 1."""
    families: dict[tuple[str, str, str], dict[str, int]] = defaultdict(dict)
    for name in names:
        path = PurePosixPath(name)
        found = _LAST_NUMBER.match(path.name)
        if found is not None:
            families[str(path.parent), found[1], found[3] or ""][name] = int(found[2])
    return {
        name: number
        for family in families.values()
        if len(family) > 1 and min(family.values()) <= 1 and max(family.values()) <= 2 * len(family)
        for name, number in family.items()
    }
