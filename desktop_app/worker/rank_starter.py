"""Holds one rank below a launcher such as mpirun: `python -I …/rank_starter.py NAME_OF_RANK_VARIABLE`.

What to start stands in the run's folder, `launch/N.json`, written by the supervisor before it starts the launcher.
What becomes of it goes there too: `launch/N.started` and `launch/N.ended`. The rank has a session, a log and a
process group of its own, as one without a launcher has, and the supervisor alone ends it: signals by which the
launcher would do so are not heard. Windows and macOS: written with them in mind, NOT tried there.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

FOLDER_VARIABLE = "RANKZERO_RUN_FOLDER"
ENDINGS = frozenset({"SIGCONT", "SIGTERM"})
"""What Open MPI sends before it kills: SIGCONT first, and SIGTERM after the time that it was told to leave."""
DEAF_TO = ("SIGCONT", "SIGTERM", "SIGINT", "SIGHUP", "SIGQUIT", "SIGUSR1", "SIGUSR2")
_PR_SET_PDEATHSIG = 1


def main(variable: str) -> int:
    """Start the rank whose number the environment variable holds, wait for it, and return its exit code (0…255)."""
    number, folder = os.environ.get(variable, ""), os.environ.get(FOLDER_VARIABLE, "")
    if not (folder and number.isascii() and number.isdigit()):
        sys.stderr.write(f"{variable} and {FOLDER_VARIABLE} should say which rank of which run this is; they do not.\n")
        return 2
    return _hold(Path(folder), int(number))


def _hold(folder: Path, number: int) -> int:
    launch = folder / "launch"
    _close_ears(launch / f"{number}.asked")
    order: dict[str, Any] = json.loads((launch / f"{number}.json").read_bytes())
    try:
        rank = _start(folder, order)
    except (OSError, ValueError) as error:
        _tell(launch / f"{number}.ended", {"exit_code": 127, "error": str(error), "at": time.monotonic()})
        return 127
    _tell(launch / f"{number}.started", {"pid": rank.pid, "starter": os.getpid()})
    code = rank.wait()
    _tell(launch / f"{number}.ended", {"exit_code": code, "at": time.monotonic()})
    return code if code >= 0 else 128 - code


def _start(folder: Path, order: dict[str, Any]) -> subprocess.Popen[bytes]:
    """Start the rank. Raises OSError where there is nothing to start, ValueError for impossible arguments."""
    log = os.open(folder / order["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    try:
        return subprocess.Popen(
            order["argv"],
            cwd=order["cwd"],
            env={**os.environ, **order["environment"]},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
            umask=-1 if sys.platform == "win32" else order["umask"],
            preexec_fn=_fall_together() if sys.platform == "linux" else None,  # noqa: PLW1509 - there is one thread
        )
    finally:
        os.close(log)


def _fall_together() -> Any:
    """Return what has a child end as soon as this process does, however that ends."""
    import ctypes

    me, library = os.getpid(), ctypes.CDLL(None)

    def fall() -> None:
        library.prctl(_PR_SET_PDEATHSIG, int(signal.SIGKILL), 0, 0, 0)
        if os.getppid() != me:
            os.kill(os.getpid(), signal.SIGKILL)

    return fall


def _close_ears(note: Path) -> None:
    """Let signals pass, but write down that the launcher asks for the end. (A handler does not reach the rank.)"""

    def note_it(number: int, frame: object) -> None:
        if signal.Signals(number).name in ENDINGS and not note.exists():
            _tell(note, {"at": time.monotonic()})

    for name in DEAF_TO:
        with contextlib.suppress(AttributeError, OSError, ValueError):
            signal.signal(getattr(signal, name), note_it)


def _tell(path: Path, facts: dict[str, Any]) -> None:
    """Write a small file in one step; a disk that takes nothing is tried again as long as it is full."""
    draft = path.with_name(f"{path.name}.tmp")
    while True:
        try:
            draft.write_text(json.dumps(facts), "utf-8")
            draft.replace(path)
        except FileNotFoundError:
            return  # the run's folder was deleted
        except OSError:
            time.sleep(0.2)
        else:
            return


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
