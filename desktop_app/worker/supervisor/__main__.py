"""Start a run's guardian and supervisor: `python -I …/supervisor/__main__.py FOLDER`.

Returns 0 as soon as the supervisor has the run in hand; both go on detached. Anything else: see standard error.
"""

from __future__ import annotations

import os
import sys
import traceback
from pathlib import Path


def main(folder: Path) -> int:
    """Detach the guardian and wait for the supervisor's word."""
    from desktop_app.worker.supervisor.guardian import guard

    hear, speak = os.pipe()
    child = os.fork()
    if child == 0:
        os.close(hear)
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
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(0)
    os.close(speak)
    return 0 if os.read(hear, 1) else 1


if __name__ == "__main__":
    sys.path.append(str(Path(__file__).resolve().parents[3]))
    sys.exit(main(Path(sys.argv[1])))
