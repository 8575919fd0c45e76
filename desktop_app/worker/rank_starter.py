"""Holds one rank below a launcher such as mpirun: `python -I …/rank_starter.py NAME_OF_RANK_VARIABLE`.

What to start stands in the run's folder, `launch/N.json`, written by the supervisor before it starts the launcher.
What becomes of it goes there too: `launch/N.started` and `launch/N.ended`; `launch/over` says that no rank is left. The
rank has a session, a log and a process group of its own, as one without a launcher has, and the supervisor alone ends
it: signals by which the launcher would do so are not heard. Windows and macOS: written with them in mind, NOT tried
there.
"""

from __future__ import annotations

import contextlib
import json
import os
import re
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
CONNECTIONS = Path("/proc/net/tcp")
LOOK_EVERY = 0.2
SELDOM = 5.0
"""Seconds between looks at the system's table of connections, once many were in vain."""
PATIENCE = 30.0
"""Seconds for a disk to take what is told; it was reserved before."""
SPACE = 512
_PORT = re.compile(r"tcp4://[\d.]+:(\d+)")
_ESTABLISHED = "01"
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
    _reserve(*(launch / f"{number}.{event}" for event in ("started", "ended", "asked")))
    _close_ears(launch / f"{number}.asked")
    order: dict[str, Any] = json.loads((launch / f"{number}.json").read_bytes())
    try:
        rank = _start(folder, order)
    except (OSError, ValueError) as error:
        _tell(launch / f"{number}.ended", {"exit_code": 127, "error": str(error), "at": time.monotonic()})
        return 127
    ports = _daemons_ports()
    if not _tell(launch / f"{number}.started", {"pid": rank.pid, "starter": os.getpid(), "ports": sorted(ports)}):
        rank.kill()  # nobody would know of it
    code = rank.wait()
    ended = {"exit_code": code, "at": time.monotonic()}
    _tell(launch / f"{number}.ended", ended | {"in_touch": _is_known(ports)})
    if code == 0:
        _wait_for_others(launch, ports)
    return code if code >= 0 else 128 - code


def _wait_for_others(launch: Path, ports: set[int]) -> None:
    """Stay until another rank is in touch with Open MPI's daemon, or all have ended.

    Open MPI looks once, when a process ends, whether it left others waiting: it ended without MPI_Finalize, or never
    called MPI_Init, while others did. A rank that is done before the others have come so far would go unnoticed, and
    they would wait for it for ever. Hundreds may wait at once, for hours: each looks ever more seldom.
    """
    pause, look_at = LOOK_EVERY, 0.0
    while ports and CONNECTIONS.exists() and not _is_over(launch):
        now = time.monotonic()
        if now >= look_at:
            if _is_known(ports, _ESTABLISHED):
                time.sleep(LOOK_EVERY)  # the daemon takes note of a moment after the connection
                return
            look_at, pause = now + pause, min(pause * 1.5, SELDOM)
        time.sleep(min(pause, LOOK_EVERY * 5))


def _daemons_ports() -> set[int]:
    """Return where the daemon of this node listens for its ranks; they connect in MPI_Init."""
    uris = [value for name, value in os.environ.items() if name.startswith("PMIX_SERVER_URI")]
    return {int(found[1]) for uri in uris if (found := _PORT.search(uri))}


def _is_over(launch: Path) -> bool:
    """Return whether the supervisor says that all ranks have ended, or the run's folder is gone."""
    return (launch / "over").exists() or not launch.is_dir()


def _is_known(ports: set[int], state: str = "") -> bool | None:
    """Return whether anybody is, or was a moment ago, connected to one of the ports; None where that is not known."""
    try:
        rows = [line.split() for line in CONNECTIONS.read_text("ascii").splitlines()[1:]]
    except OSError:
        return None
    return any(int(row[2].rpartition(":")[2], 16) in ports for row in rows if state in ("", row[3]))


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
            _tell(note, {"at": time.monotonic()}, patience=0.0)  # a handler holds up all else

    for name in DEAF_TO:
        with contextlib.suppress(AttributeError, OSError, ValueError):
            signal.signal(getattr(signal, name), note_it)


def _reserve(*paths: Path) -> None:
    """Take the space for what will be told, so that a disk which is full by then does not silence us."""
    for each in paths:
        with contextlib.suppress(OSError):
            each.with_name(f"{each.name}.tmp").write_bytes(b" " * SPACE)


def _tell(path: Path, facts: dict[str, Any], patience: float = PATIENCE) -> bool:
    """Write a small file in one step; what the disk does not take is tried again for a while."""
    draft = path.with_name(f"{path.name}.tmp")
    deadline = time.monotonic() + patience
    while path.parent.is_dir():
        try:
            file = os.open(draft, os.O_WRONLY | os.O_CREAT, 0o600)  # over the space that was reserved for it
            with os.fdopen(file, "wb") as stream:
                stream.write(json.dumps(facts).encode().ljust(SPACE))
            draft.replace(path)
        except OSError:
            if time.monotonic() >= deadline:
                return False
            time.sleep(LOOK_EVERY)
        else:
            return True
    return False


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
