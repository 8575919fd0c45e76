"""Start a run's guardian and supervisor: `python -I …/supervisor/__main__.py FOLDER`.

Returns 0 as soon as the supervisor has the run in hand; both go on detached. Anything else: see standard error.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path


def main(folder: Path, supervise: bool) -> int:
    """Start what belongs to a run; return once the supervisor has it in hand."""
    if sys.platform != "win32":
        return _detach_guardian(folder)
    from desktop_app.worker.supervisor import supervisor, windows

    if not supervise:
        return windows.launch(Path(__file__), folder)
    windows.die_together()
    return supervisor.supervise(folder, os.getpid(), lambda: None)


def _detach_guardian(folder: Path) -> int:
    from desktop_app.worker.supervisor.guardian import guard

    if sys.platform == "win32":
        return 1
    hear, speak = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hear)
        os.dup2(2, 1)  # whoever started us waits for the end of our standard output
        os.setsid()
        os.chdir("/")

        def forget() -> None:
            os.close(speak)

        def ready() -> None:
            os.write(speak, b"1")
            os.close(speak)

        try:
            guard(folder, ready, forget)
        except BaseException:  # noqa: BLE001 - the parent's code must not go on in the child
            sys.excepthook(*sys.exc_info())
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.close(speak)
    return 0 if os.read(hear, 1) else 1


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    sys.exit(main(Path(sys.argv[1]), "--supervise" in sys.argv))
