"""What an exception that no plugin knows means, by its type: one sentence, and what to try."""

from __future__ import annotations

import re
from dataclasses import dataclass

from desktop_app.api import Remedy, RemedyKind
from desktop_app.core.diagnosis.exception_words import advice_of, words_of

SPECIFIC = 0.7
GENERAL = 0.6
UNKNOWN = "uncaught-exception"
OF_PEERS = "connection-failed"
WEAK = 0.5
"""Up to here a cause is only named where nothing better is known: a launcher's report, a guess."""
GUESS = 0.3


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an exception means; `is_symptom` where it most likely comes of another rank's end."""

    code: str
    category: str
    cause: str
    advice: tuple[str, ...] = ()
    certainty: float = SPECIFIC
    is_symptom: bool = False
    is_echo: bool = False
    remedy: Remedy | None = None


_MODULE = re.compile(r"No module named '?([\w.]+)'?")
_LIBRARY = re.compile(r"(lib[\w.+-]+\.so[\w.]*)|undefined symbol|DLL load failed")
_FILE = re.compile(r"(?:No such file or directory|Permission denied): '([^']+)'")
_OF_PEERS = re.compile(
    r"connection (?:was )?(?:closed|reset|refused|aborted|lost)|broken pipe|timed? ?out|timeout|\bpeers?\b|\bNCCL\b"
    r"|\bgloo\b|socket|watchdog|rendezvous|heartbeat|remote process|collective|deadline exceeded|unavailable",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"\brequires? |\bnot (?:available|supported|built|compiled|implemented)\b|\bunsupported\b|\bonly supports?\b",
    re.IGNORECASE,
)
"""A refusal from the start, also where it names what connects ranks."""
_IN_VAIN = re.compile(
    r"clos|reset|refused|abort|lost|pipe|time[ds]? ?-?out|deadline|unavailable|watchdog|heartbeat", re.IGNORECASE
)
_CALLED = re.compile(r"Command '\[?['\"]?([^\s'\",]+).* (?:returned non-zero exit status|died with) (.+?)\.?$")
_TOO_LONG = re.compile(r"Command '\[?['\"]?([^\s'\",]+).* timed out after ([\d.]+) seconds")
_LAUNCHERS = re.compile(
    r"distributed/(?:launch|run)\.py|deepspeed/launcher|accelerate/commands|horovod/runner|torchrun"
)
_OF_LAUNCHERS = frozenset(
    {"ChildFailedError", "CalledProcessError", "ProcessRaisedException", "ProcessExitedException"}
)
_OF_A_CONNECTION = """
BrokenPipeError ConnectionResetError ConnectionAbortedError ConnectionRefusedError ConnectionError EOFError TimeoutError
HorovodInternalError HorovodShutdownError DistBackendError DistNetworkError DistStoreError SignalException
UnavailableError AbortedError CancelledError DeadlineExceededError RendezvousTimeoutError RendezvousClosedError
"""
_PEERS = frozenset(_OF_A_CONNECTION.split())
_SCRIPTS = """
ValueError TypeError KeyError IndexError AttributeError NameError AssertionError ZeroDivisionError OverflowError
NotImplementedError RecursionError UnboundLocalError UnicodeDecodeError JSONDecodeError
"""
OF_THE_SCRIPT = frozenset(_SCRIPTS.split())
"""Exceptions that a script raises of itself: no peer's end brings them."""


def meaning(kind: str, text: str, frames: str = "") -> Meaning:
    """Return what an exception means by its type and its line; `frames` are the lines of its traceback before that."""
    message = text.partition(":")[2]
    if kind == "CalledProcessError" and not _LAUNCHERS.search(frames):
        return _program_failed(message)
    if kind in _OF_LAUNCHERS:
        return Meaning(
            "launcher-raised", "user-exception", "The launcher says that a process which it started failed.",
            ("Look for the traceback of that process, in its own log or above this one.",), GUESS,
        )  # fmt: skip
    if kind == "TimeoutExpired" and not _LAUNCHERS.search(frames):
        return _program_too_slow(message)
    special = _special(kind, message)
    if special is not None:
        return special
    if kind in _PEERS or (kind not in OF_THE_SCRIPT and _is_of_peers(message)):
        return Meaning(
            OF_PEERS, "network", "A connection to another process failed, or nothing came over it in time.",
            ("Look at the other ranks' logs: one of them most likely ended first.",), is_symptom=True,
        )  # fmt: skip
    return _general(kind, message.strip())


def _is_of_peers(message: str) -> bool:
    refuses = _ASKS.search(message) is not None and _IN_VAIN.search(message) is None
    return _OF_PEERS.search(message) is not None and not refuses


def _program_failed(message: str) -> Meaning:
    found = _CALLED.search(message)
    what = f"{found[1]}, which the script started, failed: exit status {found[2]}" if found else "A program failed"
    return Meaning(
        "program-failed", "user-exception", f"{what}.",
        ("Read what that program wrote, above the traceback.",), GENERAL,
    )  # fmt: skip


def _program_too_slow(message: str) -> Meaning:
    found = _TOO_LONG.search(message)
    what = f"{found[1]}, which the script started, was" if found else "A program that the script started was"
    seconds = f"{found[2]} s" if found else "its time"
    return Meaning(
        "program-too-slow", "user-exception", f"{what} not done after {seconds}.",
        ("Give it a longer timeout=, or see what it waits for by running it by hand.",), GENERAL,
    )  # fmt: skip


def _special(kind: str, message: str) -> Meaning | None:
    if kind in ("ModuleNotFoundError", "ImportError"):
        return _import(message)
    if kind == "OSError" and "[Errno 28]" in message:
        return Meaning("disk-full", "storage-full", "The disk is full.", ("Free some space, or write elsewhere.",))
    if kind in ("OSError", "IOError") and "[Errno 2]" in message:
        return _file_missing(message)
    found = {
        "FileNotFoundError": _file_missing,
        "PermissionError": _not_allowed,
        "MemoryError": lambda _message: _MEMORY,
        "OutOfMemoryError": lambda _message: _GPU_MEMORY,
        "KeyboardInterrupt": lambda _message: _STOPPED,
        "SyntaxError": _syntax,
        "IndentationError": _syntax,
        "TabError": _syntax,
    }.get(kind)
    return found(message) if found is not None else None


_MEMORY = Meaning(
    "memory-full", "oom-host", "The memory of the machine, or of the container, is used up.",
    ("Take smaller batches, fewer data loader workers, or a machine with more memory.",),
)  # fmt: skip
_GPU_MEMORY = Meaning(
    "gpu-memory-full", "oom-gpu", "The memory of the GPU is full.", ("Take a smaller batch for each GPU.",)
)
_STOPPED = Meaning(
    "interrupted", "stopped", "Somebody or something interrupted the program (SIGINT).",
    ("See who ended the run: a person with Ctrl+C, a launcher, or a scheduler.",), WEAK,
)  # fmt: skip


def _import(message: str) -> Meaning:
    module = _MODULE.search(message)
    if module is not None:
        name = module[1].partition(".")[0]
        return Meaning(
            "module-missing", "missing-module", f"The environment has no module named {module[1]}.",
            (f"Add the package that brings {name} to the environment.", "See that the job's code holds your modules."),
            remedy=Remedy(RemedyKind.ADD_PACKAGE, name),
        )  # fmt: skip
    if _LIBRARY.search(message):
        return Meaning(
            "library-missing", "missing-library", "A module can't be loaded, as a library that it needs is not there.",
            ("Install the library, or take an image that has it.",),
        )  # fmt: skip
    return Meaning(
        "import-failed", "missing-module", "Something that the script imports is not in the package's version here.",
        ("Compare the versions of the packages with those that the script was written for.",),
    )  # fmt: skip


def _file_missing(message: str) -> Meaning:
    found = _FILE.search(message)
    return Meaning(
        "file-missing", "missing-file", f"There is no file or folder {found[1]}." if found else "A file is not there.",
        ("See that the path is right where the job runs, and that all ranks see the same files.",),
    )  # fmt: skip


def _not_allowed(message: str) -> Meaning:
    found = _FILE.search(message)
    what = found[1] if found else "a file"
    return Meaning(
        "not-allowed", "permission", f"The process is not allowed to read or write {what}.",
        ("Write below ./outputs or a mounted output, or change the rights.",),
    )  # fmt: skip


def _syntax(_message: str) -> Meaning:
    return Meaning(
        "syntax-error", "syntax-error", "Python can't read the script: the line above has a mistake in its form.",
        ("Look at the file and the line that are named above it.", "See that Python is as new as the script needs."),
    )  # fmt: skip


def _general(kind: str, message: str) -> Meaning:
    kind, said = words_of(kind, message)
    told = (f": {said}" if said else "").rstrip(".")
    told += "" if told.endswith("…") else "."
    return Meaning(
        UNKNOWN, "user-exception", f"The program raised {kind}{told}", (advice_of(kind, said),),
        SPECIFIC if kind in OF_THE_SCRIPT else GENERAL,
    )  # fmt: skip
