"""The guardian: parent of the supervisor, and of all it leaves behind should it be killed."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from types import FrameType

from desktop_app.worker.supervisor import processes
from desktop_app.worker.supervisor.closing import close_run, end_groups
from desktop_app.worker.supervisor.supervisor import supervise


def guard(folder: Path, ready: Callable[[], None], forget: Callable[[], None]) -> None:
    """Start the supervisor, wait for its end, and see to it that nothing of the run is left.

    `ready` is for the supervisor to call; `forget` closes this process's end of the line it speaks over.
    """
    if sys.platform == "win32":
        return
    processes.adopt_orphans()
    me = os.getpid()
    supervisor = os.fork()
    if supervisor == 0:
        os._exit(_supervise(folder, me, ready))
    forget()
    os.umask(0o077)

    def pass_on(number: int, frame: FrameType | None) -> None:
        processes.send(supervisor, signal.SIGTERM)

    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
        signal.signal(number, pass_on)
    code = _wait_for(supervisor)
    processes.end_descendants()
    if not processes.LINUX:
        end_groups(folder)
    if (folder / "plan.json").exists():  # else the folder was deleted, or is about to be
        close_run(folder, _reason(code))


def _supervise(folder: Path, guardian: int, ready: Callable[[], None]) -> int:
    try:
        return supervise(folder, guardian, ready)
    except BaseException:  # noqa: BLE001 - nothing may run past the fork into the guardian's code
        sys.excepthook(*sys.exc_info())
        return 70
    finally:
        sys.stderr.flush()


def _wait_for(child: int) -> int | None:
    """Wait, without a tick, until `child` ends; others that became ours are reaped on the way.

    None where somebody else was told how it ended.
    """
    while True:
        try:
            pid, status = os.waitpid(-1, 0)
        except ChildProcessError:
            return None
        if pid == child:
            return os.waitstatus_to_exitcode(status)


def _reason(code: int | None) -> str:
    if code == -processes.KILL:
        return "The supervisor was killed, so the run was ended."
    how = "somehow" if code is None else f"by signal {-code}" if code < 0 else f"with exit code {code}"
    return f"The supervisor ended {how} before the run did: supervisor.log in the run's folder may say why."
