"""Which logs there are below files and folders from anywhere, and whose each is, by its name.

Names that say a rank: `std_log_process_3.txt`, `70_driver_log_3.txt`, `rank3.log`, `rank.3/stdout` (mpirun),
`attempt_0/3/stderr.log` (torchrun), `worker-3/…`, and `….3.log` where its neighbours differ by that number alone.
"""

from __future__ import annotations

import os
import re
import stat
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from desktop_app.services.diagnosing.excerpts import is_binary
from desktop_app.services.diagnosing.sources import FileBytes, LogBytes
from desktop_app.services.diagnosing.unpacking import Unpacking, Wanted, names_in

MOST_FILES = 20_000
_OF_NO_LOG = """
.py .pyc .ipynb .yml .yaml .toml .md .rst .cfg .ini .sh .c .cc .cpp .cu .h .hpp .js .ts .css .html .csv .tsv .parquet
.pt .pth .ckpt .onnx .npz .npy .bin .safetensors .pkl .png .jpg .jpeg .gif .svg .pdf .whl .so .pyd .dll .exe .db
.sqlite .lock .mp4 .wav .tfrecord .h5 .pb .arrow .json
"""
_NO_LOGS = frozenset(_OF_NO_LOG.split())
_NO_FOLDERS = frozenset({"__pycache__", "node_modules", "site-packages"})
_STATE = "run.json"
_OWN_FOLDERS = frozenset({"code", "clock", "launch", "requests"})
"""Folders of a run of ours, beside its state, that hold no logs; in others they may."""
_OWN_FILES = frozenset({_STATE, "plan.json", "job.yml", "events.jsonl", "metrics.jsonl", "resources.jsonl"})
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


def gathered(paths: Sequence[Path], went: Callable[[], object] = lambda: None) -> Gathered:
    """Return the logs below paths: files as they are, folders walked. Reads names, and a little of each file.

    `went` is called again and again, and may raise to give up.
    """
    found = Gathered()
    files = [each for path in paths for each in _files(path, found, alone=len(paths) == 1)]
    asked, unpacking = {*paths}, Unpacking(found.missing, went)
    logs: list[LogBytes] = []
    for file, name in _once(files):
        went()
        logs += _opened(file, name, unpacking, asked=file in asked)
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
    count = passed = 0
    for folder, folders, files in os.walk(path, onerror=lambda error: found.missing.append(_unreadable(error))):
        skipped = _NO_FOLDERS | _OWN_FOLDERS if _STATE in files else _NO_FOLDERS
        folders[:] = sorted(each for each in folders if not each.startswith(".") and each not in skipped)
        for name in sorted(files):
            if PurePosixPath(name).suffix.lower() in _NO_LOGS or name.startswith(".") or name in _OWN_FILES:
                passed += 1
                continue
            count += 1
            if count > MOST_FILES:
                found.missing.append(f"{path} holds more than {MOST_FILES:,} files; the others were not looked at.")
                return
            file = Path(folder, name)
            if why := _no_file_of(file, path):
                found.missing.append(f"{_shown(name)} {why}")
                continue
            yield file, (file.relative_to(path) if alone else file).as_posix()
    if not count:
        found.missing.append(_without_logs(path, passed))


def _without_logs(path: Path, passed: int) -> str:
    files = f"{passed:,} files" if passed > 1 else "one file"
    return f"By their names {path.name} holds no logs: {files} of other kinds." if passed else f"{path.name} is empty."


def _once(files: Sequence[tuple[Path, str]]) -> list[tuple[Path, str]]:
    """Return each file once, however many links lead to it: under the name that says most."""
    found: dict[object, list[tuple[Path, str]]] = defaultdict(list)
    for file, name in files:
        found[_identity(file)].append((file, name))

    def plainness(each: tuple[Path, str]) -> tuple[bool, bool]:
        return _told(each[1]) is None, each[0].is_symlink()

    return [min(each, key=plainness) for each in found.values()]


def _identity(file: Path) -> object:
    try:
        about = file.stat()
    except OSError:
        return file
    return (about.st_dev, about.st_ino) if about.st_ino else file


def _opened(path: Path, name: str, unpacking: Unpacking, *, asked: bool) -> list[LogBytes]:
    logs: list[LogBytes] = []
    try:
        _refuse_no_file(path)
        packed = unpacking.logs_in(path, name, _wanted_in(path))
        logs += [FileBytes(name, path)] if packed is None else packed
    except OSError as error:
        unpacking.missing.append(_unreadable(error, name))
    return [each for each in logs if _is_log(each, unpacking.missing, asked=asked)]


def _no_file_of(file: Path, folder: Path) -> str:
    """Say why a link in a folder is not followed: whoever named the folder did not mean what lies elsewhere."""
    if not file.is_symlink():
        return ""
    if not file.exists():
        return f"is a link to {_shown(str(file.readlink()))}, which is not there."
    outside = not file.resolve().is_relative_to(folder.resolve())
    return f"is a link that leads out of {folder.name}; it was not followed." if outside else ""


def _shown(name: str) -> str:
    """Return a name as it can be printed: anybody may have given it."""
    return "".join(each if each.isprintable() else "·" for each in name)


def _refuse_no_file(path: Path) -> None:
    """Raise OSError for pipes and devices, which may be waited for without end."""
    if not stat.S_ISREG(path.stat().st_mode):
        raise OSError(0, "it is a pipe or a device, no file")


def _wanted_in(path: Path) -> Wanted:
    """Return what tells the logs in a packed file by their names; of a run's bundle neither code nor clocks are any."""
    skipped = _NO_FOLDERS
    if path.suffix == ".zip" and any(PurePosixPath(each).name == _STATE for each in names_in(path)):
        skipped |= _OWN_FOLDERS

    def wanted(name: str) -> bool:
        inner = PurePosixPath(name)
        is_hidden = inner.name.startswith(".") or inner.suffix.lower() in _NO_LOGS or inner.name in _OWN_FILES
        return not is_hidden and not skipped.intersection(inner.parts[:-1])

    return wanted


def _is_log(log: LogBytes, missing: list[str], *, asked: bool) -> bool:
    if not log.size():
        missing.append(f"{_shown(log.name)} is empty{'' if _is_bare(log) else ': it holds nothing but zeros'}.")
        return False
    if is_binary(log):
        if asked or log.name.endswith((".log", ".txt", ".out", ".err")):
            missing.append(f"{_shown(log.name)} is no text; it was not looked at.")
        return False
    return True


def _is_bare(log: LogBytes) -> bool:
    """Whether there is no byte at all."""
    return not (isinstance(log, FileBytes) and log.path.stat().st_size)


def _unreadable(error: OSError, name: str = "") -> str:
    return f"{_shown(str(name or error.filename))} can't be read: {error.strerror or error}."


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
