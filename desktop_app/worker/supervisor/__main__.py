"""Start a run's guardian and supervisor: `python -I …/supervisor/__main__.py FOLDER`.

Returns 0 as soon as the supervisor has the run in hand; both go on detached. Anything else: see standard error.
"""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from typing import NoReturn

PATIENCE = 30.0
"""Seconds to wait for somebody who closes the run at this moment, taking its submitter for dead."""


def main(folder: Path, supervise: bool) -> int:
    """Start what belongs to a run; return once the supervisor has it in hand."""
    if sys.platform != "win32":
        return _launch(folder)
    from desktop_app.worker.supervisor import supervisor, windows

    if not supervise:
        return windows.launch(Path(__file__), folder)
    windows.die_together()
    return supervisor.supervise(folder, os.getpid(), lambda: None)


def _launch(folder: Path) -> int:
    from desktop_app.worker.supervisor.holding import held

    with held(folder, PATIENCE) as mine:
        if mine:
            return _detach_guardian(folder)
    sys.stderr.write("Another process holds the run.\n")
    return 1


def _detach_guardian(folder: Path) -> int:
    if sys.platform == "win32":
        return 1
    hear, speak = os.pipe()
    mask = signal.pthread_sigmask(signal.SIG_BLOCK, signal.valid_signals())  # none may find the child unprepared
    child = os.fork()
    if child == 0:
        _be_guardian(folder, hear, speak)
    signal.pthread_sigmask(signal.SIG_SETMASK, mask)
    os.close(speak)
    return 0 if os.read(hear, 1) else 1


def _be_guardian(folder: Path, hear: int, speak: int) -> NoReturn:
    def forget() -> None:
        os.close(speak)

    def ready() -> None:
        # Whoever listened may have been killed: the run goes on, and finds its request to end if there is one.
        with contextlib.suppress(BrokenPipeError):
            os.write(speak, b"1")
        os.close(speak)

    try:
        from desktop_app.worker.supervisor.guardian import guard

        os.close(hear)
        os.dup2(2, 1)  # whoever started us waits for the end of our standard output
        os.setsid()
        _forget_signals()
        os.chdir("/")
        guard(folder, ready, forget)
    except BaseException:  # noqa: BLE001 - the parent's code must not go on in the child
        sys.excepthook(*sys.exc_info())
    finally:
        sys.stderr.flush()
        os._exit(0)


def _forget_signals() -> None:
    """Undo what the starter ignores or blocks: with SIGCHLD ignored nobody could wait for a child."""
    if sys.platform == "win32":
        return
    kept = {signal.SIGPIPE, signal.SIGXFSZ}  # Python ignores these for itself and gives them back to its children
    for number in signal.valid_signals() - kept:
        with contextlib.suppress(OSError, ValueError):
            signal.signal(number, signal.SIG_DFL)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    sys.exit(main(Path(sys.argv[1]), "--supervise" in sys.argv))
